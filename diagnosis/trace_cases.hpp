// The cases of a diagnosis: small problems and scripts, always the same ones, so that whatever is
// wrong shows in some of them and is absent from others.
#pragma once

#include <vector>

#include "diagnosis/trace.hpp"

namespace bptt::diagnosis {

/// Which draw of the cases. The other one has other values and other sizes; it tells whether two
/// faults that look alike in the first are alike.
enum class CaseSet { first, other };

/// The cases of a cell within what the subject says that it can do; the first ones are plain
/// problems of many sizes. Empty if it does not run the cell.
[[nodiscard]] std::vector<TraceCase> trace_cases(Cell cell, const Capabilities& can,
                                                 CaseSet set = CaseSet::first);

/// The case as a subject that can do no more takes it.
[[nodiscard]] TraceCase within(TraceCase c, const Capabilities& can);

/// One call, usual values, tanh, no array of zeros that the subject can do without: what the sizes
/// alone decide.
[[nodiscard]] bool is_plain(const TraceCase& c, const Capabilities& can);

}  // namespace bptt::diagnosis
