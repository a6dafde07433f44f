// In which order a sequence that does not fit into memory is passed backwards: which states are
// kept, and what is computed again from them. The sequence is cut into blocks, of which one at a
// time is kept whole. No arithmetic of networks here.
#pragma once

#include <vector>

#include "core/shape.hpp"

namespace bptt::optimized {

/// One action on the current state, the state before some block. Slots hold states; slot 0 is the
/// state before block 0, which is always there.
struct ScheduleStep {
  enum class Kind {
    restore,   // current = slot
    advance,   // current = the state after the blocks first .. last-1
    keep,      // slot = current
    backwards  // block `first`, from the current state: forward keeping all, then backward
  };
  Kind kind;
  Index slot = 0, first = 0, last = 0;
  friend bool operator==(const ScheduleStep&, const ScheduleStep&) = default;
};

/// A forward pass advances through all blocks once and keeps the states of `kept`; the backward
/// pass then takes `steps`.
struct Schedule {
  struct Kept {
    Index block, slot;
  };
  std::vector<Kept> kept;
  std::vector<ScheduleStep> steps;
  /// Blocks that the backward pass advances through, beside the one forward of each block.
  Index advanced = 0;
};

/// The schedule that advances through the fewest blocks with `slots` further states kept at a time:
/// Revolve (Griewank & Walther 2000, Algorithm 799). slots >= blocks - 1 keeps every state.
/// blocks >= 1, slots >= 0.
[[nodiscard]] Schedule binomial_schedule(Index blocks, Index slots);

/// How many blocks that schedule advances through, without making it.
[[nodiscard]] double binomial_advances(Index blocks, Index slots);

}  // namespace bptt::optimized
