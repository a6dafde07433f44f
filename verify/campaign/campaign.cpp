#include "verify/campaign/campaign.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "core/error.hpp"
#include "properties/codec.hpp"
#include "properties/draw.hpp"
#include "properties/replay.hpp"
#include "properties/shrink.hpp"

namespace bptt::verify {
namespace {

using properties::Outcome;
using properties::ProblemSpec;
using properties::Property;
using properties::PublishedCase;
using properties::Verdict;

constexpr double shrink_share = 0.2;  // of `seconds`

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// What is kept of a case that was judged.
struct Judged {
  Outcome outcome = Outcome::inconclusive;
  std::optional<double> ratio;
  long long compared = 0, trivial = 0;
  std::optional<properties::Regime> regime;
  std::string text, output;  // of a broken one; why one is not judged
  Cause cause = Cause::none;
};

Judged judged(const Verdict& verdict) {
  Judged j;
  j.outcome = verdict.outcome;
  j.compared = verdict.compared;
  j.trivial = verdict.trivial;
  const bool told = verdict.outcome == Outcome::held || verdict.outcome == Outcome::broken;
  if (told && !verdict.worst.array.empty()) j.ratio = verdict.worst_ratio;
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

/// A row while it runs.
struct Lane {
  Row row;
  const Property* property = nullptr;        // one of the two
  const PublishedCase* published = nullptr;  // a single case
  int limit = std::numeric_limits<int>::max();
  int issued = 0, running = 0;
  double spent = 0;             // seconds of one thread
  int end = limit;              // cases from here on do not count: one before them is broken
  std::vector<Judged> results;  // by k

  /// With what the cases that still run will probably take.
  [[nodiscard]] double expected() const {
    const int done = issued - running;
    return done == 0 ? spent : spent + running * spent / done;
  }
};

Lane lane_of(const Property& property, Cell cell, Scalar scalar) {
  Lane lane;
  lane.property = &property;
  Row& row = lane.row;
  row.id = property.id;
  row.sentence = property.sentence;
  row.mathematics = property.mathematics;
  row.exactness = property.exactness;
  row.specification = property.about == properties::About::specification;
  row.cell = cell;
  row.scalar = scalar;
  return lane;
}

Lane lane_of(const PublishedCase& published, bool specification) {
  Lane lane;
  lane.published = &published;
  lane.limit = 1;
  Row& row = lane.row;
  row.published = true;
  row.id = std::string(specification ? specification_prefix : published_prefix) +
           std::string(published.name);
  row.sentence = "Published numbers are reproduced: " + std::string(published.description);
  row.mathematics = specification ? "gates and predictions of the reference"
                                  : "states and gradients, |got - published| <= bound + u |p|";
  row.specification = specification;
  row.cell = published.cell;
  return lane;
}

bool chosen(const CampaignOptions& options, Cell cell, Scalar scalar) {
  return options.cell.value_or(cell) == cell && options.scalar.value_or(scalar) == scalar;
}

/// Of the one problem that was asked for, if there is one.
bool says_something(const Property& property, const Capabilities& can, Scalar scalar, Cell cell,
                    const std::optional<ProblemSpec>& problem) {
  return !problem || (problem->cell == cell && applies(property, can, scalar, *problem));
}

std::vector<Lane> lanes(const Capabilities& can, const CampaignOptions& options) {
  std::vector<Lane> all;
  for (const Property* property : options.properties) {
    const bool specification = property->about == properties::About::specification;
    if (specification && !options.specification) continue;
    if (options.regime && (property->regimes & bit(*options.regime)) == 0) continue;
    for (const Cell cell : {Cell::rnn, Cell::lstm})
      for (const Scalar scalar : {Scalar::f32, Scalar::f64})
        if (chosen(options, cell, scalar) && applies(*property, can, cell, scalar) &&
            says_something(*property, can, scalar, cell, options.problem))
          all.push_back(lane_of(*property, cell, scalar));
  }
  for (Lane& lane : all)
    if (options.problem)
      lane.limit = 1;
    else if (options.cases)
      lane.limit = *options.cases;
  if (options.problem) return all;
  for (const bool specification : {false, true})
    for (const PublishedCase* published : options.published) {
      if (!chosen(options, published->cell, Scalar::f64) || options.regime) continue;
      if (specification ? options.specification : applies(*published, can))
        all.push_back(lane_of(*published, specification));
    }
  return all;
}

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
    if (lanes_.empty())
      throw Error("nothing that was asked for applies to the subject " + subject.name());
  }

