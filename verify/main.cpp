// bptt-verify: the command line. What it says is what the campaign found; nothing is judged here.
// Exit status: 0 nothing broken, 1 something broken, 2 it could not run, 130 interrupted.
#if __has_include(<malloc.h>)
#include <malloc.h>
#endif
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <limits>
#include <map>
#include <thread>

#include "core/error.hpp"
#include "core/whole_file.hpp"
#include "subjects/foreign/library_worker.hpp"
#include "subjects/registry.hpp"
#include "verify/campaign/bounds_survey.hpp"
#include "verify/commands/command.hpp"
#include "verify/commands/inputs.hpp"
#include "verify/report/bounds_json.hpp"
#include "verify/report/explain.hpp"
#include "verify/report/json.hpp"
#include "verify/report/listing.hpp"
#include "verify/report/table.hpp"

namespace {

using namespace bptt;
using namespace bptt::verify;

int status_of(properties::Outcome outcome) {
  return verify::status_of(outcome == properties::Outcome::broken,
                           outcome != properties::Outcome::not_judged);
}

int replay(const Arguments& arguments) {
  static_cast<void>(cells_given(arguments.cells));
  std::string line;
  for (const auto& word : arguments.words) line += (line.empty() ? "" : " ") + word;
  const Replayed replayed = verify::replay(line, arguments.foreign);
  print(text_of(replayed, Style(coloured(arguments.colour, STDOUT_FILENO))));
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(replayed, BPTT_VERSION));
  return status_of(replayed.verdict.outcome);
}

int grade_file(const Arguments& arguments) {
  const diagnosis::Grade graded = grade(arguments.what, arguments.grade);
  print(text_of(graded, Style(coloured(arguments.colour, STDOUT_FILENO))));
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(graded, BPTT_VERSION));
  return status_of(outcome_of(graded));
}

int list(const Arguments& arguments) {
  const auto text = arguments.what == "properties" ? list_properties
                    : arguments.what == "subjects" ? list_subjects
                    : arguments.what == "faults"   ? list_faults
                                                   : list_cases;
  print(text(arguments.list_json));
  return all_held;
}

int explain(const Arguments& arguments) {
  const std::string& name = arguments.subjects.front();
  print(arguments.list_json ? explain_json(name)
                            : explain_text(name, Style(coloured(arguments.colour, STDOUT_FILENO))));
  return all_held;
}

int bounds(const Arguments& arguments) {
  const auto subject = make_subject(arguments.subjects.front(), arguments.foreign);
  const Capabilities can = subject->capabilities();
  if (!can.backward || can.max_T < 64 || !can.without.empty() || !can.fewer_losses)
    throw UnsupportedError(
        "bounds are measured on whole passes with c0, dc_T and T_da < T_x, which " +
        subject->name() + " does not do");
  BoundsSurveyOptions options;
  options.entries_per_row = arguments.entries;
  options.models = arguments.models;
  options.seed = arguments.campaign.seed;
  options.jobs = static_cast<unsigned>(arguments.campaign.jobs);
  if (is_terminal(STDERR_FILENO))
    options.progress = [](std::size_t done, std::size_t all) {
      if (all == 0)
        std::fprintf(stderr, "\r%zu rows", done);
      else
        std::fprintf(stderr, "\r%zu of %zu rows%s", done, all, done == all ? "\n" : "");
    };
  std::vector<std::vector<BoundsRow>> tables;
  if (arguments.sizes == "real") {
    tables.push_back(survey_models(*subject, options));
    print(models_table(tables[0]));
  } else {
    tables = {survey_sizes(*subject, options), survey_regimes(*subject, options)};
    print(sizes_table(tables[0]) + "\n" + regimes_table(tables[1]));
  }
  if (!arguments.json.empty()) {
    std::vector<BoundsRow> all;
    for (const auto& rows : tables) all.insert(all.end(), rows.begin(), rows.end());
    write_whole(arguments.json, bounds_json(subject->name(), BPTT_VERSION, all));
  }
  long long entries = 0, beyond = 0;
  for (const auto& rows : tables)
    for (const BoundsRow& row : rows) {
      entries += row.entries;
      beyond += row.beyond_certain + row.accused;
    }
  print("\n" + std::to_string(entries) + " entries, " + std::to_string(beyond) +
        " beyond the certain bound or the tolerance\n");
  return beyond > 0 ? something_broken : all_held;
}

