// A known fault as a diagnosis tells it: what the code does, the wrong line beside the right one,
// how to mend it, where it was reported.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "verify/report/style.hpp"

namespace bptt::verify {

/// Of sets of faults that fit, so many are told; of the rest their number.
inline constexpr std::size_t shown_sets = 12;

/// id, mechanism, wrong, right, mend, source of a row of fault_models: for programs.
[[nodiscard]] std::vector<std::pair<std::string, std::string_view>> fault_fields(std::size_t row);

/// The same for people, one block of lines for each row.
[[nodiscard]] std::string fault_words(const std::vector<std::size_t>& rows, const Style& style);

}  // namespace bptt::verify
