// An array inside a larger buffer, with a pattern around it that must survive.
#pragma once

#include <vector>

#include "core/view.hpp"
#include "properties/draw.hpp"

namespace bptt::properties {

/// Gaps between columns and steps if it is strided, of one in four arrays between the elements of
/// a column too, of one in eight the rows where columns would be; and an odd offset. Elements start
/// as the pattern.
template <class S>
class Guarded {
 public:
  Guarded(const Shape& shape, const Draw& draw, bool strided) {
    Strides strides = column_major_strides(shape);
    if (strided) {
      const bool by_rows = shape.rank() > 1 && draw.below(8, 10) == 0;
      Index step = draw.below(4, 8) == 0 ? 2 : 1;
      for (Index k = 0; k < shape.rank(); ++k) {
        const Index axis = by_rows && k < 2 ? 1 - k : k;
        strides[static_cast<std::size_t>(axis)] = step;
        step = step * shape[axis] + draw.below(4, k);
      }
    }
    Index extent = 1;
    for (Index axis = 0; axis < shape.rank(); ++axis)
      extent += (shape[axis] - 1) * strides[static_cast<std::size_t>(axis)];
    const Index offset = margin + draw.below(8, 9);
    buffer_.assign(static_cast<std::size_t>(offset + extent + margin), guard);
    view_ = View<S>(buffer_.data() + offset, shape, strides);
  }
  [[nodiscard]] const View<S>& view() const { return view_; }
  /// How many elements outside the array no longer hold the pattern. Overwrites the array.
  [[nodiscard]] Index written_outside() {
    fill(view_, guard);
    Index written = 0;
    for (const S v : buffer_) written += v == guard ? 0 : 1;
    return written;
  }

 private:
  static constexpr Index margin = 67;  // more than a vector on either side
  static constexpr S guard = S(12345.5);
  std::vector<S> buffer_;
  View<S> view_;
};

}  // namespace bptt::properties
