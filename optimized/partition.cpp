#include "optimized/partition.hpp"

#include "core/error.hpp"

namespace bptt::optimized {
namespace {

int whole(double value, int most) {
  return value >= most ? most : std::max(1, static_cast<int>(value));
}

}  // namespace

Partition partition_of(const Layout& layout, const Sizes& sizes, const Options& options) {
  const int asked = options.threads;
  const Thresholds& limits = options.thresholds;
  if (asked < 1) throw Error("a plan for " + std::to_string(asked) + " threads: 1 or more");
  if (limits.samples_of_a_thread < 1)
    throw Error("a thread of " + std::to_string(limits.samples_of_a_thread) +
                " samples: 1 or more");
  const double all = static_cast<double>(layout.stack()) *
                     static_cast<double>(layout.n_a + layout.n_x) * static_cast<double>(sizes.m) *
                     static_cast<double>(sizes.T_x);
  const bool at_all_costs = options.least_work_of_a_thread <= 0;
  Partition partition;
  partition.threads = at_all_costs ? asked : whole(all / options.least_work_of_a_thread, asked);
  const double weights = static_cast<double>(layout.stack()) * static_cast<double>(layout.n_a);
  const double step = weights * static_cast<double>(sizes.m);
  const auto panels = static_cast<double>(layout.of_state().count());
  const int by_samples =
      whole(static_cast<double>(sizes.m / limits.samples_of_a_thread), partition.threads);
  const int by_units =
      whole(at_all_costs ? panels : std::min(panels, 2 * step / limits.work_of_a_step),
            partition.threads);
  partition.by_units = by_units > by_samples || (by_units == by_samples && by_units > 1 &&
                                                 weights >= limits.far_from_a_core);
  partition.walkers = std::max(by_units, by_samples);
  return partition;
}

}  // namespace bptt::optimized
