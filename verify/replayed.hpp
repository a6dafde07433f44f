// One case again: what a replay line says, judged.
#pragma once

#include <string>
#include <string_view>

#include "core/subject.hpp"
#include "properties/verdict.hpp"

namespace bptt::verify {

struct Replayed {
  std::string line;  // as it is understood
  int number = 0;    // of the property; 0 for a published case
  std::string id, sentence, mathematics, exactness;
  properties::Verdict verdict;
};

/// line: to_string(ReplayCase), "SUBJECT published:CASE" or "SUBJECT specification:CASE"; a whole
/// command "bptt-verify replay '...'" is understood too.
/// Throws FormatError, ShapeError or UnsupportedError, saying what is wrong with it.
[[nodiscard]] Replayed replay(std::string_view line);

}  // namespace bptt::verify
