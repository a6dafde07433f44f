// The LSTM, forward and backward through time, in plain loops.
//
//   concat = [a_prev; xt]
//   ft  = sigmoid(Wf concat + bf)      it = sigmoid(Wi concat + bi)
//   cct = tanh(Wc concat + bc)         ot = sigmoid(Wo concat + bo)
//   c_next = ft * c_prev + it * cct    a_next = ot * tanh(c_next)
//
// The cell's backward is the forward's lines reversed one by one. This file is the meaning of the
// words: read it against docs/equations.md. Templated on its arithmetic S; deliberately neither
// blocked, vectorised, threaded nor clever.
#pragma once

#include "core/network.hpp"
#include "core/scalar_functions.hpp"
#include "core/tensor.hpp"
#include "reference/lstm_shapes.hpp"

namespace bptt::reference {

/// concat = [a_prev; xt], (n_a + n_x, m).
template <class S>
Tensor<S> concatenated(View<const S> a_prev, View<const S> xt) {
  const Index n_a = a_prev.extent(0), n_x = xt.extent(0), m = xt.extent(1);
  Tensor<S> concat({n_a + n_x, m});
  for (Index j = 0; j < m; ++j) {
    for (Index k = 0; k < n_a; ++k) concat(k, j) = a_prev(k, j);
    for (Index k = 0; k < n_x; ++k) concat(n_a + k, j) = xt(k, j);
  }
  return concat;
}

/// The pre-activation of one gate for one unit and sample: z = (W concat + b)(i, j).
template <class S>
S gate_preactivation(View<const S> W, View<const S> b, const Tensor<S>& concat, Index i, Index j) {
  S z = b(i, 0);  // b is broadcast over the batch
  for (Index k = 0; k < W.extent(1); ++k) z += W(i, k) * concat(k, j);
  return z;
}

/// The line z = W concat + b reversed: dW += dz concat^T, db += sum of dz over the batch,
/// dconcat += W^T dz.
template <class S>
void gate_backward(View<const S> W, const Tensor<S>& dz, const Tensor<S>& concat, View<S> dW,
                   View<S> db, Tensor<S>& dconcat) {
  const Index n_a = W.extent(0), n = W.extent(1), m = dz.shape()[1];
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < n_a; ++i) {
      for (Index k = 0; k < n; ++k) {
        dW(i, k) += dz(i, j) * concat(k, j);
        dconcat(k, j) += W(i, k) * dz(i, j);
      }
      db(i, 0) += dz(i, j);
    }
}

/// One step forwards. xt (n_x, m); a_prev, c_prev (n_a, m). next: a_next, c_next and the gates
/// ft, it, cct, ot, (n_a, m) each, overwritten; none may overlap a_prev or c_prev.
/// Throws ShapeError if an extent disagrees.
/// Source: Hochreiter & Schmidhuber 1997, Gers et al. 2000; docs/equations.md, section 4.
template <class S>
void lstm_cell_forward(const LstmParameters<S>& p, ConstView<S> xt, ConstView<S> a_prev,
                       ConstView<S> c_prev, const LstmStates<S>& next) {
  using F = ScalarFunctions<S>;
  require_lstm_cell_shapes<S, S>(p, xt, a_prev, c_prev, next);
  const Index n_a = a_prev.extent(0), m = xt.extent(1);

  const Tensor<S> concat = concatenated(a_prev, xt);
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < n_a; ++i) {
      const S ft = F::sigmoid(gate_preactivation(p.Wf, p.bf, concat, i, j));
      const S it = F::sigmoid(gate_preactivation(p.Wi, p.bi, concat, i, j));
      const S cct = F::tanh(gate_preactivation(p.Wc, p.bc, concat, i, j));
      const S c_next = ft * c_prev(i, j) + it * cct;
      const S ot = F::sigmoid(gate_preactivation(p.Wo, p.bo, concat, i, j));
      const S a_next = ot * F::tanh(c_next);

      next.ft(i, j) = ft;
      next.it(i, j) = it;
      next.cct(i, j) = cct;
      next.c(i, j) = c_next;
      next.ot(i, j) = ot;
      next.a(i, j) = a_next;
    }
}

