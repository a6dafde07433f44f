// What is said of a diagnosis that is made up.
#include "verify/report/subject_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "verify/report/subject_json.hpp"

namespace bptt::verify {
namespace {

using testing::HasSubstr;

TEST(SubjectReport, SaysThatNoKnownFaultMatches) {
  diagnosis::CellDiagnosis cell;
  cell.cases = cell.wrong_cases = 3;
  cell.sentences = {"only dWaa is wrong"};
  const diagnosis::SubjectDiagnosis diagnosis{.subject = "mine", .seconds = 1, .cells = {cell}};
  const std::string text = text_of(diagnosis, Style(false), Detail::full);
  EXPECT_THAT(text, HasSubstr("rnn: 3 of 3 cases are wrong"));
  EXPECT_THAT(text, HasSubstr("  - only dWaa is wrong\n"));
  EXPECT_THAT(text, HasSubstr("no known fault and no pair of them does the same"));
}

TEST(SubjectReport, CallsNothingRightThatItHadNoTimeFor) {
  diagnosis::CellDiagnosis cell;
  cell.cases_left_out = 40;
  cell.properties_left_out = 2;
  const diagnosis::SubjectDiagnosis diagnosis{.subject = "mine", .seconds = 1, .cells = {cell}};
  ASSERT_TRUE(diagnosis.right() && !diagnosis.complete());
  const std::string text = text_of(diagnosis, Style(false), Detail::full);
  EXPECT_THAT(text, HasSubstr("nothing was wrong so far in 0 cases"));
  EXPECT_THAT(text, HasSubstr("40 cases left out; 2 properties left out"));
  EXPECT_THAT(json_of({diagnosis}, "1.2.3"), HasSubstr(R"("outcome": "inconclusive")"));
}

}  // namespace
}  // namespace bptt::verify
