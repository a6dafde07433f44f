// The parts of a page, one for each kind of document. All take the document and its place among
// those of the page, by which scripts find it. What a document lacks is thrown as nlohmann's
// exception, which page_of turns into an error that names the file.
#pragma once

#include <string>

#include "verify/report/html/documents.hpp"

namespace bptt::verify::html {

/// What stands first on the page, of a check.
struct Verdict {
  std::string outcome;   // "held", "broken", "not judged"
  std::string sentence;  // "optimized: nothing broken in 225,807 cases"
  std::string more;      // in smaller letters
};
[[nodiscard]] Verdict verdict_of(const Json& check);

[[nodiscard]] std::string check_section(const Document& document, std::size_t place);
/// What is wrong with a subject, in the report of a check.
[[nodiscard]] std::string diagnosis_section(const Json& diagnosis, const std::string& of);
/// What was asked: sizes, regimes, ways through the kernels, and what nothing can be said of.
[[nodiscard]] std::string coverage_section(const Json& report, const std::string& of);
[[nodiscard]] std::string matrix_section(const Document& document, std::size_t place);
[[nodiscard]] std::string scaling_section(const Document& document, std::size_t place);
[[nodiscard]] std::string bench_section(const Document& document, std::size_t place);
[[nodiscard]] std::string history_section(const Document& document, std::size_t place);

}  // namespace bptt::verify::html
