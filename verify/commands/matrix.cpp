// bptt-verify matrix: every fault against every property.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/whole_file.hpp"
#include "diagnosis/power.hpp"
#include "verify/campaign/kill_matrix.hpp"
#include "verify/commands/command.hpp"
#include "verify/report/explain.hpp"
#include "verify/report/kill_matrix_pages.hpp"
#include "verify/report/progress.hpp"

namespace bptt::verify {

namespace {

/// How many of the single faults, and of the pairs, a diagnosis must name.
constexpr double named_singles = 0.95, named_pairs = 0.70;

int measure(const Arguments& arguments) {
  diagnosis::PowerOptions options;
  options.seed = arguments.campaign.seed;
  options.pairs = arguments.pairs;
  options.other_rounding = arguments.other_rounding;
  options.stop = &stop;
  for (const std::string& name : arguments.words)
    for (const std::size_t row : fault_rows_of(name)) options.rows.push_back(row);
  if (is_terminal(STDERR_FILENO))
    options.progress = [](int done, int all) {
      std::fprintf(stderr, "\r\x1b[K%d of %d subjects%s", done, all, done + 1 == all ? "\n" : "");
    };
  stop_on_interrupt();
  const diagnosis::DiagnosisPower power = measure_diagnosis(options);
  print(text_of(power));
  if (stop) return interrupted;
  const auto enough = [](const std::vector<diagnosis::NamedFault>& list, double part) {
    return diagnosis::DiagnosisPower::named(list) >= part * static_cast<double>(list.size());
  };
  return enough(power.singles, named_singles) && enough(power.pairs, named_pairs)
             ? all_held
             : something_broken;
}

}  // namespace

int run_matrix_command(const Arguments& arguments) {
  if (arguments.diagnosis_power) return measure(arguments);
  require_folder_of("--write", arguments.markdown);
  require_folder_of("--json", arguments.json);
  MatrixOptions options;
  options.seed = arguments.campaign.seed;
  options.cases = arguments.campaign.cases.value_or(matrix_cases);
  options.jobs = arguments.campaign.jobs;
  for (const std::string& name : arguments.words)
    for (const std::size_t row : fault_rows_of(name)) options.rows.push_back(row);
  stop_on_interrupt();
  KillMatrix result;
  {
    ProgressLine line(stderr, Style(coloured(arguments.colour, STDERR_FILENO)));
    if (is_terminal(STDERR_FILENO))
      options.progress = [&](const MatrixProgress& progress) { line.show(progress); };
    result = run_matrix(options, &stop);
  }
  if (stop) {
    std::fputs("bptt-verify: interrupted; nothing was written\n", stderr);
    return interrupted;
  }
  if (arguments.markdown.empty()) print(markdown_of(result));
  if (!arguments.markdown.empty()) write_whole(arguments.markdown, markdown_of(result));
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(result, BPTT_VERSION));
  const bool all_killed = std::all_of(result.faults.begin(), result.faults.end(),
                                      [](const FaultKills& f) { return !f.kills.empty(); });
  return all_killed ? all_held : something_broken;
}

void add_matrix(CLI::App& app, Arguments& a) {
  app.add_option("FAULT", a.words, "Only these faults; all");
  app.add_option("--write", a.markdown, "Writes the tables there instead of printing them")
      ->type_name("FILE.md");
  app.add_option("--json", a.json, "Writes them for programs, too")->type_name("FILE");
  app.add_option("--cases", a.campaign.cases,
                 "Cases of each property, cell and scalar; " + std::to_string(matrix_cases))
      ->check(CLI::Range(1, 100000));
  app.add_option("--seed", a.campaign.seed, "Where the cases come from")->capture_default_str();
  app.add_option("--jobs", a.campaign.jobs, "Threads; all of the machine's")
      ->check(CLI::Range(1, 1024));
  app.add_flag("--diagnosis", a.diagnosis_power,
               "Instead: how many faults and pairs of faults a diagnosis names");
  app.add_option("--pairs", a.pairs, "Random pairs of faults for --diagnosis")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_flag("--other-rounding", a.other_rounding,
               "With --diagnosis: the last digit of every gradient is changed");
  app.footer(
      "Every fault against every property: which breaks which, and in which case first.\n"
      "Exit status: 0 every fault breaks a property, 1 some fault breaks none. With --diagnosis:\n"
      "0 if 95 % of the faults are named first, and 70 % of the pairs among the first three.\n"
      "Examples:\n"
      "  bptt-verify matrix --write docs/kill_matrix.md --json docs/kill_matrix.json\n"
      "  bptt-verify matrix fault:no_carry fault:unit_tail_dropped --cases 100\n"
      "  bptt-verify matrix --diagnosis --pairs 100");
}

}  // namespace bptt::verify
