// A diagnosis of a subject, for people and for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/subject_diagnosis.hpp"
#include "verify/report/style.hpp"

namespace bptt::verify {

enum class Detail { brief, full };  // brief: without the map of wrong entries

[[nodiscard]] std::string text_of(const diagnosis::SubjectDiagnosis& diagnosis, const Style& style,
                                  Detail detail);

/// The fields are described in docs/json.md.
[[nodiscard]] std::string json_of(const std::vector<diagnosis::SubjectDiagnosis>& diagnoses,
                                  std::string_view program);

}  // namespace bptt::verify
