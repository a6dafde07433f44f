// Truncated backpropagation through time, in two forms.
//
//   at a lag   the loss of step t reaches back over `lag` cell steps: t, t-1, .., t-lag+1. Lag 1
//              keeps each step to itself, lag >= T is full BPTT. Computed lag by lag: all losses
//              move back one step together, so that the work of lag l is the contribution of lag l.
//   randomised what is carried back from step t+1 to step t is multiplied by xi[t]. With
//              xi = 1/pi with probability pi and else 0, drawn independently for each t, its mean
//              is 1 and the gradient unbiased.
//
// docs/equations.md, section 10. Source: Williams & Peng 1990; Tallec & Ollivier 2017; Dive into
// Deep Learning, section 9.7.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "reference/unrolled.hpp"

namespace bptt::reference {

inline void require_lag(Index lag) {
  if (lag < 0) throw ShapeError("lag " + std::to_string(lag) + " is negative");
}

/// As rnn_backward, each loss reaching back over at most `lag` >= 0 cell steps.
template <class S>
void rnn_backward_truncated(Index lag, Activation g, const RnnParameters<S>& p, ConstView<S> x,
                            ConstView<S> a0, ConstView<S> a, ConstView<S> da,
                            const RnnGradients<S>& out) {
  require_lag(lag);
  require_rnn_shapes(p, x, a0, a);
  require_rnn_gradient_shapes(p, x, da, out);
  const Index n_x = x.extent(0), n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  fill(out.dx, S(0));
  fill(out.da0, S(0));
  Tensor<S> carried({n_a, m, T});  // carried(:,:,loss): what the loss of that step has sent back
  copy(da, carried.view());
  for (Index l = 0; l < std::min(lag, T); ++l)
    for (Index loss = l; loss < T; ++loss) {
      const Index t = loss - l;
      Tensor<S> da_prev({n_a, m}), dxt({n_x, m});
      rnn_cell_backward<S>(g, p, x.at_step(t), t == 0 ? a0 : a.at_step(t - 1), a.at_step(t),
                           carried.view().at_step(loss),
                           {dxt.view(), da_prev.view(), out.dWax, out.dWaa, out.dba});
      add_to(dxt.view(), out.dx.at_step(t));
      if (t == 0) add_to(da_prev.view(), out.da0);
      copy(da_prev.view(), carried.view().at_step(loss));
    }
}

/// As lstm_backward, each loss reaching back over at most `lag` >= 0 cell steps; dc_T belongs to
/// the loss of the last step.
template <class S>
void lstm_backward_truncated(Index lag, const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                             ConstView<S> c0, const LstmStates<const S>& states, ConstView<S> da,
                             ConstView<S> dc_T, const LstmGradients<S>& out) {
  require_lag(lag);
  require_lstm_shapes<S, const S>(p, x, a0, c0, states);
  require_lstm_gradient_shapes(p, x, da, dc_T, out);
  const Index n_x = x.extent(0), n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  fill(out.dx, S(0));
  fill(out.da0, S(0));
  fill(out.dc0, S(0));
  Tensor<S> da_carried({n_a, m, T}), dc_carried({n_a, m, T});
  copy(da, da_carried.view());
  copy(dc_T, dc_carried.view().at_step(T - 1));
  for (Index l = 0; l < std::min(lag, T); ++l)
    for (Index loss = l; loss < T; ++loss) {
      const Index t = loss - l;
      Tensor<S> da_prev({n_a, m}), dc_prev({n_a, m}), dxt({n_x, m});
      lstm_cell_backward<S>(p, x.at_step(t), t == 0 ? a0 : states.a.at_step(t - 1),
                            t == 0 ? c0 : states.c.at_step(t - 1), at_step(states, t),
                            da_carried.view().at_step(loss), dc_carried.view().at_step(loss),
                            {dxt.view(), da_prev.view(), dc_prev.view(), out.dWf, out.dbf, out.dWi,
                             out.dbi, out.dWc, out.dbc, out.dWo, out.dbo});
      add_to(dxt.view(), out.dx.at_step(t));
      if (t == 0) {
        add_to(da_prev.view(), out.da0);
        add_to(dc_prev.view(), out.dc0);
      }
      copy(da_prev.view(), da_carried.view().at_step(loss));
      copy(dc_prev.view(), dc_carried.view().at_step(loss));
    }
}

/// As rnn_backward, with the gradient carried back from step t+1 to step t multiplied by xi[t].
/// xi has T_da entries; the last one is not read. Throws ShapeError if it has another length.
template <class S>
void rnn_backward_randomised(const std::vector<S>& xi, Activation g, const RnnParameters<S>& p,
                             ConstView<S> x, ConstView<S> a0, ConstView<S> a, ConstView<S> da,
                             const RnnGradients<S>& out) {
  require_rnn_shapes(p, x, a0, a);
  require_rnn_gradient_shapes(p, x, da, out);
  const Index n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);
  require_shape("xi", {static_cast<Index>(xi.size())}, {T});

