// bptt_exact: what a pass of the fast kernels costs in figures that no other program disturbs:
// bytes of workspace, multiply-adds, waits, allocations; and instructions where it runs under
// callgrind:
//
//   valgrind --tool=callgrind --instr-atstart=no bptt_exact --threads 1
//
// leaves one file a pass, which says "desc: Trigger: Client Request: <pass>".
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif

#include "bench/contestant.hpp"
#include "bench/groups.hpp"
#include "core/whole_file.hpp"
#include "optimized/counted_allocations.hpp"
#include "optimized/passes.hpp"

namespace bptt::bench {
namespace {

using Json = nlohmann::ordered_json;

void run(Contestant& contestant, Pass pass) {
  if (pass == Pass::forward)
    contestant.forward();
  else
    contestant.backward();
}

/// callgrind counts `pass` alone, and writes what it counted under that name. Nothing else happens
/// without callgrind, or without its header when this was compiled.
void counted(const std::string& name, Contestant& contestant, Pass pass) {
#ifdef CALLGRIND_START_INSTRUMENTATION
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
#endif
  run(contestant, pass);
#ifdef CALLGRIND_START_INSTRUMENTATION
  CALLGRIND_DUMP_STATS_AT(name.c_str());
  CALLGRIND_STOP_INSTRUMENTATION;
#else
  static_cast<void>(name);
#endif
}

Json figures_of(const std::string& name, Contestant& contestant, Pass pass) {
  // Once before: what is called for the first time is looked up by the dynamic linker.
  run(contestant, pass);
  const Counts before = contestant.counts().value();
  const long allocations = optimized::allocations_so_far();
  counted(name, contestant, pass);
  const long allocated = optimized::allocations_so_far() - allocations;
  const Counts after = contestant.counts().value();
  return {{"workspace_bytes", after.workspace_bytes},
          {"multiply_adds", after.work.multiply_adds - before.work.multiply_adds},
          {"waits", after.work.waits - before.work.waits},
          {"allocations", allocated}};
}

int run(int argc, char** argv) {
  std::string filter, json;
  std::vector<int> threads{1, 2};
  double most_work = 1e18;
  CLI::App app("Counts what the passes of the fast kernels do.", "bptt_exact");
  app.add_option("--filter", filter, "Passes whose name matches, such as lstm/backward/f32/64x")
      ->type_name("REGEX");
  app.add_option("--threads", threads, "How many threads")->delimiter(',')->capture_default_str();
  app.add_option("--most-work", most_work,
                 "Passes of at most so many operations: callgrind is slow")
      ->check(CLI::PositiveNumber);
  app.add_option("--json", json, "Writes the figures there; else they are printed")
      ->type_name("FILE");
  app.footer(
      "Example:\n"
      "  bptt_exact --filter lstm --threads 1 --json figures.json");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  Json figures = Json::object();
  for (const Group& group : bench_groups(filter, threads)) {
    if (flops(group.cell, group.pass, group.sizes) > most_work) continue;
    figures[group.name()] =
        figures_of(group.name(), *make_contestant("optimized", group), group.pass);
  }
  const Json document{{"schema", "bptt-verify/exact"},
                      {"version", 1},
                      {"target", optimized::available_targets().front()},
                      {"figures", figures}};
  if (json.empty())
    std::puts(document.dump(1).c_str());
  else
    write_whole(json, document.dump() + "\n");
  return 0;
}

}  // namespace
}  // namespace bptt::bench

int main(int argc, char** argv) {
  try {
    return bptt::bench::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bptt_exact: %s\n", error.what());
    return 2;
  }
}
