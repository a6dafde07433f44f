// The slow ways: what the one backward pass abbreviates.
//
//   walks  one walk back from the loss of every step: T (T + 1) / 2 cell steps. This is the sum of
//          derivatives as the chain rule writes it, one loss at a time.
//   split  one pass that carries da[:,:,t] and da_prevt through the cell separately and adds the
//          results: 2 T cell steps. It shows that a cell's backward is linear in da_next.
//
// Both give the gradients of rnn_backward and lstm_backward, for the same arguments; neither is
// meant to be fast. docs/equations.md, section 8.
#pragma once

#include "reference/lstm.hpp"
#include "reference/rnn.hpp"

namespace bptt::reference {

/// destination += source, two matrices of one shape.
template <class S>
void add_to(ConstView<S> source, const View<S>& destination) {
  require_addable("the gradient", destination.shape(), source.shape());
  require_shape("the summand", source.shape(), destination.shape());  // nor is it broadcast
  for (Index j = 0; j < source.extent(1); ++j)
    for (Index i = 0; i < source.extent(0); ++i) destination(i, j) += source(i, j);
}

/// As rnn_backward, with one walk back for every loss term.
template <class S>
void rnn_backward_walks(Activation g, const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                        ConstView<S> a, ConstView<S> da, const RnnGradients<S>& out) {
  require_rnn_shapes(p, x, a0, a);
  require_rnn_gradient_shapes(p, x, da, out);
  const Index n_x = x.extent(0), n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  fill(out.dx, S(0));
  fill(out.da0, S(0));
  for (Index loss = 0; loss < T; ++loss) {
    Tensor<S> da_next({n_a, m}), da_prev({n_a, m}), dxt({n_x, m});
    copy(da.at_step(loss), da_next.view());
    for (Index t = loss; t >= 0; --t) {
      rnn_cell_backward<S>(g, p, x.at_step(t), t == 0 ? a0 : a.at_step(t - 1), a.at_step(t),
                           da_next.view(),
                           {dxt.view(), da_prev.view(), out.dWax, out.dWaa, out.dba});
      add_to(dxt.view(), out.dx.at_step(t));
      da_next = da_prev;  // of this one loss; no da[:,:,t] joins on the way
    }
    add_to(da_next.view(), out.da0);
  }
}

/// As rnn_backward, with the gradient of step t's own loss and that of the later losses apart.
template <class S>
void rnn_backward_split(Activation g, const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                        ConstView<S> a, ConstView<S> da, const RnnGradients<S>& out) {
  require_rnn_shapes(p, x, a0, a);
  require_rnn_gradient_shapes(p, x, da, out);
  const Index n_x = x.extent(0), n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  Tensor<S> da_prevt({n_a, m});
  for (Index t = T - 1; t >= 0; --t) {
    Tensor<S> from_own({n_a, m}), from_later({n_a, m}), dxt({n_x, m});
    const ConstView<S> a_prev = t == 0 ? a0 : a.at_step(t - 1);
    rnn_cell_backward<S>(g, p, x.at_step(t), a_prev, a.at_step(t), da.at_step(t),
                         {out.dx.at_step(t), from_own.view(), out.dWax, out.dWaa, out.dba});
    rnn_cell_backward<S>(g, p, x.at_step(t), a_prev, a.at_step(t), da_prevt.view(),
                         {dxt.view(), from_later.view(), out.dWax, out.dWaa, out.dba});
    add_to(dxt.view(), out.dx.at_step(t));
    add_to(from_own.view(), from_later.view());
    da_prevt = from_later;
  }
  copy(da_prevt.view(), out.da0);
}

/// As lstm_backward, with one walk back for every loss term; dc_T belongs to the last one.
template <class S>
void lstm_backward_walks(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                         ConstView<S> c0, const LstmStates<const S>& states, ConstView<S> da,
                         ConstView<S> dc_T, const LstmGradients<S>& out) {
  require_lstm_shapes<S, const S>(p, x, a0, c0, states);
  require_lstm_gradient_shapes(p, x, da, dc_T, out);
  const Index n_x = x.extent(0), n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  fill(out.dx, S(0));
  fill(out.da0, S(0));
  fill(out.dc0, S(0));
  for (Index loss = 0; loss < T; ++loss) {
    Tensor<S> da_next({n_a, m}), dc_next({n_a, m}), da_prev({n_a, m}), dc_prev({n_a, m}),
        dxt({n_x, m});
    copy(da.at_step(loss), da_next.view());
    if (loss == T - 1) copy(dc_T, dc_next.view());
    for (Index t = loss; t >= 0; --t) {
      lstm_cell_backward<S>(p, x.at_step(t), t == 0 ? a0 : states.a.at_step(t - 1),
                            t == 0 ? c0 : states.c.at_step(t - 1), at_step(states, t),
                            da_next.view(), dc_next.view(),
                            {dxt.view(), da_prev.view(), dc_prev.view(), out.dWf, out.dbf, out.dWi,
                             out.dbi, out.dWc, out.dbc, out.dWo, out.dbo});
      add_to(dxt.view(), out.dx.at_step(t));
      da_next = da_prev;  // of this one loss; no da[:,:,t] joins on the way
      dc_next = dc_prev;
    }
    add_to(da_next.view(), out.da0);
    add_to(dc_next.view(), out.dc0);
  }
}

/// As lstm_backward, with the gradient of step t's own loss and that of the later losses apart.
template <class S>
void lstm_backward_split(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                         ConstView<S> c0, const LstmStates<const S>& states, ConstView<S> da,
                         ConstView<S> dc_T, const LstmGradients<S>& out) {
  require_lstm_shapes<S, const S>(p, x, a0, c0, states);
  require_lstm_gradient_shapes(p, x, da, dc_T, out);
  const Index n_x = x.extent(0), n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  Tensor<S> da_prevt({n_a, m}), dc_prevt({n_a, m});
  const Tensor<S> no_dc({n_a, m});
  copy(dc_T, dc_prevt.view());
  for (Index t = T - 1; t >= 0; --t) {
    Tensor<S> da_own({n_a, m}), dc_own({n_a, m}), da_later({n_a, m}), dc_later({n_a, m}),
        dxt({n_x, m});
    const ConstView<S> a_prev = t == 0 ? a0 : states.a.at_step(t - 1);
    const ConstView<S> c_prev = t == 0 ? c0 : states.c.at_step(t - 1);
    lstm_cell_backward<S>(p, x.at_step(t), a_prev, c_prev, at_step(states, t), da.at_step(t),
                          no_dc.view(),
                          {out.dx.at_step(t), da_own.view(), dc_own.view(), out.dWf, out.dbf,
                           out.dWi, out.dbi, out.dWc, out.dbc, out.dWo, out.dbo});
    lstm_cell_backward<S>(p, x.at_step(t), a_prev, c_prev, at_step(states, t), da_prevt.view(),
                          dc_prevt.view(),
                          {dxt.view(), da_later.view(), dc_later.view(), out.dWf, out.dbf, out.dWi,
                           out.dbi, out.dWc, out.dbc, out.dWo, out.dbo});
    add_to(dxt.view(), out.dx.at_step(t));
    add_to(da_own.view(), da_later.view());
    add_to(dc_own.view(), dc_later.view());
    da_prevt = da_later;
    dc_prevt = dc_later;
  }
  copy(da_prevt.view(), out.da0);
  copy(dc_prevt.view(), out.dc0);
}

}  // namespace bptt::reference
