// How long and how large a test run is: from the environment, so that ctest needs no arguments.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/shape.hpp"

namespace bptt::properties {

/// BPTT_SEED (1), BPTT_CASES (40 of a plain property; dear ones run fewer) and BPTT_MAX_SIZE
/// (each property's own).
struct RunOptions {
  std::uint64_t seed = 1;
  int cases = 40;
  Index max_size = 0;  // 0: each property's own

  /// Throws FormatError if a variable is set to something that is no whole number.
  [[nodiscard]] static RunOptions from_environment() {
    RunOptions options;
    const auto read = [](const char* name, auto& value) {
      const char* text = std::getenv(name);
      if (text == nullptr || *text == '\0') return;
      const std::string_view digits(text);
      const auto [end, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), value);
      if (error != std::errc{} || end != digits.data() + digits.size())
        throw FormatError(std::string(name) + "=" + text + " is not a whole number in range");
    };
    read("BPTT_SEED", options.seed);
    read("BPTT_CASES", options.cases);
    read("BPTT_MAX_SIZE", options.max_size);
    options.cases = std::max(options.cases, 1);
    return options;
  }

  [[nodiscard]] int cases_of_cost(int cost) const { return std::max(1, cases / cost); }
  [[nodiscard]] Index size_of(Index own) const {
    return max_size > 0 ? std::min(own, max_size) : own;
  }
};

}  // namespace bptt::properties
