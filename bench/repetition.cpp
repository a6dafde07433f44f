#include "bench/repetition.hpp"

#include <benchmark/benchmark.h>

#include <chrono>

namespace bptt::bench {
namespace {

/// Keeps the one run that is made.
class Kept : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs)
      if (run.run_type == Run::RT_Iteration)
        kept = {true, run.iterations, run.real_accumulated_time, run.cpu_accumulated_time, 0};
  }
  Repetition kept;
};

}  // namespace

Contestant* RepetitionTimer::contestant(const Group& g, int batch) {
  std::erase_if(shapes_,
                [batch](const auto& known) { return known.second.last_batch < batch - 1; });
  Group shape = g;
  shape.pass = Pass::forward;
  auto [at, fresh] = shapes_.try_emplace(shape.name());
  at->second.last_batch = batch;
  if (fresh) at->second.contestant = make_(g);
  return at->second.contestant.get();
}

Repetition RepetitionTimer::run(const Request& request) {
  const Group& group = request.group;
  Contestant* runner = contestant(group, request.batch);
  if (runner == nullptr || !runner->runs(group.pass)) return {};
  const auto pass = [runner, forward = group.pass == Pass::forward] {
    if (forward)
      runner->forward();
    else
      runner->backward();
    benchmark::ClobberMemory();
  };
  // Others ran since, or nobody: what this one needs comes into the caches, its threads awake, its
  // branches learnt. At first for as long as a repetition takes; later once, unless a pass is so
  // long that it is timed once.
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::duration<double>(request.seconds);
  if (request.iterations != 1) pass();
  while (request.iterations == 0 && Clock::now() < until) pass();
  benchmark::ClearRegisteredBenchmarks();
  auto* timed = benchmark::RegisterBenchmark(group.name().c_str(), [&](benchmark::State& state) {
    for (auto _ : state) pass();
  });
  timed->UseRealTime();
  if (request.iterations > 0)
    timed->Iterations(request.iterations);
  else
    timed->MinTime(request.seconds);
  Kept reporter;
  benchmark::RunSpecifiedBenchmarks(&reporter);
  reporter.kept.bytes_per_step = runner->bytes_per_step();
  return reporter.kept;
}

}  // namespace bptt::bench
