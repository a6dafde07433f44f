// Sequences of calls on the plans of optimized/: made, given parameters, run forwards and
// backwards, two at a time in two threads, moved, destroyed in any order, with arrays of any
// strides. Every pass must give the bits of a fresh plan that is handed everything anew in dense
// arrays, and every call that has to be refused must be, with nothing written. No pass changes what
// a plan holds.
//   bytes: one for cell and scalar, a problem in the codec's bytes, then calls
// Bounded: three plans at a time, most_calls calls, sizes up to 10, or one of up to 65 beside small
// ones.
#pragma once

#include <memory>
#include <string>

#include "fuzz/target.hpp"

namespace bptt::fuzz {

/// A mistake in the plans, planted for tests: the parameters that a plan keeps are those of the
/// first call, or a gradient of weights is not added up.
enum class PlantedPlanFault { none, keeps_first_parameters, forgets_accumulation };

[[nodiscard]] std::unique_ptr<Target> make_plans_target(
    PlantedPlanFault fault = PlantedPlanFault::none);

}  // namespace bptt::fuzz
