#include "verify/campaign/campaign.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

#include "core/error.hpp"
#include "core/whole_file.hpp"
#include "properties/comparison.hpp"
#include "properties/replay.hpp"
#include "subjects/registry.hpp"
#include "subjects/subject_of.hpp"
#include "verify/campaign/replayed.hpp"
#include "verify/report/json.hpp"
#include "verify/report/summary.hpp"
#include "verify/report/words.hpp"

namespace bptt::verify {
namespace {

using properties::Comparison;
using properties::Outcome;
using properties::ProblemSpec;
using properties::Property;
using properties::Verdict;

CampaignOptions few(std::initializer_list<std::string_view> ids, int cases, int jobs = 2) {
  CampaignOptions options;
  options.cases = cases;
  options.jobs = jobs;
  for (const auto id : ids) options.properties.push_back(&properties::find_property(id));
  return options;
}

std::string counts_of(const Report& report) {
  std::string text;
  for (const Row& row : report.rows)
    text += row.id + " " + std::to_string(row.counts.held) + " " +
            std::to_string(row.counts.broken) + " " + std::to_string(row.counts.inconclusive) +
            " " + std::to_string(row.compared) + " " + std::to_string(row.trivial) + " " +
            ratio_text(row.worst_ratio) + " " + ratio_text(row.median_ratio) + " " +
            (row.failures.empty() ? "" : row.failures[0].replay + row.failures[0].text) + "\n";
  return text;
}

Property made_up(Verdict (*check)(const Subject&, const ProblemSpec&)) {
  return {.id = "made_up",
          .sentence = "A property of this test",
          .mathematics = "",
          .exactness = properties::Exactness::bounded,
          .check_f32 = check,
          .check_f64 = check};
}

Report campaign_of(const Property& property, int cases, int jobs = 2) {
  CampaignOptions options;
  options.cases = cases;
  options.jobs = jobs;
  options.properties = {&property};
  return run_campaign(*make_subject("reference"), options);
}

TEST(Campaign, RepeatsExactlyOnAnyNumberOfThreads) {
  for (const std::string name : {"optimized", "fault:no_carry"}) {
    const auto subject = make_subject(name);
    const auto run = [&](int jobs, std::uint64_t seed) {
      CampaignOptions options = few({"equals_reference", "linear_in_da"}, 6, jobs);
      options.seed = seed;
      options.max_size = 5;
      return counts_of(run_campaign(*subject, options));
    };
    const std::string once = run(1, 1);
    EXPECT_EQ(run(1, 1), once) << name;
    EXPECT_EQ(run(3, 1), once) << name;
    EXPECT_NE(run(1, 2), once) << name;
  }
}

TEST(Campaign, AFaultIsBrokenAndItsReplayLineIsBrokenAgain) {
  CampaignOptions options = few({"equals_reference"}, 20);
  options.published = {&properties::find_published_case("lstm_backward_new")};
  const Report report = run_campaign(*make_subject("fault:no_carry"), options);
  ASSERT_EQ(report.rows.size(), 4U);  // f32, f64; published; its specification
  EXPECT_EQ(broken_rows(report), 3);
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.failures.size(), row.counts.broken > 0 ? 1U : 0U);
    EXPECT_LE(row.counts.broken, 1) << "a row ends with its first broken case";
    for (const Failure& failure : row.failures) {
      const Replayed again = replay(failure.replay);
      EXPECT_EQ(again.verdict.outcome, Outcome::broken) << failure.replay;
      EXPECT_EQ(describe(again.verdict), failure.text);
      EXPECT_EQ(again.id, row.id);
    }
  }
  EXPECT_EQ(report.rows[2].counts.broken, 1);
  EXPECT_EQ(report.rows[3].counts.held, 1) << "the reference is not to blame";
  EXPECT_NE(report.rows[0].failures.at(0).replay.find("n_x=1"), std::string::npos) << "not shrunk";
}

TEST(Campaign, EndsWithTheFirstBrokenCaseIfThatIsAskedFor) {
  CampaignOptions options = few({"equals_reference", "linear_in_da"}, 20, 1);
  options.until_broken = true;
  options.shrink = false;
  options.clock = [now = 0.0]() mutable { return now += 1; };
  const Report found = run_campaign(*make_subject("fault:no_carry"), options);
  EXPECT_EQ(total(found).broken, 1);
  EXPECT_LT(total(found).cases(), 40);
  ASSERT_TRUE(found.found_after);
  EXPECT_GT(*found.found_after, 0);
  EXPECT_LT(*found.found_after, found.seconds);

  options.properties = {&properties::find_property("linear_in_da")};
  const Report none = run_campaign(*make_subject("fault:no_carry"), options);
  EXPECT_EQ(total(none).cases(), 40) << "f32 and f64";
  EXPECT_FALSE(none.found_after);
}

