// The table of a grade that is made up: what is no plain verdict is said in words.
#include "verify/report/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bptt::verify {
namespace {

using testing::HasSubstr;

TEST(TableOfAGrade, SaysWhatIsMissingAndWhatHasAnotherShape) {
  diagnosis::GradedArray missing, misshapen;
  missing.key = "dWaa";
  misshapen.key = "grad.dba";
  misshapen.there = true;
  misshapen.verdict.outcome = properties::Outcome::broken;
  misshapen.verdict.cause = Cause::wrong_shape;
  diagnosis::Grade grade;
  grade.arrays = {missing, misshapen};
  const std::string text = text_of(grade, Style(false));
  EXPECT_THAT(text, HasSubstr("not graded: not in the file"));
  EXPECT_THAT(text, HasSubstr("WRONG SHAPE"));
}

}  // namespace
}  // namespace bptt::verify
