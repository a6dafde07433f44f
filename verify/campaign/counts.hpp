// How many cases had which outcome.
#pragma once

#include "properties/verdict.hpp"

namespace bptt::verify {

struct Counts {
  long long held = 0, broken = 0, inconclusive = 0, not_judged = 0;
  void add(properties::Outcome outcome);
  Counts& operator+=(const Counts& more);
  [[nodiscard]] long long judged() const { return held + broken + inconclusive; }
  [[nodiscard]] long long cases() const { return judged() + not_judged; }
};

}  // namespace bptt::verify
