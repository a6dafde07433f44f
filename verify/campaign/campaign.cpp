#include "verify/campaign/campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <limits>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "core/error.hpp"
#include "properties/codec.hpp"
#include "properties/draw.hpp"
#include "properties/replay.hpp"
#include "properties/shrink.hpp"
#include "verify/campaign/identity.hpp"
#include "verify/campaign/journal.hpp"
#include "verify/campaign/lanes.hpp"
#include "verify/campaign/parts.hpp"
#include "verify/campaign/subject_speed.hpp"

namespace bptt::verify {
namespace {

using properties::Outcome;
using properties::ProblemSpec;
using properties::Property;
using properties::SizeSet;
using properties::Verdict;

constexpr double shrink_share = 0.2;  // of `seconds`

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Judged judged(const Verdict& verdict) {
  Judged j;
  j.outcome = verdict.outcome;
  j.compared = verdict.compared;
  j.trivial = verdict.trivial;
  const bool told = verdict.outcome == Outcome::held || verdict.outcome == Outcome::broken;
  if (told && !verdict.worst.array.empty()) j.ratio = verdict.worst_ratio;
  if (told) j.seen_from = verdict.seen_from;
  if (verdict.outcome == Outcome::not_judged) j.text = verdict.reason;
  if (verdict.outcome == Outcome::broken) {
    j.text = describe(verdict);
    j.output = verdict.output;
    j.cause = verdict.cause;
  }
  return j;
}

/// How many tries a simpler case is worth: each may cost a process, or the time of a time-out.
int shrink_budget(Cause cause) {
  if (cause == Cause::timed_out) return 4;
  return ends_worker(cause) ? 40 : 300;
}

/// Of the time that all threads have.
double share_of(SizeSet set) { return set == SizeSet::real ? 0.45 : 0.2; }

/// Tells whether a cause comes for the first time. For all threads.
class OnceEach {
 public:
  bool insert_once(Cause cause) {
    const std::lock_guard lock(mutex_);
    return seen_.insert(cause).second;
  }

 private:
  std::mutex mutex_;
  std::set<Cause> seen_;
};

class Campaign {
 public:
  Campaign(const Subject& subject, const CampaignOptions& options, const OnProgress& on_progress,
           const std::atomic<bool>* stop)
      : subject_(subject),
        capabilities_(subject.capabilities()),
        options_(options),
        on_progress_(on_progress),
        stop_(stop),
        lanes_(lanes(capabilities_, options)) {
    if (!options.cases && !options.seconds && !options.problem)
      throw Error("a campaign needs a number of cases or a time");
    for (const SizeSet set : {SizeSet::real, SizeSet::middle}) {
      Models models{set};
      for (Lane& lane : lanes_)
        if (lane.row.sizes == set) models.lanes.push_back(&lane);
      if (!models.lanes.empty()) models_.push_back(std::move(models));
    }
    if (lanes_.empty())
      throw Error("nothing that was asked for applies to the subject " + subject.name());
  }

  Report run() {
    Report report;
    report.subject = subject_.name();
    report.seed = options_.seed;
    report.started = utc_now();
    report.notes = options_.notes;
    PathCount paths;
    paths_ = &paths;
    begin_ = now();
    leave_out_what_is_slow(report);
    if (options_.journal != nullptr) take_up(report);
    on_threads([this] { judge_cases(); });
    next_to_shrink_ = 0;
    shrink_end_ = elapsed() + shrink_share * options_.seconds.value_or(0);
    if (options_.shrink) on_threads([this] { shrink_failures(); });
    std::vector<RowPart> parts;
    for (std::size_t at = 0; at < lanes_.size(); ++at) {
      Lane& lane = lanes_[at];
      if (lane.row.sizes != SizeSet::small && lane.issued == 0) continue;  // asked as time allows
      take_in(lane, true);
      lane.part.lane = at;
      if (auto& worst = lane.part.worst) worst->replay = replay_of(lane, worst->k);
      report.rows.push_back(lane.row);
      sum_up({&lane.part}, report.rows.back(), report.regimes);
      if (options_.in_parts) parts.push_back(std::move(lane.part));
    }
    if (!journal_trouble_.empty()) report.notes.push_back(journal_trouble_);
    if (gave_up()) report.gave_up_after = crashes_;
    report.found_after = found_after_;
    report.seconds = elapsed();
    report.paths = paths.taken(known_paths_);
    if (options_.in_parts) report.parts = parts_of(report, std::move(parts));
    return report;
  }

 private:
  static std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
    return text;
  }

