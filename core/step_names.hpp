// The names of one cell's step, as of a sequence of one step: what a course's notebook calls xt,
// a_prev, dxt is x, a0, dx with T_x = 1.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace bptt {

/// "xt" -> "x", "da_prev" -> "da0", "Wy" -> "Wya"; any other name is left as it is.
[[nodiscard]] inline std::string sequence_name(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 13> names{{
      {"xt", "x"},
      {"a_prev", "a0"},
      {"c_prev", "c0"},
      {"da_next", "da"},
      {"dc_next", "dc_T"},
      {"a_next", "a"},
      {"c_next", "c"},
      {"dxt", "dx"},
      {"da_prev", "da0"},
      {"dc_prev", "dc0"},
      {"yt_pred", "y"},
      {"y_pred", "y"},
      {"Wy", "Wya"},
  }};
  for (const auto& [of_step, of_sequence] : names)
    if (name == of_step) return std::string(of_sequence);
  return std::string(name);
}

}  // namespace bptt
