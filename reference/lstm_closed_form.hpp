// A second derivation of the LSTM's backward: the closed formulas that courses print, each gate's
// delta written out from the chain rule at once. It shares no line with the reversed forward of
// lstm.hpp, so that each can judge the other.
//
// With e = da_next ot (1 - tanh(c_next)^2), the gradient that reaches c_next through a_next:
//   dzo = da_next tanh(c_next) ot (1 - ot)
//   dzc = (dc_next it     + e it)     (1 - cct^2)
//   dzi = (dc_next cct    + e cct)    it (1 - it)
//   dzf = (dc_next c_prev + e c_prev) ft (1 - ft)
//   dc_prev = dc_next ft + e ft
//   dW* = dz* concat^T,  db* = sum of dz* over the batch
//   da_prev = sum over the gates of W*[:, :n_a]^T dz*,  dxt = sum of W*[:, n_a:]^T dz*
#pragma once

#include "reference/lstm.hpp"

namespace bptt::reference {

/// Arguments, shapes and effects are those of lstm_cell_backward.
/// Source: Hochreiter & Schmidhuber 1997; docs/equations.md, section 7.
template <class S>
void lstm_cell_backward_closed_form(const LstmParameters<S>& p, ConstView<S> xt,
                                    ConstView<S> a_prev, ConstView<S> c_prev,
                                    const LstmStates<const S>& next, ConstView<S> da_next,
                                    ConstView<S> dc_next, const LstmGradients<S>& out) {
  require_lstm_cell_shapes<S, const S>(p, xt, a_prev, c_prev, next);
  require_lstm_cell_gradient_shapes(p, xt, da_next, dc_next, out);
  const Index n_x = xt.extent(0), n_a = a_prev.extent(0), m = xt.extent(1);

  Tensor<S> dzf({n_a, m}), dzi({n_a, m}), dzc({n_a, m}), dzo({n_a, m});
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < n_a; ++i) {
      const S ft = next.ft(i, j), it = next.it(i, j), cct = next.cct(i, j), ot = next.ot(i, j);
      const S tanh_c = ScalarFunctions<S>::tanh(next.c(i, j));
      const S dc = dc_next(i, j), da = da_next(i, j), cp = c_prev(i, j);
      const S one(1);

      dzo(i, j) = da * tanh_c * ot * (one - ot);
      dzc(i, j) = (dc * it + ot * (one - tanh_c * tanh_c) * it * da) * (one - cct * cct);
      dzi(i, j) = (dc * cct + ot * (one - tanh_c * tanh_c) * cct * da) * it * (one - it);
      dzf(i, j) = (dc * cp + ot * (one - tanh_c * tanh_c) * cp * da) * ft * (one - ft);
      out.dc0(i, j) = dc * ft + ot * (one - tanh_c * tanh_c) * ft * da;
    }

  for (Index i = 0; i < n_a; ++i)
    for (Index j = 0; j < m; ++j) {
      for (Index k = 0; k < n_a + n_x; ++k) {
        const S input = k < n_a ? a_prev(k, j) : xt(k - n_a, j);
        out.dWf(i, k) += dzf(i, j) * input;
        out.dWi(i, k) += dzi(i, j) * input;
        out.dWc(i, k) += dzc(i, j) * input;
        out.dWo(i, k) += dzo(i, j) * input;
      }
      out.dbf(i, 0) += dzf(i, j);
      out.dbi(i, 0) += dzi(i, j);
      out.dbc(i, 0) += dzc(i, j);
      out.dbo(i, 0) += dzo(i, j);
    }

  for (Index j = 0; j < m; ++j)
    for (Index k = 0; k < n_a + n_x; ++k) {
      S sum(0);
      for (Index i = 0; i < n_a; ++i)
        sum += p.Wf(i, k) * dzf(i, j) + p.Wi(i, k) * dzi(i, j) + p.Wc(i, k) * dzc(i, j) +
               p.Wo(i, k) * dzo(i, j);
      (k < n_a ? out.da0(k, j) : out.dx(k - n_a, j)) = sum;
    }
}

/// The whole sequence backwards with the closed formulas. Arguments, shapes and effects are those
/// of lstm_backward.
template <class S>
void lstm_backward_closed_form(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                               ConstView<S> c0, const LstmStates<const S>& states, ConstView<S> da,
                               ConstView<S> dc_T, const LstmGradients<S>& out) {
  require_lstm_shapes<S, const S>(p, x, a0, c0, states);
  require_lstm_gradient_shapes(p, x, da, dc_T, out);
  const Index n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  Tensor<S> da_prevt({n_a, m}), dc_prevt({n_a, m});
  copy(dc_T, dc_prevt.view());
  for (Index t = T - 1; t >= 0; --t) {
    Tensor<S> da_next({n_a, m});
    const Tensor<S> dc_next = dc_prevt;
    for (Index j = 0; j < m; ++j)
      for (Index i = 0; i < n_a; ++i) da_next(i, j) = da(i, j, t) + da_prevt(i, j);
    lstm_cell_backward_closed_form<S>(
        p, x.at_step(t), t == 0 ? a0 : states.a.at_step(t - 1),
        t == 0 ? c0 : states.c.at_step(t - 1), at_step(states, t), da_next.view(), dc_next.view(),
        {out.dx.at_step(t), da_prevt.view(), dc_prevt.view(), out.dWf, out.dbf, out.dWi, out.dbi,
         out.dWc, out.dbc, out.dWo, out.dbo});
  }
  copy(da_prevt.view(), out.da0);
  copy(dc_prevt.view(), out.dc0);
}

}  // namespace bptt::reference
