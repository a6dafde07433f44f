// bptt-verify: the command line. What it says is what the campaign found; nothing is judged here.
// Exit status: 0 nothing broken, 1 something broken, 2 it could not run, 130 interrupted.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <regex>
#include <thread>

#include "core/error.hpp"
#include "core/whole_file.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/foreign/library_worker.hpp"
#include "subjects/registry.hpp"
#include "verify/bounds_survey.hpp"
#include "verify/campaign.hpp"
#include "verify/digits_report.hpp"
#include "verify/explain.hpp"
#include "verify/given.hpp"
#include "verify/kill_matrix.hpp"
#include "verify/kill_matrix_pages.hpp"
#include "verify/listing.hpp"
#include "verify/progress.hpp"
#include "verify/report_json.hpp"
#include "verify/report_table.hpp"

namespace {

using namespace bptt;
using namespace bptt::verify;

constexpr int all_held = 0, something_broken = 1, could_not_run = 2, interrupted = 130;
constexpr double default_seconds = 45;

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // so that a signal handler may set it

enum class Colour { when_terminal, always, never };

struct Arguments {
  Colour colour = Colour::when_terminal;
  std::vector<std::string> subjects{"optimized"}, words;
  CampaignOptions campaign;
  std::string property, json, what, file, markdown;
  bool list_json = false;
  foreign::Options foreign;
  GradeOptions grade;
  long long entries = 1000;
};

bool coloured(Colour colour, int descriptor) {
  if (colour != Colour::when_terminal) return colour == Colour::always;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  return (no_color == nullptr || *no_color == '\0') && ::isatty(descriptor) == 1;
}

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

void select_properties(const std::string& pattern, CampaignOptions& options) {
  std::regex regex;
  try {
    regex = std::regex(pattern);
  } catch (const std::regex_error& error) {
    throw FormatError("--property '" + pattern + "' is no regular expression: " + error.what());
  }
  const auto matches = [&](const std::string& id) { return std::regex_search(id, regex); };
  for (const auto& p : properties::catalogue())
    if (matches(std::string(p.id))) options.properties.push_back(&p);
  for (const auto& p : properties::published_cases())
    if (const std::string name(p.name); matches(std::string(published_prefix) + name) ||
                                        matches(std::string(specification_prefix) + name))
      options.published.push_back(&p);
  if (options.properties.empty() && options.published.empty())
    throw UnsupportedError("no property matches '" + pattern +
                           "' (see: bptt-verify list properties)");
}

/// So that nothing runs for a minute whose report has no place.
void require_folder_of(const std::string& option, const std::string& file) {
  if (file.empty()) return;
  const auto folder = std::filesystem::absolute(file).parent_path();
  if (!std::filesystem::is_directory(folder))
    throw Error(option + " " + file + ": there is no folder " + folder.string());
}

struct OnTrial {
  std::unique_ptr<Subject> subject;
  std::vector<std::string> notes;
};

/// A file may have several subjects in it.
std::vector<OnTrial> all_on_trial(const Arguments& arguments) {
  std::vector<OnTrial> all;
  for (const auto& name : arguments.subjects) {
    foreign::Parts parts{{name}, {}};
    if (foreign::is_file_name(name)) parts = foreign::parts_of(name, arguments.foreign);
    for (const auto& part : parts.names) {
      all.push_back({make_subject(part, arguments.foreign), std::move(parts.notes)});
      parts.notes.clear();
    }
  }
  return all;
}

int check(Arguments& arguments) {
  require_folder_of("--json", arguments.json);
  CampaignOptions& options = arguments.campaign;
  select_properties(arguments.property, options);
  // All names are looked up before the first campaign begins.
  const std::vector<OnTrial> subjects = all_on_trial(arguments);
  if (!options.cases && !options.seconds) options.seconds = default_seconds;
  if (options.seconds) *options.seconds /= static_cast<double>(subjects.size());
  std::signal(SIGINT, [](int) { stop = true; });

  const Style style(coloured(arguments.colour, STDOUT_FILENO));
  std::vector<Report> reports;
  bool broken = false;
  for (const auto& [subject, notes] : subjects) {
    {
      ProgressLine line(stderr, Style(coloured(arguments.colour, STDERR_FILENO)));
      OnProgress show;
      if (::isatty(STDERR_FILENO) == 1) show = [&](const Progress& p) { line.show(p); };
      reports.push_back(run_campaign(*subject, options, show, &stop));
      reports.back().notes = notes;
    }
    print((reports.size() > 1 ? "\n" : "") + table_of(reports.back(), style));
    broken = broken || broken_rows(reports.back()) > 0;
    options.specification = false;  // once is enough: it is the same for every subject
    if (stop) break;
  }
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(reports, BPTT_VERSION));
  if (stop) std::fputs("bptt-verify: interrupted; the report holds what was done\n", stderr);
  return broken ? something_broken : stop ? interrupted : all_held;
}

