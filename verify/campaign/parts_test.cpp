// The parts of a campaign make the report of the whole, however they are put together.
#include "verify/campaign/parts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "subjects/registry.hpp"
#include "verify/campaign/campaign.hpp"
#include "verify/report/json.hpp"
#include "verify/report/parts_json.hpp"

namespace bptt::verify {
namespace {

using nlohmann::ordered_json;
using testing::HasSubstr;
using testing::ThrowsMessage;

CampaignOptions thirty_cases() {
  CampaignOptions options;
  options.cases = 30;
  options.max_size = 4;
  options.jobs = 2;
  options.specification = false;
  options.programs = "a program";
  options.notes = {"what is said of the subject"};
  for (const auto id : {"equals_reference", "linear_in_da", "adjoint_identity", "scalars_agree"})
    options.properties.push_back(&properties::find_property(id));
  return options;
}

std::string run(const std::string& subject, const CampaignOptions& options) {
  return json_of({run_campaign(*make_subject(subject), options)}, "1.2.3");
}

/// The reports of all parts, as their files are.
std::vector<std::string> run_in_parts(const std::string& subject, CampaignOptions options, int of) {
  std::vector<std::string> reports;
  options.in_parts = true;
  options.shards = of;
  for (options.shard = 0; options.shard < of; ++options.shard)
    reports.push_back(run(subject, options));
  return reports;
}

std::string merged(const std::vector<std::string>& documents) {
  std::optional<PartsOfSubject> all;
  for (const std::string& document : documents)
    for (PartsOfSubject& more : read_parts(document, "more.json"))
      if (all)
        join(*all, std::move(more), "all.json", "more.json");
      else
        all = std::move(more);
  Report report = report_of(all->parts, all->rows);
  report.subject = all->subject;
  report.seed = all->seed;
  return json_of({report}, "1.2.3");
}

/// All but times. A broken row ends at one case for all threads, but what other threads had begun
/// by then has made plans.
std::string timeless(const std::string& document) {
  ordered_json json = ordered_json::parse(document);
  ordered_json& report = json["reports"][0];
  for (const char* time : {"started", "seconds", "found_after"}) report.erase(time);
  if (report["summary"]["broken"] > 0) report.erase("paths");
  return json.dump(2);
}

ordered_json report_in(const std::string& document) {
  return ordered_json::parse(document)["reports"][0];
}

TEST(Parts, MakeTheReportOfTheWholeInAnyOrderTwiceOrOnceAndInStages) {
  for (const std::string subject : {"optimized", "fault:no_carry", "fault:unit_tail_dropped"}) {
    CampaignOptions options = thirty_cases();
    if (subject == "fault:unit_tail_dropped") options.max_size.reset();
    const std::string whole = timeless(run(subject, options));
    auto parts = run_in_parts(subject, options, 4);
    EXPECT_EQ(timeless(merged(parts)), whole) << subject;
    std::reverse(parts.begin(), parts.end());
    EXPECT_EQ(timeless(merged(parts)), whole) << subject;
    std::swap(parts[0], parts[2]);
    parts.push_back(parts[1]);
    EXPECT_EQ(timeless(merged(parts)), whole) << subject;
    const std::string some = merged({parts[3], parts[1]}), others = merged({parts[2], parts[1]});
    EXPECT_EQ(timeless(merged({others, parts[0], some})), whole) << subject;
  }
}

TEST(Parts, OfMiddleSizesMakeTheReportOfTheWhole) {
  CampaignOptions options = thirty_cases();
  options.sizes = {properties::SizeSet::middle};
  options.cases = 4;
  options.scalar = Scalar::f32;
  const std::string whole = run("optimized", options);
  EXPECT_EQ(timeless(merged(run_in_parts("optimized", options, 2))), timeless(whole));
  EXPECT_GT(report_in(whole)["rows"][0]["shapes"].size(), 1U);
}

TEST(Parts, EvenASingleOneIsMerged) {
  const std::string whole = timeless(run("optimized", thirty_cases()));
  EXPECT_EQ(timeless(merged(run_in_parts("optimized", thirty_cases(), 1))), whole);
}

TEST(Parts, ThatAreMissingAreNamed) {
  auto parts = run_in_parts("optimized", thirty_cases(), 4);
  parts.erase(parts.begin() + 2);
  parts.erase(parts.begin());
  const ordered_json report = report_in(merged(parts));
  EXPECT_EQ(report["notes"][0], "parts 1, 3 of 4 are missing");
  EXPECT_EQ(report["parts"]["missing"], (std::vector{1, 3}));
  // Of what is there it says all.
  EXPECT_EQ(report["summary"]["cases"], report_in(parts[0])["summary"]["cases"].get<int>() +
                                            report_in(parts[1])["summary"]["cases"].get<int>());
}

TEST(Parts, KeepWhatWasToldOfThem) {
  CampaignOptions options = thirty_cases();
  auto parts = run_in_parts("optimized", options, 2);
  options.notes.push_back("of the second alone");
  parts[1] = run_in_parts("optimized", options, 2)[1];
  EXPECT_EQ(
      report_in(merged(parts))["notes"],
      (std::vector<std::string>{"what is said of the subject", "part 2: of the second alone"}));
}

TEST(Parts, KeepTheDiagnosisAndWhatEndedTheSubject) {
  const auto parts = run_in_parts("optimized", thirty_cases(), 3);
  ordered_json second = ordered_json::parse(parts[1]), third = ordered_json::parse(parts[2]);
  second["reports"][0]["diagnosis"] = {{"outcome", "broken"}};
  for (ordered_json* document : {&second, &third})
    (*document)["reports"][0]["parts"]["each"][0]["gave_up_after"] = 10;
  const std::string some = merged({third.dump(), second.dump()});
  EXPECT_EQ(report_in(some)["diagnosis"], (ordered_json{{"outcome", "broken"}}));
  const ordered_json report = report_in(merged({some, parts[0]}));
  EXPECT_EQ(report["diagnosis"], (ordered_json{{"outcome", "broken"}}));
  EXPECT_EQ(report["gave_up_after"], 20);
}

TEST(Parts, CountedInStepsHaveTheirMedian) {
  LogHistogram few;
  EXPECT_FALSE(few.median());
  few.add(0);
  EXPECT_EQ(few.median(), 0);
  for (const double value : {0.5, 1e-30, std::numeric_limits<double>::infinity()}) few.add(value);
  EXPECT_NEAR(few.median().value_or(0), 1e-30, 1e-32);  // the lower of two
  LogHistogram more = few;
  more += few;
  more.add(0.5);
  more.add(0.75);
  EXPECT_NEAR(more.median().value_or(0), 0.5, 0.5 * 0.006);
  // A power of two is the last of its step.
  EXPECT_LT(LogHistogram::middle_of(-64), 0.5);
  EXPECT_GT(LogHistogram::middle_of(-64), 0.49);
  EXPECT_EQ(few.counts[2], std::pair(-64, 1LL));
}

TEST(Parts, ThatWereEndedEarlyAreNoWhole) {
  CampaignOptions options = thirty_cases();
  auto parts = run_in_parts("optimized", options, 2);
  options.in_parts = true;
  options.shards = 2;
  std::atomic<bool> stop{false};
  int seen = 0;
  const std::string ended = json_of({run_campaign(
                                        *make_subject("optimized"), options,
                                        [&](const Progress&) { stop = ++seen > 20; }, &stop)},
                                    "1.2.3");
  const ordered_json report = report_in(merged({ended, parts[1]}));
  EXPECT_EQ(report["notes"][0], "part 1 of 2 ended early");
  EXPECT_TRUE(report.contains("parts"));
  // Once it is whole, it takes the other's place.
  const std::string whole = timeless(run("optimized", thirty_cases()));
  EXPECT_EQ(timeless(merged({ended, parts[1], parts[0]})), whole);
  EXPECT_EQ(timeless(merged({parts[0], ended, parts[1]})), whole);
}

TEST(Parts, OfOtherCampaignsAreRefusedInWords) {
  const auto parts = run_in_parts("optimized", thirty_cases(), 2);
  const auto refused = [&](const std::string& other, const std::string& why) {
    EXPECT_THAT([&] { (void)merged({parts[0], other}); }, ThrowsMessage<Error>(HasSubstr(why)));
  };
  CampaignOptions options = thirty_cases();
  options.seed = 2;
  refused(run_in_parts("optimized", options, 2)[1],
          "more.json is of another campaign than all.json: seed 2, not 1");
  options = thirty_cases();
  options.cases = 31;
  refused(run_in_parts("optimized", options, 2)[1], "cases 31, not 30");
  options = thirty_cases();
  options.programs = "mended";
  refused(run_in_parts("optimized", options, 2)[1],
          "another program, or another file of the subject");
  options = thirty_cases();
  options.cells = {Cell::rnn};
  refused(run_in_parts("optimized", options, 2)[1], "other rows");
  refused(run_in_parts("optimized", thirty_cases(), 3)[1], "of 3 parts, not 2");
  refused(run("optimized", thirty_cases()), "more.json is of a whole campaign");
  refused("{}", "more.json is no report of check");
  refused("{", "more.json is no JSON");
  std::string damaged = parts[1];
  damaged.replace(damaged.find("\"early\""), 7, "\"later\"");
  refused(damaged, "more.json: ");
}

Judged held(double ratio) {
  Judged judged;
  judged.outcome = properties::Outcome::held;
  judged.ratio = ratio;
  judged.regime = properties::Regime::unit;
  judged.compared = 1;
  return judged;
}

TEST(Parts, KeepLateCasesAsCountsAndSayWhereThatCountsTooMany) {
  RowPart even, odd;
  for (int k = 0; k < early_cases + 100; ++k) (k % 2 == 0 ? even : odd).add(k, held(0.25));
  EXPECT_EQ(even.early.size() + odd.early.size(), static_cast<std::size_t>(early_cases));
  Judged broken = held(2);
  broken.outcome = properties::Outcome::broken;

  const auto sum = [&](bool beyond) {
    Row row;
    std::array<Counts, properties::regime_count> regimes{};
    EXPECT_EQ(sum_up({&even, &odd}, row, regimes), beyond);
    EXPECT_EQ(row.counts.held, regimes[static_cast<std::size_t>(properties::Regime::unit)].held);
    return row;
  };
  EXPECT_EQ(sum(false).counts.held, early_cases + 100);
  EXPECT_NEAR(sum(false).median_ratio.value_or(0), 0.25, 0.25 * 0.006);

  // Late: the even ones' row ended there, while the odd ones' went on.
  even.add(early_cases + 100, broken);
  EXPECT_EQ(sum(true).counts.broken, 1);
  EXPECT_EQ(sum(true).counts.held, early_cases + 100);
  EXPECT_EQ(sum(true).worst_ratio, 2);
  // Early: what comes after it counts nowhere.
  odd.early.resize(20);
  odd.rest = {};
  odd.add(41, broken);
  EXPECT_EQ(sum(false).counts.cases(), 21 + 20 + 1);
}

}  // namespace
}  // namespace bptt::verify
