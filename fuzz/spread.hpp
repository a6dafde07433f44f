// Copies of arrays as a caller may have them who keeps something else between their rows: strides
// of two along the first index, so that no column is contiguous. What stands between stays his.
// Deliberately with this one pattern of strides: properties/guarded.hpp has those of padded
// columns.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/problem.hpp"
#include "fuzz/finding.hpp"

namespace bptt::fuzz {

template <class S>
class Spread {
 public:
  explicit Spread(const NamedTensors<S>& arrays) {
    for (const auto& [name, tensor] : arrays) {
      auto& buffer =
          buffers_.emplace_back(2 * static_cast<std::size_t>(tensor.size()), between_rows);
      Strides strides = column_major_strides(tensor.shape());
      for (Index& stride : strides) stride *= 2;
      views_.add(name, View<S>(buffer.data(), tensor.shape(), strides));
      copy(tensor.view(), views_[name]);
    }
  }
  [[nodiscard]] const NamedViews<S>& views() const { return views_; }
  [[nodiscard]] NamedViews<const S> constants() const {
    NamedViews<const S> views;
    for (const auto& [name, view] : views_) views.add(name, view);
    return views;
  }
  /// The arrays as they are now. A Finding if anything between their rows was written.
  void take_back(NamedTensors<S>& arrays, const std::string& when) const {
    for (const auto& buffer : buffers_)
      for (std::size_t k = 1; k < buffer.size(); k += 2)
        require(buffer[k] == between_rows, when + ": something between two rows was written");
    for (const auto& [name, view] : views_) copy(view, arrays[name].view());
  }

 private:
  static constexpr S between_rows = S(12345.5);
  std::vector<std::vector<S>> buffers_;
  NamedViews<S> views_;
};

}  // namespace bptt::fuzz
