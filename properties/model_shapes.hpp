// Sizes of networks as people train and run them, beside the small ones that the codec draws.
#pragma once

#include <string_view>

#include "properties/problem_spec.hpp"

namespace bptt::properties {

enum class SizeSet : std::uint8_t {
  small,   // drawn by the codec: every edge, thousands a second
  middle,  // around the kernels' vectors and blocks, or long
  real     // of models that are trained
};
[[nodiscard]] std::string_view name_of(SizeSet set);

/// Case k at middle or real sizes: the shapes of the cell one after another, each time with another
/// seed. In regime unit, the middle ones in others too. Throws Error for small ones.
[[nodiscard]] ProblemSpec model_problem(SizeSet set, Cell cell, std::uint64_t seed, int k);

}  // namespace bptt::properties
