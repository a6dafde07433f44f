// Samples of unequal lengths: how long each of them is, and what stands behind its end.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "core/problem.hpp"
#include "properties/draw.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// The mask of a cell that has one, else null.
[[nodiscard]] inline const CellArray* mask_of(Cell cell) {
  for (const CellArray& array : table_of(cell).arrays())
    if (array.role == Role::mask) return &array;
  return nullptr;
}

/// Steps of each sample, 1 to T_x; a third of them have all, and of several one has fewer.
[[nodiscard]] inline std::vector<Index> lengths_of(const ProblemSpec& spec) {
  const Draw draw(spec.seed, "lengths");
  std::vector<Index> lengths;
  for (Index j = 0; j < spec.sizes.m; ++j)
    lengths.push_back(draw.below(3, j, 1) == 0 ? spec.sizes.T_x
                                               : 1 + draw.below(spec.sizes.T_x, j));
  const bool whole = std::all_of(lengths.begin(), lengths.end(),
                                 [&](Index length) { return length == spec.sizes.T_x; });
  if (whole && spec.sizes.m > 1 && spec.sizes.T_x > 1)
    lengths.back() = 1 + draw.below(spec.sizes.T_x - 1, 0, 2);
  return lengths;
}

/// Adds the mask of a cell that has one.
template <class S>
void add_mask(const ProblemSpec& spec, NamedTensors<S>& in) {
  const CellArray* mask = mask_of(spec.cell);
  if (mask == nullptr) return;
  Tensor<S> tensor(mask->shape(spec.sizes));
  const std::vector<Index> lengths = lengths_of(spec);
  for (Index j = 0; j < spec.sizes.m; ++j)
    for (Index t = 0; t < lengths[static_cast<std::size_t>(j)]; ++t) tensor(j, t) = S(1);
  in.add(mask->name, std::move(tensor));
}

/// Calls visit(entry, sample, step) for each entry of an array of steps that stands where the mask
/// is zero.
template <class S, class Visit>
void for_each_behind_the_end(const Tensor<S>& mask, const Shape& shape, const Visit& visit) {
  const Index m = mask.shape()[0], T = shape[shape.rank() - 1], block = shape.size() / (m * T);
  for (Index t = 0; t < T; ++t)
    for (Index j = 0; j < m; ++j)
      if (mask(j, t) == S(0))
        for (Index i = 0; i < block; ++i) visit(i + block * (j + m * t), j, t);
}

/// No loss reads what stands behind a sample's end.
template <class S>
void silence_behind_the_ends(Cell cell, const Tensor<S>& mask, NamedTensors<S>& up) {
  for (auto& [name, tensor] : up)
    if (array_of(cell, name).has_steps)
      for_each_behind_the_end(mask, tensor.shape(), [&, &to = tensor](Index e, Index, Index) {
        to.elements()[static_cast<std::size_t>(e)] = S(0);
      });
}

/// Behind a sample's end some give zeros, others the last state once more, or the one before the
/// first step where time goes backwards. Zeros become what the lines have there, so that the two
/// are judged alike; anything else stays, and is wrong. in: given_names(cell); states: those that
/// were given out.
template <class S>
void settle_behind_the_ends(Cell cell, const NamedViews<const S>& in, const NamedViews<S>& states) {
  const CellArray* mask = mask_of(cell);
  if (mask == nullptr) return;
  const View<const S>& on = in[mask->name];
  for (const auto& [name, view] : states) {
    const CellArray& array = array_of(cell, name);
    if (array.role != Role::state) continue;
    const auto sample = [&](const View<S>& all, Index t, Index j) {
      return all.at_step(t).slice(array.sample_axis(), j, j + 1);
    };
    for (Index t = 0; t < on.extent(1); ++t)
      for (Index j = 0; j < on.extent(0); ++j) {
        if (on(j, t) != S(0)) continue;
        const View<S> to = sample(view, t, j);
        bool zero = true;
        for_each_element(to, [&](const S& v) { zero = zero && v == S(0); });
        if (!zero) continue;
        Index last = array.backwards ? Index{-1} : t - 1;
        while (last >= 0 && on(j, last) == S(0)) --last;
        copy(last < 0 ? in[name + "0"].slice(array.sample_axis(), j, j + 1)
                      : View<const S>(sample(view, last, j)),
             to);
      }
  }
}

}  // namespace bptt::properties
