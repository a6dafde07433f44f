// The networks of core/network.hpp as lines: their steps and sizes under the names of the cells'
// files.
#pragma once

#include "cells/built_in.hpp"
#include "cells/functions.hpp"
#include "core/problem.hpp"

namespace bptt::cells {

/// The cell's step with that activation.
[[nodiscard]] inline Program step_of(Cell cell, Activation activation) {
  return built_in(name_of(cell)).with(*function_named(name_of(activation)));
}

/// n_a and n_x.
[[nodiscard]] inline Extents extents_of(const Sizes& sizes) {
  Extents extents;
  extents.add("n_a", sizes.n_a);
  extents.add("n_x", sizes.n_x);
  return extents;
}

}  // namespace bptt::cells
