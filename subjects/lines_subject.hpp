// The cells as lists of lines, reversed by rule, as a subject.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"

namespace bptt {

/// "lines". There are also "lines:gru:0", "lines:gru:1", ..: the lines with a single fault each
/// (cells/edits.hpp), count_of_edits of them.
[[nodiscard]] std::vector<std::string> lines_subject_names();
[[nodiscard]] std::size_t count_of_edits(Cell cell);
/// The subject of that name, or null if it is another one.
/// Throws UnsupportedError for a cell or an edit that is not there.
[[nodiscard]] std::unique_ptr<Subject> make_lines_subject(std::string_view name);

}  // namespace bptt