int replay(const Arguments& arguments) {
  std::string line;
  for (const auto& word : arguments.words) line += (line.empty() ? "" : " ") + word;
  const Replayed replayed = verify::replay(line, arguments.foreign);
  print(text_of(replayed, Style(coloured(arguments.colour, STDOUT_FILENO))));
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(replayed, BPTT_VERSION));
  return replayed.verdict.outcome == properties::Outcome::broken ? something_broken : all_held;
}

int grade_file(const Arguments& arguments) {
  const Grade graded = grade(arguments.what, arguments.grade);
  print(text_of(graded, Style(coloured(arguments.colour, STDOUT_FILENO))));
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(graded, BPTT_VERSION));
  return outcome_of(graded) == properties::Outcome::broken ? something_broken : all_held;
}

int diagnose_digits(const Arguments& arguments) {
  const Problem<double> problem = problem_named(arguments.what, arguments.grade.activation);
  OnTried show;
  if (::isatty(STDERR_FILENO) == 1)
    show = [](int done, int all) {
      if (done % 100 == 0) std::fprintf(stderr, "\r\x1b[K%d of %d sets of faults", done, all);
    };
  const DigitsDiagnosis diagnosis =
      diagnose(arguments.what, problem,
               read_printout(text_given(arguments.file), printable_arrays(problem.cell)), show);
  if (show) std::fputs("\r\x1b[K", stderr);
  print(text_of(diagnosis, Style(coloured(arguments.colour, STDOUT_FILENO))));
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(diagnosis, BPTT_VERSION));
  return diagnosis.right() ? all_held : something_broken;
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

