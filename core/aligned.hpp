// Memory that starts at a cache line, so that vectors of it do not straddle two lines and two
// threads' parts need not share one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define BPTT_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define BPTT_ADDRESS_SANITIZER 1
#endif
#endif

namespace bptt {

/// A cache line, and the widest vector there is.
inline constexpr std::size_t line_bytes = 64;

#ifdef BPTT_ADDRESS_SANITIZER
// Nothing readable stands around an array: the sanitizer sees every step beside it.
[[nodiscard]] inline void* allocate_lines(std::size_t bytes) {
  return ::operator new(bytes, std::align_val_t(line_bytes));
}
inline void free_lines(void* array) noexcept {
  ::operator delete(array, std::align_val_t(line_bytes));
}
#else
// glibc 2.36 splits and joins blocks for each aligned allocation, which takes several times as long
// as a plain one. So an array stands in a plain block that is a line longer, the block's address
// before it.
[[nodiscard]] inline void* allocate_lines(std::size_t bytes) {
  static_assert(__STDCPP_DEFAULT_NEW_ALIGNMENT__ >= sizeof(void*));
  if (bytes > static_cast<std::size_t>(-1) - line_bytes) throw std::bad_array_new_length();
  void* const block = ::operator new(bytes + line_bytes);
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  const auto to_the_line = static_cast<std::ptrdiff_t>(line_bytes - address % line_bytes);
  void* const array = static_cast<std::byte*>(block) + to_the_line;
  static_cast<void**>(array)[-1] = block;
  return array;
}
inline void free_lines(void* array) noexcept {
  if (array != nullptr) ::operator delete(static_cast<void**>(array)[-1]);
}
#endif

template <class T>
struct LineAllocator {
  using value_type = T;
  LineAllocator() = default;
  template <class U>
  LineAllocator(const LineAllocator<U>&) {}  // NOLINT(google-explicit-constructor): as std's do

  T* allocate(std::size_t count) {
    if (count > static_cast<std::size_t>(-1) / sizeof(T)) throw std::bad_array_new_length();
    return static_cast<T*>(allocate_lines(count * sizeof(T)));
  }
  void deallocate(T* array, std::size_t) noexcept { free_lines(array); }
  friend bool operator==(const LineAllocator&, const LineAllocator&) { return true; }
};

template <class T>
using AlignedVector = std::vector<T, LineAllocator<T>>;

}  // namespace bptt
