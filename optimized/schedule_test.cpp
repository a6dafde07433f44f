// A schedule passes every block backwards once, last one first, from the state before it; and it
// advances through as few blocks as an exhaustive search finds possible.
#include "optimized/schedule.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <map>

namespace bptt::optimized {
namespace {

/// Blocks advanced through by the best of all schedules, the first way forward included.
Index least_advances(Index blocks, Index slots) {
  static std::map<std::pair<Index, Index>, Index> known;
  if (blocks <= 1) return 0;
  if (slots == 0) return blocks * (blocks - 1) / 2;
  const auto [at, fresh] = known.try_emplace({blocks, slots}, std::numeric_limits<Index>::max());
  if (!fresh) return at->second;
  Index least = std::numeric_limits<Index>::max();
  for (Index middle = 1; middle < blocks; ++middle)
    least = std::min(
        least, middle + least_advances(blocks - middle, slots - 1) + least_advances(middle, slots));
  return known[{blocks, slots}] = least;
}

TEST(Schedule, PassesEveryBlockBackwardsOnceFromTheStateBeforeIt) {
  for (Index blocks = 1; blocks <= 40; ++blocks)
    for (Index slots = 0; slots <= 12; ++slots) {
      SCOPED_TRACE(std::to_string(blocks) + " blocks, " + std::to_string(slots) + " slots");
      const Schedule schedule = binomial_schedule(blocks, slots);
      std::map<Index, Index> state{{0, 0}};  // slot -> before which block
      for (const auto& kept : schedule.kept) {
        ASSERT_GE(kept.slot, 1);
        ASSERT_LE(kept.slot, slots);
        state[kept.slot] = kept.block;
      }
      Index current = -1, next = blocks - 1, advanced = 0;
      for (const ScheduleStep& step : schedule.steps) switch (step.kind) {
          case ScheduleStep::Kind::restore:
            ASSERT_TRUE(state.contains(step.slot));
            current = state[step.slot];
            break;
          case ScheduleStep::Kind::advance:
            ASSERT_EQ(step.first, current);
            advanced += step.last - step.first;
            current = step.last;
            break;
          case ScheduleStep::Kind::keep:
            ASSERT_LE(step.slot, slots);
            state[step.slot] = current;
            break;
          case ScheduleStep::Kind::backwards:
            ASSERT_EQ(step.first, current);
            ASSERT_EQ(step.first, next--);
            current = -1;
            break;
        }
      EXPECT_EQ(next, -1);
      EXPECT_EQ(advanced, schedule.advanced);
    }
}

TEST(Schedule, AdvancesThroughAsFewBlocksAsPossible) {
  for (Index blocks = 1; blocks <= 40; ++blocks)
    for (Index slots = 0; slots <= 8; ++slots) {
      const Schedule schedule = binomial_schedule(blocks, slots);
      // The forward pass advances to the last kept state on its own account; without one it is the
      // backward pass that goes all the way.
      const Index forward = schedule.kept.empty() ? 0 : schedule.kept.back().block;
      EXPECT_EQ(schedule.advanced + forward, least_advances(blocks, slots))
          << blocks << " blocks, " << slots << " slots";
    }
}

TEST(Schedule, KeepsEveryStateIfThereIsRoom) {
  const Schedule schedule = binomial_schedule(100, 1000);
  EXPECT_EQ(schedule.kept.size(), 99U);
  EXPECT_EQ(schedule.advanced, 0);
}

}  // namespace
}  // namespace bptt::optimized