TEST(Campaign, ZerosAndNaNsAreNoEvidence) {
  const Property nothing = made_up([](const Subject&, const ProblemSpec&) {
    Comparison comparison(0x1p-53);
    Tensor<double> p({2, 2}), q({2, 2}), empty({0, 2});
    p(0, 0) = q(0, 0) = std::numeric_limits<double>::quiet_NaN();
    comparison.bitwise<double>("p", std::as_const(p).view(), std::as_const(q).view());
    comparison.bitwise<double>("empty", std::as_const(empty).view(), std::as_const(empty).view());
    return comparison.verdict();
  });
  const Report report = campaign_of(nothing, 3);
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.counts.held, 0);
    EXPECT_EQ(row.counts.inconclusive, 3);
    EXPECT_EQ(row.compared, 0);
    EXPECT_EQ(row.trivial, 12);
    EXPECT_FALSE(row.worst_ratio.has_value());
    EXPECT_FALSE(row.median_ratio.has_value());
  }
  const std::string table = table_of(report, Style(false));
  EXPECT_NE(table.find("4 of 4 rows have no evidence"), std::string::npos) << table;
}

/// Its sessions cannot be opened.
class Unlucky final : public SubjectOf<Unlucky> {
 public:
  [[nodiscard]] std::string name() const override { return "unlucky"; }
  [[nodiscard]] std::string description() const override { return "Throws."; }
  [[nodiscard]] Capabilities capabilities() const override { return {}; }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell, Activation, const Sizes&) const {
    throw std::runtime_error("no luck");
  }
};

TEST(Campaign, AnExceptionOfTheCheckerIsNotJudged) {
  const Property throws = made_up(
      [](const Subject&, const ProblemSpec&) -> Verdict { throw std::runtime_error("no luck"); });
  const Report report = campaign_of(throws, 4);
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.counts.not_judged, 4);
    EXPECT_EQ(row.counts.judged(), 0);
    EXPECT_TRUE(row.failures.empty());
    EXPECT_EQ(row.why_not_judged, "the checker itself failed: no luck");
  }
  EXPECT_EQ(broken_rows(report), 0);
  const std::string table = table_of(report, Style(false));
  for (const char* text :
       {"unjudged", "not judged, which says nothing of the subject: 16 of 16 cases",
        "  the checker itself failed: no luck\n", "nothing was judged in 16 cases"})
    EXPECT_NE(table.find(text), std::string::npos) << text << " in\n" << table;
}

TEST(Campaign, AnExceptionOfTheSubjectIsBroken) {
  const Report report = run_campaign(Unlucky(), few({"equals_reference"}, 4));
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.counts.broken, 1);
    EXPECT_EQ(row.counts.cases(), 1);
    EXPECT_EQ(row.failures.at(0).text, "threw: no luck");
  }
}

TEST(Campaign, AFailureBeforeTheNumbersKeepsItsCauseAndItsOutput) {
  const Property crashes = made_up([](const Subject&, const ProblemSpec&) -> Verdict {
    throw SubjectFailure(Cause::crashed, "SIGSEGV in f", "last line\n\x1b[31mred");
  });
  const Report report = campaign_of(crashes, 4);
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.counts.broken, 1);
    EXPECT_EQ(row.failures.at(0).cause, Cause::crashed);
    EXPECT_EQ(row.failures.at(0).text, "crashed: SIGSEGV in f");
  }
  EXPECT_EQ(report.gave_up_after, 0);
  const std::string table = table_of(report, Style(false));
  EXPECT_NE(table.find("\nCRASHED made_up rnn f32"), std::string::npos) << table;
  EXPECT_NE(table.find("\n  | last line\n  |  [31mred\n"), std::string::npos) << table;
  const auto json = nlohmann::json::parse(json_of({report}, "1.2.3"));
  const auto& failure = json.at("reports").at(0).at("rows").at(0).at("failures").at(0);
  EXPECT_EQ(failure.at("cause"), "crashed");
  EXPECT_EQ(failure.at("output"), "last line\n\x1b[31mred");
}

