// The shapes that the LSTM's functions require, checked in one place and before anything is
// written.
#pragma once

#include "reference/rnn_shapes.hpp"

namespace bptt::reference {

template <class S, class Q>
void require_lstm_cell_shapes(const LstmParameters<S>& p, const ConstView<S>& xt,
                              const ConstView<S>& a_prev, const ConstView<S>& c_prev,
                              const LstmStates<Q>& next) {
  const Sizes n = sizes_of(xt, p.Wf.extent(0));
  require_shapes(n, p);
  require_shape("xt", xt.shape(), {n.n_x, n.m});
  require_shape("a_prev", a_prev.shape(), {n.n_a, n.m});
  require_shape("c_prev", c_prev.shape(), {n.n_a, n.m});
  require_state_shapes(next, {n.n_a, n.m});
}

template <class S>
void require_lstm_cell_gradient_shapes(const LstmParameters<S>& p, const ConstView<S>& xt,
                                       const ConstView<S>& da_next, const ConstView<S>& dc_next,
                                       const LstmGradients<S>& out) {
  const Sizes n = sizes_of(xt, p.Wf.extent(0));
  require_shape("da_next", da_next.shape(), {n.n_a, n.m});
  require_shape("dc_next", dc_next.shape(), {n.n_a, n.m});
  require_shape("dxt", out.dx.shape(), {n.n_x, n.m});
  require_shape("da_prev", out.da0.shape(), {n.n_a, n.m});
  require_shape("dc_prev", out.dc0.shape(), {n.n_a, n.m});
  require_weight_gradient_shapes(n, out);
}

template <class S, class Q>
void require_lstm_shapes(const LstmParameters<S>& p, const ConstView<S>& x, const ConstView<S>& a0,
                         const ConstView<S>& c0, const LstmStates<Q>& states) {
  const Sizes n = sizes_of(x, p.Wf.extent(0));
  require_shapes(n, p);
  require_shapes<S>(n, x, a0, c0, states);
}

template <class S>
void require_lstm_gradient_shapes(const LstmParameters<S>& p, const ConstView<S>& x,
                                  const ConstView<S>& da, const ConstView<S>& dc_T,
                                  const LstmGradients<S>& out) {
  require_gradient_shapes<S>(sizes_of(x, p.Wf.extent(0)), da, dc_T, out);
}

}  // namespace bptt::reference
