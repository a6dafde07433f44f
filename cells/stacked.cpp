#include "cells/stacked.hpp"

#include "cells/network.hpp"
#include "cells/signature.hpp"
#include "core/error.hpp"

namespace bptt::cells {
namespace {

/// Copies a step, layer by layer, into one.
class Stack {
 public:
  Stack(const Definition& cell, int layers) : step_(cell.step), signature_(cell.step) {
    all_.name = cell.name + "_x" + std::to_string(layers);
    all_.title = std::to_string(layers) + " layers of: " + cell.title;
    all_.activations = cell.activations;
    all_.activation_name = cell.activation_name;
    const auto refuse = [&](const std::string& why) {
      throw UnsupportedError(cell.name + " cannot be stacked: " + why);
    };
    if (signature_.inputs.size() != 1 || axes(signature_.inputs.front()).size() != 1)
      refuse("a layer reads one array of features");
    if (axes(signature_.seen.front()).size() != 1) refuse("what it gives has not one axis");
    const Extent& features = extent_of(signature_.inputs.front());
    if (features.sizes.size() != 1) refuse("its features are " + features.str() + ", not one size");
    features_ = features.sizes.front();
    units_ = extent_of(signature_.seen.front());
    for (int layer = 1; layer <= layers; ++layer) add(layer, cell.ranges);
  }

  Definition take() { return std::move(all_); }

 private:
  [[nodiscard]] const Array& array(int k) const { return step_.arrays[at(k)]; }
  [[nodiscard]] const std::vector<int>& axes(int k) const { return array(k).axes; }
  [[nodiscard]] const Extent& extent_of(int k) const {
    return step_.letters[at(axes(k).front())].extent;
  }
  static std::size_t at(int k) { return static_cast<std::size_t>(k); }

  void add(int layer, const std::vector<Range>& ranges) {
    const std::string prefix = prefix_of_layer(layer);
    const auto letters = static_cast<int>(all_.step.letters.size());
    for (const Letter& letter : step_.letters)
      all_.step.letters.push_back({prefix + letter.name, moved(letter.extent, layer)});
    std::vector<int> number;
    for (int k = 0; k < static_cast<int>(step_.arrays.size()); ++k) {
      if (layer > 1 && k == signature_.inputs.front()) {
        number.push_back(below_);
        continue;
      }
      Array copied = array(k);
      copied.name = prefix + copied.name;
      for (int& letter : copied.axes) letter += letters;
      number.push_back(static_cast<int>(all_.step.arrays.size()));
      all_.step.arrays.push_back(std::move(copied));
    }
    const auto place = [&](Place& p) {
      p.array = number[at(p.array)];
      for (int& letter : p.at) letter += letters;
      for (Extent& first : p.first) first = moved(first, layer);
    };
    for (Line line : step_.lines) {
      place(line.to);
      for (Term& term : line.terms)
        for (Place& read : term.reads) place(read);
      for (Place& argument : line.arguments) place(argument);
      all_.step.lines.push_back(std::move(line));
    }
    for (const Range& range : ranges)
      if (layer == 1 || step_.find(range.array) != signature_.inputs.front())
        all_.ranges.push_back({prefix + range.array, range.low, range.high});
    below_ = number[at(signature_.seen.front())];
    all_.step.seen = {all_.step.arrays[at(below_)].name};
  }

  /// Above the first layer there are as many features as the layer below has units.
  [[nodiscard]] Extent moved(const Extent& extent, int layer) const {
    if (layer == 1) return extent;
    Extent result;
    for (const std::string& size : extent.sizes)
      if (size == features_)
        result.sizes.insert(result.sizes.end(), units_.sizes.begin(), units_.sizes.end());
      else
        result.sizes.push_back(size);
    return result;
  }

  const Program& step_;
  const Signature signature_;
  std::string features_;
  Extent units_;
  int below_ = 0;  // what the layer below gives
  Definition all_;
};

}  // namespace

std::string prefix_of_layer(int layer) {
  return layer == 1 ? "" : "l" + std::to_string(layer) + "_";
}

Definition stacked(const Definition& cell, int layers) { return Stack(cell, layers).take(); }

}  // namespace bptt::cells
