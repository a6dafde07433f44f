// How a thread waits for another: it looks for a while, since what it waits for usually comes within
// microseconds, and then sleeps.
#pragma once

#include <atomic>

namespace bptt::optimized {

/// Looks before sleeping: some hundred microseconds, a few times what waking a thread takes.
inline constexpr int looks_before_sleep = 20'000;

inline void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Returns when the variable, which others notify, has another value.
template <class T>
void wait_while(const std::atomic<T>& variable, T value) {
  for (int look = 0; look < looks_before_sleep; ++look) {
    if (variable.load(std::memory_order_acquire) != value) return;
    pause_briefly();
  }
  while (variable.load(std::memory_order_acquire) == value) variable.wait(value);
}

}  // namespace bptt::optimized
