#include "optimized/barrier.hpp"

#include "optimized/waiting.hpp"

namespace bptt::optimized {

void Barrier::wait(int member) {
  if (arrivals_.size() == 1) return;
  std::atomic<unsigned>& own = arrivals_[static_cast<std::size_t>(member)].count;
  const unsigned now = own.load(std::memory_order_relaxed) + 1;
  own.store(now, std::memory_order_release);
  own.notify_all();
  // Another member can be one round ahead, if it has left this one already, but no more.
  for (const Arrivals& other : arrivals_) wait_while(other.count, now - 1, Spin::within_a_pass());
}

}  // namespace bptt::optimized
