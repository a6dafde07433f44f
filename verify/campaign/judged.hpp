// What is kept of a case that was judged, and of many together.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "properties/problem_spec.hpp"
#include "properties/verdict.hpp"
#include "verify/campaign/counts.hpp"

namespace bptt::verify {

struct Judged {
  properties::Outcome outcome = properties::Outcome::inconclusive;
  std::optional<double> ratio;
  double seen_from = 0;
  long long compared = 0, trivial = 0;
  std::optional<properties::Regime> regime;
  std::string text, output;  // of a broken one; why one is not judged
  Cause cause = Cause::none;
};

/// Numbers of zero and above, counted in steps of a 64th of an octave: counts of two campaigns add,
/// and their median is known to 0.6 %.
class LogHistogram {
 public:
  void add(double value);
  void add(int step, long long count);
  LogHistogram& operator+=(const LogHistogram& more);
  /// The lower of two in the middle; nothing if nothing was counted.
  [[nodiscard]] std::optional<double> median() const;

  /// A number that lies in the step.
  [[nodiscard]] static double middle_of(int step);
  /// In step k lie the numbers above 2^((k-1)/64), up to 2^(k/64) and with it.
  static constexpr int steps_of_an_octave = 64;
  static constexpr int zero = -1'000'000, infinite = 1'000'000;  // steps of their own
  std::vector<std::pair<int, long long>> counts;                 // those above zero, by step
};

/// Cases of one row together.
struct Tally {
  Counts counts;
  long long compared = 0, trivial = 0;
  std::optional<double> worst_ratio;
  LogHistogram ratios, seen_from;
  std::array<Counts, properties::regime_count> regimes{};

  void add(const Judged& judged);
  Tally& operator+=(const Tally& more);
};

}  // namespace bptt::verify
