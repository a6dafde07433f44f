// How the cases of a row are spread over error / bound: counts between fixed edges, so that those
// of two campaigns add.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace bptt::verify {

class RatioCounts {
 public:
  /// Two an octave, up to the bound itself; below the first lies whatever is smaller, and zero.
  static constexpr std::size_t edge_count = 25;
  [[nodiscard]] static std::array<double, edge_count> edges() {
    std::array<double, edge_count> at{};
    for (std::size_t k = 0; k < edge_count; ++k)
      at[k] = std::exp2((static_cast<double>(k) - static_cast<double>(edge_count - 1)) / 2);
    return at;
  }

  /// A ratio on an edge counts below it: 1 is within the bound. What is no number is beyond it.
  void add(double ratio, long long count = 1) {
    const auto at = edges();
    const auto place = std::isnan(ratio) ? at.end() : std::lower_bound(at.begin(), at.end(), ratio);
    counts_[static_cast<std::size_t>(place - at.begin())] += count;
  }
  RatioCounts& operator+=(const RatioCounts& more) {
    for (std::size_t k = 0; k < counts_.size(); ++k) counts_[k] += more.counts_[k];
    return *this;
  }
  /// One more than there are edges.
  [[nodiscard]] const std::array<long long, edge_count + 1>& counts() const { return counts_; }

 private:
  std::array<long long, edge_count + 1> counts_{};
};

}  // namespace bptt::verify