int matrix(const Arguments& arguments) {
  require_folder_of("--write", arguments.markdown);
  require_folder_of("--json", arguments.json);
  MatrixOptions options;
  options.seed = arguments.campaign.seed;
  options.cases = arguments.campaign.cases.value_or(matrix_cases);
  options.jobs = arguments.campaign.jobs;
  for (const std::string& name : arguments.words)
    for (const std::size_t row : fault_rows_of(name)) options.rows.push_back(row);
  std::signal(SIGINT, [](int) { stop = true; });
  KillMatrix result;
  {
    ProgressLine line(stderr, Style(coloured(arguments.colour, STDERR_FILENO)));
    if (::isatty(STDERR_FILENO) == 1)
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

int bounds(const Arguments& arguments) {
  const auto subject = make_subject(arguments.subjects.front(), arguments.foreign);
  const Capabilities can = subject->capabilities();
  if (!can.backward || can.max_T < 64 || !can.initial_cell || !can.final_cell_gradient ||
      !can.fewer_losses)
    throw UnsupportedError(
        "bounds are measured on whole passes with c0, dc_T and T_da < T_x, which " +
        subject->name() + " does not do");
  BoundsSurveyOptions options;
  options.entries_per_row = arguments.entries;
  options.seed = arguments.campaign.seed;
  options.jobs = static_cast<unsigned>(arguments.campaign.jobs);
  if (::isatty(STDERR_FILENO) == 1)
    options.progress = [](std::size_t done, std::size_t all) {
      std::fprintf(stderr, "\r%zu of %zu rows%s", done, all, done == all ? "\n" : "");
    };
  const auto sizes = survey_sizes(*subject, options);
  const auto regimes = survey_regimes(*subject, options);
  print(sizes_table(sizes) + "\n" + regimes_table(regimes));
  long long entries = 0, beyond = 0;
  for (const auto* rows : {&sizes, &regimes})
    for (const BoundsRow& row : *rows) {
      entries += row.entries;
      beyond += row.beyond_certain + row.accused;
    }
  print("\n" + std::to_string(entries) + " entries, " + std::to_string(beyond) +
        " beyond the certain bound or the tolerance\n");
  return beyond > 0 ? something_broken : all_held;
}

/// An option that is one of some names.
template <class T>
void add_choice(CLI::App& app, const std::string& name, T& value, const std::string& help,
                const std::map<std::string, T>& names) {
  std::string list;
  for (const auto& [text, unused] : names) list += (list.empty() ? "" : "|") + text;
  app.add_option_function<std::string>(
         name, [&value, names](const std::string& text) { value = names.at(text); }, help)
      ->check(CLI::IsMember(names).description(""))
      ->type_name(list);
}

/// How subjects that are files are run.
void add_foreign(CLI::App& app, Arguments& a) {
  foreign::Options& f = a.foreign;
  const std::string group = "For subjects that are files (.so, .py, .ipynb)";
  app.add_option("--call-timeout", f.call_timeout, "Seconds that one call may take")
      ->check(CLI::Range(1e-3, 86400.0))
      ->capture_default_str()
      ->group(group);
  app.add_option("--memory-limit", f.memory_limit, "Address space of a worker process; 0: no limit")
      ->transform(CLI::AsSizeValue(false))
      ->default_str("4GB")
      ->type_name("SIZE")
      ->group(group);
  app.add_option("--python", f.python, "Interpreter with NumPy; python3")
      ->type_name("PROGRAM")
      ->group(group);
}

void add_check(CLI::App& app, Arguments& a) {
  CampaignOptions& c = a.campaign;
  app.add_option("SUBJECT", a.subjects,
                 "What to put to the test: a name (list subjects), or a file: a shared library, "
                 "Python, a notebook; optimized");
  app.add_option("--seconds", c.seconds, "Time for all subjects together; 45 without --cases")
      ->check(CLI::PositiveNumber);
  app.add_option("--cases", c.cases, "Exactly so many cases of each row, however long it takes")
      ->check(CLI::Range(1, 100000000));
  app.add_option("--seed", c.seed, "Where the cases come from")->capture_default_str();
  app.add_option("--jobs", c.jobs, "Threads; all of the machine's")->check(CLI::Range(1, 1024));
  app.add_option("--max-size", c.max_size, "No n_x, n_a, m, T_x above it")
      ->check(CLI::Range(1, 4096));
  app.add_option("--property", a.property, "Only properties whose name matches")
      ->type_name("REGEX");
  add_choice<std::optional<Cell>>(app, "--cell", c.cell, "Only this cell",
                                  {{"rnn", Cell::rnn}, {"lstm", Cell::lstm}});
  add_choice<std::optional<Scalar>>(app, "--scalar", c.scalar, "Only this scalar",
                                    {{"f32", Scalar::f32}, {"f64", Scalar::f64}});
  std::map<std::string, std::optional<properties::Regime>> regimes;
  for (int k = 0; k < properties::regime_count; ++k)
    regimes[std::string(name_of(static_cast<properties::Regime>(k)))] =
        static_cast<properties::Regime>(k);
  add_choice(app, "--regime", c.regime, "Only problems of this regime", regimes);
  app.add_option("--json", a.json, "Writes the report there, whole or not at all")
      ->type_name("FILE");
  add_foreign(app, a);
  app.add_option("--max-crashes", c.max_crashes, "Ends after so many cases that ended the worker")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str()
      ->group("For subjects that are files (.so, .py, .ipynb)");
  app.footer(
      "Examples:\n"
      "  bptt-verify check                                all that is known, in a minute\n"
      "  bptt-verify check reference optimized --seconds 20\n"
      "  bptt-verify check fault:no_carry --cases 20      shows what a fault looks like\n"
      "  bptt-verify check --property linear --cell lstm --scalar f32 --cases 1000\n"
      "  bptt-verify check --json report.json             for programs\n"
      "  bptt-verify check ./mine.so --call-timeout 1     a library with bptt_subject.h\n"
      "  bptt-verify check notebook.ipynb --seconds 20    rnn_forward, lstm_cell_backward, ..\n"
      "  bptt-verify check mine.py:lstm                   one part of a file\n"
      "Cases repeat: the same --seed and --cases give the same table on any machine and with\n"
      "any number of threads, if the subject does.");
}

void add_replay(CLI::App& app, Arguments& a) {
  app.add_option("LINE", a.words, "The words of a replay line, quoted or not")->required();
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

void add_diagnose(CLI::App& app, Arguments& a) {
  app.add_option("CASE", a.what, "A published case (list cases), or a .npz file of inputs")
      ->required();
  app.add_option("FILE", a.file, "What was printed; standard input");
  add_choice<Activation>(
      app, "--activation", a.grade.activation, "Of the RNN in a .npz file; tanh",
      {{"tanh", Activation::tanh}, {"relu", Activation::relu}, {"identity", Activation::identity}});
  app.add_option("--json", a.json, "Writes the diagnosis there, whole or not at all")
      ->type_name("FILE");
  app.footer(
      "Reads numbers as NumPy prints them, with any text around them, and names the faults, alone\n"
      "or in pairs, that print every digit:\n"
      "  gradients[\"dx\"][1][2] = [-0.15028183 -0.34554547  0.02071758  0.01483317]\n"
      "  gradients[\"dba\"].shape = (5, 5)\n"
      "Exit status 0 if the numbers are right, 1 if not.\n"
      "Examples:\n"
      "  bptt-verify diagnose rnn_backward_nb pasted.txt\n"
      "  echo 'dba[4] = [3.69]' | bptt-verify diagnose rnn_backward_nb\n"
      "  bptt-verify diagnose inputs.npz pasted.txt --json diagnosis.json");
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
  app.footer(
      "Every fault against every property: which breaks which, and in which case first.\n"
      "Exit status: 0 every fault breaks a property, 1 some fault breaks none.\n"
      "Examples:\n"
      "  bptt-verify matrix --write docs/kill_matrix.md --json docs/kill_matrix.json\n"
      "  bptt-verify matrix fault:no_carry fault:unit_tail_dropped --cases 100");
}

void add_bounds(CLI::App& app, Arguments& a) {
  app.add_option("SUBJECT", a.subjects, "Whose errors are measured; optimized")->expected(1);
  app.add_option("--entries", a.entries, "Entries judged in each row of the tables")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--seed", a.campaign.seed, "Where the problems come from")->capture_default_str();
  app.add_option("--jobs", a.campaign.jobs, "Threads; all of the machine's")
      ->check(CLI::Range(1, 1024));
  app.footer(
      "Prints the tables of docs/error_bounds.md: errors against 50 digits, in units of sigma.\n"
      "Examples:\n"
      "  bptt-verify bounds                               two minutes\n"
      "  bptt-verify bounds reference --entries 12500     a million entries by size; long");
}

}  // namespace

int main(int argc, char** argv) {
  if (const auto status = foreign::worker_main(argc, argv)) return *status;
  Arguments arguments;
  arguments.campaign.jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));

  CLI::App app("Verifies backpropagation through time.", "bptt-verify");
  app.set_version_flag("--version", "bptt-verify " BPTT_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  add_choice<Colour>(
      app, "--color", arguments.colour, "Colours; auto: on a terminal, unless NO_COLOR is set",
      {{"auto", Colour::when_terminal}, {"always", Colour::always}, {"never", Colour::never}});
  CLI::App* on_check = app.add_subcommand("check", "Runs all properties on a subject");
  CLI::App* on_replay = app.add_subcommand("replay", "Repeats one case from its replay line");
  CLI::App* on_grade = app.add_subcommand("grade", "Grades recorded gradients of a .npz file");
  CLI::App* on_diagnose =
      app.add_subcommand("diagnose", "Names the fault behind numbers that somebody printed");
  CLI::App* on_list =
      app.add_subcommand("list", "Lists properties, subjects, faults or published cases");
  CLI::App* on_explain = app.add_subcommand("explain", "Shows all that is known of a fault");
  CLI::App* on_bounds = app.add_subcommand("bounds", "Measures the error bounds against 50 digits");
  CLI::App* on_matrix = app.add_subcommand("matrix", "Finds which fault breaks which property");
  add_bounds(*on_bounds, arguments);
  add_matrix(*on_matrix, arguments);
  add_check(*on_check, arguments);
  add_replay(*on_replay, arguments);
  add_grade(*on_grade, arguments);
  add_diagnose(*on_diagnose, arguments);
  add_list(*on_list, arguments);
  add_explain(*on_explain, arguments);
  app.footer(
      "Exit status: 0 nothing broken (held or inconclusive), 1 something broken, 2 it could not\n"
      "run. Try: bptt-verify check");

  try {
    app.parse(argc, argv);
    if (on_check->parsed()) return check(arguments);
    if (on_bounds->parsed()) return bounds(arguments);
    if (on_grade->parsed()) return grade_file(arguments);
    if (on_diagnose->parsed()) return diagnose_digits(arguments);
    if (on_matrix->parsed()) return matrix(arguments);
    if (on_explain->parsed()) return explain(arguments);
    return on_replay->parsed() ? replay(arguments) : list(arguments);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? all_held : could_not_run;  // prints help, or what is wrong
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bptt-verify: %s\n", error.what());
    return could_not_run;
  }
}
