// The cells as lists of lines, reversed by rule, as a subject.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"

namespace bptt {

/// "lines".
[[nodiscard]] std::vector<std::string> lines_subject_names();
/// The subject of that name, or null if it is another one.
[[nodiscard]] std::unique_ptr<Subject> make_lines_subject(std::string_view name);

}  // namespace bptt
