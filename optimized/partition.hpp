// How many threads a plan uses, and what each of them has for its own in the loop over time.
#pragma once

#include "core/problem.hpp"
#include "optimized/layout.hpp"
#include "optimized/options.hpp"

namespace bptt::optimized {

struct Partition {
  int threads = 1;
  /// So many of them take part in the loop over time; the others only in a backward pass's products
  /// over blocks of steps.
  int walkers = 1;
  /// The loop over time is divided by units, with a wait at each step, rather than by samples.
  bool by_units = false;
};

/// By samples where each thread has enough of them and the weights are near; else by units where a
/// step is long enough to wait for one another in it; else one thread walks alone. Fewer threads
/// than asked for where a thread would have so little to do that waking it takes longer. Throws
/// Error if options.threads < 1.
[[nodiscard]] Partition partition_of(const Layout& layout, const Sizes& sizes,
                                     const Options& options);

}  // namespace bptt::optimized
