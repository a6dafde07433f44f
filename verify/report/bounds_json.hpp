// The survey of the bounds as JSON, array by array, for programs that follow the accuracy of
// kernels.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "verify/campaign/bounds_survey.hpp"

namespace bptt::verify {

/// The fields are described in docs/json.md.
[[nodiscard]] std::string bounds_json(std::string_view subject, std::string_view program,
                                      const std::vector<BoundsRow>& rows);

}  // namespace bptt::verify
