#include "verify/campaign/journal.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/error.hpp"
#include "subjects/registry.hpp"
#include "verify/campaign/identity.hpp"
#include "verify/report/summary.hpp"

namespace bptt::verify {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::ThrowsMessage;

/// A file of this test's alone, which is not there yet.
fs::path fresh(const std::string& name) {
  const fs::path file = fs::path(testing::TempDir()) / ("journal_test_" + name);
  fs::remove(file);
  return file;
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

CampaignOptions ten_cases() {
  CampaignOptions options;
  options.cases = 10;
  options.max_size = 4;
  options.jobs = 2;
  options.specification = false;
  for (const auto id : {"equals_reference", "linear_in_da", "adjoint_identity"})
    options.properties.push_back(&properties::find_property(id));
  return options;
}

struct Ended {
  Report report;
  int judged;  // by this campaign itself
};

/// Ends after so many cases, if that is said.
Ended campaign(const std::string& subject, CampaignOptions options, Journal* journal,
               int most = -1) {
  options.journal = journal;
  std::atomic<bool> stop{most == 0};
  std::optional<long long> known;
  long long seen = 0;
  const auto count = [&](const Progress& progress) {
    if (!known) known = progress.counts.cases() - 1;
    seen = progress.counts.cases() - *known;
    if (most >= 0 && seen >= most) stop = true;
  };
  Report report = run_campaign(*make_subject(subject), options, count, &stop);
  return {std::move(report), static_cast<int>(seen)};
}

/// What a report says, but for what depends on the day.
std::string rows_of(Report report) {
  report.notes.clear();
  report.seconds = 0;
  report.started.clear();
  report.found_after.reset();
  report.paths.clear();
  report.known_before = 0;
  return table_of(report, Style(false));
}

TEST(Journal, ACampaignThatWasEndedAnywhereGoesOnAndSaysTheSame) {
  for (const std::string subject : {"optimized", "fault:no_carry"}) {
    const std::string whole = rows_of(campaign(subject, ten_cases(), nullptr).report);
    const fs::path file = fresh("goes_on");
    int judged = 0, turns = 0;
    while (true) {
      Journal journal(file);
      const Ended outcome = campaign(subject, ten_cases(), &journal, 17);
      judged += outcome.judged;
      ASSERT_LT(++turns, 40);
      if (outcome.judged >= 17) continue;
      EXPECT_EQ(rows_of(outcome.report), whole) << subject;
      break;
    }
    EXPECT_GT(turns, 1);
    // Nothing twice, but for a case that the other thread had begun, and broken ones.
    if (subject == "optimized") {
      EXPECT_EQ(judged, 120);
    }
  }
}

TEST(Journal, ThoseOfShardsInOneFileAreThatOfTheWhole) {
  for (const std::string subject : {"optimized", "fault:unit_tail_dropped"}) {
    CampaignOptions options = ten_cases();
    options.max_size.reset();
    const std::string whole = rows_of(campaign(subject, options, nullptr).report);
    std::string all;
    int judged = 0;
    for (int shard = 0; shard < 3; ++shard) {
      const fs::path file = fresh("shard");
      CampaignOptions part = options;
      part.shard = shard;
      part.shards = 3;
      judged += campaign(subject, part, std::make_unique<Journal>(file).get()).judged;
      all += text_of(file);
      if (shard == 1) all += text_of(file);  // twice is as good as once
    }
    const fs::path file = fresh("all");
    std::ofstream(file) << all;
    const Ended merged = campaign(subject, options, std::make_unique<Journal>(file).get());
    EXPECT_EQ(rows_of(merged.report), whole) << subject;
    if (subject == "optimized") {
      EXPECT_EQ(judged, 120);
      EXPECT_EQ(merged.judged, 0);
      EXPECT_EQ(merged.report.known_before, 120);
    } else {
      EXPECT_GT(broken_rows(merged.report), 0);
    }
  }
}

TEST(Journal, OfAllShardsTellsAShardOfItsOwnCasesAlone) {
  const fs::path file = fresh("all_shards");
  (void)campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get());
  CampaignOptions part = ten_cases();
  part.shard = 1;
  part.shards = 3;
  const Ended outcome = campaign("optimized", part, std::make_unique<Journal>(file).get());
  EXPECT_EQ(outcome.judged, 0);
  EXPECT_EQ(total(outcome.report).cases(), 36);  // k = 1, 4, 7 of twelve rows
}

TEST(Journal, KnowsTheWaysThroughTheKernels) {
  CampaignOptions options = ten_cases();
  options.jobs = 1;
  const auto plans = [](const Report& report) {
    std::vector<std::pair<std::string, long long>> all;
    for (const TakenPath& path : report.paths) all.emplace_back(path.name, path.plans);
    return all;
  };
  const auto whole = plans(campaign("optimized", options, nullptr).report);
  EXPECT_GT(whole.size(), 10U);
  const fs::path file = fresh("paths");
  for (const int most : {30, 40})
    (void)campaign("optimized", options, std::make_unique<Journal>(file).get(), most);
  for (int turn = 0; turn < 2; ++turn)  // the rest, and nothing
    EXPECT_EQ(plans(campaign("optimized", options, std::make_unique<Journal>(file).get()).report),
              whole);
}

TEST(Journal, SaysHowManyCasesWereJudgedBefore) {
  const fs::path file = fresh("says");
  (void)campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get());
  Journal journal(file);
  const Ended again = campaign("optimized", ten_cases(), &journal);
  EXPECT_EQ(again.judged, 0);
  EXPECT_EQ(again.report.known_before, 120);
  EXPECT_THAT(summary_of(again.report, Style(false)),
              HasSubstr("note: 120 of the cases are from a journal"));
  // More of the same.
  CampaignOptions more = ten_cases();
  more.cases = 12;
  EXPECT_EQ(campaign("optimized", more, &journal).judged, 24);
}

