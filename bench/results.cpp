#include "bench/results.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

namespace bptt::bench {
namespace {

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

}  // namespace

double Results::Timing::quantile(double part) const {
  std::vector<double> sorted = seconds;
  std::sort(sorted.begin(), sorted.end());
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

Results::Results() {
  json_.SetOutputStream(&json_text_);
  json_.SetErrorStream(&json_text_);
  json_.ReportContext({});
  ::getloadavg(&load_, 1);
}

void Results::add(const Group& group, const std::string& contestant, const Repetition& timed,
                  int repetitions) {
  const double gflop = flops(group.cell, group.pass, group.sizes) / 1e9;
  Timing& timing = row(group.name()).contestants[contestant];
  timing.gflop = gflop;
  timing.bytes_per_step = timed.bytes_per_step;

  benchmark::BenchmarkReporter::Run run;
  run.run_name.function_name = group.name() + "/" + contestant;
  run.run_name.time_type = "real_time";
  run.iterations = timed.iterations;
  run.repetitions = repetitions;
  run.repetition_index = static_cast<std::int64_t>(timing.seconds.size());
  run.time_unit = benchmark::kMicrosecond;
  run.real_accumulated_time = timed.seconds;
  run.cpu_accumulated_time = timed.cpu_seconds;
  const double each = timed.seconds / static_cast<double>(timed.iterations);
  run.counters["GFLOP/s"] = gflop / each;
  json_.ReportRuns({run});
  timing.seconds.push_back(each);
}

Results::Row& Results::row(const std::string& name) {
  for (Row& known : rows_)
    if (known.name == name) return known;
  rows_.push_back({name, {}});
  return rows_.back();
}

std::string Results::json() {
  json_.Finalize();
  return json_text_.str();
}

nlohmann::ordered_json Results::origin() const {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return {{"time", std::chrono::duration_cast<std::chrono::seconds>(now).count()},
          {"commit", commit_},
          {"cpu", cpu_name()},
          {"target", target_},
          {"peak_gflops", {{"f32", peak(Scalar::f32)}, {"f64", peak(Scalar::f64)}}}};
}

std::string Results::record() const {
  nlohmann::ordered_json document{{"schema", "bptt-verify/bench"}, {"version", 1}};
  document.update(origin());
  document["compiler"] = __VERSION__;
  document["cores"] = std::thread::hardware_concurrency();
  document["load"] = load_;  // before this run
  document["copy_gbytes_per_second"] = copy_rate_;
  auto& benchmarks = document["benchmarks"] = nlohmann::ordered_json::object();
  for (const Row& row : rows_)
    for (const auto& [name, timing] : row.contestants)
      if (!timing.seconds.empty())
        benchmarks[row.name + "/" + name] = {{"seconds", timing.median()},
                                             {"lower", timing.quantile(0.25)},
                                             {"upper", timing.quantile(0.75)},
                                             {"repetitions", timing.seconds.size()}};
  return document.dump(1) + "\n";
}

}  // namespace bptt::bench
