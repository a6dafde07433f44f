#include "verify/report/markdown.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bptt::verify {
namespace {

using testing::HasSubstr;
using testing::Not;

Report one_row() {
  Report r;
  r.subject = "my_kernel.so";
  r.seconds = 1.5;
  r.seed = 7;
  Row row;
  row.family = "agreement";
  row.id = "equals_reference";
  row.sentence = "It is | right";
  row.counts = {.held = 1233, .inconclusive = 1};
  row.worst_ratio = 0.25;
  r.rows = {row};
  r.notes = {"backward <b> of it is not tested"};
  return r;
}

TEST(Markdown, SaysTheVerdictAndALineForEachFamily) {
  const std::string text = markdown_of({one_row()});
  EXPECT_THAT(text,
              HasSubstr("### my\\_kernel.so: nothing broken\n\n1,234 cases in 1.5 s, seed 7"));
  EXPECT_THAT(text, HasSubstr("\n| agreement | 1 | 1,234 | 0 | 1 | 0 | 0.250 |\n"));
  EXPECT_THAT(text, HasSubstr("\n- backward \\<b\\> of it is not tested\n"));
  EXPECT_THAT(text, Not(HasSubstr("repeat it")));
}

TEST(Markdown, HasOfWhatIsBrokenTheLineThatRepeatsIt) {
  Report broken = one_row();
  broken.rows[0].counts.broken = 1;
  broken.rows[0].failures = {
      {"bptt-verify replay 'x y'", "a is ```1```", Cause::crashed, "Segmentation fault"}};
  const std::string text = markdown_of({broken});
  EXPECT_THAT(text, HasSubstr("### my\\_kernel.so: BROKEN, 1 of 1 rows\n"));
  EXPECT_THAT(text, HasSubstr("\n**equals\\_reference rnn f64**: It is \\| right\n"));
  EXPECT_THAT(text, HasSubstr("\n````text\na is ```1```\nSegmentation fault\n````\n"));
  EXPECT_THAT(text, HasSubstr("\n```text\nbptt-verify replay 'x y'\n```\n"));
}

TEST(Markdown, ShowsTwentyBrokenRowsAndCountsTheOthers) {
  Report broken = one_row();
  broken.rows[0].counts.broken = 1;
  broken.rows[0].failures = {{"bptt-verify replay 'x y'", "wrong"}};
  broken.rows.resize(25, broken.rows[0]);
  const std::string text = markdown_of({broken});
  std::size_t shown = 0;
  for (auto at = text.find("repeat it"); at != std::string::npos;
       at = text.find("repeat it", at + 1))
    ++shown;
  EXPECT_EQ(shown, 20U);
  EXPECT_THAT(text, HasSubstr("\n.. and 5 more rows.\n"));
}

}  // namespace
}  // namespace bptt::verify
