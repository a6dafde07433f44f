// A team runs every member's work once, again and again, and ends.
#include "optimized/team.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "optimized/barrier.hpp"

namespace bptt::optimized {
namespace {

TEST(Team, EveryMemberWorksOnceARound) {
  for (const int size : {1, 2, 3, 5}) {
    Team team(size);
    ASSERT_EQ(team.size(), size);
    std::vector<int> rounds(static_cast<std::size_t>(size), 0);
    for (int round = 1; round <= 500; ++round) {
      team.run([&](int member) { ++rounds[static_cast<std::size_t>(member)]; });
      for (const int count : rounds) ASSERT_EQ(count, round);
    }
  }
}

// Long enough that waiting threads go to sleep and must be woken.
TEST(Team, WakesThoseWhoSleep) {
  Team team(2);
  int worked = 0;
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    team.run([&](int member) {
      if (member == 0) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      ++worked;
    });
  }
  EXPECT_EQ(worked, 3);
}

TEST(Team, EndsWithoutHavingWorked) { const Team team(4); }

// What a member wrote before the barrier is read by all after it, round after round.
TEST(Team, ABarrierHoldsEveryMember) {
  constexpr int size = 3, rounds = 200;
  Team team(size);
  Barrier barrier(size);
  std::vector<int> at(size * 16, 0);  // plain integers: the barrier alone orders them
  std::atomic<int> wrong{0};
  team.run([&](int member) {
    for (int round = 1; round <= rounds; ++round) {
      at[static_cast<std::size_t>(member) * 16] = round;
      barrier.wait(member);
      for (int other = 0; other < size; ++other)
        if (at[static_cast<std::size_t>(other) * 16] != round) ++wrong;
      barrier.wait(member);
    }
  });
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace bptt::optimized
