// The sequences of calls that the target `plans` starts from.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/target.hpp"
#include "properties/codec.hpp"

namespace bptt::fuzz {

/// Each sequence for both cells and scalars, and each of the cell's problems under some of them.
/// Inputs are as fuzz/plans_target.hpp reads them; `limits` are those of its codec.
[[nodiscard]] NamedInputs plan_seeds(properties::SpecLimits (*limits)(Cell));

}  // namespace bptt::fuzz
