// What the passes of a plan have done, counted: the same for the same sizes, options and
// instruction set, however long it took.
#pragma once

#include <cstdint>

namespace bptt::optimized {

struct Work {
  /// Products of two elements that were added to a sum, those of padding included, of all threads.
  std::uint64_t multiply_adds = 0;
  /// Times that a thread waited for the others within a pass: the first thread's.
  std::uint64_t waits = 0;
};

}  // namespace bptt::optimized