/// One step backwards: da_next, dc_next -> gradients of everything the step read.
/// da_next, dc_next (n_a, m): dL/da<t> and dL/dc<t>, the latter without the way through a<t>.
/// out.dx (n_x, m), out.da0, out.dc0 (n_a, m) receive dxt, da_prev, dc_prev, overwritten;
/// out.dWf .. dWo (n_a, n_a+n_x), out.dbf .. dbo (n_a, 1) accumulate (+=): the caller zeroes them
/// before the last step. Outputs must not overlap inputs. Throws ShapeError if an extent disagrees.
/// Source: Hochreiter & Schmidhuber 1997; docs/equations.md, section 5.
template <class S>
void lstm_cell_backward(const LstmParameters<S>& p, ConstView<S> xt, ConstView<S> a_prev,
                        ConstView<S> c_prev, const LstmStates<const S>& next, ConstView<S> da_next,
                        ConstView<S> dc_next, const LstmGradients<S>& out) {
  require_lstm_cell_shapes<S, const S>(p, xt, a_prev, c_prev, next);
  require_lstm_cell_gradient_shapes(p, xt, da_next, dc_next, out);
  const Index n_x = xt.extent(0), n_a = a_prev.extent(0), m = xt.extent(1);

  Tensor<S> dzf({n_a, m}), dzi({n_a, m}), dzc({n_a, m}), dzo({n_a, m});
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < n_a; ++i) {
      const S ft = next.ft(i, j), it = next.it(i, j), cct = next.cct(i, j), ot = next.ot(i, j);
      const S tanh_c = ScalarFunctions<S>::tanh(next.c(i, j));

      // a_next = ot * tanh(c_next)
      const S dot = da_next(i, j) * tanh_c;
      const S dtanh_c = da_next(i, j) * ot;
      // tanh_c = tanh(c_next): the second use of c_next, so its gradient accumulates
      S dc = dc_next(i, j);
      dc += dtanh_c * (S(1) - tanh_c * tanh_c);
      // ot = sigmoid(zo)
      dzo(i, j) = dot * (ot * (S(1) - ot));
      // c_next = ft * c_prev + it * cct
      const S dft = dc * c_prev(i, j);
      const S dit = dc * cct;
      const S dcct = dc * it;
      out.dc0(i, j) = dc * ft;
      // cct = tanh(zc)
      dzc(i, j) = dcct * (S(1) - cct * cct);
      // it = sigmoid(zi), ft = sigmoid(zf)
      dzi(i, j) = dit * (it * (S(1) - it));
      dzf(i, j) = dft * (ft * (S(1) - ft));
    }

  // z* = W* concat + b*: concat is used four times, so dconcat accumulates
  const Tensor<S> concat = concatenated(a_prev, xt);
  Tensor<S> dconcat({n_a + n_x, m});
  gate_backward(p.Wo, dzo, concat, out.dWo, out.dbo, dconcat);
  gate_backward(p.Wc, dzc, concat, out.dWc, out.dbc, dconcat);
  gate_backward(p.Wi, dzi, concat, out.dWi, out.dbi, dconcat);
  gate_backward(p.Wf, dzf, concat, out.dWf, out.dbf, dconcat);

  // concat = [a_prev; xt]
  for (Index j = 0; j < m; ++j) {
    for (Index k = 0; k < n_a; ++k) out.da0(k, j) = dconcat(k, j);
    for (Index k = 0; k < n_x; ++k) out.dx(k, j) = dconcat(n_a + k, j);
  }
}

/// The states of one time step.
template <class S>
LstmStates<S> at_step(const LstmStates<S>& s, Index t) {
  return {s.a.at_step(t),  s.c.at_step(t),   s.ft.at_step(t),
          s.it.at_step(t), s.cct.at_step(t), s.ot.at_step(t)};
}

/// The whole sequence forwards. x (n_x, m, T_x); a0, c0 (n_a, m); every array of `states`
/// (n_a, m, T_x), overwritten. Throws ShapeError if an extent disagrees.
/// Source: docs/equations.md, section 4.
template <class S>
void lstm_forward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                  const LstmStates<S>& states) {
  require_lstm_shapes<S, S>(p, x, a0, c0, states);
  for (Index t = 0; t < x.extent(2); ++t) {
    const ConstView<S> a_prev = t == 0 ? a0 : ConstView<S>(states.a.at_step(t - 1));
    const ConstView<S> c_prev = t == 0 ? c0 : ConstView<S>(states.c.at_step(t - 1));
    lstm_cell_forward(p, x.at_step(t), a_prev, c_prev, at_step(states, t));
  }
}

/// The whole sequence backwards, in one pass over the steps.
/// states: what the forward pass wrote. da (n_a, m, T_da), T_da <= T_x: da[:,:,t] is the gradient
/// of the loss of step t alone. dc_T (n_a, m): the gradient of the loss with respect to c after
/// step T_da - 1. out.dx (n_x, m, T_da), out.da0, out.dc0 (n_a, m) are overwritten; out.dW*, db*
/// accumulate (+=). Outputs must not overlap inputs. Throws ShapeError if an extent disagrees.
/// Source: docs/equations.md, section 6.
template <class S>
void lstm_backward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                   const LstmStates<const S>& states, ConstView<S> da, ConstView<S> dc_T,
                   const LstmGradients<S>& out) {
  require_lstm_shapes<S, const S>(p, x, a0, c0, states);
  require_lstm_gradient_shapes(p, x, da, dc_T, out);
  const Index n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  Tensor<S> da_next({n_a, m}), da_prevt({n_a, m}), dc_next({n_a, m}), dc_prevt({n_a, m});
  copy(dc_T, dc_prevt.view());
  for (Index t = T - 1; t >= 0; --t) {
    for (Index j = 0; j < m; ++j)
      for (Index i = 0; i < n_a; ++i) {
        // a<t> feeds the loss of step t and, through a<t+1>, every later loss: the two add.
        da_next(i, j) = da(i, j, t) + da_prevt(i, j);
        // c<t> is seen by later steps alone; its way through a<t> is the cell's own business.
        dc_next(i, j) = dc_prevt(i, j);
      }
    const ConstView<S> a_prev = t == 0 ? a0 : states.a.at_step(t - 1);
    const ConstView<S> c_prev = t == 0 ? c0 : states.c.at_step(t - 1);
    lstm_cell_backward<S>(p, x.at_step(t), a_prev, c_prev, at_step(states, t), da_next.view(),
                          dc_next.view(),
                          {out.dx.at_step(t), da_prevt.view(), dc_prevt.view(), out.dWf, out.dbf,
                           out.dWi, out.dbi, out.dWc, out.dbc, out.dWo, out.dbo});
  }
  copy(da_prevt.view(), out.da0);
  copy(dc_prevt.view(), out.dc0);
}

}  // namespace bptt::reference
