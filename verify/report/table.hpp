// Reports as text for people, at most 100 columns wide where the numbers allow.
#pragma once

#include <optional>
#include <string>

#include "diagnosis/grade.hpp"
#include "verify/campaign/replayed.hpp"
#include "verify/campaign/report.hpp"
#include "verify/report/style.hpp"

namespace bptt::verify {

/// The table, the failures, the summary.
[[nodiscard]] std::string table_of(const Report& report, const Style& style);
/// A replayed case: sentence, mathematics, verdict, worst element.
[[nodiscard]] std::string text_of(const Replayed& replayed, const Style& style);

/// Recorded gradients, array by array.
[[nodiscard]] std::string text_of(const diagnosis::Grade& grade, const Style& style);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(long long number);
/// "0.31", "1.2e+05", "inf"; "-" if there is none.
[[nodiscard]] std::string ratio_text(const std::optional<double>& ratio);

}  // namespace bptt::verify
