// A point in a pass that no member of a team goes beyond before all have reached it.
#pragma once

#include <atomic>
#include <vector>

namespace bptt::optimized {

class Barrier {
 public:
  /// For the members 0 .. size-1.
  explicit Barrier(int size) : arrivals_(static_cast<std::size_t>(size)) {}

  /// What the members wrote before it can be read by all after it. Allocates and locks nothing.
  void wait(int member);

  /// How often the first member has waited; of a team of one, never.
  [[nodiscard]] unsigned rounds() const {
    return arrivals_.front().count.load(std::memory_order_relaxed);
  }

 private:
  /// How often a member has arrived; a cache line of its own, which nobody else writes, so that a
  /// wait costs one transfer of a line between two cores.
  struct alignas(64) Arrivals {
    std::atomic<unsigned> count{0};
  };
  std::vector<Arrivals> arrivals_;
};

}  // namespace bptt::optimized
