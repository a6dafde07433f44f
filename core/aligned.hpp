// Memory that starts at a cache line, so that vectors of it do not straddle two lines and two
// threads' parts need not share one.
#pragma once

#include <cstddef>
#include <new>
#include <vector>

namespace bptt {

/// A cache line, and the widest vector there is.
inline constexpr std::size_t line_bytes = 64;

template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as std's do

  T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(::operator new(count * sizeof(T), std::align_val_t(line_bytes)));
  }
  void deallocate(T* array, std::size_t) noexcept {
    ::operator delete(array, std::align_val_t(line_bytes));
  }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, LineAllocator<T>>;

}  // namespace bptt
