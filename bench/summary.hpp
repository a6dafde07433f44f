// Google Benchmark's console output and, after it, one line for each case: how fast the optimised
// pass is, how much of the machine it uses, and how many times slower each peer is.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

namespace bptt::bench {

/// Reads names "<case>/<peer>" and the counters GFLOP/s and %peak.
class Summary : public benchmark::ConsoleReporter {
 public:
  void ReportRuns(const std::vector<Run>& reports) override;
  void Finalize() override;

 private:
  struct Times {
    std::map<std::string, std::vector<double>> seconds;  // of one pass, one for each repetition
    double flops = 0, peak_gflops = 0;
  };
  std::map<std::string, Times> cases_;
};

}  // namespace bptt::bench
