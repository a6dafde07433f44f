// The shapes that the RNN's functions require, checked in one place and before anything is written.
#pragma once

#include "core/network_shapes.hpp"

namespace bptt::reference {

/// The sizes of a sequence, or of one step, for arrays of n_a units.
template <class S>
[[nodiscard]] Sizes sizes_of(const View<const S>& x, Index n_a) {
  return {x.extent(0), n_a, x.extent(1), x.extent(2), x.extent(2)};
}

template <class S>
void require_rnn_cell_shapes(const RnnParameters<S>& p, const ConstView<S>& xt,
                             const ConstView<S>& a_prev, const ConstView<S>& a_next) {
  const Sizes n = sizes_of(xt, p.Waa.extent(0));
  require_shapes(n, p);
  require_shape("xt", xt.shape(), {n.n_x, n.m});
  require_shape("a_prev", a_prev.shape(), {n.n_a, n.m});
  require_shape("a_next", a_next.shape(), {n.n_a, n.m});
}

template <class S>
void require_rnn_cell_gradient_shapes(const RnnParameters<S>& p, const ConstView<S>& xt,
                                      const ConstView<S>& da_next, const RnnGradients<S>& out) {
  const Sizes n = sizes_of(xt, p.Waa.extent(0));
  require_shape("da_next", da_next.shape(), {n.n_a, n.m});
  require_shape("dxt", out.dx.shape(), {n.n_x, n.m});
  require_shape("da_prev", out.da0.shape(), {n.n_a, n.m});
  require_weight_gradient_shapes(n, out);
}

template <class S>
void require_rnn_shapes(const RnnParameters<S>& p, const ConstView<S>& x, const ConstView<S>& a0,
                        const ConstView<S>& a) {
  const Sizes n = sizes_of(x, p.Waa.extent(0));
  require_shapes(n, p);
  require_shapes<S>(n, x, a0, a);
}

template <class S>
void require_rnn_gradient_shapes(const RnnParameters<S>& p, const ConstView<S>& x,
                                 const ConstView<S>& da, const RnnGradients<S>& out) {
  require_gradient_shapes<S>(sizes_of(x, p.Waa.extent(0)), da, out);
}

}  // namespace bptt::reference
