#include "optimized/schedule.hpp"

#include <algorithm>

namespace bptt::optimized {
namespace {

/// C(states + sweeps, states): the most blocks that can be reversed with so many states kept, the
/// first one included, if no block is advanced through more than `sweeps` times. Zero for negative
/// sweeps; huge numbers saturate.
double reach(Index states, Index sweeps) {
  if (sweeps < 0) return 0;
  double value = 1;
  for (Index k = 1; k <= std::min(states, sweeps); ++k) {
    value = value * static_cast<double>(std::max(states, sweeps) + k) / static_cast<double>(k);
    if (value > 1e18) return 1e18;
  }
  return value;
}

Index sweeps_for(Index blocks, Index states) {
  Index sweeps = 0;
  while (reach(states, sweeps) < static_cast<double>(blocks)) ++sweeps;
  return sweeps;
}

/// How many of the blocks stand before the next state that is kept, if `states` can be kept for all
/// of them, the first one included.
Index blocks_before_next(Index blocks, Index states) {
  const Index sweeps = sweeps_for(blocks, states);
  const double before = std::min(reach(states, sweeps - 1),
                                 static_cast<double>(blocks) - reach(states - 1, sweeps - 1));
  return std::clamp<Index>(static_cast<Index>(before), 1, blocks - 1);
}

class Maker {
 public:
  explicit Maker(Index slots) : slots_(slots) {}

  /// Reverses all blocks. Ranges of blocks wait on a stack, the one to be reversed next on top:
  /// with every state kept there are as many as blocks.
  void reverse(Index blocks) {
    std::vector<Range> waiting{{0, blocks, 0}};
    while (!waiting.empty()) {
      const Range range = waiting.back();
      waiting.pop_back();
      const Index count = range.last - range.first, free = slots_ - range.slot;
      if (count > 1 && free > 0) {
        const Index middle = range.first + blocks_before_next(count, free + 1);
        keep(range, middle);
        waiting.push_back({range.first, middle, range.slot});
        waiting.push_back({middle, range.last, range.slot + 1});
        continue;
      }
      for (Index block = range.last - 1; block >= range.first; --block) {
        begin(range.slot);
        advance(range.first, block);
        add({.kind = ScheduleStep::Kind::backwards, .first = block, .last = block + 1});
      }
    }
  }

  Schedule schedule;

 private:
  /// Blocks whose first state is in `slot`; the slots above it are free.
  struct Range {
    Index first, last, slot;
  };
  /// The state before `middle` into the next slot.
  void keep(const Range& range, Index middle) {
    if (on_the_way_forward_) {
      schedule.kept.push_back({middle, range.slot + 1});
      return;
    }
    begin(range.slot);
    advance(range.first, middle);
    add({.kind = ScheduleStep::Kind::keep, .slot = range.slot + 1});
  }
  void add(const ScheduleStep& step) { schedule.steps.push_back(step); }
  void begin(Index slot) {
    on_the_way_forward_ = false;
    add({.kind = ScheduleStep::Kind::restore, .slot = slot});
  }
  void advance(Index first, Index last) {
    if (first == last) return;
    add({.kind = ScheduleStep::Kind::advance, .first = first, .last = last});
    schedule.advanced += last - first;
  }

  Index slots_;
  // Until the first block is passed backwards, what is kept is kept by the forward pass.
  bool on_the_way_forward_ = true;
};

}  // namespace

Schedule binomial_schedule(Index blocks, Index slots) {
  Maker maker(std::min(slots, blocks - 1));
  maker.reverse(blocks);
  return std::move(maker.schedule);
}

double binomial_advances(Index blocks, Index slots) {
  return static_cast<double>(binomial_schedule(blocks, slots).advanced);
}

}  // namespace bptt::optimized
