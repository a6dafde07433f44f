// What the plans of either kind require beyond the shapes that core/network_shapes.hpp requires.
#pragma once

#include <string>

#include "core/error.hpp"
#include "core/network_shapes.hpp"

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
  require("x", {sizes.n_x, sizes.m, sizes.T_x});
  require("a0", {sizes.n_a, sizes.m});
  return sizes;
}

/// Throws Error unless parameters have been given to a plan.
inline void require_parameters(bool given) {
  if (!given)
    throw Error(
        "the plan has no parameters for this direction: call set_parameters before a pass that is "
        "not given them, and again when they change");
}

}  // namespace bptt::optimized
