// The ways that a pass can take through the kernels, and how many plans of this process took each:
// so that a report can say which were put to the test.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bptt::optimized {

enum class Path : int {
  inputs_at_each_step,
  inputs_by_steps,
  inputs_joined,
  input_blocks,
  steps_from_the_end,
  activated_in_groups,
  panels_in_parts,
  transposed_in_parts,
  far_weights,
  gradient_blocks,
  blocks_in_groups,
  rows_in_groups,
  gradients_by_rows,
  delivered_directly,
  delivered_by_elements,
  by_samples,
  by_units,
  threads_that_do_not_walk,
};

struct PathRow {
  Path path;
  std::string_view name, description;
};

/// Every path, in the order of its number.
[[nodiscard]] std::span<const PathRow> all_paths();

/// Paths that were taken, a bit each.
class Paths {
 public:
  void take(Path path) {
    const std::uint32_t bit = std::uint32_t{1} << static_cast<unsigned>(path);
    // Most are taken again and again: what is only read is no trouble for another thread.
    if ((bits_ & bit) == 0) bits_ |= bit;
  }
  void add(Paths other) { bits_ |= other.bits_; }
  [[nodiscard]] bool taken(Path path) const {
    return (bits_ >> static_cast<unsigned>(path) & 1U) != 0;
  }

 private:
  std::uint32_t bits_ = 0;
};

/// Counts a plan that took these.
void count_plan(Paths paths);
/// Plans of this process, gone by now, that took the path.
[[nodiscard]] std::uint64_t plans_that_took(Path path);

}  // namespace bptt::optimized
