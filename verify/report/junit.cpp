#include "verify/report/junit.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace bptt::verify {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

/// Length of the UTF-8 character that the text begins with; 0 if it begins with none that XML has.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (length == 0 || first > 0xF4 || text.size() < length) return 0;
  std::uint32_t code = first & (0xFFU >> (length + 1));
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte(k) & 0x3FU);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  const bool allowed =
      code >= least[length] && code <= 0x10FFFF && !surrogate && code != 0xFFFE && code != 0xFFFF;
  return allowed ? length : 0;
}

enum class Result { passed, failed, skipped };

Result result_of(const Row& row) {
  if (row.counts.broken > 0) return Result::failed;
  return row.counts.held > 0 ? Result::passed : Result::skipped;
}

std::string failure_of(const Row& row) {
  std::string text, first = fmt::format("{} is broken", row.id);
  for (const Failure& failure : row.failures) {
    if (text.empty()) first = failure.text;
    if (!failure.output.empty()) text += failure.output + "\n";
    text += failure.text + "\n" + failure.replay + "\n";
  }
  return fmt::format("      <failure message=\"{}\" type=\"broken\">{}</failure>\n",
                     xml_text(first), xml_text(text));
}

std::string case_of(const Row& row, std::string_view subject) {
  std::string text = fmt::format(
      "    <testcase name=\"{}\" classname=\"{}\" time=\"0\"",
      xml_text(fmt::format("{} {} {}", label_of(row), name_of(row.cell), name_of(row.scalar))),
      xml_text(subject));
  switch (result_of(row)) {
    case Result::passed: return text + "/>\n";
    case Result::failed: return text + ">\n" + failure_of(row) + "    </testcase>\n";
    case Result::skipped: break;
  }
  const Counts& c = row.counts;
  const std::string why =
      c.cases() == 0 ? std::string("no case was asked")
      : c.not_judged > 0
          ? fmt::format("{} of {} cases are not judged: {}; the others are inconclusive",
                        c.not_judged, c.cases(), row.why_not_judged)
          : fmt::format("all {} cases are inconclusive", c.cases());
  return text + fmt::format(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", xml_text(why));
}

std::string counts_of(const std::vector<const Row*>& rows) {
  int failed = 0, skipped = 0;
  for (const Row* row : rows) {
    failed += result_of(*row) == Result::failed ? 1 : 0;
    skipped += result_of(*row) == Result::skipped ? 1 : 0;
  }
  return fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\"", rows.size(),
                     failed, skipped);
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, length);
    if (length == 0)
      result += replacement;
    else if (character == "&")
      result += "&amp;";
    else if (character == "<")
      result += "&lt;";
    else if (character == ">")
      result += "&gt;";
    else if (character == "\"")
      result += "&quot;";
    else if (character == "\r")
      result += "&#13;";
    else
      result += character;
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

std::string junit_of(const std::vector<Report>& reports) {
  std::vector<const Row*> all;
  double seconds = 0;
  std::string suites;
  for (const Report& report : reports) {
    std::vector<const Row*> rows;
    std::string cases;
    for (const Row& row : report.rows) {
      rows.push_back(&row);
      cases += case_of(row, report.subject);
    }
    all.insert(all.end(), rows.begin(), rows.end());
    seconds += report.seconds;
    // ISO 8601 without a zone is what readers of this format expect.
    const std::string started = report.started.substr(0, report.started.find('Z'));
    suites +=
        fmt::format("  <testsuite name=\"{}\" {} time=\"{:.3f}\" timestamp=\"{}\">\n",
                    xml_text(report.subject), counts_of(rows), report.seconds, xml_text(started)) +
        cases + "  </testsuite>\n";
  }
  return fmt::format(
             "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"bptt-verify\" {} "
             "time=\"{:.3f}\">\n",
             counts_of(all), seconds) +
         suites + "</testsuites>\n";
}

}  // namespace bptt::verify
