// Cutting problems along time and batch, and putting results together again.
#pragma once

#include <algorithm>

#include "core/problem.hpp"
#include "core/subject.hpp"

namespace bptt::properties {

/// Whether what one part of the steps leaves behind can be handed to the subject with the next.
[[nodiscard]] inline bool carries_over(const Capabilities& can, Cell cell) {
  for (const CellArray& array : table_of(cell).arrays()) {
    const bool carries = array.role == Role::initial || array.role == Role::final_upstream ||
                         array.role == Role::state || array.role == Role::upstream ||
                         (array.role == Role::gradient && array.role_of_source == Role::initial);
    if (carries && !can.has(array.name)) return false;
  }
  return true;
}

/// Whether it takes and gives every array of the cell.
[[nodiscard]] inline bool has_all(const Capabilities& can, Cell cell) {
  const auto& arrays = table_of(cell).arrays();
  return std::all_of(arrays.begin(), arrays.end(),
                     [&](const CellArray& array) { return can.has(array.name); });
}

/// Whether it gives every state and output that a loss which it takes reads.
[[nodiscard]] inline bool gives_what_losses_read(const Capabilities& can, Cell cell) {
  const auto& names = upstream_names(cell);
  return std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return !can.has(name) || can.has(array_of(cell, name).of);
  });
}

/// A dense copy of the values first .. last-1 of one axis.
template <class S>
[[nodiscard]] Tensor<S> cut(const Tensor<S>& tensor, Index axis, Index first, Index last) {
  const auto part = tensor.view().slice(axis, first, last);
  Tensor<S> copied(part.shape());
  copy(part, copied.view());
  return copied;
}

/// Samples first .. last-1 of some of a cell's arrays.
template <class S>
[[nodiscard]] NamedTensors<S> samples(Cell cell, NamedTensors<S> arrays, Index first, Index last) {
  for (auto& [name, tensor] : arrays)
    if (const CellArray& array = array_of(cell, name); array.has_samples)
      tensor = cut(tensor, array.sample_axis(), first, last);
  return arrays;
}

/// Samples first .. last-1 of a problem.
template <class S>
[[nodiscard]] Problem<S> samples(const Problem<S>& p, Index first, Index last) {
  Problem<S> part = p;
  part.sizes.m = last - first;
  part.in = samples(p.cell, p.in, first, last);
  part.up = samples(p.cell, p.up, first, last);
  return part;
}

/// Steps first .. last-1 of a problem; its initial states and what the losses send to the last ones
/// are the caller's business.
template <class S>
[[nodiscard]] Problem<S> steps(const Problem<S>& p, Index first, Index last) {
  Problem<S> part = p;
  part.sizes.T_x = part.sizes.T_da = last - first;
  for (auto* arrays : {&part.in, &part.up})
    for (auto& [name, tensor] : *arrays)
      if (const CellArray& array = array_of(p.cell, name); array.has_steps)
        tensor = cut(tensor, array.step_axis(), first, last);
  return part;
}

/// The states after one step as initial states.
template <class S>
[[nodiscard]] Tensor<S> state_after(const Tensor<S>& states, Index t) {
  Tensor<S> flat(states.shape().without_last_axis());
  copy(states.view().at_step(t), flat.view());
  return flat;
}

/// Lets the problem begin with the states after step t of another one.
template <class S>
void begin_after(Problem<S>& part, const NamedTensors<S>& states, Index t) {
  for (const CellArray& array : table_of(part.cell).arrays())
    if (array.role == Role::initial) part.in[array.name] = state_after(states[array.of], t);
}

/// Adds to what the losses send what the steps behind have handed back: the gradients of their
/// initial states.
template <class S>
void hand_back(Problem<S>& part, const NamedTensors<S>& gradients) {
  const Index last = part.sizes.T_da - 1;
  for (auto& [name, tensor] : part.up) {
    const CellArray& array = array_of(part.cell, name);
    if (array.role_of_source != Role::state) continue;
    const Tensor<S>& carried = gradients["d" + array.of + "0"];
    if (array.role == Role::final_upstream) {
      tensor = carried;
      continue;
    }
    auto to = tensor.elements().begin() + last * carried.size();
    for (const S& v : carried.elements()) *to++ += v;
  }
}

template <class Visit>
void for_each_input_gradient(Cell cell, const Visit& visit) {
  for (const CellArray& array : table_of(cell).arrays())
    if (array.role == Role::gradient && array.role_of_source == Role::input) visit(array.name);
}

/// What the losses of steps first .. last-1 send, and zeros for the others; with_last: and what a
/// loss sends that reads the last state, else zeros.
template <class S>
[[nodiscard]] NamedTensors<S> losses_of_steps(const Problem<S>& p, Index first, Index last,
                                              const Sizes& sizes, bool with_last = false) {
  auto up = make_tensors<S>(p.cell, upstream_names(p.cell), sizes);
  for (auto& [name, tensor] : up) {
    if (!array_of(p.cell, name).has_steps) {
      if (with_last) tensor = p.up[name];
      continue;
    }
    for (Index t = first; t < last; ++t)
      copy(p.up[name].view().at_step(t), tensor.view().at_step(t));
  }
  return up;
}

}  // namespace bptt::properties