  /// Takes from the journal what it knows.
  void take_up(Report& report) {
    options_.journal->begin(subject_.name(), options_, lanes_, [&](Journal::Entry&& entry) {
      Lane& lane = lanes_[entry.lane];
      const bool ours = entry.k % options_.shards == options_.shard;
      if (!ours || entry.k >= lane.limit || lane.knows(entry.k)) return;
      counts_.add(entry.judged.outcome);
      ++lane.issued;
      lane.keep(entry.k, std::move(entry.judged));
      take_in(lane);
      ++report.known_before;
      add(known_paths_, entry.paths);
    });
    // On the problem in which it ended.
    for (Models& models : models_) {
      const auto behind =
          std::min_element(models.lanes.begin(), models.lanes.end(),
                           [](const Lane* p, const Lane* q) { return p->issued < q->issued; });
      models.turn = static_cast<std::size_t>(behind - models.lanes.begin());
    }
  }

  /// Under the lock. A journal that cannot be written is no reason to lose what was judged.
  void note(const Lane& lane, int k, const Judged& result) {
    if (options_.journal == nullptr || !journal_trouble_.empty()) return;
    try {
      options_.journal->add(static_cast<std::size_t>(&lane - lanes_.data()), k, result,
                            paths_->newly_taken());
    } catch (const Error& error) {
      journal_trouble_ = fmt::format("the journal ends early: {}", error.what());
    }
  }

  /// Without a word of the user's, real sizes are for subjects whose runs fit into the time.
  void leave_out_what_is_slow(Report& report) {
    constexpr double runs_of_a_problem = 4, least_seconds = 30;
    const bool asked = options_.sizes == std::vector{SizeSet::real};
    if (!options_.seconds || asked) return;
    std::erase_if(models_, [&](Models& models) {
      if (models.set != SizeSet::real) return false;
      if (*options_.seconds < least_seconds) return true;
      const Row& row = models.lanes.front()->row;
      const auto run =
          seconds_at_real_sizes(subject_, row.cell, row.scalar, [this] { return now(); });
      const double part = share_of(SizeSet::real) * *options_.seconds;
      if (run && *run * runs_of_a_problem <= part) return false;
      report.notes.push_back(
          run ? fmt::format("real sizes: one run would take about {:.2g} s; --sizes real asks for "
                            "them all the same",
                            *run)
              : std::string("real sizes: it did not run at n_x = n_a = 64"));
      return true;
    });
  }

  [[nodiscard]] double now() const { return options_.clock ? options_.clock() : steady_seconds(); }
  [[nodiscard]] double elapsed() const { return now() - begin_; }

  [[nodiscard]] bool gave_up() const { return crashes_ >= options_.max_crashes; }
  [[nodiscard]] bool stopped() const { return stop_ != nullptr && stop_->load(); }

  template <class Work>
  void on_threads(const Work& work) const {
    std::vector<std::jthread> threads;
    for (int j = 1; j < options_.jobs; ++j) threads.emplace_back(work);
    work();
  }

  /// The lane whose next case is to run; null when the campaign is over. Under the lock.
  Lane* next() {
    if (stopped() || gave_up()) return nullptr;
    if (options_.until_broken && counts_.broken > 0) return nullptr;
    const bool over = options_.seconds && elapsed() >= *options_.seconds;
    for (Models& models : models_)
      if (Lane* lane = next_of(models); lane != nullptr) return lane;
    Lane* best = nullptr;
    // Rounds of one case each up to the minimum, then by the time spent. Of one problem the dearest
    // properties first, so that the threads end together.
    const auto before = [this](const Lane& p, const Lane& q) {
      if (options_.problem && p.property->cost != q.property->cost)
        return p.property->cost > q.property->cost;
      const int p_round = std::min(p.issued, options_.minimum);
      const int q_round = std::min(q.issued, options_.minimum);
      if (p_round != q_round) return p_round < q_round;
      return p_round == options_.minimum && p.expected() < q.expected();
    };
    for (Lane& lane : lanes_) {
      if (lane.row.sizes != SizeSet::small) continue;
      if (lane.over()) continue;
      if (over && lane.issued > 0) continue;
      if (best == nullptr || before(lane, *best)) best = &lane;
    }
    return best;
  }

  /// The lanes of one set of sizes: problem after problem, each lane's turn on every one of them.
  struct Models {
    SizeSet set;
    std::vector<Lane*> lanes{};
    std::size_t turn = 0;
    bool running = false;  // one case at a time: they take memory
    double spent = 0, longest = 0;
    double longest_first = 0;  // of the cases that begin a problem
  };

