// The reference's ways back in 64-bit mantissas or more, four samples at once where the CPU can:
// the text of reference/ as it stands, on numbers that are four.
#pragma once

#include "core/problem.hpp"
#include "core/subject.hpp"

namespace bptt::properties {

/// Gradients (gradient_names) of a problem whose forward states are `cache`.
/// fits_doubles: no value but zero is below 2^-800, and none near the largest double.
[[nodiscard]] NamedTensors<long double> reference_gradients(const Problem<long double>& problem,
                                                            const NamedTensors<long double>& cache,
                                                            Derivation way, bool fits_doubles);

}  // namespace bptt::properties
