// Brings numbers from our arrays into theirs and back, as a convention lays them out.
// at(array) is where the numbers of a TheirArray begin; nullptr: it is not there, and left alone.
#pragma once

#include <algorithm>

#include "core/problem.hpp"
#include "subjects/conventions/layout.hpp"

namespace bptt {

/// What of an array of ours a block holds. An array without steps has all of them there.
template <class S>
[[nodiscard]] View<S> ours_of(const TheirBlock& block, View<S> ours) {
  for (const TheirBlock::Range& range : block.ranges)
    if (range.axis < ours.shape().rank()) ours = ours.slice(range.axis, range.first, range.last);
  return ours;
}

/// x, the initial states and the weights: ours into theirs. What holds none of ours becomes zero.
template <class S, class At>
void give_inputs(const std::vector<TheirArray>& arrays, const NamedViews<const S>& in,
                 const At& at) {
  for (const TheirArray& array : arrays) {
    if (array.role == Role::state || array.role == Role::output) continue;
    S* to = at(array);
    if (to == nullptr) continue;
    std::fill_n(to, array.size(), S{});
    for (const TheirBlock& block : array.blocks) {
      const auto ours = ours_of(block, in[block.name]);
      copy(ours, View<S>(to + block.offset, ours.shape(), block.strides));
    }
  }
}

/// Upstream gradients: da into where theirs has a, dc_T into where it has the last c. Where no loss
/// reads what they have, zeros.
template <class S, class At>
void give_upstream(const std::vector<TheirArray>& arrays, const NamedViews<const S>& up,
                   const At& at) {
  for (const TheirArray& array : arrays) {
    if (array.role != Role::state && array.role != Role::output) continue;
    S* to = at(array);
    if (to == nullptr) continue;
    std::fill_n(to, array.size(), S{});
    for (const TheirBlock& block : array.blocks) {
      const std::string name = "d" + block.name + (array.last ? "_T" : "");
      if (!up.contains(name)) continue;
      const auto ours = ours_of(block, up[name]);
      copy(ours, View<S>(to + block.offset, ours.shape(), block.strides));
    }
  }
}

/// States: theirs into ours, those of every step or (`last`) the last ones, of which ours have one
/// step. What is not in `out` is left.
template <class S, class At>
void take_states(const std::vector<TheirArray>& arrays, bool last, const NamedViews<S>& out,
                 const At& at) {
  for (const TheirArray& array : arrays) {
    if ((array.role != Role::state && array.role != Role::output) || array.last != last) continue;
    const S* from = at(array);
    for (const TheirBlock& block : array.blocks) {
      if (!out.contains(block.name)) continue;
      const View<S> ours = out[block.name];
      copy(View<const S>(from + block.offset, ours.shape(), block.strides), ours);
    }
  }
}

/// Gradients of what give_inputs() gives, those that `grad` has: theirs into ours, those of weights
/// added to what is there.
template <class S, class At>
void take_gradients(const std::vector<TheirArray>& arrays, const NamedViews<S>& grad,
                    const At& at) {
  for (const TheirArray& array : arrays) {
    if (array.role == Role::state || array.role == Role::output) continue;
    const S* from = at(array);
    if (from == nullptr) continue;
    for (const TheirBlock& block : array.blocks) {
      if (!grad.contains("d" + block.name)) continue;
      const View<S> ours = ours_of(block, grad["d" + block.name]);
      const View<const S> theirs(from + block.offset, ours.shape(), block.strides);
      if (array.role == Role::weight)
        add(theirs, ours);
      else
        copy(theirs, ours);
    }
  }
}

}  // namespace bptt
