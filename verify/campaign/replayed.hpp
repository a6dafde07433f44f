// One case again: what a replay line says, judged.
#pragma once

#include <string>
#include <string_view>

#include "core/subject.hpp"
#include "properties/verdict.hpp"
#include "subjects/foreign/options.hpp"

namespace bptt::verify {

struct Replayed {
  std::string line;  // as it is understood
  std::string id, sentence, mathematics, exactness;
  properties::Verdict verdict;
};

/// line: to_string(ReplayCase), "SUBJECT published:CASE" or "SUBJECT specification:CASE"; a whole
/// command "bptt-verify replay '...'" is understood too.
/// options: for a subject that is a file.
/// Throws FormatError, ShapeError or UnsupportedError, saying what is wrong with it; Error if the
/// subject's file cannot be loaded.
[[nodiscard]] Replayed replay(std::string_view line, const foreign::Options& options = {});

}  // namespace bptt::verify
