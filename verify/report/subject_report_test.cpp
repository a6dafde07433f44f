// What is said of a diagnosis that is made up.
#include "verify/report/subject_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace bptt::verify
