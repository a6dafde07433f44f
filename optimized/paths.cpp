#include "optimized/paths.hpp"

#include <array>
#include <atomic>

namespace bptt::optimized {
namespace {

constexpr PathRow rows[] = {
    {Path::inputs_at_each_step, "inputs at each step", "Wx x is formed just before Wa a_prev"},
    {Path::inputs_by_steps, "inputs ahead", "Wx x of a block of steps ahead of it, step by step"},
    {Path::inputs_joined, "inputs joined", "few samples: all steps of a block as one matrix"},
    {Path::input_blocks, "input blocks", "a second block of steps whose Wx x is formed ahead"},
    {Path::steps_from_the_end, "from the end", "few samples: every second step from the last unit"},
    {Path::activated_in_groups, "activated in groups",
     "the pre-activations of all units exceed the first-level cache"},
    {Path::panels_in_parts, "panels in parts", "a panel of weights exceeds the second-level cache"},
    {Path::transposed_in_parts, "transposed in parts", "the same on the way back"},
    {Path::far_weights, "far weights", "weights that leave that cache are asked for ahead"},
    {Path::gradient_blocks, "gradient blocks", "a second block of steps is added to dW"},
    {Path::blocks_in_groups, "units in groups",
     "dz of all units exceeds the second-level cache: dW is formed group by group"},
    {Path::rows_in_groups, "rows in groups",
     "a_prev and x exceed the third-level cache: dW is formed group by group"},
    {Path::gradients_by_rows, "dW by rows", "threads divide dW by rows of a_prev and x"},
    {Path::delivered_directly, "delivered directly", "the last block adds to the caller's dW"},
    {Path::delivered_by_elements, "delivered by elements", "the caller's dW has strides"},
    {Path::by_samples, "threads by samples", "each thread has samples of its own"},
    {Path::by_units, "threads by units", "each thread has units of its own and waits each step"},
    {Path::threads_that_do_not_walk, "threads for dW alone",
     "more threads than take part in the loop over time"},
};

std::array<std::atomic<std::uint64_t>, std::size(rows)> plans{};

}  // namespace

std::span<const PathRow> all_paths() { return rows; }

void count_plan(Paths paths) {
  for (const PathRow& row : rows)
    if (paths.taken(row.path)) plans[static_cast<std::size_t>(row.path)].fetch_add(1);
}

std::uint64_t plans_that_took(Path path) { return plans[static_cast<std::size_t>(path)].load(); }

}  // namespace bptt::optimized
