#include "verify/progress.hpp"

#include <fmt/format.h>

#include <string>

namespace bptt::verify {
namespace {

constexpr int bar_columns = 24;
constexpr const char* clear_line = "\r\x1b[K";

}  // namespace

ProgressLine::~ProgressLine() {
  if (!shown_) return;
  std::fputs(clear_line, out_);
  std::fflush(out_);
}

void ProgressLine::show(const Progress& progress) {
  const auto now = std::chrono::steady_clock::now();
  if (shown_ && now - last_ < std::chrono::milliseconds(100)) return;
  last_ = now;
  shown_ = true;
  const auto full = static_cast<std::size_t>(progress.fraction * bar_columns);
  const Counts& c = progress.counts;
  const std::string broken = fmt::format("{} broken", c.broken);
  const std::string line = fmt::format(
      "{}[{}{}] {:3.0f} %  {} held  {}  {} inconclusive  {:.0f} s left", clear_line,
      std::string(full, '#'), std::string(bar_columns - full, '.'), 100 * progress.fraction, c.held,
      c.broken > 0 ? style_.red(broken) : broken, c.inconclusive, progress.left);
  std::fputs(line.c_str(), out_);
  std::fflush(out_);
}

}  // namespace bptt::verify
