// A campaign's report as text for people, at most 100 columns wide where the numbers allow.
#pragma once

#include <string>

#include "verify/campaign/report.hpp"
#include "verify/report/style.hpp"

namespace bptt::verify {

/// What fits a screen: the verdict, a line for each family of properties, what was covered, and
/// what is broken in full.
[[nodiscard]] std::string summary_of(const Report& report, const Style& style);
/// Every row, and then the summary.
[[nodiscard]] std::string table_of(const Report& report, const Style& style);

}  // namespace bptt::verify
