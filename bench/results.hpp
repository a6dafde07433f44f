// What the benchmarks measured: repetition by repetition, kept as Google Benchmark's JSON for its
// own tools, and as medians for the table and the history.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "bench/repetition.hpp"
#include "core/subject.hpp"

namespace bptt::bench {

class Results {
 public:
  struct Timing {
    std::vector<double> seconds;  // of one pass, one for each repetition
    double gflop = 0, bytes_per_step = 0;
    /// Below which lies that part of the repetitions, between 0 and 1; between two of them on the
    /// straight line that joins them.
    [[nodiscard]] double quantile(double part) const;
    [[nodiscard]] double median() const { return quantile(0.5); }
    [[nodiscard]] double gflops() const { return gflop / median(); }
  };
  /// Of one bench::Group.
  struct Row {
    std::string name;
    std::map<std::string, Timing> contestants;
  };

  Results();
  /// One of so many repetitions.
  void add(const Group& group, const std::string& contestant, const Repetition& timed,
           int repetitions);

  void set_peak(Scalar scalar, double gflops) { peak_[scalar] = gflops; }
  void set_copy_rate(double gbytes_per_second) { copy_rate_ = gbytes_per_second; }
  void set_target(const std::string& target) { target_ = target; }
  void set_commit(const std::string& commit) { commit_ = commit; }

  /// In the order in which they ran.
  [[nodiscard]] const std::vector<Row>& groups() const { return rows_; }
  [[nodiscard]] double peak(Scalar scalar) const { return peak_.at(scalar); }
  [[nodiscard]] const std::string& target() const { return target_; }

  /// Google Benchmark's own JSON of all runs.
  [[nodiscard]] std::string json();
  /// time (now, in seconds since 1970), commit, cpu, target, peak_gflops.
  [[nodiscard]] nlohmann::ordered_json origin() const;
  /// A document: the origin, the compiler, cores, the load before, the rate of a copy, and for each
  /// benchmark the median time of a pass in seconds, its quartiles and repetitions.
  [[nodiscard]] std::string record() const;

 private:
  Row& row(const std::string& name);

  benchmark::JSONReporter json_;
  std::ostringstream json_text_;
  std::vector<Row> rows_;
  std::map<Scalar, double> peak_;
  double load_ = 0, copy_rate_ = 0;
  std::string target_, commit_;
};

}  // namespace bptt::bench
