#include "verify/report/words.hpp"

#include <fmt/format.h>

#include <sstream>

namespace bptt::verify {

std::string grouped(long long number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3 + (number < 0 ? 1U : 0U);) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string ratio_text(const std::optional<double>& ratio) {
  if (!ratio) return "-";
  if (*ratio == 0) return "0";
  return *ratio != 0 && (*ratio < 1e-3 || *ratio >= 1e4) ? fmt::format("{:.1e}", *ratio)
                                                         : fmt::format("{:.3f}", *ratio);
}

std::string heading_of(Cause cause) {
  std::string text(cause == Cause::none ? "broken" : bptt::name_of(cause));
  for (char& c : text) c = c == ' ' ? c : static_cast<char>(c - 'a' + 'A');
  return text;
}

std::string output_text(const std::string& output) {
  std::string text;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    for (char& c : line)
      if (static_cast<unsigned char>(c) < ' ') c = ' ';  // no escapes reach the terminal
    text += "  | " + line + "\n";
  }
  return text;
}

}  // namespace bptt::verify
