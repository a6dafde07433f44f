// A remark on a cell that no numbers of usual size keep near one.
#pragma once

#include <string>

#include "core/cell.hpp"

namespace bptt::properties {

/// Runs 64 steps on usual numbers (regime unit) and says how far the largest state has grown, if
/// that is more than 2^16 times since the first steps: then longer problems overflow, and most of
/// what is asked of them is inconclusive. Empty if the cell stays near where it began.
[[nodiscard]] std::string remark_on_growth(Cell cell);

}  // namespace bptt::properties
