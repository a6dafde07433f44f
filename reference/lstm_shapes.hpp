// The shapes that the LSTM's functions require, checked in one place and before anything is
// written.
#pragma once

#include "core/network.hpp"
#include "reference/rnn_shapes.hpp"

namespace bptt::reference {

template <class S>
void require_lstm_parameter_shapes(const LstmParameters<S>& p, Index n_x, Index n_a) {
  require_shape("Wf", p.Wf.shape(), {n_a, n_a + n_x});
  require_shape("Wi", p.Wi.shape(), {n_a, n_a + n_x});
  require_shape("Wc", p.Wc.shape(), {n_a, n_a + n_x});
  require_shape("Wo", p.Wo.shape(), {n_a, n_a + n_x});
  require_shape("bf", p.bf.shape(), {n_a, 1});
  require_shape("bi", p.bi.shape(), {n_a, 1});
  require_shape("bc", p.bc.shape(), {n_a, 1});
  require_shape("bo", p.bo.shape(), {n_a, 1});
}

/// Every array of the states has the shape `expected`.
template <class Q>
void require_state_shapes(const LstmStates<Q>& s, const Shape& expected) {
  require_shape("a", s.a.shape(), expected);
  require_shape("c", s.c.shape(), expected);
  require_shape("ft", s.ft.shape(), expected);
  require_shape("it", s.it.shape(), expected);
  require_shape("cct", s.cct.shape(), expected);
  require_shape("ot", s.ot.shape(), expected);
}

template <class S>
void require_parameter_gradient_shapes(const LstmGradients<S>& out, Index n_x, Index n_a) {
  require_shape("dWf", out.dWf.shape(), {n_a, n_a + n_x});
  require_shape("dWi", out.dWi.shape(), {n_a, n_a + n_x});
  require_shape("dWc", out.dWc.shape(), {n_a, n_a + n_x});
  require_shape("dWo", out.dWo.shape(), {n_a, n_a + n_x});
  require_shape("dbf", out.dbf.shape(), {n_a, 1});
  require_shape("dbi", out.dbi.shape(), {n_a, 1});
  require_shape("dbc", out.dbc.shape(), {n_a, 1});
  require_shape("dbo", out.dbo.shape(), {n_a, 1});
}

template <class S, class Q>
void require_lstm_cell_shapes(const LstmParameters<S>& p, const ConstView<S>& xt,
                              const ConstView<S>& a_prev, const ConstView<S>& c_prev,
                              const LstmStates<Q>& next) {
  const Index n_x = xt.extent(0), m = xt.extent(1), n_a = p.Wf.extent(0);
  require_lstm_parameter_shapes(p, n_x, n_a);
  require_shape("xt", xt.shape(), {n_x, m});
  require_shape("a_prev", a_prev.shape(), {n_a, m});
  require_shape("c_prev", c_prev.shape(), {n_a, m});
  require_state_shapes(next, {n_a, m});
}

template <class S>
void require_lstm_cell_gradient_shapes(const LstmParameters<S>& p, const ConstView<S>& xt,
                                       const ConstView<S>& da_next, const ConstView<S>& dc_next,
                                       const LstmGradients<S>& out) {
  const Index n_x = xt.extent(0), m = xt.extent(1), n_a = p.Wf.extent(0);
  require_shape("da_next", da_next.shape(), {n_a, m});
  require_shape("dc_next", dc_next.shape(), {n_a, m});
  require_shape("dxt", out.dx.shape(), {n_x, m});
  require_shape("da_prev", out.da0.shape(), {n_a, m});
  require_shape("dc_prev", out.dc0.shape(), {n_a, m});
  require_parameter_gradient_shapes(out, n_x, n_a);
}

template <class S, class Q>
void require_lstm_shapes(const LstmParameters<S>& p, const ConstView<S>& x, const ConstView<S>& a0,
                         const ConstView<S>& c0, const LstmStates<Q>& states) {
  const Index n_x = x.extent(0), m = x.extent(1), T_x = x.extent(2), n_a = p.Wf.extent(0);
  require_lstm_parameter_shapes(p, n_x, n_a);
  require_shape("x", x.shape(), {n_x, m, T_x});
  require_shape("a0", a0.shape(), {n_a, m});
  require_shape("c0", c0.shape(), {n_a, m});
  require_state_shapes(states, {n_a, m, T_x});
}

template <class S>
void require_lstm_gradient_shapes(const LstmParameters<S>& p, const ConstView<S>& x,
                                  const ConstView<S>& a0, const ConstView<S>& da,
                                  const ConstView<S>& dc_T, const LstmGradients<S>& out) {
  const Index n_x = x.extent(0), m = x.extent(1), n_a = p.Wf.extent(0), T_da = da.extent(2);
  require_steps(T_da, x.extent(2));
  require_shape("da", da.shape(), {n_a, m, T_da});
  require_shape("dc_T", dc_T.shape(), {n_a, m});
  require_shape("dx", out.dx.shape(), {n_x, m, T_da});
  require_shape("da0", out.da0.shape(), a0.shape());
  require_shape("dc0", out.dc0.shape(), a0.shape());
  require_parameter_gradient_shapes(out, n_x, n_a);
}

}  // namespace bptt::reference
