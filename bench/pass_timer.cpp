#include "bench/pass_timer.hpp"

#include <benchmark/benchmark.h>

#include <chrono>
#include <set>
#include <thread>

#include "bench/shapes.hpp"

namespace bptt::bench {
namespace {

/// Before each repetition. The threads of OpenMP and of OpenBLAS spin for a while after their last
/// work, on a core that the next contestant's threads need.
constexpr std::chrono::milliseconds others_settle(60);

/// Who an entry's contestant is, whatever pass it runs.
std::string key_of(const Entry& entry) {
  const Group& g = entry.group;
  return std::string(name_of(g.cell)) + std::string(name_of(g.scalar)) + name_of(g.sizes) + "/" +
         std::to_string(g.threads) + "/" + entry.contestant;
}

}  // namespace

std::string Group::name() const {
  return std::string(name_of(cell)) + (pass == Pass::forward ? "/forward/" : "/backward/") +
         std::string(name_of(scalar)) + "/" + bench::name_of(sizes) + "/" + std::to_string(threads);
}

Contestant* PassTimer::contestant(const Entry& entry) {
  auto [at, fresh] = contestants_.try_emplace(key_of(entry));
  const Group& g = entry.group;
  if (fresh)
    at->second = g.scalar == Scalar::f32
                     ? make_contestant<float>(entry.contestant, g.cell, g.sizes, g.threads)
                     : make_contestant<double>(entry.contestant, g.cell, g.sizes, g.threads);
  return at->second.get();
}

void PassTimer::run(const std::vector<Entry>& entries, const Repetitions& repetitions,
                    Results& results) {
  std::set<std::string> needed;
  for (const Entry& entry : entries) needed.insert(key_of(entry));
  std::erase_if(contestants_, [&](const auto& known) { return !needed.contains(known.first); });

  benchmark::ClearRegisteredBenchmarks();
  for (const Entry& entry : entries) {
    const Group& group = entry.group;
    Contestant* runner = contestant(entry);
    if (runner == nullptr || !runner->runs(group.pass)) continue;
    results.keeps(group.name(), entry.contestant, runner->bytes_per_step());
    const double gflop = flops(group.cell, group.pass, group.sizes) / 1e9;
    const bool forward = group.pass == Pass::forward;
    const int threads = group.threads;
    const std::string name = group.name() + "/" + entry.contestant;
    benchmark::RegisterBenchmark(
        name.c_str(),
        [=, this](benchmark::State& state) {
          started_(name);
          if (threads > 1) std::this_thread::sleep_for(others_settle);
          for (auto _ : state) {
            if (forward)
              runner->forward();
            else
              runner->backward();
            benchmark::ClobberMemory();
          }
          state.counters["GFLOP/s"] = {gflop, benchmark::Counter::kIsIterationInvariantRate};
        })
        ->UseRealTime()
        ->Repetitions(repetitions.count)
        ->MinTime(repetitions.seconds)
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RunSpecifiedBenchmarks(&results);
}

}  // namespace bptt::bench
