#include "core/size_rules.hpp"

#include <gmock/gmock.h>

#include "core/error.hpp"

namespace bptt {
namespace {

using ::testing::HasSubstr;

std::string refusal(const char* text) {
  try {
    (void)size_rules_of(text, {Cell::rnn, Cell::lstm});
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(SizeRules, AreOfEachCellThatHasBothSizes) {
  const auto rules = size_rules_of("n_x = n_a", {Cell::rnn, Cell::lstm});
  ASSERT_EQ(rules.size(), 2U);
  EXPECT_TRUE(keeps(rules, Cell::rnn, {.n_x = 3, .n_a = 3}));
  EXPECT_FALSE(keeps(rules, Cell::lstm, {.n_x = 3, .n_a = 2}));
  EXPECT_TRUE(size_rules_of("", {Cell::rnn}).empty());
  EXPECT_TRUE(keeps(size_rules_of("n_x = n_a", {Cell::lstm}), Cell::rnn, {.n_x = 3, .n_a = 2}));
}

TEST(SizeRules, SettleWhatTheyAsk) {
  const auto less = size_rules_of(" n_x < n_a ", {Cell::rnn});
  for (Index n_x = 1; n_x < 4; ++n_x)
    for (Index n_a = 1; n_a < 4; ++n_a) {
      const Sizes before{.n_x = n_x, .n_a = n_a, .m = 5};
      Sizes after = before;
      settle(less, Cell::rnn, after);
      EXPECT_TRUE(keeps(less, Cell::rnn, after)) << n_x << " " << n_a;
      EXPECT_EQ(after == before, n_x < n_a);
      EXPECT_EQ(after.m, 5);
    }
  Sizes both{.n_x = 7, .n_a = 4};
  settle(size_rules_of("n_x = n_a", {Cell::lstm}), Cell::lstm, both);
  EXPECT_EQ(both.n_x, 4);
}

TEST(SizeRules, RefuseWhatTheyCannotRead) {
  EXPECT_THAT(refusal("n_x > n_a"), HasSubstr("'n_x > n_a' is not of the form"));
  EXPECT_THAT(refusal("n_x = n_a n_b"), HasSubstr("not of the form"));
  EXPECT_THAT(refusal("n_x <"), HasSubstr("not of the form"));
  EXPECT_TRUE(size_rules_of("n_p < n_a", {Cell::rnn}, true).empty());
  EXPECT_THAT(refusal("n_p < n_a"),
              HasSubstr("no cell has both sizes (rnn: n_x n_a; lstm: n_x n_a)"));
}

}  // namespace
}  // namespace bptt
