// The summary of made-up reports: what it adds up, and that it fits a screen.
#include "verify/report/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace bptt::verify {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Row row(const std::string& family, const std::string& id, double worst, long long held,
        long long inconclusive = 0) {
  Row row;
  row.family = family;
  row.id = id;
  row.worst_ratio = worst;
  row.counts.held = held;
  row.counts.inconclusive = inconclusive;
  return row;
}

/// As many rows as a check of everything has.
Report of_everything() {
  Report report;
  report.subject = "mine";
  report.seed = 7;
  report.seconds = 45;
  for (int k = 0; k < 190; ++k)
    report.rows.push_back(row("family " + std::to_string(k % 10), "property_" + std::to_string(k),
                              k / 1000.0, 1000, 10));
  return report;
}

std::ptrdiff_t lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(Summary, OfEverythingFitsAScreen) {
  const std::string text = summary_of(of_everything(), Style(false));
  EXPECT_LE(lines_of(text), 24) << text;
  EXPECT_THAT(text, StartsWith("mine: nothing broken in 191,900 cases, 45.0 s (seed 7)\n"));
  EXPECT_THAT(text, HasSubstr("family 3          19      19,190       0     1.0 %    0.183  "
                              "property_183 rnn f64\n"));
  EXPECT_THAT(text, Not(HasSubstr("property_4 ")));
  for (std::size_t from = 0, to; (to = text.find('\n', from)) != std::string::npos; from = to + 1)
    EXPECT_LE(to - from, 100U) << text.substr(from, to - from);
}

TEST(Summary, ShowsWhatIsBrokenInFull) {
  Report report = of_everything();
  Row& broken = report.rows[42];
  broken.counts.broken = 1;
  broken.mathematics = "a = b";
  broken.failures = {{"bptt-verify replay 'mine property_42'", "dx[0] is 1 and must be 2"}};
  const std::string text = summary_of(report, Style(false));
  EXPECT_THAT(text, StartsWith("mine: BROKEN: 1 of 190 rows in 191,901 cases"));
  EXPECT_THAT(text, HasSubstr("family 2          19      19,191       1 "));
  EXPECT_THAT(text, HasSubstr("\nproperty_42 rnn  f64 "));
  EXPECT_THAT(text, HasSubstr("BROKEN property_42 rnn f64: a = b\n  dx[0] is 1 and must be 2\n"
                              "  bptt-verify replay 'mine property_42'\n"));
  EXPECT_THAT(text, Not(HasSubstr("property_41 ")));
}

TEST(Summary, OfNothingSaysSo) {
  Report report;
  report.subject = "mine";
  report.rows = {row("family", "property", 0, 0)};
  report.rows[0].counts.not_judged = 3;
  report.rows[0].why_not_judged = "8.2 GB for the bounds, 4 GB allowed";
  const std::string text = summary_of(report, Style(false));
  EXPECT_THAT(text, StartsWith("mine: nothing was judged in 3 cases"));
  EXPECT_THAT(text, HasSubstr("unjudged"));
  EXPECT_THAT(text, HasSubstr("3 of 3 cases\n  8.2 GB for the bounds, 4 GB allowed\n"));
}

TEST(Table, HasEveryRowAndThenTheSummary) {
  const Report report = of_everything();
  const std::string text = table_of(report, Style(false));
  for (const Row& each : report.rows) EXPECT_THAT(text, HasSubstr("\n" + each.id + " "));
  EXPECT_THAT(text, testing::EndsWith(summary_of(report, Style(false))));
}

}  // namespace
}  // namespace bptt::verify
