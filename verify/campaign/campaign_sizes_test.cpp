// Middle and real sizes in a campaign: which problems are asked, in what order, and of whom.
#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "subjects/registry.hpp"
#include "verify/campaign/campaign.hpp"
#include "verify/report/summary.hpp"

namespace bptt::verify {
namespace {

using properties::ProblemSpec;
using properties::Property;
using properties::SizeSet;
using properties::Verdict;

/// What was asked, in order.
struct Asked {
  std::mutex mutex;
  std::vector<std::string> lines;
};
Asked& asked() {
  static Asked all;
  return all;
}

Verdict note(std::string_view property, const ProblemSpec& spec) {
  const std::lock_guard lock(asked().mutex);
  asked().lines.push_back(std::string(property) + " " + std::string(bptt::name_of(spec.cell)) +
                          " " + std::to_string(spec.sizes.n_a) + " " +
                          std::to_string(spec.sizes.T_x));
  Verdict verdict;
  verdict.outcome = properties::Outcome::held;
  verdict.compared = 1;
  return verdict;
}

Property noting(std::string_view id, Verdict (*check)(const Subject&, const ProblemSpec&)) {
  return {.id = id,
          .sentence = "A property of this test",
          .mathematics = "",
          .exactness = properties::Exactness::bounded,
          .check_f32 = check,
          .check_f64 = check,
          .at_any_size = true};
}

const Property comparison = noting("equals_reference", [](const Subject&, const ProblemSpec& spec) {
  return note("equals_reference", spec);
});
const Property another = noting(
    "another", [](const Subject&, const ProblemSpec& spec) { return note("another", spec); });

CampaignOptions of_sizes(std::vector<SizeSet> sizes) {
  CampaignOptions options;
  options.sizes = std::move(sizes);
  options.scalar = Scalar::f32;
  options.properties = {&comparison, &another};
  return options;
}

TEST(CampaignSizes, EachProblemsComparisonsComeFirst) {
  asked().lines.clear();
  CampaignOptions options = of_sizes({SizeSet::real});
  options.cases = 2;
  const Report report = run_campaign(*make_subject("optimized"), options);
  std::vector<std::string> expected;
  for (int k = 0; k < 2; ++k)
    for (const char* property : {"equals_reference", "another"})
      for (const Cell cell : {Cell::rnn, Cell::lstm}) {
        const Sizes sizes = properties::model_problem(SizeSet::real, cell, 1, k).sizes;
        expected.push_back(std::string(property) + " " + std::string(bptt::name_of(cell)) + " " +
                           std::to_string(sizes.n_a) + " " + std::to_string(sizes.T_x));
      }
  EXPECT_EQ(asked().lines, expected);
  ASSERT_EQ(report.rows.size(), 4U);
  EXPECT_EQ(label_of(report.rows[0]), "equals_reference, real");
  EXPECT_EQ(report.rows[0].counts.held, 2);
  ASSERT_EQ(report.rows[0].shapes.size(), 2U);
  EXPECT_EQ(report.rows[0].shapes[0], "1024 1024 32 50");
  const std::string text = table_of(report, Style(false));
  EXPECT_NE(text.find("real sizes (n_x n_a m T_x): rnn 1024 1024 32 50"), std::string::npos)
      << text;
}

// In both scalars at once at middle sizes, one scalar after the other at real ones.
TEST(CampaignSizes, MiddleProblemsAreComparedInBothScalarsFirst) {
  for (const SizeSet set : {SizeSet::middle, SizeSet::real}) {
    asked().lines.clear();
    CampaignOptions options = of_sizes({set});
    options.scalar.reset();
    options.cells = {Cell::rnn};
    options.cases = 1;
    const Report report = run_campaign(*make_subject("optimized"), options);
    std::vector<std::string> order;
    for (const Row& row : report.rows)
      order.push_back(row.id + " " + std::string(bptt::name_of(row.scalar)));
    const std::vector<std::string> in_turn{"equals_reference f32", "equals_reference f64",
                                           "another f32", "another f64"};
    const std::vector<std::string> by_scalar{"equals_reference f32", "another f32",
                                             "equals_reference f64", "another f64"};
    EXPECT_EQ(order, set == SizeSet::middle ? in_turn : by_scalar);
  }
}

// Small ones beside them are asked as ever, and the same ones.
TEST(CampaignSizes, ArePartsOfOneReport) {
  CampaignOptions options = of_sizes({SizeSet::small, SizeSet::middle});
  options.cases = 3;
  options.cells = {Cell::lstm};
  const Report report = run_campaign(*make_subject("optimized"), options);
  std::multiset<std::string> labels;
  for (const Row& row : report.rows) labels.insert(label_of(row));
  EXPECT_EQ(labels, (std::multiset<std::string>{"another", "another, middle", "equals_reference",
                                                "equals_reference, middle"}));
  for (const Row& row : report.rows) EXPECT_EQ(row.counts.held, 3) << label_of(row);
}

/// Each look at the clock takes some seconds.
std::function<double()> slow_clock(double seconds) {
  return [now = 0.0, seconds]() mutable { return now += seconds; };
}

TEST(CampaignSizes, RealOnesAreForSubjectsThatAreFastEnough) {
  CampaignOptions options = of_sizes({SizeSet::small, SizeSet::real});
  options.seconds = 60;
  options.jobs = 1;
  options.clock = slow_clock(2);
  const Report slow = run_campaign(*make_subject("optimized"), options);
  ASSERT_EQ(slow.notes.size(), 1U);
  EXPECT_EQ(slow.notes[0].find("real sizes: one run would take about "), 0U) << slow.notes[0];
  for (const Row& row : slow.rows) EXPECT_EQ(row.sizes, SizeSet::small);

  options.clock = slow_clock(1e-5);
  options.seconds = 31;
  options.cases = 2;  // ends before the time does
  const Report fast = run_campaign(*make_subject("optimized"), options);
  EXPECT_TRUE(fast.notes.empty());
  EXPECT_EQ(fast.rows.size(), 8U);

  options.seconds = 29;  // nor in less than half a minute
  const Report short_one = run_campaign(*make_subject("optimized"), options);
  EXPECT_TRUE(short_one.notes.empty());
  EXPECT_EQ(short_one.rows.size(), 4U);

  options.sizes = {SizeSet::real};  // who asks for them has them
  options.clock = slow_clock(2);
  options.cases = 1;
  options.seconds.reset();
  EXPECT_EQ(run_campaign(*make_subject("optimized"), options).rows.size(), 4U);
}

}  // namespace
}  // namespace bptt::verify
