// Words and numbers that reports for people share.
#pragma once

#include <optional>
#include <string>

#include "core/subject_failure.hpp"

namespace bptt::verify {

/// 1234567 as "1,234,567".
[[nodiscard]] std::string grouped(long long number);
/// "0.31", "1.2e+05", "inf"; "-" if there is none.
[[nodiscard]] std::string ratio_text(const std::optional<double>& ratio);
/// "BROKEN", or what else it is: "CRASHED", "TIMED OUT".
[[nodiscard]] std::string heading_of(Cause cause);
/// What a subject printed, told apart from what is said of it.
[[nodiscard]] std::string output_text(const std::string& output);

}  // namespace bptt::verify
