// Which numbers of states and gradients are judged.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/problem.hpp"
#include "properties/draw.hpp"

namespace bptt::properties {

/// A number read from an array: one entry, or a random projection <w, array> with w = +-1.
struct Probe {
  std::string array;
  Index entry = 0;               // column-major position; -1 for a projection
  std::uint64_t projection = 0;  // seed of w
};

/// The value of a probe of the tensor. Exact up to the rounding of long double.
[[nodiscard]] long double read(const Probe& probe, const Tensor<long double>& tensor);
/// The weights of a projection: +1 or -1 for each entry.
[[nodiscard]] inline double projection_weight(std::uint64_t seed, Index entry) {
  return (mix(seed ^ mix(static_cast<std::uint64_t>(entry))) & 1U) != 0 ? 1.0 : -1.0;
}

/// Which numbers of states and gradients are judged: every entry of a small problem; for a large
/// one, four to sixteen sampled entries and half as many projections of each array, so that the
/// sweeps over the tape stay within a fixed amount of work, of which `effort` is a multiple.
/// Depends on the arguments alone.
[[nodiscard]] std::vector<Probe> choose_probes(Cell cell, const Sizes& sizes, std::uint64_t seed,
                                               double effort = 1);
/// True if choose_probes gives every entry.
[[nodiscard]] bool judged_entry_by_entry(Cell cell, const Sizes& sizes, double effort = 1);
/// About how many operands the operations on the tape of such a problem have.
[[nodiscard]] double tape_edges(Cell cell, const Sizes& sizes);

}  // namespace bptt::properties