TEST(Campaign, StopsAskingASubjectThatEndsItsProcessAgainAndAgain) {
  const auto run = [](Cause cause, int calls_until, int& calls) {
    static Cause thrown;
    static int* count;
    thrown = cause;
    count = &calls;
    calls = 0;
    CampaignOptions options;
    options.cases = 1;
    options.max_crashes = calls_until;
    const Property fails = made_up([](const Subject&, const ProblemSpec&) -> Verdict {
      ++*count;
      throw SubjectFailure(thrown, "no");
    });
    options.properties = {&fails};
    return run_campaign(*make_subject("reference"), options);
  };
  int calls = 0;
  const Report crashed = run(Cause::timed_out, 2, calls);
  EXPECT_EQ(crashed.gave_up_after, 2);
  EXPECT_EQ(rows_not_asked(crashed), 2);
  EXPECT_LE(calls, 2 + 4) << "a time-out is dear: one of two rows is shrunk, by four tries";
  EXPECT_NE(table_of(crashed, Style(false)).find("stopped after 2 cases that ended"),
            std::string::npos);
  const Report raised = run(Cause::raised, 2, calls);
  EXPECT_EQ(raised.gave_up_after, 0) << "an exception costs no process";
  EXPECT_EQ(rows_not_asked(raised), 0);
}

TEST(Replay, AFilesNameIsOneWord) {
  for (const std::string name : {"./a b/it's 100%.so", "mine.py:lstm", "a\"b.py:rnn", "%", "%4"}) {
    const std::string word = properties::as_word(name);
    EXPECT_EQ(word.find_first_of(" '\""), std::string::npos) << word;
    EXPECT_EQ(properties::from_word(word), name);
  }
  EXPECT_EQ(properties::as_word("fault:a+b"), "fault:a+b");
}

TEST(Campaign, RatiosAreTheWorstAndTheMedianOfTheCases) {
  const Property graded = made_up([](const Subject&, const ProblemSpec& spec) {
    Comparison comparison(0x1p-53);
    const double ratio = 0.1 + 0.8 * static_cast<double>(spec.seed % 1000) / 1000;
    comparison.within("g", 1 + ratio * 1e-10L, 1, {1e-10, 1e-10});
    return comparison.verdict();
  });
  const Report report = campaign_of(graded, 101);
  for (const Row& row : report.rows) {
    ASSERT_TRUE(row.worst_ratio && row.median_ratio);
    EXPECT_NEAR(*row.median_ratio, 0.5, 0.15);
    EXPECT_GT(*row.worst_ratio, 0.8);
    EXPECT_LT(*row.worst_ratio, 0.9);
    EXPECT_TRUE(row.worst_case.starts_with("bptt-verify replay '")) << row.worst_case;
    // Every case that has a ratio is counted, where it lies: from 0.1 to 0.9.
    const auto& counts = row.ratios.counts();
    EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), 0LL), row.counts.held);
    EXPECT_EQ(std::accumulate(counts.end() - 8, counts.end() - 1, 0LL), row.counts.held);
  }
}

// A clock on which nothing takes time but the properties of these tests.
double& test_clock() {
  static double seconds = 0;
  return seconds;
}

CampaignOptions timed(const std::vector<const Property*>& properties, double seconds) {
  CampaignOptions options;
  options.seconds = seconds;
  options.properties = properties;
  options.cells = {Cell::rnn};
  options.scalar = Scalar::f64;
  options.clock = [] { return test_clock(); };
  return options;
}

template <int milliseconds>
Verdict takes(const Subject&, const ProblemSpec&) {
  test_clock() += milliseconds / 1000.0;
  return Comparison(0x1p-53).verdict();
}

TEST(Campaign, EndsInTimeAndGivesEveryRowTheSameTime) {
  const Property dear = made_up(takes<500>), cheap = made_up(takes<125>);
  const Report report = run_campaign(*make_subject("reference"), timed({&dear, &cheap}, 16));
  ASSERT_EQ(report.rows.size(), 2U);
  EXPECT_EQ(report.seconds, 16);
  EXPECT_EQ(report.rows[0].counts.cases(), 16);
  EXPECT_EQ(report.rows[1].counts.cases(), 64);
}

TEST(Campaign, GivesEveryRowItsMinimumAndOneCaseWhateverTheTime) {
  const Property dear = made_up(takes<4000>), cheap = made_up(takes<125>);
  const auto cases = [&](double seconds) {
    const Report report = run_campaign(*make_subject("reference"), timed({&dear, &cheap}, seconds));
    return std::pair(report.rows[0].counts.cases(), report.rows[1].counts.cases());
  };
  EXPECT_EQ(cases(21), std::pair(5LL, 8LL)) << "five of each, then the cheap one";
  EXPECT_EQ(cases(0.001), std::pair(1LL, 1LL));
}

