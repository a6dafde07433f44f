// How a thread waits for another: it looks for a while, since what it waits for usually comes
// within microseconds, and then sleeps.
#pragma once

#include <atomic>
#include <thread>

namespace bptt::optimized {

struct Spin {
  /// Looks that let other threads run between them, before sleeping: the thread that is waited for
  /// may need this very core. A few tenths of a microsecond each, if nobody needs it.
  int yields;

  /// Between passes: some hundred microseconds, a few times what waking a thread takes.
  static Spin between_passes() { return {500}; }
  /// Within a pass: longer than the scheduler's time slices. Where another program takes a core for
  /// a while, threads that went to sleep at every wait would give it the next slice too.
  static Spin within_a_pass() { return {30'000}; }
};

/// Looks before any of that: some ten microseconds.
inline constexpr int looks_in_a_row = 1000;

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Returns when the variable, which others notify, has another value.
template <class T>
void wait_while(const std::atomic<T>& variable, T value, const Spin& spin) {
  for (int look = 0; look < looks_in_a_row + spin.yields; ++look) {
    if (variable.load(std::memory_order_acquire) != value) return;
    if (look < looks_in_a_row)
      pause_briefly();
    else
      std::this_thread::yield();
  }
  while (variable.load(std::memory_order_acquire) == value) variable.wait(value);
}

}  // namespace bptt::optimized
