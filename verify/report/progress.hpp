// A line at the bottom of a terminal that says how far a campaign, or many of them, are.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>

#include "verify/campaign/campaign.hpp"
#include "verify/campaign/kill_matrix.hpp"
#include "verify/report/style.hpp"

namespace bptt::verify {

/// Writes to `out` ten times a second at most, and removes its line at the end.
class ProgressLine {
 public:
  ProgressLine(std::FILE* out, const Style& style) : out_(out), style_(style) {}
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void show(const Progress& progress);
  void show(const MatrixProgress& progress);

 private:
  /// Whether the line was last drawn long enough ago.
  [[nodiscard]] bool due() const;
  void draw(double fraction, const std::string& text, double left);

  std::FILE* out_;
  Style style_;
  std::chrono::steady_clock::time_point last_;
  bool shown_ = false;
};

}  // namespace bptt::verify
