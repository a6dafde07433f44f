// A campaign's report in markdown, for the page on which a CI service shows a job: the verdict, a
// line for each family, and of what is broken the line that repeats it. The whole is in the JSON
// report.
#pragma once

#include <string>
#include <vector>

#include "verify/campaign/report.hpp"

namespace bptt::verify {

/// Headings begin at the third level, so that it stands below others. Of broken rows the first
/// twenty are shown.
[[nodiscard]] std::string markdown_of(const std::vector<Report>& reports);

/// A block of code around a text, which may have fences of its own.
[[nodiscard]] std::string fenced(const std::string& text);

}  // namespace bptt::verify