TEST(Journal, KnowsNothingOfAnotherCampaign) {
  const fs::path file = fresh("another");
  Journal journal(file);
  (void)campaign("optimized", ten_cases(), &journal);
  CampaignOptions other = ten_cases();
  other.seed = 2;
  EXPECT_EQ(campaign("optimized", other, &journal).judged, 120);
  EXPECT_EQ(campaign("lines", ten_cases(), &journal).judged, 120);
  other.max_size = 5;
  EXPECT_EQ(campaign("optimized", other, &journal).judged, 120);
  EXPECT_EQ(campaign("optimized", ten_cases(), &journal).judged, 0);
}

TEST(Journal, OfAProgramThatHasChangedKnowsNothing) {
  const fs::path file = fresh("programs"), program = fresh("programs.so");
  const auto judged = [&] {
    CampaignOptions options = ten_cases();
    options.programs = fingerprints({program});
    return campaign("optimized", options, std::make_unique<Journal>(file).get()).judged;
  };
  std::ofstream(program) << "wrong";
  EXPECT_EQ(judged(), 120);
  EXPECT_EQ(judged(), 0);
  std::ofstream(program) << "mended";
  EXPECT_EQ(judged(), 120);
}

TEST(Journal, ALineThatWasCutOffIsJudgedAgain) {
  const fs::path file = fresh("cut_off");
  (void)campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get());
  const std::string all = text_of(file);
  for (const std::size_t lost : {1U, 2U, 9U}) {
    std::ofstream(file) << all.substr(0, all.size() - lost);
    EXPECT_EQ(campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get()).judged, 1);
    EXPECT_EQ(campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get()).judged, 0);
  }
}

TEST(Journal, RefusesWhatIsNoneAndLeavesItAsItIs) {
  const fs::path file = fresh("refused");
  std::ofstream(file) << "my notes\n";
  EXPECT_THAT([&] { Journal journal(file); },
              ThrowsMessage<Error>(HasSubstr("journal_test_refused is no journal")));
  EXPECT_EQ(text_of(file), "my notes\n");

  fs::remove(file);
  (void)campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get(), 3);
  for (const std::string line : {"[1,2]", "[99,0,\"held\",1,0,null,0.0,\"\"]", "{", "[\"a\"]"}) {
    const std::string before = text_of(file);
    std::ofstream(file, std::ios::app) << line << "\n";
    EXPECT_THAT(
        [&] { (void)campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get()); },
        ThrowsMessage<Error>(HasSubstr("of the journal")))
        << line;
    std::ofstream(file) << before;
  }
}

TEST(Journal, IsWrittenByOneProcessAtATime) {
  const fs::path file = fresh("locked");
  const Journal journal(file);
  EXPECT_THAT([&] { Journal second(file); },
              ThrowsMessage<Error>(HasSubstr("another process writes to the journal")));
}

/// While it lives, no file grows beyond so many bytes.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~SmallDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, handler_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(Journal, ThatCannotBeWrittenLosesNoVerdict) {
  EXPECT_THAT([] { Journal journal("/no/such/folder/file"); },
              ThrowsMessage<Error>(HasSubstr("cannot write /no/such/folder/file: No such file")));
  const fs::path file = fresh("full");
  {
    Journal journal(file);
    const SmallDisk disk(2000);
    const Report report = campaign("optimized", ten_cases(), &journal).report;
    EXPECT_EQ(total(report).cases(), 120);
    EXPECT_THAT(report.notes,
                testing::Contains(HasSubstr("the journal ends early: cannot write ")));
  }
  // What there was room for is known.
  const Ended again = campaign("optimized", ten_cases(), std::make_unique<Journal>(file).get());
  EXPECT_GT(again.judged, 10);
  EXPECT_LT(again.judged, 120);
  EXPECT_EQ(total(again.report).cases(), 120);
}

}  // namespace
}  // namespace bptt::verify
