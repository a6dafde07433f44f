// bptt_bench: the optimised passes beside the reference and the slow ways, in one process.
// Names are cell/pass/scalar/n_x x n_a x m x T_x/peer; all flags are Google Benchmark's. With
// --benchmark_repetitions the repetitions of all peers are interleaved at random, so that a change
// of the machine's speed hits all of them alike. One thread throughout, and its processor time is
// what counts, so that other programs disturb a result little.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peak.hpp"
#include "bench/summary.hpp"
#include "bench/workload.hpp"

namespace bptt::bench {
namespace {

// n_x, n_a, m, T_x; T_da = T_x.
const std::vector<Sizes> shapes{{3, 5, 10, 7, 7},
                                {64, 64, 32, 100, 100},
                                {128, 128, 1, 200, 200},
                                {128, 256, 64, 100, 100},
                                {512, 512, 64, 50, 50}};

/// The plain loops are left out where one pass of theirs takes about a second or more, and the
/// walks, quadratic in T, beyond the smallest shape.
bool takes_part(Peer peer, Cell cell, Pass pass, const Sizes& sizes) {
  const double work = flops(cell, pass, sizes);
  switch (peer) {
    case Peer::optimized: return true;
    case Peer::reference: return work < 1e9;
    case Peer::walks:
    case Peer::split: return pass == Pass::backward && work < 1e6;
  }
  return false;
}

std::string_view name_of(Peer peer) {
  constexpr std::string_view names[]{"optimized", "reference", "walks", "split"};
  return names[static_cast<std::size_t>(peer)];
}

/// Registers the passes of one network; its arrays are made when the first of them runs.
template <class Workload>
void add(Cell cell, Scalar scalar, const Sizes& s, double peak) {
  const auto workload = std::make_shared<std::unique_ptr<Workload>>();
  const std::string size = std::to_string(s.n_x) + "x" + std::to_string(s.n_a) + "x" +
                           std::to_string(s.m) + "x" + std::to_string(s.T_x);
  for (const Pass pass : {Pass::forward, Pass::backward})
    for (const Peer peer : {Peer::optimized, Peer::reference, Peer::walks, Peer::split}) {
      if (!takes_part(peer, cell, pass, s)) continue;
      const std::string name =
          std::string(bptt::name_of(cell)) + (pass == Pass::forward ? "/forward/" : "/backward/") +
          std::string(bptt::name_of(scalar)) + "/" + size + "/" + std::string(name_of(peer));
      const double gflop = flops(cell, pass, s) / 1e9;
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
        if (!*workload) *workload = std::make_unique<Workload>(s);
        for (auto _ : state) {
          if (pass == Pass::forward)
            (*workload)->forward(peer);
          else
            (*workload)->backward(peer);
          benchmark::ClobberMemory();
        }
        constexpr auto rate = benchmark::Counter::kIsIterationInvariantRate;
        state.counters["GFLOP/s"] = {gflop, rate};
        state.counters["%peak"] = {100 * gflop / peak, rate};
      });
    }
}

std::string rounded(double value) { return std::to_string(static_cast<long>(value + 0.5)); }

int run(std::vector<std::string> arguments) {
  // Before the user's own flags, which therefore win.
  arguments.insert(arguments.begin() + 1, "--benchmark_enable_random_interleaving=true");
  bool console = true;
  std::vector<char*> argv;
  for (std::string& argument : arguments) {
    if (argument.starts_with("--benchmark_format=")) console = argument.ends_with("=console");
    argv.push_back(argument.data());
  }
  int argc = static_cast<int>(argv.size());
  benchmark::Initialize(&argc, argv.data());
  if (benchmark::ReportUnrecognizedArguments(argc, argv.data())) return 2;

  const double peak_f32 = peak_gflops<float>(), peak_f64 = peak_gflops<double>();
  benchmark::AddCustomContext("peak_f32_gflops", rounded(peak_f32));
  benchmark::AddCustomContext("peak_f64_gflops", rounded(peak_f64));
  for (const Sizes& sizes : shapes) {
    add<RnnWorkload<float>>(Cell::rnn, Scalar::f32, sizes, peak_f32);
    add<RnnWorkload<double>>(Cell::rnn, Scalar::f64, sizes, peak_f64);
    add<LstmWorkload<float>>(Cell::lstm, Scalar::f32, sizes, peak_f32);
    add<LstmWorkload<double>>(Cell::lstm, Scalar::f64, sizes, peak_f64);
  }
  Summary summary;
  const std::size_t count =
      console ? benchmark::RunSpecifiedBenchmarks(&summary) : benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return count > 0 ? 0 : 1;  // a filter that matches nothing is a mistake
}

}  // namespace
}  // namespace bptt::bench

int main(int argc, char** argv) {
  try {
    return bptt::bench::run({argv, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bptt_bench: %s\n", error.what());
    return 2;
  }
}
