// The cases in which a campaign found a subject broken, as cases of a diagnosis.
#pragma once

#include <vector>

#include "diagnosis/trace.hpp"
#include "verify/campaign/report.hpp"

namespace bptt::verify {

/// One call on the problem of each failure of a property, if its problem is finite; a few at most,
/// in the order of the report, and of each cell one that is too large to be judged entry by entry.
[[nodiscard]] std::vector<diagnosis::TraceCase> broken_cases(const Report& report,
                                                             const Capabilities& can);

}  // namespace bptt::verify