  Tensor<S> da_next({n_a, m}), da_prevt({n_a, m});
  for (Index t = T - 1; t >= 0; --t) {
    for (Index j = 0; j < m; ++j)
      for (Index i = 0; i < n_a; ++i) {
        da_next(i, j) = da(i, j, t);
        if (t < T - 1) da_next(i, j) += xi[static_cast<std::size_t>(t)] * da_prevt(i, j);
      }
    rnn_cell_backward<S>(g, p, x.at_step(t), t == 0 ? a0 : a.at_step(t - 1), a.at_step(t),
                         da_next.view(),
                         {out.dx.at_step(t), da_prevt.view(), out.dWax, out.dWaa, out.dba});
  }
  copy(da_prevt.view(), out.da0);
}

/// As lstm_backward, with both gradients carried back from step t+1 to t multiplied by xi[t].
/// xi has T_da entries; the last one is not read. Throws ShapeError if it has another length.
template <class S>
void lstm_backward_randomised(const std::vector<S>& xi, const LstmParameters<S>& p, ConstView<S> x,
                              ConstView<S> a0, ConstView<S> c0, const LstmStates<const S>& states,
                              ConstView<S> da, ConstView<S> dc_T, const LstmGradients<S>& out) {
  require_lstm_shapes<S, const S>(p, x, a0, c0, states);
  require_lstm_gradient_shapes(p, x, da, dc_T, out);
  const Index n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);
  require_shape("xi", {static_cast<Index>(xi.size())}, {T});

  Tensor<S> da_next({n_a, m}), dc_next({n_a, m}), da_prevt({n_a, m}), dc_prevt({n_a, m});
  for (Index t = T - 1; t >= 0; --t) {
    for (Index j = 0; j < m; ++j)
      for (Index i = 0; i < n_a; ++i) {
        da_next(i, j) = da(i, j, t);
        dc_next(i, j) = dc_T(i, j);
        if (t == T - 1) continue;
        da_next(i, j) += xi[static_cast<std::size_t>(t)] * da_prevt(i, j);
        dc_next(i, j) = xi[static_cast<std::size_t>(t)] * dc_prevt(i, j);
      }
    lstm_cell_backward<S>(p, x.at_step(t), t == 0 ? a0 : states.a.at_step(t - 1),
                          t == 0 ? c0 : states.c.at_step(t - 1), at_step(states, t), da_next.view(),
                          dc_next.view(),
                          {out.dx.at_step(t), da_prevt.view(), dc_prevt.view(), out.dWf, out.dbf,
                           out.dWi, out.dbi, out.dWc, out.dbc, out.dWo, out.dbo});
  }
  copy(da_prevt.view(), out.da0);
  copy(dc_prevt.view(), out.dc0);
}

}  // namespace bptt::reference
