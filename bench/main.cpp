// bptt_bench: the fast passes beside their peers, in one process and in alternating order.
// Shape by shape, so that all contestants of a shape run within seconds of one another; their
// repetitions are interleaved at random by Google Benchmark, so that a change of the machine's
// speed hits all alike. Wall-clock time, since passes may be threaded. Weights are packed or
// reordered, and gradients zeroed, before anything is timed.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <regex>
#include <string>
#include <thread>

#include "bench/contestant.hpp"
#include "bench/peak.hpp"
#include "bench/results.hpp"
#include "bench/shapes.hpp"
#include "bench/table.hpp"
#include "core/subject.hpp"
#include "core/whole_file.hpp"
#include "optimized/passes.hpp"

namespace bptt::bench {
namespace {

struct Arguments {
  bool quick = false;
  std::string filter, json, history, commit = "unknown";
  std::vector<int> threads{1, 2};
  std::vector<std::string> contestants;
  int repetitions = 0;
  double seconds = 0;
};

/// Before each repetition. The threads of OpenMP and of OpenBLAS spin for a while after their last
/// work, on a core that the next contestant's threads need.
constexpr std::chrono::milliseconds others_settle(60);

/// One group of benchmarks that are compared with one another.
struct Group {
  Cell cell;
  Scalar scalar;
  Pass pass;
  Sizes sizes;
  int threads;

  /// lstm/backward/f32/64x64x32x100/1
  [[nodiscard]] std::string name() const {
    return std::string(name_of(cell)) + (pass == Pass::forward ? "/forward/" : "/backward/") +
           std::string(name_of(scalar)) + "/" + bench::name_of(sizes) + "/" +
           std::to_string(threads);
  }
};

std::vector<Group> groups_of(const Arguments& arguments) {
  const std::regex filter(arguments.filter);
  std::vector<Group> groups;
  for (const BenchShape& shape : bench_shapes()) {
    if (arguments.quick && !shape.quick) continue;
    for (const Cell cell : {Cell::lstm, Cell::rnn}) {
      if (!(cell == Cell::lstm ? shape.lstm : shape.rnn)) continue;
      for (const Scalar scalar : {Scalar::f32, Scalar::f64})
        for (const int threads : arguments.threads)
          for (const Pass pass : {Pass::forward, Pass::backward}) {
            const Group group{cell, scalar, pass, shape.sizes, threads};
            if (std::regex_search(group.name(), filter)) groups.push_back(group);
          }
    }
  }
  return groups;
}

/// Contestants of the shape that was asked for last: forward and backward share them.
class Stage {
 public:
  template <class S>
  Contestant* contestant(const std::string& name, const Group& group) {
    const std::string key = std::string(name_of(group.cell)) + std::string(name_of(group.scalar)) +
                            bench::name_of(group.sizes) + std::to_string(group.threads);
    if (key != key_) contestants_.clear();
    key_ = key;
    auto [at, fresh] = contestants_.try_emplace(name);
    if (fresh) at->second = make_contestant<S>(name, group.cell, group.sizes, group.threads);
    return at->second.get();
  }

