// Cutting problems along time and batch, and putting results together again.
#pragma once

#include "core/problem.hpp"
#include "core/subject.hpp"

namespace bptt::properties {

/// Whether what one part of the steps leaves behind can be handed to the subject with the next.
[[nodiscard]] inline bool carries_over(const Capabilities& can, Cell cell) {
  return cell == Cell::rnn || (can.initial_cell && can.final_cell_gradient);
}

/// A dense copy of the values first .. last-1 of one axis.
template <class S>
[[nodiscard]] Tensor<S> cut(const Tensor<S>& tensor, Index axis, Index first, Index last) {
  const auto part = tensor.view().slice(axis, first, last);
  Tensor<S> copied(part.shape());
  copy(part, copied.view());
  return copied;
}

/// Whether an array has the batch as its second axis.
[[nodiscard]] inline bool has_batch(std::string_view name) {
  if (name.starts_with("d")) name.remove_prefix(1);
  return !name.starts_with("W") && !name.starts_with("b");
}

/// Samples first .. last-1 of a problem.
template <class S>
[[nodiscard]] Problem<S> samples(const Problem<S>& p, Index first, Index last) {
  Problem<S> part = p;
  part.sizes.m = last - first;
  for (auto* arrays : {&part.in, &part.up})
    for (auto& [name, tensor] : *arrays)
      if (has_batch(name)) tensor = cut(tensor, 1, first, last);
  return part;
}

/// Steps first .. last-1 of a problem; its initial states and dc_T are the caller's business.
template <class S>
[[nodiscard]] Problem<S> steps(const Problem<S>& p, Index first, Index last) {
  Problem<S> part = p;
  part.sizes.T_x = part.sizes.T_da = last - first;
  part.in["x"] = cut(p.in["x"], 2, first, last);
  part.up["da"] = cut(p.up["da"], 2, first, last);
  return part;
}

/// The states after one step as initial states.
template <class S>
[[nodiscard]] Tensor<S> state_after(const Tensor<S>& states, Index t) {
  Tensor<S> flat({states.shape()[0], states.shape()[1]});
  copy(states.view().at_step(t), flat.view());
  return flat;
}

}  // namespace bptt::properties
