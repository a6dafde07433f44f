// How a plan divides its work among threads.
#include "optimized/partition.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "optimized/passes.hpp"

namespace bptt::optimized {
namespace {

constexpr Index lanes = 16;

Partition partition(Cell cell, const Sizes& sizes, const Options& options) {
  return partition_of({cell, sizes.n_x, sizes.n_a, lanes}, sizes, options);
}

TEST(Partition, BySamplesWhereThereAreEnough) {
  const Partition d = partition(Cell::lstm, {64, 64, 32, 100, 100}, {.threads = 3});
  EXPECT_EQ(d.threads, 3);
  EXPECT_EQ(d.walkers, 3);
  EXPECT_FALSE(d.by_units);
}

TEST(Partition, ByUnitsWhereAStepIsLongEnoughToWaitInIt) {
  const Partition d = partition(Cell::lstm, {512, 512, 1, 100, 100}, {.threads = 2});
  EXPECT_EQ(d.walkers, 2);
  EXPECT_TRUE(d.by_units);
}

TEST(Partition, ByUnitsWhereTheWeightsAreFar) {
  EXPECT_TRUE(partition(Cell::lstm, {240, 1024, 128, 64, 64}, {.threads = 2}).by_units);
  EXPECT_FALSE(partition(Cell::lstm, {512, 512, 128, 30, 30}, {.threads = 2}).by_units);
}

// 9 blocks of 16 units: 576 rows; a step is 576 * 130 products, as long as three waits, of which
// two walkers have enough; there are 3 panels. n_x takes no part in it.
TEST(Partition, AsManyByUnitsAsAStepHasWorkFor) {
  const Partition d = partition(Cell::lstm, {1000, 130, 1, 1000, 1000}, {.threads = 4});
  EXPECT_EQ(d.threads, 4);
  EXPECT_EQ(d.walkers, 2);
  EXPECT_TRUE(d.by_units);
}

TEST(Partition, OneWalksAloneWhereItIsNot) {
  const Partition d = partition(Cell::rnn, {64, 64, 1, 1000, 1000}, {.threads = 2});
  EXPECT_EQ(d.threads, 2) << "the products over blocks of steps are divided";
  EXPECT_EQ(d.walkers, 1);
}

TEST(Partition, TakesNoThreadForLittleWork) {
  EXPECT_EQ(partition(Cell::lstm, {3, 5, 10, 7, 7}, {.threads = 8}).threads, 1);
  EXPECT_THROW((void)partition(Cell::lstm, {3, 5, 10, 7, 7}, {.threads = 0}), Error);
}

// Every sample and unit has one member that walks with it, every column one that works on it.
TEST(Partition, MembersShareOutEverything) {
  const Panels panels{100, lanes};  // two
  for (const bool by_units : {false, true})
    for (int count = 1; count <= 5; ++count)
      for (int walkers = 1; walkers <= std::min(count, 2); ++walkers) {
        Index samples = 0, units = 0, columns = 0;
        for (int index = 0; index < count; ++index) {
          const Member member{index, count, walkers, by_units};
          columns += member.share(77).count();
          if (!member.walks()) continue;
          samples += member.samples(7).count();
          units += member.panels(panels).count();
        }
        EXPECT_EQ(columns, 77);
        EXPECT_EQ(samples, by_units ? 7 * walkers : 7);
        EXPECT_EQ(units, by_units ? 2 : 2 * walkers);
      }
}

}  // namespace
}  // namespace bptt::optimized