void add_replay(CLI::App& app, Arguments& a) {
  app.add_option("LINE", a.words, "The words of a replay line, quoted or not")->required();
  app.add_option("--cell", a.cells, "Brings a cell of your own, which the line names")
      ->allow_extra_args(false)
      ->type_name("FILE.cell");
  app.add_option("--json", a.json, "Writes the verdict there, whole or not at all")
      ->type_name("FILE");
  add_foreign(app, a);
  app.footer(
      "Example:\n"
      "  bptt-verify replay 'optimized equals_reference f32 lstm n_x=3 n_a=5 m=2 T_x=4 "
      "regime=unit seed=7'\n"
      "  bptt-verify replay optimized published:lstm_backward_new");
}

void add_grade(CLI::App& app, Arguments& a) {
  app.add_option("FILE", a.what, "Recorded inputs and gradients")
      ->required()
      ->type_name("FILE.npz");
  add_choice<std::optional<Scalar>>(app, "--scalar", a.grade.scalar,
                                    "What was computed in; that of the gradients in the file",
                                    {{"f32", Scalar::f32}, {"f64", Scalar::f64}});
  add_choice<Activation>(
      app, "--activation", a.grade.activation, "Of the RNN; tanh",
      {{"tanh", Activation::tanh}, {"relu", Activation::relu}, {"identity", Activation::identity}});
  app.add_option("--tanh-ulp", a.grade.tanh_ulp, "Largest error of the tanh that was used")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--sigmoid-ulp", a.grade.sigmoid_ulp, "Largest error of the sigmoid")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--json", a.json, "Writes the grades there, whole or not at all")
      ->type_name("FILE");
  app.footer(
      "Keys: x a0 Wax Waa ba da (c0 Wf bf Wi bi Wc bc Wo bo dc_T); dx da0 dWax dWaa dba (dc0 dWf\n"
      "dbf ..), a (c); with in. grad. out. before them or not; xt a_prev da_next dxt .. of one "
      "step.\n"
      "a0, c0, dc_T that are missing are zeros. f64 or f32, as numpy.savez writes them.\n"
      "Examples:\n"
      "  python3: np.savez('mine.npz', x=x, a0=a0, **parameters, da=da, **gradients)\n"
      "  bptt-verify grade mine.npz\n"
      "  bptt-verify grade mine.npz --scalar f32 --json grades.json");
}

void add_list(CLI::App& app, Arguments& a) {
  app.add_option("WHAT", a.what, "properties, subjects, faults or published cases")
      ->required()
      ->check(CLI::IsMember({"properties", "subjects", "faults", "cases"}).description(""))
      ->type_name("properties|subjects|faults|cases");
  app.add_flag("--json", a.list_json, "For programs");
  app.footer(
      "Examples:\n"
      "  bptt-verify list properties\n"
      "  bptt-verify list faults\n"
      "  bptt-verify list subjects --json");
}

void add_explain(CLI::App& app, Arguments& a) {
  app.add_option("FAULT", a.subjects, "A fault, or several joined by + (list faults)")
      ->required()
      ->expected(1);
  app.add_flag("--json", a.list_json, "For programs");
  app.footer(
      "Examples:\n"
      "  bptt-verify explain fault:drop_da_prevt\n"
      "  bptt-verify explain fault:no_carry+ignore_a0 --json");
}

void add_bounds(CLI::App& app, Arguments& a) {
  app.add_option("SUBJECT", a.subjects, "Whose errors are measured; optimized")->expected(1);
  app.add_option("--entries", a.entries, "Entries judged in each row of the tables")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--seed", a.campaign.seed, "Where the problems come from")->capture_default_str();
  app.add_option("--sizes", a.sizes,
                 "small, against 50 digits; or real, those of models, against the values that the "
                 "suite expects")
      ->check(CLI::IsMember({"small", "real"}));
  app.add_option("--models", a.models, "Of real sizes, so many of each cell and scalar; all")
      ->check(CLI::Range(1, 1000));
  app.add_option("--jobs", a.campaign.jobs, "Threads; all of the machine's")
      ->check(CLI::Range(1, 1024));
  app.add_option("--json", a.json, "Writes the errors there, array by array")->type_name("FILE");
  app.footer(
      "Prints the tables of docs/error_bounds.md: errors against 50 digits, in units of sigma.\n"
      "Examples:\n"
      "  bptt-verify bounds                               two minutes\n"
      "  bptt-verify bounds reference --entries 12500     a million entries by size; long\n"
      "  bptt-verify bounds optimized --sizes real --entries 100   half an hour");
}

