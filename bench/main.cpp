// bptt_bench: the fast passes beside their peers, each in a process of its own, in random order.
// Shape by shape, so that all contestants of a shape run within seconds of one another; for the
// scaling plots plot by plot, so that all points of a plot meet the same machine.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <regex>
#include <set>
#include <string>

#include "bench/contestant.hpp"
#include "bench/groups.hpp"
#include "bench/pass_timer.hpp"
#include "bench/peak.hpp"
#include "bench/results.hpp"
#include "bench/scaling.hpp"
#include "bench/slowed.hpp"
#include "bench/table.hpp"
#include "core/subject.hpp"
#include "core/whole_file.hpp"
#include "optimized/passes.hpp"

namespace bptt::bench {
namespace {

struct Arguments {
  bool quick = false;
  std::string filter, json, record, scaling, slow_groups, commit = "unknown";
  double slow_percent = 0;
  std::vector<int> threads{1, 2};
  std::vector<std::string> contestants;
  int repetitions = 0;
  double seconds = 0;
};

/// What is timed together.
using Batch = std::vector<Entry>;

/// Group by group, without those who would take too long.
std::vector<Batch> batches_of(const Arguments& arguments) {
  std::vector<Batch> batches;
  for (const Group& group : bench_groups(arguments.filter, arguments.threads, arguments.quick)) {
    batches.emplace_back();
    for (const std::string& name : arguments.contestants)
      if (!takes_long(name, group.cell, group.sizes, arguments.quick))
        batches.back().push_back({group, name});
  }
  return batches;
}

/// The points of scaling_plots() that the filter leaves.
std::vector<ScalingPlot> plots_of(const Arguments& arguments) {
  const std::regex filter(arguments.filter);
  std::vector<ScalingPlot> plots;
  for (ScalingPlot& plot : scaling_plots()) {
    std::erase_if(plot.points,
                  [&](const Group& g) { return !std::regex_search(g.name(), filter); });
    if (!plot.points.empty()) plots.push_back(std::move(plot));
  }
  return plots;
}

std::set<std::string> contestants_of(const std::vector<Batch>& batches) {
  std::set<std::string> names;
  for (const Batch& batch : batches)
    for (const Entry& entry : batch) names.insert(entry.contestant);
  return names;
}

/// The contestants by name; the fast kernels may be slowed down.
PassTimer::Make maker(const Arguments& arguments) {
  return [slow = std::regex(arguments.slow_groups), percent = arguments.slow_percent](
             const std::string& name, const Group& group) {
    auto contestant = make_contestant(name, group);
    if (name != "optimized" || percent == 0) return contestant;
    const auto part = [&](Pass pass) {
      Group of_pass = group;  // one contestant is of both passes
      of_pass.pass = pass;
      return std::regex_search(of_pass.name(), slow) ? percent / 100 : 0.0;
    };
    const Slowdown by{part(Pass::forward), part(Pass::backward)};
    if (by.forward == 0 && by.backward == 0) return contestant;
    return slowed(std::move(contestant), by);
  };
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
  app.add_option("--repetitions", a.repetitions,
                 "Of each; the median counts; 9, 3 with --quick, 7 with --scaling")
      ->check(CLI::Range(1, 1000));
  app.add_option("--seconds", a.seconds,
                 "Of each repetition at least; 0.05, or 0.01 with --quick or --scaling")
      ->check(CLI::PositiveNumber);
  // Before anything is measured, not after.
  const auto has_folder = [](const std::string& file) {
    const auto folder = std::filesystem::absolute(file).parent_path();
    return std::filesystem::is_directory(folder) ? "" : "there is no folder " + folder.string();
  };
  app.add_option("--json", a.json, "Google Benchmark's JSON, for its compare.py")
      ->type_name("FILE")
      ->check(has_folder);
  auto* scaling =
      app.add_option(
             "--scaling", a.scaling,
             "Instead of the shapes of the table, those of the scaling plots: time against\n"
             "T_x, n_a and m. Writes the points as JSON, for bench/plot_scaling.py")
          ->type_name("FILE")
          ->check(has_folder);
  for (const char* other : {"--quick", "--threads", "--contestants"})
    scaling->excludes(app.get_option(other));
  app.add_option(
         "--record", a.record,
         "Writes the medians and where they were measured as JSON, for bench/track/track.py")
      ->type_name("FILE")
      ->check(has_folder);
  app.add_option("--commit", a.commit, "What the files are to say was measured");
  app.add_option("--slow", a.slow_percent,
                 "Makes the fast kernels so much slower: to see whether a comparison finds it")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 1000.0));
  app.add_option("--slow-groups", a.slow_groups, "Those whose name matches; all")
      ->type_name("REGEX");
  app.footer(
      "Examples:\n"
      "  bptt_bench --quick\n"
      "  bptt_bench --filter 'lstm/backward/f32' --threads 1 --contestants optimized,onednn\n"
      "  bptt_bench --quick --contestants optimized,recompute_gates,square_root,binomial\n"
      "  bptt_bench --json bench.json --record run.json\n"
      "  bptt_bench --scaling scaling.json && bench/plot_scaling.py --from scaling.json .");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    exit_status = app.exit(error) == 0 ? 0 : 2;
    return a;
  }
  if (a.repetitions == 0) a.repetitions = a.quick ? 3 : a.scaling.empty() ? 9 : 7;
  if (a.seconds == 0) a.seconds = a.quick || !a.scaling.empty() ? 0.01 : 0.05;
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

  std::vector<ScalingPlot> plots;
  std::vector<Batch> batches;
  if (arguments.scaling.empty()) {
    batches = batches_of(arguments);
  } else {
    plots = plots_of(arguments);
    for (const ScalingPlot& plot : plots) batches.push_back(plot.entries());
  }
  if (batches.empty()) throw Error("no group matches '" + arguments.filter + "'");
  const std::string program = argv[0];
  const std::set<std::string> named = contestants_of(batches);
  std::size_t k = 0;
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  PassTimer timer(
      {named.begin(), named.end()}, maker(arguments), [&](const std::string& benchmark) {
        if (terminal)
          std::fprintf(stderr, "\r\x1b[K%zu of %zu  %s", k + 1, batches.size(), benchmark.c_str());
      });

  Results results;
  results.set_peak(Scalar::f32, peak_gflops<float>());
  results.set_peak(Scalar::f64, peak_gflops<double>());
  if (!arguments.record.empty()) results.set_copy_rate(copy_gbytes_per_second());
  results.set_target(std::string(optimized::available_targets().front()));
  results.set_commit(arguments.commit);
  for (; k < batches.size(); ++k)
    timer.run(batches[k], {.count = arguments.repetitions, .seconds = arguments.seconds}, results);
  if (terminal) std::fprintf(stderr, "\r\x1b[K");
  std::fputs(table_of(results).c_str(), stdout);
  if (!arguments.scaling.empty()) {
    std::fputs(slopes_of(plots, results).c_str(), stdout);
    write_whole(arguments.scaling, scaling_json(plots, results));
  }
  if (!arguments.json.empty()) write_whole(arguments.json, results.json());
  if (!arguments.record.empty()) write_whole(arguments.record, results.record());
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
