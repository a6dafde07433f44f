// Deliberately faulty implementations as subjects: what a suite must be able to tell from right
// ones.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"

namespace bptt {

/// "fault:<id>" for every row of the table in subjects/faults/fault_models.hpp.
[[nodiscard]] std::vector<std::string> fault_subject_names();

/// The subject "fault:<id>", "fault:<id>+<id>..", or "fault:none"; null if the name does not start
/// with "fault:" or an id is unknown. Its capabilities are those of `reference`, with the cells
/// that all of its faults apply to: a fault claims to be right, so that it is held to everything.
/// Throws UnsupportedError if no cell has all of the faults.
[[nodiscard]] std::unique_ptr<Subject> make_fault_subject(std::string_view name);

}  // namespace bptt
