// What the benchmarks measured: gathered from Google Benchmark run by run, kept as its JSON for its
// own tools, and as medians for the table and the history.
#pragma once

#include <benchmark/benchmark.h>

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "core/subject.hpp"

namespace bptt::bench {

/// Reads names "<group>/<contestant>/real_time" and the counter GFLOP/s.
class Results : public benchmark::BenchmarkReporter {
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
  struct Group {
    std::string name;
    std::map<std::string, Timing> contestants;
  };

  Results();
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;

  void set_peak(Scalar scalar, double gflops) { peak_[scalar] = gflops; }
  void set_target(const std::string& target) { target_ = target; }
  void set_commit(const std::string& commit) { commit_ = commit; }
  /// What the contestant keeps for backward.
  void keeps(const std::string& group, const std::string& contestant, double bytes_per_step);

  /// In the order in which they ran.
  [[nodiscard]] const std::vector<Group>& groups() const { return groups_; }
  [[nodiscard]] double peak(Scalar scalar) const { return peak_.at(scalar); }
  [[nodiscard]] const std::string& target() const { return target_; }

  /// Google Benchmark's own JSON of all runs.
  [[nodiscard]] std::string json();
  /// time (now, in seconds since 1970), commit, cpu, target, peak_gflops.
  [[nodiscard]] nlohmann::ordered_json origin() const;
  /// One line of JSON: the origin, and for each benchmark the median time of a pass in seconds and
  /// its repetitions.
  [[nodiscard]] std::string history_line() const;

 private:
  Group& group(const std::string& name);

  benchmark::JSONReporter json_;
  std::ostringstream json_text_;
  bool context_written_ = false;
  std::vector<Group> groups_;
  std::map<Scalar, double> peak_;
  std::string target_, commit_;
};

/// Adds a line to a file, which is made if it is not there. The file is replaced whole.
void append_line(const std::filesystem::path& path, const std::string& line);

}  // namespace bptt::bench