TEST(Campaign, ShrinksForAFifthOfItsTimeAndIsBrokenAllTheSame) {
  const Property broken = made_up([](const Subject&, const ProblemSpec& spec) -> Verdict {
    test_clock() += 1;
    Comparison comparison(0x1p-53);
    if (spec.sizes.T_x >= 2 || spec.sizes.m >= 2) comparison.broken("no luck");
    return comparison.verdict();
  });
  // How long it shrinks: every case takes a second.
  const auto shrinks = [&](double seconds) {
    const Report report = run_campaign(*make_subject("reference"), timed({&broken}, seconds));
    const Row& row = report.rows.at(0);
    EXPECT_EQ(row.counts.broken, 1);
    EXPECT_EQ(row.failures.size(), 1U);
    return report.seconds - static_cast<double>(row.counts.cases());
  };
  EXPECT_EQ(shrinks(10), 2);
  EXPECT_EQ(shrinks(15), 3);
  EXPECT_GT(shrinks(10'000), 3);
}

TEST(Campaign, OfOneProblemEveryRowThatSaysSomethingIsOneCase) {
  CampaignOptions options = few({"equals_reference", "linear_in_da", "causality"}, 7);
  options.cases.reset();
  options.problem = properties::parse_problem_spec("lstm n_x=2 n_a=3 m=2 T_x=1");
  static std::atomic<Index> seen_n_a;  // by the campaign's threads
  static std::atomic<int> seen;
  seen = 0;
  const Property looks = made_up([](const Subject&, const ProblemSpec& spec) {
    seen_n_a = spec.sizes.n_a;
    ++seen;
    return Comparison(0x1p-53).verdict();
  });
  options.properties.push_back(&looks);
  const Report report = run_campaign(*make_subject("optimized"), options);
  EXPECT_EQ(report.rows.size(), 2U * 3) << "of one step causality says nothing";
  for (const Row& row : report.rows) {
    EXPECT_EQ(row.cell, Cell::lstm) << row.id;
    EXPECT_EQ(row.counts.cases(), 1) << row.id;
  }
  EXPECT_EQ(seen, 2);
  EXPECT_EQ(seen_n_a, 3);
}

TEST(Campaign, RefusesWhatCannotRun) {
  const auto subject = make_subject("optimized");
  CampaignOptions nothing;
  nothing.cases = 1;
  EXPECT_THROW((void)run_campaign(*subject, nothing), Error);
  CampaignOptions endless = few({"equals_reference"}, 1);
  endless.cases.reset();
  EXPECT_THROW((void)run_campaign(*subject, endless), Error);
}

TEST(Report, JsonHoldsTheRowsAndInfinityIsAWord) {
  Report report;
  report.subject = "s";
  report.rows.resize(1);
  report.rows[0].id = "p";
  report.rows[0].counts = {3, 1, 2};
  report.rows[0].worst_ratio = std::numeric_limits<double>::infinity();
  report.rows[0].failures = {{"bptt-verify replay 'x'", "bad byte \xff"}};
  const auto json = nlohmann::json::parse(json_of({report}, "1.2.3"));
  EXPECT_EQ(json.at("schema"), "bptt-verify/check");
  const auto& row = json.at("reports").at(0).at("rows").at(0);
  EXPECT_EQ(row.at("cases"), 6);
  EXPECT_EQ(row.at("worst_ratio"), "inf");
  EXPECT_TRUE(row.at("median_ratio").is_null());
  EXPECT_EQ(json.at("reports").at(0).at("summary").at("outcome"), "broken");
}

TEST(Report, AFileIsWrittenWholeOrNotAtAll) {
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "bptt_verify_write_whole";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  write_whole(folder / "report.json", "first");
  write_whole(folder / "report.json", "second");
  std::string text;
  std::getline(std::ifstream(folder / "report.json"), text);
  EXPECT_EQ(text, "second");
  EXPECT_THROW(write_whole(folder / "absent" / "report.json", "x"), Error);
  std::filesystem::create_directories(folder / "taken" / "inside");
  EXPECT_THROW(write_whole(folder / "taken", "x"), Error);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    files += entry.is_regular_file() ? 1 : 0;
  EXPECT_EQ(files, 1U) << "a temporary file was left";
}

TEST(Table, IsAlignedAndReadableAt100Columns) {
  CampaignOptions options = few({}, 1);
  options.max_size = 3;
  for (const Property& property : properties::catalogue()) options.properties.push_back(&property);
  for (const auto& published : properties::published_cases())
    options.published.push_back(&published);
  const std::string table =
      table_of(run_campaign(*make_subject("reference"), options), Style(false));
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
  std::istringstream lines(table);
  std::string line;
  std::getline(lines, line);
  const std::size_t width = line.size();
  EXPECT_LE(width, 100U);
  for (std::size_t k = 0; std::getline(lines, line) && !line.starts_with("worst, median");)
    EXPECT_EQ(line.size(), width) << ++k << ": " << line;
}

TEST(Table, GroupsDigits) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(grouped(-123456), "-123,456");
  EXPECT_EQ(ratio_text(std::nullopt), "-");
  EXPECT_EQ(ratio_text(0.25), "0.250");
  EXPECT_EQ(ratio_text(1e-9), "1.0e-09");
}

}  // namespace
}  // namespace bptt::verify
