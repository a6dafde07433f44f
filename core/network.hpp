// The arguments of the two networks as structs of views, under the field's names.
// reference/ and optimized/ take the same structs, so that either can stand in for the other.
// No mathematics here. Shapes: x (n_x, m, T_x); a, c, ft, it, cct, ot, da (n_a, m, T_x);
// a0, c0, dc_T (n_a, m); Wax (n_a, n_x); Waa (n_a, n_a); W* of the LSTM (n_a, n_a+n_x), which
// multiply concat = [a_prev; xt]; all biases (n_a, 1).
#pragma once

#include "core/cell.hpp"
#include "core/view.hpp"

namespace bptt {

/// a<t> = activation(Wax x<t> + Waa a<t-1> + ba).
template <class S>
struct RnnParameters {
  View<const S> Wax, Waa, ba;
};

/// What the RNN's backward writes. dx, da0 are overwritten; dWax, dWaa, dba accumulate (+=).
/// dx has as many steps as da.
template <class S>
struct RnnGradients {
  View<S> dx, da0, dWax, dWaa, dba;
};

template <class S>
struct LstmParameters {
  View<const S> Wf, bf, Wi, bi, Wc, bc, Wo, bo;
};

/// Everything that the LSTM's forward computes and its backward reads again.
/// S is const for the backward, which leaves all of it as it was.
template <class S>
struct LstmStates {
  View<S> a, c, ft, it, cct, ot;
};

/// The same states, for reading only.
template <class S>
[[nodiscard]] LstmStates<const S> read_only(const LstmStates<S>& s) {
  return {s.a, s.c, s.ft, s.it, s.cct, s.ot};
}

/// What the LSTM's backward writes. dx, da0, dc0 are overwritten; dW*, db* accumulate (+=).
template <class S>
struct LstmGradients {
  View<S> dx, da0, dc0, dWf, dbf, dWi, dbi, dWc, dbc, dWo, dbo;
};

}  // namespace bptt
