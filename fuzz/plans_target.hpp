// Sequences of calls on the plans of optimized/: made, given parameters, run forwards and
// backwards, two at a time in two threads, moved, destroyed in any order. Every pass must give the
// bits of a fresh plan that is handed everything anew, and every call that has to be refused must
// be, with nothing written.
//   bytes: one for cell and scalar, a problem in the codec's bytes, then calls
// Bounded: three plans at a time, most_calls calls, sizes as fuzz/catalogue_target.hpp.
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
