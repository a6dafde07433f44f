// Views: a pointer, a shape and strides. A view never owns and never allocates.
#pragma once

#include <array>
#include <type_traits>

#include "core/shape.hpp"

namespace bptt {

using Strides = std::array<Index, Shape::max_rank>;

/// Strides of a dense column-major array: the first index runs fastest.
[[nodiscard]] inline Strides column_major_strides(const Shape& shape) {
  Strides strides{};
  Index step = 1;
  for (Index axis = 0; axis < shape.rank(); ++axis) {
    strides[static_cast<std::size_t>(axis)] = step;
    step *= shape[axis];
  }
  return strides;
}

/// A strided array of rank 0 to 4 that lives elsewhere. Strides count elements and may be
/// negative (a sequence read from right to left) or zero. Indices are not checked.
template <class S>
class View {
 public:
  View() = default;
  View(S* data, const Shape& shape) : View(data, shape, column_major_strides(shape)) {}
  View(S* data, const Shape& shape, const Strides& strides)
      : data_(data), shape_(shape), strides_(strides) {}
  /// A view of values is also a view of constants.
  template <class T>
  requires(std::is_same_v<S, const T> && !std::is_const_v<T>)
      View(const View<T>& other)  // NOLINT(google-explicit-constructor): as T* to const T*
      : data_(other.data()), shape_(other.shape()), strides_(other.strides()) {}

  S& operator()(Index i) const { return data_[i * strides_[0]]; }
  S& operator()(Index i, Index j) const { return data_[i * strides_[0] + j * strides_[1]]; }
  S& operator()(Index i, Index j, Index t) const {
    return data_[i * strides_[0] + j * strides_[1] + t * strides_[2]];
  }
  S& operator()(Index i, Index j, Index t, Index s) const {
    return data_[i * strides_[0] + j * strides_[1] + t * strides_[2] + s * strides_[3]];
  }

  /// The array at one value of the last index: for `x` (n_x, m, T_x), x.at_step(t) is x[:,:,t].
  [[nodiscard]] View at_step(Index t) const {
    const auto last = static_cast<std::size_t>(shape_.rank() - 1);
    return {data_ + t * strides_[last], shape_.without_last_axis(), strides_};
  }
  /// The values first .. last-1 of one axis: `a.slice(2, 0, s)` is a[:,:,0:s].
  [[nodiscard]] View slice(Index axis, Index first, Index last) const {
    Shape shape;
    for (Index k = 0; k < shape_.rank(); ++k) shape.append(k == axis ? last - first : shape_[k]);
    return {data_ + first * strides_[static_cast<std::size_t>(axis)], shape, strides_};
  }
  /// The same elements with one axis read backwards.
  [[nodiscard]] View reversed(Index axis) const {
    Strides strides = strides_;
    const auto k = static_cast<std::size_t>(axis);
    strides[k] = -strides[k];
    const Index last = shape_[axis] > 0 ? shape_[axis] - 1 : 0;
    return {data_ + last * strides_[k], shape_, strides};
  }

  [[nodiscard]] S* data() const { return data_; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] const Strides& strides() const { return strides_; }
  [[nodiscard]] Index extent(Index axis) const { return shape_[axis]; }
  [[nodiscard]] Index size() const { return shape_.size(); }

 private:
  S* data_ = nullptr;
  Shape shape_;
  Strides strides_{};
};

/// A view of constants as a function's parameter: S is deduced from another argument, so that a
/// View<S> converts on its way in.
template <class S>
using ConstView = View<const std::type_identity_t<S>>;

/// Calls f(element) in column-major order of the logical indices.
template <class S, class F>
void for_each_element(const View<S>& view, F&& f) {
  for (Index s = 0; s < view.extent(3); ++s)
    for (Index t = 0; t < view.extent(2); ++t)
      for (Index j = 0; j < view.extent(1); ++j)
        for (Index i = 0; i < view.extent(0); ++i) f(view(i, j, t, s));
}

/// Copies element by element. Throws ShapeError if the shapes differ.
template <class S, class T>
void copy(const View<S>& from, const View<T>& to) {
  require_shape("copy's destination", to.shape(), from.shape());
  for (Index s = 0; s < from.extent(3); ++s)
    for (Index t = 0; t < from.extent(2); ++t)
      for (Index j = 0; j < from.extent(1); ++j)
        for (Index i = 0; i < from.extent(0); ++i)
          to(i, j, t, s) = static_cast<T>(from(i, j, t, s));
}

/// Adds element by element. Throws ShapeError if the shapes differ.
template <class S, class T>
void add(const View<S>& from, const View<T>& to) {
  require_shape("add's destination", to.shape(), from.shape());
  for (Index s = 0; s < from.extent(3); ++s)
    for (Index t = 0; t < from.extent(2); ++t)
      for (Index j = 0; j < from.extent(1); ++j)
        for (Index i = 0; i < from.extent(0); ++i) to(i, j, t, s) += from(i, j, t, s);
}

template <class S>
void fill(const View<S>& view, const std::type_identity_t<S>& value) {
  for_each_element(view, [&](S& element) { element = value; });
}

}  // namespace bptt
