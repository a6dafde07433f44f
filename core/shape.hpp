// Shapes, with NumPy's words and NumPy's broadcasting rules.
// Deliberately without strides or storage: a Shape says how many, never where.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace bptt {

using Index = std::ptrdiff_t;

/// The extents of an array of rank 0 to 4, as in numpy.ndarray.shape.
class Shape {
 public:
  static constexpr Index max_rank = 4;

  Shape() = default;
  /// Throws ShapeError if there are more than four extents or one is negative.
  Shape(std::initializer_list<Index> extents) {
    for (const Index extent : extents) append(extent);
  }

  [[nodiscard]] Index rank() const { return rank_; }
  /// Extent of an axis; 1 beyond the rank, so that a matrix reads as one time step.
  [[nodiscard]] Index operator[](Index axis) const {
    return axis < rank_ ? extents_[static_cast<std::size_t>(axis)] : 1;
  }
  /// Number of elements: the product of the extents, 1 for rank 0.
  [[nodiscard]] Index size() const {
    Index n = 1;
    for (Index axis = 0; axis < rank_; ++axis) n *= (*this)[axis];
    return n;
  }
  /// As NumPy prints it: "(5,1)", "(5,)", "()".
  [[nodiscard]] std::string str() const;

  /// Throws ShapeError, as the constructor does.
  void append(Index extent) {
    if (rank_ == max_rank || extent < 0) refuse(extent);
    extents_[static_cast<std::size_t>(rank_++)] = extent;
  }
  [[nodiscard]] Shape without_last_axis() const;

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  [[noreturn]] void refuse(Index extent) const;

  std::array<Index, max_rank> extents_{};
  Index rank_ = 0;
};

/// The indices of an element of a dense array, the first one running fastest.
[[nodiscard]] std::vector<Index> indices_of(Index element, const Shape& shape);

/// The shape of a + b: axes are aligned from the last one; extents agree or one of them is 1.
/// Throws ShapeError: "operands could not be broadcast together with shapes (5,2) (5,3)".
/// Source: NumPy user guide, "Broadcasting".
[[nodiscard]] Shape broadcast_shapes(const Shape& a, const Shape& b);

/// Checks that `destination += source` is allowed: the destination cannot grow.
/// Throws ShapeError: "cannot add shape (5,5) into dba with shape (5,1)".
void require_addable(std::string_view name, const Shape& destination, const Shape& source);

/// Throws ShapeError unless `got == expected`: "dba has shape (5,), expected (5,1)".
void require_shape(std::string_view name, const Shape& got, const Shape& expected);

}  // namespace bptt
