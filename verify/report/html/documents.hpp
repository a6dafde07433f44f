// The documents of which a page is made, told apart by what stands in them.
#pragma once

#include <string>
#include <vector>

#include "verify/report/html/markup.hpp"

namespace bptt::verify::html {

enum class Kind { check, matrix, scaling, bench, history };

// NOLINTNEXTLINE(bugprone-exception-escape): moving JSON throws nothing
struct Document {
  Kind kind = Kind::check;
  std::string source;  // where it was read, for messages and for the name under which it is saved
  std::string text;    // as it was read; of a history its last run with times
  Json json;
};

/// Throws FormatError if the text is no document that a page shows, or of a version that it does
/// not know.
[[nodiscard]] Document document_of(std::string text, const std::string& source);

/// "check", "bench", ..
[[nodiscard]] std::string_view name_of(Kind kind);

}  // namespace bptt::verify::html
