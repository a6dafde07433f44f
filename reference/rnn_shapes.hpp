// The shapes that the RNN's functions require, checked in one place and before anything is written.
#pragma once

#include <string>

#include "core/error.hpp"
#include "core/network.hpp"

namespace bptt::reference {

/// Throws ShapeError unless 1 <= T_da <= T_x.
inline void require_steps(Index T_da, Index T_x) {
  if (T_da < 1 || T_da > T_x)
    throw ShapeError("da covers " + std::to_string(T_da) + " steps, x has " + std::to_string(T_x) +
                     ": 1 <= T_da <= T_x is required");
}

template <class S>
void require_rnn_parameter_shapes(const RnnParameters<S>& p, Index n_x, Index n_a) {
  require_shape("Wax", p.Wax.shape(), {n_a, n_x});
  require_shape("Waa", p.Waa.shape(), {n_a, n_a});
  require_shape("ba", p.ba.shape(), {n_a, 1});
}

template <class S>
void require_rnn_cell_shapes(const RnnParameters<S>& p, const ConstView<S>& xt,
                             const ConstView<S>& a_prev, const ConstView<S>& a_next) {
  const Index n_x = xt.extent(0), m = xt.extent(1), n_a = p.Waa.extent(0);
  require_rnn_parameter_shapes(p, n_x, n_a);
  require_shape("xt", xt.shape(), {n_x, m});
  require_shape("a_prev", a_prev.shape(), {n_a, m});
  require_shape("a_next", a_next.shape(), {n_a, m});
}

template <class S>
void require_rnn_cell_gradient_shapes(const RnnParameters<S>& p, const ConstView<S>& xt,
                                      const ConstView<S>& da_next, const RnnGradients<S>& out) {
  const Index n_x = xt.extent(0), m = xt.extent(1), n_a = p.Waa.extent(0);
  require_shape("da_next", da_next.shape(), {n_a, m});
  require_shape("dxt", out.dx.shape(), {n_x, m});
  require_shape("da_prev", out.da0.shape(), {n_a, m});
  require_shape("dWax", out.dWax.shape(), {n_a, n_x});
  require_shape("dWaa", out.dWaa.shape(), {n_a, n_a});
  require_shape("dba", out.dba.shape(), {n_a, 1});
}

template <class S>
void require_rnn_shapes(const RnnParameters<S>& p, const ConstView<S>& x, const ConstView<S>& a0,
                        const ConstView<S>& a) {
  const Index n_x = x.extent(0), m = x.extent(1), T_x = x.extent(2), n_a = p.Waa.extent(0);
  require_rnn_parameter_shapes(p, n_x, n_a);
  require_shape("x", x.shape(), {n_x, m, T_x});
  require_shape("a0", a0.shape(), {n_a, m});
  require_shape("a", a.shape(), {n_a, m, T_x});
}

template <class S>
void require_rnn_gradient_shapes(const RnnParameters<S>& p, const ConstView<S>& x,
                                 const ConstView<S>& a0, const ConstView<S>& da,
                                 const RnnGradients<S>& out) {
  const Index n_x = x.extent(0), n_a = p.Waa.extent(0), m = x.extent(1), T_da = da.extent(2);
  require_steps(T_da, x.extent(2));
  require_shape("da", da.shape(), {n_a, m, T_da});
  require_shape("dx", out.dx.shape(), {n_x, m, T_da});
  require_shape("da0", out.da0.shape(), a0.shape());
  require_shape("dWax", out.dWax.shape(), {n_a, n_x});
  require_shape("dWaa", out.dWaa.shape(), {n_a, n_a});
  require_shape("dba", out.dba.shape(), {n_a, 1});
}

}  // namespace bptt::reference