  /// Null if it has had its share of the time, or all that it was to have.
  Lane* next_of(Models& models) {
    if (models.running) return nullptr;
    if (options_.seconds) {
      const double passed = elapsed();
      const bool only = std::none_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) {
        return lane.row.sizes == SizeSet::small;
      });
      if (!only && models.spent > share_of(models.set) * passed * options_.jobs) return nullptr;
      // A case takes about as long as the longest of its kind so far.
      const double takes = begins_a_problem(models) ? models.longest_first : models.longest;
      if (models.turn > 0 && passed + takes > *options_.seconds) return nullptr;
    }
    for (std::size_t tries = 0; tries < models.lanes.size(); ++tries) {
      Lane* lane = models.lanes[models.turn++ % models.lanes.size()];
      // A lane that missed turns has as many cases as it has had.
      if (lane->over()) continue;
      models.running = true;
      return lane;
    }
    return nullptr;
  }
  [[nodiscard]] static bool begins_a_problem(const Models& models) {
    const std::size_t at = models.turn % models.lanes.size();
    if (at == 0) return true;
    const Row &now = models.lanes[at]->row, &before = models.lanes[at - 1]->row;
    return now.id == before.id || now.scalar != before.scalar;
  }

  void judge_cases() {
    std::unique_lock lock(mutex_);
    while (Lane* lane = next()) {
      const int k = lane->issue();
      ++lane->running;
      lock.unlock();
      const double start = now();
      const Judged result = judge(*lane, k);
      const double seconds = now() - start;
      lock.lock();
      --lane->running;
      lane->spent += seconds;
      for (Models& models : models_)
        if (models.set == lane->row.sizes) {
          models.running = false;
          models.spent += seconds;
          double& longest =
              lane->row.id == models.lanes.front()->row.id ? models.longest_first : models.longest;
          longest = std::max(longest, seconds);
        }
      note(*lane, k, result);
      lane->keep(k, result);
      take_in(*lane);
      if (ends_worker(result.cause)) ++crashes_;
      counts_.add(result.outcome);
      if (result.outcome == Outcome::broken && !found_after_) found_after_ = elapsed();
      report_progress();
    }
  }

  [[nodiscard]] Judged judge(const Lane& lane, int k) const {
    if (lane.published != nullptr)
      return judged(lane.row.specification ? check_published_specification(*lane.published)
                                           : check_published_case(subject_, *lane.published));
    const ProblemSpec spec = problem(lane, k);
    Judged result = judged(check(*lane.property, subject_, lane.row.scalar, spec));
    result.regime = spec.regime;
    return result;
  }

  [[nodiscard]] ProblemSpec problem(const Lane& lane, int k) const {
    if (options_.problem) return *options_.problem;
    if (lane.row.sizes != SizeSet::small)
      return *model_case(*lane.property, capabilities_, lane.row, options_.seed, k);
    return problem_of_case(*lane.property, capabilities_, options_, lane.row.cell, lane.row.scalar,
                           k);
  }

  void shrink_failures() {
    while (true) {
      const std::size_t at = next_to_shrink_++;
      if (at >= lanes_.size()) return;
      if (Lane& lane = lanes_[at]; lane.end < std::numeric_limits<int>::max())
        lane.part.failures = {failure(lane)};
    }
  }

  [[nodiscard]] std::string replay_of(const Lane& lane, const ProblemSpec& spec) const {
    return properties::replay_command(
        {subject_.name(), std::string(lane.property->id), lane.row.scalar, spec});
  }
  /// Case k as it was drawn.
  [[nodiscard]] std::string replay_of(const Lane& lane, int k) const {
    if (lane.published == nullptr) return replay_of(lane, problem(lane, k));
    return "bptt-verify replay '" + properties::as_word(subject_.name()) + " " + lane.row.id + "'";
  }

  /// The broken case of a lane, in the simplest form that the time allows.
  [[nodiscard]] Failure failure(const Lane& lane) {
    const int k = lane.end - 1;
    Judged found = *lane.broken;
    const Cause cause = found.cause;
    if (lane.published != nullptr) return {replay_of(lane, k), found.text, cause, found.output};
    const Property& property = *lane.property;
    const Scalar scalar = lane.row.scalar;
    const auto in_time = [this] {
      return !stopped() && (!options_.seconds || elapsed() < shrink_end_);
    };
    // Rows that end the process do so for one reason, most of the time: one of them is shrunk.
    const bool again = ends_worker(cause) && !shrunk_.insert_once(cause);
    const ProblemSpec smallest = properties::shrink(
        problem(lane, k),
        [&](const ProblemSpec& spec) {
          return in_time() && applies(property, capabilities_, scalar, spec);
        },
        [&](const ProblemSpec& spec) {
          const Verdict verdict = check(property, subject_, scalar, spec);
          if (verdict.outcome != Outcome::broken || verdict.cause != cause) return false;
          found = judged(verdict);
          return true;
        },
        again ? 0 : shrink_budget(cause));
    return {replay_of(lane, smallest), found.text, cause, found.output};
  }

  /// Puts into the lane's part what has nothing missing before it; in the end, what there is. Under
  /// the lock.
  void take_in(Lane& lane, bool at_the_end = false) {
    for (auto at = lane.ahead.begin();
         at != lane.ahead.end() && at->first < lane.end && (at_the_end || at->first == lane.done);
         at = lane.ahead.erase(at)) {
      const auto& [k, judged] = *at;
      lane.part.add(k, judged, options_.in_parts);
      lane.done = k + lane.step;
      if (lane.row.sizes == SizeSet::small || judged.outcome == Outcome::not_judged) continue;
      const Sizes& sizes = problem(lane, k).sizes;
      const std::string shape =
          fmt::format("{} {} {} {}", sizes.n_x, sizes.n_a, sizes.m, sizes.T_x);
      auto& shapes = lane.part.shapes;
      if (std::none_of(shapes.begin(), shapes.end(),
                       [&](const RowPart::At& known) { return known.second == shape; }))
        shapes.emplace_back(k, shape);
    }
  }

  /// This part of a campaign, from which and the others its report is made.
  [[nodiscard]] std::shared_ptr<const Parts> parts_of(const Report& report,
                                                      std::vector<RowPart> rows) const {
    Part part{.number = options_.shard + 1,
              .started = report.started,
              .seconds = report.seconds,
              .found_after = report.found_after,
              .gave_up_after = report.gave_up_after,
              .known_before = report.known_before,
              .ended_early = stopped(),
              .notes = report.notes,
              .paths = report.paths,
              .rows = std::move(rows),
              .diagnosis = {}};
    return std::make_shared<const Parts>(Parts{
        options_.shards, whole_identity(subject_.name(), options_, lanes_), {std::move(part)}});
  }

  /// Under the lock.
  void report_progress() {
    if (!on_progress_) return;
    Progress progress;
    progress.counts = counts_;
    const double passed = elapsed();
    if (options_.seconds) progress.fraction = passed / *options_.seconds;
    if (options_.cases || options_.problem) {
      double wanted = 0, done = 0;
      for (const Lane& lane : lanes_) {
        wanted += lane.wanted();
        done += std::min(lane.wanted(), lane.issued - lane.running);
      }
      progress.fraction = std::max(progress.fraction, done / wanted);
    }
    progress.fraction = std::clamp(progress.fraction, 1e-6, 1.0);
    progress.left = passed / progress.fraction - passed;
    on_progress_(progress);
  }

  const Subject& subject_;
  const Capabilities capabilities_;
  const CampaignOptions& options_;
  const OnProgress& on_progress_;
  const std::atomic<bool>* stop_;
  double begin_ = 0;
  std::mutex mutex_;
  std::vector<Lane> lanes_;
  std::vector<Models> models_;
  Counts counts_;
  std::optional<double> found_after_;
  PathCount* paths_ = nullptr;          // of this run
  std::vector<TakenPath> known_paths_;  // of cases that the journal knew
  int crashes_ = 0;                     // cases that ended the subject's process
  std::string journal_trouble_;
  OnceEach shrunk_;
  std::atomic<std::size_t> next_to_shrink_{0};
  double shrink_end_ = 0;
};

}  // namespace

ProblemSpec problem_of_case(const Property& property, const Capabilities& capabilities,
                            const CampaignOptions& options, Cell cell, Scalar scalar, int k) {
  properties::SpecLimits limits = limits_for(property, capabilities, cell);
  if (options.max_size) {
    limits.max_size = std::min(limits.max_size, *options.max_size);
    limits.wide = false;
  }
  if (options.regime) limits.regimes &= bit(*options.regime);
  const properties::Draw draw(options.seed, std::string(property.id) + " " +
                                                std::string(bptt::name_of(cell)) + " " +
                                                std::string(bptt::name_of(scalar)));
  return decode_spec(properties::random_spec_bytes(draw.bits(k)), limits);
}

Report run_campaign(const Subject& subject, const CampaignOptions& options,
                    const OnProgress& on_progress, const std::atomic<bool>* stop) {
  return Campaign(subject, options, on_progress, stop).run();
}

}  // namespace bptt::verify