  Report run() {
    Report report;
    report.subject = subject_.name();
    report.seed = options_.seed;
    report.started = utc_now();
    begin_ = now();
    on_threads([this] { judge_cases(); });
    next_to_shrink_ = 0;
    shrink_end_ = elapsed() + shrink_share * options_.seconds.value_or(0);
    if (options_.shrink) on_threads([this] { shrink_failures(); });
    for (Lane& lane : lanes_) report.rows.push_back(finished(lane, report));
    if (gave_up()) report.gave_up_after = crashes_;
    report.seconds = elapsed();
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
    const bool over = options_.seconds && elapsed() >= *options_.seconds;
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
      if (lane.issued >= std::min(lane.limit, lane.end)) continue;
      if (over && lane.issued > 0) continue;
      if (best == nullptr || before(lane, *best)) best = &lane;
    }
    return best;
  }

  void judge_cases() {
    std::unique_lock lock(mutex_);
    while (Lane* lane = next()) {
      const int k = lane->issued++;
      ++lane->running;
      lock.unlock();
      const double start = now();
      const Judged result = judge(*lane, k);
      const double seconds = now() - start;
      lock.lock();
      --lane->running;
      lane->spent += seconds;
      const auto count = static_cast<std::size_t>(k) + 1;
      if (lane->results.size() < count) lane->results.resize(count);
      lane->results[count - 1] = result;
      if (result.outcome == Outcome::broken) lane->end = std::min(lane->end, k + 1);
      if (ends_worker(result.cause)) ++crashes_;
      counts_.add(result.outcome);
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
    return problem_of_case(*lane.property, capabilities_, options_, lane.row.cell, lane.row.scalar,
                           k);
  }

  void shrink_failures() {
    while (true) {
      const std::size_t at = next_to_shrink_++;
      if (at >= lanes_.size()) return;
      if (Lane& lane = lanes_[at]; lane.end <= lane.issued) lane.row.failures = {failure(lane)};
    }
  }

  /// The broken case of a lane, in the simplest form that the time allows.
  [[nodiscard]] Failure failure(const Lane& lane) {
    const std::string name = subject_.name();
    Judged found = lane.results[static_cast<std::size_t>(lane.end) - 1];
    const Cause cause = found.cause;
    if (lane.published != nullptr)
      return {"bptt-verify replay '" + properties::as_word(name) + " " + lane.row.id + "'",
              found.text, cause, found.output};
    const Property& property = *lane.property;
    const Scalar scalar = lane.row.scalar;
    const auto in_time = [this] {
      return !stopped() && (!options_.seconds || elapsed() < shrink_end_);
    };
    // Rows that end the process do so for one reason, most of the time: one of them is shrunk.
    const bool again = ends_worker(cause) && !shrunk_.insert_once(cause);
    const ProblemSpec smallest = properties::shrink(
        problem(lane, lane.end - 1),
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
    return {properties::replay_command({name, std::string(property.id), scalar, smallest}),
            found.text, cause, found.output};
  }

  Row finished(Lane& lane, Report& report) const {
    Row row = std::move(lane.row);
    std::vector<double> ratios;
    const auto count = std::min(lane.results.size(), static_cast<std::size_t>(lane.end));
    for (std::size_t k = 0; k < count; ++k) {
      const Judged& result = lane.results[k];
      row.counts.add(result.outcome);
      row.compared += result.compared;
      row.trivial += result.trivial;
      if (result.outcome == Outcome::not_judged && row.why_not_judged.empty())
        row.why_not_judged = result.text;
      if (result.ratio) ratios.push_back(*result.ratio);
      if (result.regime)
        report.regimes[static_cast<std::size_t>(*result.regime)].add(result.outcome);
    }
    if (!ratios.empty()) {
      std::sort(ratios.begin(), ratios.end());
      row.worst_ratio = ratios.back();
      row.median_ratio = ratios[(ratios.size() - 1) / 2];
    }
    return row;
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
        const int last = std::min(lane.limit, lane.end);
        wanted += last;
        done += std::min(last, lane.issued - lane.running);
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
  Counts counts_;
  int crashes_ = 0;  // cases that ended the subject's process
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
