// The table of the faults of scale, the other half of the zoo; its rows stand in rows_scale.hpp.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"
#include "subjects/faults/scale_fault.hpp"

namespace bptt {

[[nodiscard]] std::span<const ScaleFault> scale_faults();
/// The row of "fault:<id>" or "<id>", or null.
[[nodiscard]] const ScaleFault* find_scale_fault(std::string_view name);

/// "fault:<id>" for every row.
[[nodiscard]] std::vector<std::string> scale_fault_subject_names();

/// The subject "fault:<id>"; null if no fault of scale has that id. Its capabilities are those of
/// `optimized`, whose bits it gives below the extent of its row, with the cells of its row. They do
/// not combine with other faults.
[[nodiscard]] std::unique_ptr<Subject> make_scale_fault_subject(std::string_view name);

}  // namespace bptt
