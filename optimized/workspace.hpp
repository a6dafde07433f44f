// Memory of a plan: aligned arrays that live as long as the plan and are never resized.
// All of it is taken in the plan's constructor, so that a run allocates nothing. Not initialised
// in release builds; filled with NaN where assertions are on, so that a value read before it is
// written shows in the result.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <vector>

#include "core/error.hpp"
#include "core/shape.hpp"

namespace bptt::optimized {

template <class S>
class Workspace {
 public:
  /// A whole cache line, and the widest vector there is.
  static constexpr std::align_val_t alignment{64};

  /// An array of `count` elements, owned by the workspace. Throws std::bad_alloc.
  [[nodiscard]] S* take(Index count) {
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(S);
    arrays_.emplace_back(static_cast<S*>(::operator new(bytes, alignment)));
    bytes_ += bytes;
#ifndef NDEBUG
    std::fill_n(arrays_.back().get(), count, std::numeric_limits<S>::quiet_NaN());
#endif
    return arrays_.back().get();
  }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(S* array) const { ::operator delete(array, alignment); }
  };
  std::vector<std::unique_ptr<S, Free>> arrays_;
  std::size_t bytes_ = 0;
};

/// a b c, the number of elements of an array. Throws ShapeError if it exceeds the largest Index.
[[nodiscard]] inline Index element_count(Index a, Index b, Index c = 1) {
  Index ab = 0, abc = 0;
  // A quarter of the range leaves room for the element size and for small sums of counts.
  if (__builtin_mul_overflow(a, b, &ab) || __builtin_mul_overflow(ab, c, &abc) ||
      abc > std::numeric_limits<Index>::max() / 32)
    throw ShapeError("an array of " + std::to_string(a) + " x " + std::to_string(b) + " x " +
                     std::to_string(c) + " elements exceeds the address space");
  return abc;
}

}  // namespace bptt::optimized
