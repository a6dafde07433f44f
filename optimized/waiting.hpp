// How a thread waits for another: it looks for a while, since what it waits for usually comes
// within microseconds, and then sleeps.
#pragma once

#include <atomic>
#include <thread>

namespace bptt::optimized {

/// Looks before sleeping, some ten nanoseconds each.
struct Patience {
  int looks;
  /// Lets other threads run between looks, since there are more threads than cores.
  bool yields;

  /// Between passes: some hundred microseconds, a few times what waking a thread takes.
  static Patience between_passes() { return {20'000, false}; }
  /// Within a pass of so many threads: longer than the scheduler's time slices. Where another
  /// program takes a core for a while, threads that went to sleep at every wait would give it the
  /// next slice too.
  static Patience within_a_pass(int threads) {
    return {500'000, static_cast<unsigned>(threads) > std::thread::hardware_concurrency()};
  }
};

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Returns when the variable, which others notify, has another value.
template <class T>
void wait_while(const std::atomic<T>& variable, T value, const Patience& patience) {
  for (int look = 0; look < patience.looks; ++look) {
    if (variable.load(std::memory_order_acquire) != value) return;
    if (patience.yields)
      std::this_thread::yield();
    else
      pause_briefly();
  }
  while (variable.load(std::memory_order_acquire) == value) variable.wait(value);
}

}  // namespace bptt::optimized
