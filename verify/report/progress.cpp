#include "verify/report/progress.hpp"

#include <fmt/format.h>

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

bool ProgressLine::due() const {
  return !shown_ || std::chrono::steady_clock::now() - last_ >= std::chrono::milliseconds(100);
}

void ProgressLine::show(const Progress& progress) {
  if (!due()) return;
  const Counts& c = progress.counts;
  const std::string broken = fmt::format("{} broken", c.broken);
  draw(progress.fraction,
       fmt::format("{} held  {}  {} inconclusive{}", c.held,
                   c.broken > 0 ? style_.red(broken) : broken, c.inconclusive,
                   c.not_judged > 0 ? fmt::format("  {} not judged", c.not_judged) : ""),
       progress.left);
}

void ProgressLine::show(const MatrixProgress& progress) {
  if (!due()) return;
  draw(progress.fraction,
       fmt::format("{} of {}  {}", progress.done + 1, progress.all, progress.fault), progress.left);
}

void ProgressLine::draw(double fraction, const std::string& text, double left) {
  last_ = std::chrono::steady_clock::now();
  shown_ = true;
  const auto full = static_cast<std::size_t>(fraction * bar_columns);
  const std::string line =
      fmt::format("{}[{}{}] {:3.0f} %  {}  {:.0f} s left", clear_line, std::string(full, '#'),
                  std::string(bar_columns - full, '.'), 100 * fraction, text, left);
  std::fputs(line.c_str(), out_);
  std::fflush(out_);
}

}  // namespace bptt::verify