/// Arrays of real models come and go. Memory that is given back to the system must be cleared anew
/// when it is taken again, which takes as long as computing with it.
void keep_memory() {
#if defined(M_MMAP_THRESHOLD) && defined(M_TRIM_THRESHOLD) && defined(M_ARENA_MAX)
  constexpr int most = 1 << 30;
  mallopt(M_MMAP_THRESHOLD, most);
  mallopt(M_TRIM_THRESHOLD, most);
  mallopt(M_ARENA_MAX, 1);  // others give large blocks back at once
#endif
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto status = foreign::worker_main(argc, argv)) return *status;
  keep_memory();
  Arguments arguments;
  arguments.campaign.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));

  CLI::App app("Verifies backpropagation through time.", "bptt-verify");
  app.set_version_flag("--version", "bptt-verify " BPTT_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  add_choice<Colour>(
      app, "--color", arguments.colour, "Colours; auto: on a terminal, unless NO_COLOR is set",
      {{"auto", Colour::when_terminal}, {"always", Colour::always}, {"never", Colour::never}});
  app.add_option("--oracle-memory", arguments.oracle_memory,
                 "Most memory for knowing what numbers must be; a problem that needs more is not "
                 "judged; half of what there is")
      ->transform(CLI::AsSizeValue(false))
      ->check(
          CLI::Range(std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max()).description(""))
      ->type_name("SIZE");
  CLI::App* on_check = app.add_subcommand("check", "Runs all properties on a subject");
  CLI::App* on_merge =
      app.add_subcommand("merge", "Makes one report of those of a check's parts (--shard)");
  CLI::App* on_replay = app.add_subcommand("replay", "Repeats one case from its replay line");
  CLI::App* on_grade = app.add_subcommand("grade", "Grades recorded gradients of a .npz file");
  CLI::App* on_diagnose =
      app.add_subcommand("diagnose", "Names the fault behind numbers that somebody printed");
  CLI::App* on_derive =
      app.add_subcommand("derive", "Derives a cell's backward pass, line by line");
  CLI::App* on_list =
      app.add_subcommand("list", "Lists properties, subjects, faults or published cases");
  CLI::App* on_explain = app.add_subcommand("explain", "Shows all that is known of a fault");
  CLI::App* on_bounds = app.add_subcommand("bounds", "Measures the error bounds against 50 digits");
  CLI::App* on_matrix = app.add_subcommand("matrix", "Finds which fault breaks which property");
  CLI::App* on_report =
      app.add_subcommand("report", "Makes one page of the documents that others write");
  add_bounds(*on_bounds, arguments);
  add_report(*on_report, arguments);
  add_matrix(*on_matrix, arguments);
  add_check(*on_check, arguments);
  add_merge(*on_merge, arguments);
  add_replay(*on_replay, arguments);
  add_grade(*on_grade, arguments);
  add_derive(*on_derive, arguments);
  add_diagnose(*on_diagnose, arguments);
  add_list(*on_list, arguments);
  add_explain(*on_explain, arguments);
  app.footer(
      "Exit status: 0 nothing broken (held or inconclusive), 1 something broken, 2 it could not\n"
      "run or nothing could be judged. Try: bptt-verify check");

  try {
    app.parse(argc, argv);
    properties::set_oracle_memory(arguments.oracle_memory);
    if (on_check->parsed()) return run_check(arguments);
    if (on_merge->parsed()) return run_merge(arguments);
    if (on_bounds->parsed()) return bounds(arguments);
    if (on_grade->parsed()) return grade_file(arguments);
    if (on_diagnose->parsed()) return run_diagnose(arguments);
    if (on_derive->parsed()) return run_derive(arguments);
    if (on_matrix->parsed()) return run_matrix_command(arguments);
    if (on_explain->parsed()) return explain(arguments);
    if (on_report->parsed()) return run_report(arguments);
    return on_replay->parsed() ? replay(arguments) : list(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? all_held : could_not_run;  // prints help, or what is wrong
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bptt-verify: %s\n", error.what());
    return could_not_run;
  }
}
