#include "bench/results.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/whole_file.hpp"

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
}

bool Results::ReportContext(const Context& context) {
  if (!context_written_) json_.ReportContext(context);
  context_written_ = true;
  return true;
}

void Results::ReportRuns(const std::vector<Run>& runs) {
  json_.ReportRuns(runs);
  for (const Run& run : runs) {
    if (run.run_type != Run::RT_Iteration || run.error_occurred) continue;
    const std::string& name = run.run_name.function_name;
    const std::size_t slash = name.rfind('/');
    Timing& timing = group(name.substr(0, slash)).contestants[name.substr(slash + 1)];
    const double seconds = run.real_accumulated_time / static_cast<double>(run.iterations);
    timing.seconds.push_back(seconds);
    timing.gflop = run.counters.at("GFLOP/s").value * seconds;
  }
}

void Results::keeps(const std::string& name, const std::string& contestant, double bytes) {
  group(name).contestants[contestant].bytes_per_step = bytes;
}

Results::Group& Results::group(const std::string& name) {
  for (Group& known : groups_)
    if (known.name == name) return known;
  groups_.push_back({name, {}});
  return groups_.back();
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

std::string Results::history_line() const {
  nlohmann::ordered_json line{{"version", 1}};
  line.update(origin());
  auto& medians = line["benchmarks"] = nlohmann::ordered_json::object();
  for (const Group& g : groups_)
    for (const auto& [name, timing] : g.contestants)
      if (!timing.seconds.empty())
        medians[g.name + "/" + name] = {{"seconds", timing.median()},
                                        {"repetitions", timing.seconds.size()}};
  return line.dump();
}

void append_line(const std::filesystem::path& path, const std::string& line) {
  std::string text;
  if (std::filesystem::exists(path)) {
    std::ifstream in(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(in), {});
    if (!in) throw Error("cannot read " + path.string());
  }
  write_whole(path, text + line + "\n");
}

}  // namespace bptt::bench
