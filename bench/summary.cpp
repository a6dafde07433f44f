#include "bench/summary.hpp"

#include <algorithm>
#include <cstdio>
#include <ostream>

namespace bptt::bench {
namespace {

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// "12.3" or "-" if the peer was not run.
std::string times_slower(double peer, double optimized) {
  if (peer == 0 || optimized == 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", peer / optimized);
  return text;
}

}  // namespace

void Summary::ReportRuns(const std::vector<Run>& reports) {
  std::vector<Run> shown = reports;
  for (Run& run : shown) {
    // Both counters are finished rates; without this the console would print "GFLOP/s: 100/s".
    for (auto& [name, counter] : run.counters) counter.flags = benchmark::Counter::kDefaults;
    if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
    const std::string& name = run.run_name.function_name;
    const std::size_t slash = name.rfind('/');
    const std::string key = name.substr(0, slash), peer = name.substr(slash + 1);
    Times& times = cases_[key];
    const double seconds = run.cpu_accumulated_time / static_cast<double>(run.iterations);
    times.seconds[peer].push_back(seconds);
    times.flops = run.counters.at("GFLOP/s").value * seconds;
    times.peak_gflops = 100 * run.counters.at("GFLOP/s").value / run.counters.at("%peak").value;
  }
  ConsoleReporter::ReportRuns(shown);
}

void Summary::Finalize() {
  std::ostream& out = GetOutputStream();
  char line[160];
  std::snprintf(line, sizeof line, "\n%-34s %9s %7s   times slower: %9s %7s %7s\n", "case",
                "GFLOP/s", "%peak", "reference", "walks", "split");
  out << line;
  for (auto& [key, times] : cases_) {
    const double optimized = median(times.seconds["optimized"]);
    const double gflops = optimized > 0 ? times.flops / optimized : 0;
    std::snprintf(line, sizeof line, "%-34s %9.1f %7.1f %25s %7s %7s\n", key.c_str(), gflops,
                  100 * gflops / times.peak_gflops,
                  times_slower(median(times.seconds["reference"]), optimized).c_str(),
                  times_slower(median(times.seconds["walks"]), optimized).c_str(),
                  times_slower(median(times.seconds["split"]), optimized).c_str());
    out << line;
  }
}

}  // namespace bptt::bench
