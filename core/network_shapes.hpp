// The shapes of both networks' arrays, each stated once: what a function of either implementation
// requires of its arguments, in this order and before anything is written.
// Every function throws ShapeError with the first array whose shape is another one, by name.
#pragma once

#include <string>

#include "core/error.hpp"
#include "core/problem.hpp"

namespace bptt {

/// Throws unless 1 <= T_da <= T_x.
inline void require_steps(Index T_da, Index T_x) {
  if (T_da < 1 || T_da > T_x)
    throw ShapeError("da covers " + std::to_string(T_da) + " steps, x has " + std::to_string(T_x) +
                     ": 1 <= T_da <= T_x is required");
}

template <class S>
void require_shapes(const Sizes& n, const RnnParameters<S>& p) {
  require_shape("Wax", p.Wax.shape(), {n.n_a, n.n_x});
  require_shape("Waa", p.Waa.shape(), {n.n_a, n.n_a});
  require_shape("ba", p.ba.shape(), {n.n_a, 1});
}

template <class S>
void require_shapes(const Sizes& n, const LstmParameters<S>& p) {
  const Shape W{n.n_a, n.n_a + n.n_x}, b{n.n_a, 1};
  require_shape("Wf", p.Wf.shape(), W);
  require_shape("Wi", p.Wi.shape(), W);
  require_shape("Wc", p.Wc.shape(), W);
  require_shape("Wo", p.Wo.shape(), W);
  require_shape("bf", p.bf.shape(), b);
  require_shape("bi", p.bi.shape(), b);
  require_shape("bc", p.bc.shape(), b);
  require_shape("bo", p.bo.shape(), b);
}

/// Every array of the states has the shape `expected`. S: const or not.
template <class S>
void require_state_shapes(const LstmStates<S>& s, const Shape& expected) {
  require_shape("a", s.a.shape(), expected);
  require_shape("c", s.c.shape(), expected);
  require_shape("ft", s.ft.shape(), expected);
  require_shape("it", s.it.shape(), expected);
  require_shape("cct", s.cct.shape(), expected);
  require_shape("ot", s.ot.shape(), expected);
}

/// What a forward pass over a sequence reads and writes.
template <class S>
void require_shapes(const Sizes& n, ConstView<S> x, ConstView<S> a0, ConstView<S> a) {
  require_shape("x", x.shape(), {n.n_x, n.m, n.T_x});
  require_shape("a0", a0.shape(), {n.n_a, n.m});
  require_shape("a", a.shape(), {n.n_a, n.m, n.T_x});
}

template <class S, class Q>
void require_shapes(const Sizes& n, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                    const LstmStates<Q>& states) {
  require_shape("x", x.shape(), {n.n_x, n.m, n.T_x});
  require_shape("a0", a0.shape(), {n.n_a, n.m});
  require_shape("c0", c0.shape(), {n.n_a, n.m});
  require_state_shapes(states, {n.n_a, n.m, n.T_x});
}

template <class S>
void require_weight_gradient_shapes(const Sizes& n, const RnnGradients<S>& out) {
  require_shape("dWax", out.dWax.shape(), {n.n_a, n.n_x});
  require_shape("dWaa", out.dWaa.shape(), {n.n_a, n.n_a});
  require_shape("dba", out.dba.shape(), {n.n_a, 1});
}

template <class S>
void require_weight_gradient_shapes(const Sizes& n, const LstmGradients<S>& out) {
  const Shape W{n.n_a, n.n_a + n.n_x}, b{n.n_a, 1};
  require_shape("dWf", out.dWf.shape(), W);
  require_shape("dWi", out.dWi.shape(), W);
  require_shape("dWc", out.dWc.shape(), W);
  require_shape("dWo", out.dWo.shape(), W);
  require_shape("dbf", out.dbf.shape(), b);
  require_shape("dbi", out.dbi.shape(), b);
  require_shape("dbc", out.dbc.shape(), b);
  require_shape("dbo", out.dbo.shape(), b);
}

/// What a backward pass over a sequence reads beside those, and writes. n.T_da is not looked at: da
/// itself says how many steps it has.
template <class S>
void require_gradient_shapes(const Sizes& n, ConstView<S> da, const RnnGradients<S>& out) {
  const Index T_da = da.extent(2);
  require_steps(T_da, n.T_x);
  require_shape("da", da.shape(), {n.n_a, n.m, T_da});
  require_shape("dx", out.dx.shape(), {n.n_x, n.m, T_da});
  require_shape("da0", out.da0.shape(), {n.n_a, n.m});
  require_weight_gradient_shapes(n, out);
}

template <class S>
void require_gradient_shapes(const Sizes& n, ConstView<S> da, ConstView<S> dc_T,
                             const LstmGradients<S>& out) {
  const Index T_da = da.extent(2);
  require_steps(T_da, n.T_x);
  require_shape("da", da.shape(), {n.n_a, n.m, T_da});
  require_shape("dc_T", dc_T.shape(), {n.n_a, n.m});
  require_shape("dx", out.dx.shape(), {n.n_x, n.m, T_da});
  require_shape("da0", out.da0.shape(), {n.n_a, n.m});
  require_shape("dc0", out.dc0.shape(), {n.n_a, n.m});
  require_weight_gradient_shapes(n, out);
}

}  // namespace bptt
