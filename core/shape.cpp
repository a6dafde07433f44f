#include "core/shape.hpp"

#include <algorithm>

#include "core/error.hpp"

namespace bptt {

std::string Shape::str() const {
  std::string text = "(";
  for (Index axis = 0; axis < rank_; ++axis) {
    if (axis > 0) text += ',';
    text += std::to_string((*this)[axis]);
  }
  if (rank_ == 1) text += ',';
  return text + ")";
}

void Shape::refuse(Index extent) const {
  if (rank_ == max_rank)
    throw ShapeError("cannot append extent " + std::to_string(extent) + " to shape " + str() +
                     ": rank " + std::to_string(max_rank) + " is the highest supported");
  throw ShapeError("extent " + std::to_string(extent) + " is negative");
}

Shape Shape::without_last_axis() const {
  if (rank_ == 0) throw ShapeError("shape () has no axis to remove");
  Shape shorter = *this;
  shorter.extents_[static_cast<std::size_t>(--shorter.rank_)] = 0;
  return shorter;
}

std::vector<Index> indices_of(Index element, const Shape& shape) {
  std::vector<Index> indices;
  indices.reserve(static_cast<std::size_t>(shape.rank()));
  for (Index axis = 0; axis < shape.rank(); ++axis) {
    indices.push_back(element % shape[axis]);
    element /= shape[axis];
  }
  return indices;
}

Shape broadcast_shapes(const Shape& a, const Shape& b) {
  const Index rank = std::max(a.rank(), b.rank());
  Shape result;
  for (Index axis = 0; axis < rank; ++axis) {
    const Index axis_a = axis - (rank - a.rank());
    const Index axis_b = axis - (rank - b.rank());
    const Index extent_a = axis_a < 0 ? 1 : a[axis_a];
    const Index extent_b = axis_b < 0 ? 1 : b[axis_b];
    if (extent_a != extent_b && extent_a != 1 && extent_b != 1)
      throw ShapeError("operands could not be broadcast together with shapes " + a.str() + " " +
                       b.str());
    result.append(extent_a == 1 ? extent_b : extent_a);
  }
  return result;
}

void require_addable(std::string_view name, const Shape& destination, const Shape& source) {
  const auto refuse = [&] {
    throw ShapeError("cannot add shape " + source.str() + " into " + std::string(name) +
                     " with shape " + destination.str());
  };
  try {
    if (broadcast_shapes(destination, source) == destination) return;
  } catch (const ShapeError&) {
    refuse();
  }
  refuse();
}

void require_shape(std::string_view name, const Shape& got, const Shape& expected) {
  if (got == expected) return;
  throw ShapeError(std::string(name) + " has shape " + got.str() + ", expected " + expected.str());
}

}  // namespace bptt