 private:
  std::string key_;
  std::map<std::string, std::unique_ptr<Contestant>> contestants_;
};

void run_group(const Group& group, const Arguments& arguments, Stage& stage, Results& results) {
  benchmark::ClearRegisteredBenchmarks();
  for (const std::string& name : arguments.contestants) {
    Contestant* contestant = group.scalar == Scalar::f32 ? stage.contestant<float>(name, group)
                                                         : stage.contestant<double>(name, group);
    if (contestant == nullptr || !contestant->runs(group.pass)) continue;
    results.keeps(group.name(), name, contestant->bytes_per_step());
    const double gflop = flops(group.cell, group.pass, group.sizes) / 1e9;
    const bool forward = group.pass == Pass::forward;
    const int threads = group.threads;
    benchmark::RegisterBenchmark(
        (group.name() + "/" + name).c_str(),
        [=](benchmark::State& state) {
          if (threads > 1) std::this_thread::sleep_for(others_settle);
          for (auto _ : state) {
            if (forward)
              contestant->forward();
            else
              contestant->backward();
            benchmark::ClobberMemory();
          }
          state.counters["GFLOP/s"] = {gflop, benchmark::Counter::kIsIterationInvariantRate};
        })
        ->UseRealTime()
        ->Repetitions(arguments.repetitions)
        ->MinTime(arguments.seconds)
        ->Unit(benchmark::kMicrosecond);
  }
  benchmark::RunSpecifiedBenchmarks(&results);
}

Arguments parsed(int argc, char** argv, int& exit_status) {
  Arguments a;
  CLI::App app("Times forward and backward passes beside those of others.", "bptt_bench");
  app.add_flag("--quick", a.quick, "Fewer shapes and repetitions: under two minutes");
  app.add_option("--filter", a.filter, "Groups whose name matches, such as lstm/backward/f32/64x")
      ->type_name("REGEX");
  app.add_option("--threads", a.threads, "How many threads, one table row each")
      ->delimiter(',')
      ->capture_default_str();
  std::string names;
  for (const auto name : contestant_names())
    names += (names.empty() ? "" : ",") + std::string(name);
  std::string modes;
  for (const auto name : memory_mode_names()) modes += "," + std::string(name);
  app.add_option("--contestants", a.contestants,
                 "Who runs; " + names + " if nobody is named; there are also " + modes.substr(1))
      ->delimiter(',');
  app.add_option("--repetitions", a.repetitions, "Of each; the median counts; 9, or 3 with --quick")
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", a.seconds, "Of each repetition at least; 0.05, or 0.01 with --quick")
      ->check(CLI::PositiveNumber);
  app.add_option("--json", a.json, "Google Benchmark's JSON, for its compare.py")
      ->type_name("FILE");
  app.add_option("--history", a.history, "Appends one line of JSON with the medians")
      ->type_name("FILE");
  app.add_option("--commit", a.commit, "What the history line says was measured");
  app.footer(
      "Examples:\n"
      "  bptt_bench --quick\n"
      "  bptt_bench --filter 'lstm/backward/f32' --threads 1 --contestants optimized,onednn\n"
      "  bptt_bench --quick --contestants optimized,recompute_gates,square_root,binomial\n"
      "  bptt_bench --json bench.json --history bench/history/this_machine.jsonl");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_status = app.exit(error) == 0 ? 0 : 2;
    return a;
  }
  if (a.repetitions == 0) a.repetitions = a.quick ? 3 : 9;
  if (a.seconds == 0) a.seconds = a.quick ? 0.01 : 0.05;
  for (const std::string& name : a.contestants) {
    auto known = contestant_names();
    for (const auto mode : memory_mode_names()) known.push_back(mode);
    if (std::find(known.begin(), known.end(), name) == known.end())
      throw Error("no contestant is named '" + name + "'; here are " + names);
  }
  if (a.contestants.empty())
    for (const auto name : contestant_names()) a.contestants.emplace_back(name);
  exit_status = -1;
  return a;
}

int run(int argc, char** argv) {
  int exit_status = -1;
  const Arguments arguments = parsed(argc, argv, exit_status);
  if (exit_status >= 0) return exit_status;
  for (const char* variable : {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"})
    if (std::getenv(variable) != nullptr)
      std::fprintf(stderr, "bptt_bench: %s is set and slows peers that use OpenBLAS; unset it\n",
                   variable);

  const auto groups = groups_of(arguments);
  if (groups.empty()) throw Error("no group matches '" + arguments.filter + "'");
  const std::string program = argv[0];
  std::string flags[] = {program, "--benchmark_enable_random_interleaving=true"};
  char* flag_pointers[] = {flags[0].data(), flags[1].data(), nullptr};
  int flag_count = 2;
  benchmark::Initialize(&flag_count, flag_pointers);

  Results results;
  results.set_peak(Scalar::f32, peak_gflops<float>());
  results.set_peak(Scalar::f64, peak_gflops<double>());
  results.set_target(std::string(optimized::available_targets().front()));
  results.set_commit(arguments.commit);
  Stage stage;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  for (std::size_t k = 0; k < groups.size(); ++k) {
    if (terminal)
      std::fprintf(stderr, "\r\x1b[K%zu of %zu  %s", k + 1, groups.size(),
                   groups[k].name().c_str());
    run_group(groups[k], arguments, stage, results);
  }
  if (terminal) std::fprintf(stderr, "\r\x1b[K");
  std::fputs(table_of(results).c_str(), stdout);
  if (!arguments.json.empty()) write_whole(arguments.json, results.json());
  if (!arguments.history.empty()) append_line(arguments.history, results.history_line());
  return 0;
}

}  // namespace
}  // namespace bptt::bench

int main(int argc, char** argv) {
  try {
    return bptt::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bptt_bench: %s\n", error.what());
    return 2;
  }
}
