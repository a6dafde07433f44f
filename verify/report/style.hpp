// Colours of a terminal, or none.
#pragma once

#include <string>
#include <string_view>

namespace bptt::verify {

class Style {
 public:
  explicit Style(bool coloured) : coloured_(coloured) {}
  [[nodiscard]] std::string bold(std::string_view text) const { return with("1", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return with("31;1", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return with("33", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return with("32", text); }

 private:
  [[nodiscard]] std::string with(std::string_view code, std::string_view text) const {
    if (!coloured_) return std::string(text);
    return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
  }
  bool coloured_;
};

}  // namespace bptt::verify
