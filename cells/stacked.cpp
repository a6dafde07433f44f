#include "cells/stacked.hpp"

#include "cells/network.hpp"
#include "cells/signature.hpp"
#include "core/error.hpp"

namespace bptt::cells {
namespace {

/// Copies a step, layer by layer and direction by direction, into one.
class Stack {
 public:
  Stack(const Definition& cell, int layers, Direction direction)
      : step_(cell.step), signature_(cell.step), both_(direction == Direction::both) {
    all_.name = cell.name;
    all_.title = cell.title;
    if (layers > 1) all_.title = std::to_string(layers) + " layers of: " + all_.title;
    if (direction == Direction::reverse) {
      all_.name += "_reverse";
      all_.title = "From the last step to the first: " + all_.title;
      all_.step.backwards = {true};
    } else if (both_) {
      all_.name += "_both";
      all_.title = "Both directions of: " + all_.title;
    }
    if (layers > 1) all_.name += "_x" + std::to_string(layers);
    all_.activations = cell.activations;
    all_.activation_name = cell.activation_name;
    if (layers > 1) require_stackable(cell);
    for (int layer = 1; layer <= layers; ++layer) {
      std::vector<int> given;
      for (const bool reversed : {false, true}) {
        if (reversed && !both_) continue;
        if (both_) all_.step.backwards.push_back(reversed);
        given.push_back(add(layer, reversed, cell.ranges));
      }
      below_ = std::move(given);
      units_.sizes.clear();
      for (std::size_t k = 0; layers > 1 && k < below_.size(); ++k)
        for (const auto& size : extent_of(signature_.seen.front()).sizes)
          units_.sizes.push_back(size);
    }
  }

  Definition take() { return std::move(all_); }

 private:
  void require_stackable(const Definition& cell) {
    const auto refuse = [&](const std::string& why) {
      throw UnsupportedError(cell.name + " cannot be stacked: " + why);
    };
    if (signature_.inputs.size() != 1 || axes(signature_.inputs.front()).size() != 1)
      refuse("a layer reads one array of features");
    if (axes(signature_.seen.front()).size() != 1) refuse("what it gives has not one axis");
    const Extent& features = extent_of(signature_.inputs.front());
    if (features.sizes.size() != 1) refuse("its features are " + features.str() + ", not one size");
    features_ = features.sizes.front();
  }

  [[nodiscard]] const Array& array(int k) const { return step_.arrays[at(k)]; }
  [[nodiscard]] const std::vector<int>& axes(int k) const { return array(k).axes; }
  [[nodiscard]] const Extent& extent_of(int k) const {
    return step_.letters[at(axes(k).front())].extent;
  }
  static std::size_t at(int k) { return static_cast<std::size_t>(k); }

  /// Returns what it gives to the layer above.
  int add(int layer, bool reversed, const std::vector<Range>& ranges) {
    const std::string prefix =
        prefix_of_layer(layer) + (reversed ? std::string(prefix_backwards) : "");
    const int pass = both_ ? static_cast<int>(all_.step.backwards.size()) - 1 : 0;
    const auto letters = static_cast<int>(all_.step.letters.size());
    for (const Letter& letter : step_.letters)
      all_.step.letters.push_back({prefix + letter.name, moved(letter.extent, layer)});
    std::vector<int> number;
    for (int k = 0; k < static_cast<int>(step_.arrays.size()); ++k) {
      if (array(k).role == Role::input && layer == 1 && reversed) {
        number.push_back(all_.step.array(array(k).name));
        continue;
      }
      if (array(k).role == Role::input && layer > 1 && !both_) {
        number.push_back(below_.front());
        continue;
      }
      Array copied = array(k);
      if (array(k).role == Role::input && layer > 1) copied.role = Role::local;
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
    if (layer > 1 && both_) read_both_below(number[at(signature_.inputs.front())], pass);
    for (Line line : step_.lines) {
      line.pass = pass;
      place(line.to);
      for (Term& term : line.terms)
        for (Place& read : term.reads) place(read);
      for (Place& argument : line.arguments) place(argument);
      all_.step.lines.push_back(std::move(line));
    }
    for (const Range& range : ranges)
      if ((layer == 1 && !reversed) || array(step_.find(range.array)).role != Role::input)
        all_.ranges.push_back({prefix + range.array, range.low, range.high});
    if (!reversed) all_.step.seen.clear();  // those of the layer below
    for (const int k : signature_.seen)
      all_.step.seen.push_back(all_.step.arrays[at(number[at(k)])].name);
    return number[at(signature_.seen.front())];
  }

  /// x[..] = h | r_h of the layer below.
  void read_both_below(int features, int pass) {
    Extent first;
    for (const int below : below_) {
      const Place read = all_.step.whole(below);
      all_.step.lines.push_back(
          {{features, read.at, {first}}, false, Function::sum, {{{}, {read}}}, {}, pass});
      for (const auto& size : all_.step.letters[at(read.at.front())].extent.sizes)
        first.sizes.push_back(size);
    }
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
  bool both_;
  std::vector<int> below_;  // what the layer below gives
  Definition all_;
};

}  // namespace

std::string prefix_of_layer(int layer) {
  return layer == 1 ? "" : "l" + std::to_string(layer) + "_";
}

Definition stacked(const Definition& cell, int layers, Direction direction) {
  return Stack(cell, layers, direction).take();
}

}  // namespace bptt::cells
