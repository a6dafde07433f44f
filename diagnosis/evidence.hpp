// What a diagnosis knows of the one on trial: its traces, judged.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "diagnosis/behaviour.hpp"
#include "diagnosis/expected_trace.hpp"
#include "diagnosis/trace.hpp"

namespace bptt::diagnosis {

/// So many seconds are no limit: three years.
inline constexpr double no_time_limit = 1e8;

/// A time at which to be done, or earlier if somebody asks for it.
class Deadline {
 public:
  explicit Deadline(double seconds, const std::atomic<bool>* stop = nullptr)
      : stop_(stop),
        at_(std::chrono::steady_clock::now() +
            std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                std::chrono::duration<double>(seconds))) {}
  [[nodiscard]] bool passed() const {
    return std::chrono::steady_clock::now() >= at_ || (stop_ != nullptr && stop_->load());
  }

 private:
  const std::atomic<bool>* stop_;
  std::chrono::steady_clock::time_point at_;
};

struct CaseEvidence {
  CaseEvidence(const TraceCase& c, const Subject& subject, const Capabilities& claims);

  DrawnCase drawn;
  ExpectedTrace expected;
  Trace trace;
  std::vector<std::vector<Mark>> marks;  // of each entry of each array of the trace
  /// Entries that a second run in a new session gives otherwise, beyond any rounding: nothing can
  /// be compared with them. By array and entry, as marks.
  std::vector<std::vector<bool>> unsteady;
  long long wrong = 0, judged = 0;
  bool differs_from_run_to_run = false;

  [[nodiscard]] const TraceCase& described() const { return drawn.described(); }
  [[nodiscard]] bool failed() const { return trace.failure.has_value(); }
  /// Whether there are numbers to compare.
  [[nodiscard]] bool usable() const { return !failed() && expected.doubt.empty(); }
  [[nodiscard]] bool is_wrong() const { return wrong > 0 || failed(); }
  /// Too large to be judged entry by entry, and for known faults to be tried on.
  [[nodiscard]] bool is_large() const;
  /// Whether an array of that name and moment has a wrong entry; false if it is not there.
  [[nodiscard]] bool is_wrong(Moment moment, std::string_view name) const;
  /// Position in the trace; -1 if it is not there.
  [[nodiscard]] int find(Moment moment, std::string_view name) const;
  /// About how long the case takes to run.
  [[nodiscard]] double work() const;
};

struct Evidence {
  Cell cell = Cell::rnn;
  Capabilities claims;
  std::vector<CaseEvidence> cases;
  std::vector<std::pair<const properties::Property*, Behaved>> behaved;
  int cases_left_out = 0;       // for lack of time, or after too many ends of the worker
  int properties_left_out = 0;  // likewise

  [[nodiscard]] bool any_wrong() const;
  [[nodiscard]] bool values_wrong() const;
  [[nodiscard]] long long wrong_entries() const;
  [[nodiscard]] long long judged_entries() const;
};

/// Runs the subject on the cases, then asks for its behaviours, until the time is over. Large cases
/// take longest: they come last, only where no other is wrong, and then whatever the time.
[[nodiscard]] Evidence gather(const Subject& subject, Cell cell,
                              const std::vector<TraceCase>& cases, const Deadline& deadline);

}  // namespace bptt::diagnosis
