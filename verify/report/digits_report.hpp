// A diagnosis from printed digits, for people and for programs.
#pragma once

#include <string>
#include <string_view>

#include "diagnosis/digits_diagnosis.hpp"
#include "verify/report/style.hpp"

namespace bptt::verify {

[[nodiscard]] std::string text_of(const diagnosis::DigitsDiagnosis& diagnosis, const Style& style);

/// {"bptt_verify", "schema": 1, "problem", "numbers", "digits", "right", "wrong": [{"entry",
/// "printed", "right"}], "wrong_shapes", "not_judged", "fits": [[{"id", "mechanism", "wrong",
/// "right", "mend", "source"}]], "nearest": {"id", "numbers"} or null, "tried"}
[[nodiscard]] std::string json_of(const diagnosis::DigitsDiagnosis& diagnosis,
                                  std::string_view version);

}  // namespace bptt::verify
