// Which arrays of a problem may be zero throughout.
#pragma once

#include "core/cell.hpp"

namespace bptt::properties {

/// Not what the losses of each step send: then every gradient is zero, and a comparison of zeros
/// says nothing. Nor what the cell needs away from zero, such as a normaliser that it divides by.
[[nodiscard]] inline bool may_be_zero(const CellArray& array) {
  const bool in_range = array.low < array.high;
  return array.role != Role::upstream && (!in_range || (array.low <= 0 && array.high >= 0));
}

}  // namespace bptt::properties
