// How a plan divides its work. Options change speed, memory and the last bits of a result, never
// its meaning.
#pragma once

#include <string>

#include "core/shape.hpp"

namespace bptt::optimized {

/// Largest errors of the kernels' tanh and sigmoid, in units in the last place of the result. Their
/// roundings add up to at most 2.89 and 2.50 (vector_math_bound_test); of the f64 arguments that
/// vector_math_test samples the largest are 2.52 and 2.16.
inline constexpr double tanh_ulp = 3, sigmoid_ulp = 2.5;

/// What a backward pass does with dW* and db*.
enum class WeightGradients { accumulate, overwrite };

/// Where a pass goes another way because something no longer fits a cache, or is too little to be
/// divided. The values are those of a core with 1 MiB of second-level cache; tiny ones make small
/// problems take every way.
struct Thresholds {
  /// Pre-activations of the units that are activated together: in the first-level cache.
  Index activated_bytes = 24 * 1024;
  /// The part of a panel of weights that all columns of a product read: in the second-level cache.
  Index panel_bytes = 256 * 1024;
  /// Packed weights above this leave the second-level cache between two steps.
  Index near_bytes = 768 * 1024;
  /// dz of the units whose weight gradients are formed together: in the second-level cache.
  Index dz_bytes = 384 * 1024;
  /// Rows of a_prev and x that all units use in turn: in the third-level cache.
  Index rows_bytes = 2 * 1024 * 1024;
  /// Packed Wx above this is not read at every step.
  Index input_weights_bytes = 6 * 1024 * 1024;
  /// Samples from which on a step's own columns make wide tiles, so that steps need not be joined.
  Index enough_samples = 12;
  /// Fewer samples of a thread leave a tile too narrow.
  Index samples_of_a_thread = 4;
  /// Products of one step that take about as long as five waits.
  double work_of_a_step = 50'000;
  /// Weights of a step, in elements, that no longer stay near a core: half of them, read by each of
  /// two threads, costs less than all of them by both, and much more than a wait. 8 MiB of f32.
  double far_from_a_core = 2 * 1024 * 1024;
};

struct Options {
  /// Steps whose input products W x + b are formed by one matrix product ahead of the recurrence.
  /// 0: the plan's choice. The plan keeps G n_a m values for each of these steps, G = 1 for the RNN
  /// and 4 for the LSTM.
  Index input_block_steps = 0;

  /// Steps whose dW, db and dx are formed by one matrix product each while their dz is hot.
  /// Block k covers the steps k T_b .. (k+1) T_b - 1, whatever T_da is. 0: the plan's choice.
  Index gradient_block_steps = 0;

  /// Threads that a pass may use; it takes fewer where more would not make it faster. In the loop
  /// over time each has samples of its own or, with few samples, units of its own. A plan gives the
  /// same bits every time; another number of threads gives the same results within rounding.
  int threads = 1;

  /// A further thread is used for so many products of a forward pass, G n_a (n_a + n_x) m T_x:
  /// below that, waking it takes longer than it helps.
  double least_work_of_a_thread = 5e5;

  /// Backward adds to dW* and db*, or replaces what they held.
  WeightGradients weight_gradients = WeightGradients::accumulate;

  /// The instruction set, by Highway's name (available_targets()); empty: the machine's best.
  std::string target{};

  Thresholds thresholds{};
};

}  // namespace bptt::optimized
