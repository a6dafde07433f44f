// Tensors: arrays that own their elements, column-major and dense.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/aligned.hpp"
#include "core/error.hpp"
#include "core/view.hpp"

namespace bptt {

/// A dense column-major array: first index fastest, time slowest. Elements start as S{}, the first
/// one at a cache line.
template <class S>
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(const Shape& shape)
      : shape_(shape), elements_(static_cast<std::size_t>(shape.size())) {}

  S& operator()(Index i, Index j = 0, Index t = 0) { return elements_[offset(i, j, t)]; }
  const S& operator()(Index i, Index j = 0, Index t = 0) const {
    return elements_[offset(i, j, t)];
  }

  [[nodiscard]] View<S> view() { return {elements_.data(), shape_}; }
  [[nodiscard]] View<const S> view() const { return {elements_.data(), shape_}; }
  [[nodiscard]] const Shape& shape() const { return shape_; }
  [[nodiscard]] Index size() const { return static_cast<Index>(elements_.size()); }
  /// All elements in column-major order.
  [[nodiscard]] AlignedVector<S>& elements() { return elements_; }
  [[nodiscard]] const AlignedVector<S>& elements() const { return elements_; }

 private:
  [[nodiscard]] std::size_t offset(Index i, Index j, Index t) const {
    return static_cast<std::size_t>(i + shape_[0] * (j + shape_[1] * t));
  }
  Shape shape_;
  AlignedVector<S> elements_;
};

/// A tensor of another element type with the same values, each converted once.
template <class To, class From>
[[nodiscard]] Tensor<To> converted(const Tensor<From>& from) {
  Tensor<To> to(from.shape());
  for (std::size_t k = 0; k < from.elements().size(); ++k)
    to.elements()[k] = static_cast<To>(from.elements()[k]);
  return to;
}

/// Values under names, in the order in which they were added: a Python dictionary.
template <class V>
class Named {
 public:
  using Entry = std::pair<std::string, V>;

  /// Room for so many, so that adding them moves none.
  void reserve(std::size_t count) { entries_.reserve(count); }
  V& add(std::string_view name, V value) {
    if (contains(name)) throw Error("name " + std::string(name) + " is already present");
    return entries_.emplace_back(std::string(name), std::move(value)).second;
  }
  [[nodiscard]] bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Throws Error with the names that are there if `name` is not.
  [[nodiscard]] const V& operator[](std::string_view name) const {
    const V* value = find(name);
    if (value == nullptr) throw Error("no array named " + std::string(name) + " among " + names());
    return *value;
  }
  [[nodiscard]] V& operator[](std::string_view name) {
    return const_cast<V&>(std::as_const(*this)[name]);  // the object itself is not const here
  }

  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  [[nodiscard]] auto begin() { return entries_.begin(); }
  [[nodiscard]] auto end() { return entries_.end(); }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::string names() const {
    std::string text;
    for (const Entry& entry : entries_) text += (text.empty() ? "" : " ") + entry.first;
    return text;
  }

 private:
  [[nodiscard]] const V* find(std::string_view name) const {
    // Names are short and alike, "Wf" and "Wi": most differ in the last letter.
    for (const Entry& entry : entries_)
      if (entry.first.size() == name.size() &&
          (name.empty() || entry.first.back() == name.back()) && entry.first == name)
        return &entry.second;
    return nullptr;
  }
  std::vector<Entry> entries_;
};

template <class S>
using NamedTensors = Named<Tensor<S>>;
template <class S>
using NamedViews = Named<View<S>>;

template <class S>
[[nodiscard]] NamedViews<S> views_of(NamedTensors<S>& tensors) {
  NamedViews<S> views;
  views.reserve(tensors.size());
  for (auto& [name, tensor] : tensors) views.add(name, tensor.view());
  return views;
}
template <class S>
[[nodiscard]] NamedViews<const S> views_of(const NamedTensors<S>& tensors) {
  NamedViews<const S> views;
  views.reserve(tensors.size());
  for (const auto& [name, tensor] : tensors) views.add(name, tensor.view());
  return views;
}

template <class To, class From>
[[nodiscard]] NamedTensors<To> converted(const NamedTensors<From>& from) {
  NamedTensors<To> to;
  to.reserve(from.size());
  for (const auto& [name, tensor] : from) to.add(name, converted<To>(tensor));
  return to;
}

}  // namespace bptt
