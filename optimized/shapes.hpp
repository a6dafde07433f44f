// What the plans of either kind require of sizes and shapes, before anything is written.
#pragma once

#include <string>

#include "core/error.hpp"
#include "core/network.hpp"
#include "core/problem.hpp"

namespace bptt::optimized {

/// No memory holds arrays of a larger extent, and sums of a few extents do not overflow.
inline constexpr Index largest_extent = Index{1} << 40U;

/// Throws ShapeError unless every extent of `sizes` is in 1 .. largest_extent. T_da is not looked
/// at.
inline const Sizes& require_positive(const Sizes& sizes) {
  const auto require = [](std::string_view name, const Shape& shape) {
    for (Index axis = 0; axis < shape.rank(); ++axis)
      if (shape[axis] < 1 || shape[axis] > largest_extent)
        throw ShapeError(std::string(name) + " has shape " + shape.str() +
                         ", expected extents of at least 1 and at most " +
                         std::to_string(largest_extent));
  };
  const auto& [n_x, n_a, m, T_x, T_da] = sizes;
  require("x", {n_x, m, T_x});
  require("a0", {n_a, m});
  return sizes;
}

/// Throws ShapeError unless 1 <= T_da <= T_x.
inline void require_steps(Index T_da, Index T_x) {
  if (T_da < 1 || T_da > T_x)
    throw ShapeError("da covers " + std::to_string(T_da) + " steps, x has " + std::to_string(T_x) +
                     ": 1 <= T_da <= T_x is required");
}

/// Throws Error unless parameters have been given to a plan.
inline void require_parameters(bool given) {
  if (!given)
    throw Error(
        "the plan has no parameters for this direction: call set_parameters before a pass that is "
        "not given them, and again when they change");
}

template <class S>
void require_shapes(const Sizes& sizes, const LstmParameters<S>& p) {
  const Index n_x = sizes.n_x, n_a = sizes.n_a;
  const Shape W{n_a, n_a + n_x}, b{n_a, 1};
  require_shape("Wf", p.Wf.shape(), W);
  require_shape("Wi", p.Wi.shape(), W);
  require_shape("Wc", p.Wc.shape(), W);
  require_shape("Wo", p.Wo.shape(), W);
  require_shape("bf", p.bf.shape(), b);
  require_shape("bi", p.bi.shape(), b);
  require_shape("bc", p.bc.shape(), b);
  require_shape("bo", p.bo.shape(), b);
}

template <class S>
void require_shapes(const Sizes& sizes, const View<const S>& x, const View<const S>& a0,
                    const View<const S>& c0, const LstmStates<const S>& states) {
  const auto& [n_x, n_a, m, T_x, T_da] = sizes;
  const Shape state{n_a, m, T_x};
  require_shape("x", x.shape(), {n_x, m, T_x});
  require_shape("a0", a0.shape(), {n_a, m});
  require_shape("c0", c0.shape(), {n_a, m});
  require_shape("a", states.a.shape(), state);
  require_shape("c", states.c.shape(), state);
  require_shape("ft", states.ft.shape(), state);
  require_shape("it", states.it.shape(), state);
  require_shape("cct", states.cct.shape(), state);
  require_shape("ot", states.ot.shape(), state);
}

template <class S>
void require_gradient_shapes(const Sizes& sizes, const View<const S>& da, const View<const S>& dc_T,
                             const LstmGradients<S>& out) {
  const Index n_x = sizes.n_x, n_a = sizes.n_a, m = sizes.m, T_da = da.extent(2);
  const Shape W{n_a, n_a + n_x}, b{n_a, 1};
  require_steps(T_da, sizes.T_x);
  require_shape("da", da.shape(), {n_a, m, T_da});
  require_shape("dc_T", dc_T.shape(), {n_a, m});
  require_shape("dx", out.dx.shape(), {n_x, m, T_da});
  require_shape("da0", out.da0.shape(), {n_a, m});
  require_shape("dc0", out.dc0.shape(), {n_a, m});
  require_shape("dWf", out.dWf.shape(), W);
  require_shape("dWi", out.dWi.shape(), W);
  require_shape("dWc", out.dWc.shape(), W);
  require_shape("dWo", out.dWo.shape(), W);
  require_shape("dbf", out.dbf.shape(), b);
  require_shape("dbi", out.dbi.shape(), b);
  require_shape("dbc", out.dbc.shape(), b);
  require_shape("dbo", out.dbo.shape(), b);
}

template <class S>
void require_shapes(const Sizes& sizes, const RnnParameters<S>& p) {
  const Index n_x = sizes.n_x, n_a = sizes.n_a;
  require_shape("Wax", p.Wax.shape(), {n_a, n_x});
  require_shape("Waa", p.Waa.shape(), {n_a, n_a});
  require_shape("ba", p.ba.shape(), {n_a, 1});
}

template <class S>
void require_shapes(const Sizes& sizes, const View<const S>& x, const View<const S>& a0,
                    const View<const S>& a) {
  const auto& [n_x, n_a, m, T_x, T_da] = sizes;
  require_shape("x", x.shape(), {n_x, m, T_x});
  require_shape("a0", a0.shape(), {n_a, m});
  require_shape("a", a.shape(), {n_a, m, T_x});
}

template <class S>
void require_gradient_shapes(const Sizes& sizes, const View<const S>& da,
                             const RnnGradients<S>& out) {
  const Index n_x = sizes.n_x, n_a = sizes.n_a, m = sizes.m, T_da = da.extent(2);
  require_steps(T_da, sizes.T_x);
  require_shape("da", da.shape(), {n_a, m, T_da});
  require_shape("dx", out.dx.shape(), {n_x, m, T_da});
  require_shape("da0", out.da0.shape(), {n_a, m});
  require_shape("dWax", out.dWax.shape(), {n_a, n_x});
  require_shape("dWaa", out.dWaa.shape(), {n_a, n_a});
  require_shape("dba", out.dba.shape(), {n_a, 1});
}

}  // namespace bptt::optimized
