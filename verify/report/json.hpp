// Reports as JSON for programs.
// The fields of every document are described in docs/json.md.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/grade.hpp"
#include "diagnosis/subject_diagnosis.hpp"
#include "verify/campaign/replayed.hpp"
#include "verify/campaign/report.hpp"

namespace bptt::verify {

/// Of a report of `check` and `merge`. The version grows when a key changes its meaning or goes.
inline constexpr std::string_view check_schema = "bptt-verify/check";
inline constexpr int check_version = 2;

/// diagnoses: of each report, if there is one; empty if there are none at all.
[[nodiscard]] std::string json_of(
    const std::vector<Report>& reports, std::string_view program,
    const std::vector<std::optional<diagnosis::SubjectDiagnosis>>& diagnoses = {});
[[nodiscard]] std::string json_of(const Replayed& replayed, std::string_view program);
[[nodiscard]] std::string json_of(const diagnosis::Grade& grade, std::string_view program);

}  // namespace bptt::verify
