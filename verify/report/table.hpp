// A case and a grade as text for people, at most 100 columns wide where the numbers allow.
#pragma once

#include <string>

#include "diagnosis/grade.hpp"
#include "verify/campaign/replayed.hpp"
#include "verify/report/style.hpp"

namespace bptt::verify {

/// A replayed case: sentence, mathematics, verdict, worst element.
[[nodiscard]] std::string text_of(const Replayed& replayed, const Style& style);

/// Recorded gradients, array by array.
[[nodiscard]] std::string text_of(const diagnosis::Grade& grade, const Style& style);

}  // namespace bptt::verify
