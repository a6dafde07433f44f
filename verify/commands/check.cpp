// bptt-verify check: a campaign on each subject, its table, and a diagnosis of what is broken.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "core/error.hpp"
#include "core/whole_file.hpp"
#include "properties/growth.hpp"
#include "verify/campaign/campaign_cases.hpp"
#include "verify/campaign/identity.hpp"
#include "verify/campaign/journal.hpp"
#include "verify/campaign/selection.hpp"
#include "verify/commands/command.hpp"
#include "verify/commands/inputs.hpp"
#include "verify/report/html/page.hpp"
#include "verify/report/json.hpp"
#include "verify/report/junit.hpp"
#include "verify/report/markdown.hpp"
#include "verify/report/progress.hpp"
#include "verify/report/subject_report.hpp"
#include "verify/report/summary.hpp"

namespace bptt::verify {
namespace {

constexpr double default_seconds = 45, diagnosis_seconds = 10;

/// What is broken in a subject, if anything is and a diagnosis is wanted.
std::optional<diagnosis::SubjectDiagnosis> diagnosed(const Subject& subject, const Report& report,
                                                     const Arguments& arguments) {
  const bool broken = std::any_of(report.rows.begin(), report.rows.end(), [](const Row& row) {
    return row.counts.broken > 0 && !row.specification && diagnosis::is_diagnosed(row.cell);
  });
  const double seconds = arguments.diagnosis_seconds.value_or(diagnosis_seconds);
  if (!broken || seconds == 0 || stop) return std::nullopt;
  diagnosis::DiagnosisOptions options;
  options.seconds = seconds;
  if (arguments.campaign.cells.size() == 1) options.cell = arguments.campaign.cells.front();
  options.more_cases = broken_cases(report, subject.capabilities());
  for (const Row& row : report.rows)
    if (!row.failures.empty() && !row.specification)
      options.known_broken.try_emplace(row.cell, row.failures.front().replay);
  options.stop = &stop;
  try {
    return diagnose(subject, options, progress_of_diagnosis());
  } catch (const CheckerError& error) {  // what is broken is known all the same
    print(std::string("no diagnosis: ") + error.what() + "\n");
    return std::nullopt;
  }
}

/// "2/8" is the second of eight.
void choose_shard(const std::string& asked, CampaignOptions& options) {
  if (asked.empty()) return;
  int shard = 0, shards = 0, read = 0;
  if (std::sscanf(asked.c_str(), "%d/%d%n", &shard, &shards, &read) != 2 ||
      read != static_cast<int>(asked.size()) || shard < 1 || shard > shards)
    throw Error("--shard takes 1/8 .. 8/8, not '" + asked + "'");
  options.shard = shard - 1;
  options.shards = shards;
  options.in_parts = true;
}

/// Why a subject cannot be asked for any of these cells; nothing if it can.
std::optional<std::string> lacks_all(const Subject& subject, const std::vector<Cell>& cells) {
  const Capabilities can = subject.capabilities();
  std::string asked, known;
  for (const Cell cell : cells) {
    if (can.runs(cell)) return std::nullopt;
    asked += " " + std::string(bptt::name_of(cell));
  }
  if (cells.empty()) return std::nullopt;
  for (const Cell cell : can.cells) known += " " + std::string(bptt::name_of(cell));
  return subject.name() + " does not run" + asked + "; it runs" + known;
}

/// Leaves out, with a word each, subjects that run none of the cells that were asked for: the other
/// functions of a file, say. Throws UnsupportedError if there is no other.
void leave_out_others(std::vector<OnTrial>& subjects, const std::vector<Cell>& cells) {
  constexpr std::size_t told_one_by_one = 4;
  std::vector<std::string> reasons;
  std::erase_if(subjects, [&](const OnTrial& on_trial) {
    const auto reason = lacks_all(*on_trial.subject, cells);
    if (reason) reasons.push_back(*reason);
    return reason.has_value();
  });
  std::string text;
  for (std::size_t k = 0; k < std::min(reasons.size(), told_one_by_one); ++k)
    text += (text.empty() ? "" : "\n") + reasons[k];
  if (reasons.size() > told_one_by_one)
    text += "\n.. and " + std::to_string(reasons.size() - told_one_by_one) + " more";
  if (subjects.empty()) throw UnsupportedError(text);
  if (!text.empty()) std::fprintf(stderr, "bptt-verify: left out: %s\n", text.c_str());
}

/// The verdicts are of this program and of the files that subjects are.
std::string programs_of(const Arguments& arguments) {
  std::vector<std::filesystem::path> programs{std::filesystem::canonical("/proc/self/exe")};
  for (const std::string& subject : arguments.subjects) {
    const std::filesystem::path whole(subject), file(subject.substr(0, subject.rfind(':')));
    for (const auto& path : {whole, file})
      if (is_regular_file(path)) {
        programs.push_back(canonical(path));
        break;
      }
  }
  return fingerprints(programs);
}

}  // namespace

/// Of all sizes, if the time is what ends a campaign; small ones where cases are counted.
void choose_sizes(const std::string& asked, CampaignOptions& options) {
  using properties::SizeSet;
  const bool all = asked == "all" || (asked.empty() && options.seconds && !options.max_size);
  options.sizes.clear();
  for (const SizeSet set : {SizeSet::small, SizeSet::middle, SizeSet::real})
    if (all || asked == name_of(set) || (asked.empty() && set == SizeSet::small))
      options.sizes.push_back(set);
}

int run_check(Arguments& arguments) {
  require_folder_of("--json", arguments.json);
  require_folder_of("--html", arguments.html);
  require_folder_of("--junit", arguments.junit);
  require_folder_of("--markdown", arguments.markdown);
  CampaignOptions& options = arguments.campaign;
  select_properties(arguments.property, options);
  options.cells = cells_given(arguments.cells);
  // All names are looked up before the first campaign begins.
  std::vector<OnTrial> subjects = all_on_trial(arguments);
  leave_out_others(subjects, options.cells);
  if (!arguments.problem.empty())
    options.problem = properties::parse_problem_spec(arguments.problem);
  else if (!options.cases && !options.seconds)
    options.seconds = default_seconds;
  choose_sizes(arguments.sizes, options);
  choose_shard(arguments.shard, options);
  if (options.seconds) *options.seconds /= static_cast<double>(subjects.size());
  properties::set_oracle_memory(arguments.oracle_memory / static_cast<std::uint64_t>(options.jobs));
  std::optional<Journal> journal;
  if (!arguments.journal.empty()) options.journal = &journal.emplace(arguments.journal);
  if (journal || options.in_parts) options.programs = programs_of(arguments);
  stop_on_interrupt();

  std::vector<std::string> remarks;
  for (const Cell cell : options.cells)
    if (auto remark = properties::remark_on_growth(cell); !remark.empty())
      remarks.push_back(std::move(remark));

  const Style style(coloured(arguments.colour, STDOUT_FILENO));
  std::vector<Report> reports;
  std::vector<std::optional<diagnosis::SubjectDiagnosis>> diagnoses;
  bool broken = false, judged = false;
  for (const auto& [subject, notes] : subjects) {
    {
      ProgressLine line(stderr, Style(coloured(arguments.colour, STDERR_FILENO)));
      OnProgress show;
      if (is_terminal(STDERR_FILENO)) show = [&](const Progress& p) { line.show(p); };
      options.notes = notes;
      options.notes.insert(options.notes.end(), remarks.begin(), remarks.end());
      reports.push_back(run_campaign(*subject, options, show, &stop));
    }
    print((reports.size() > 1 ? "\n" : "") +
          (arguments.rows ? table_of(reports.back(), style) : summary_of(reports.back(), style)));
    broken = broken || broken_rows(reports.back()) > 0;
    judged = judged || total(reports.back()).judged() > 0;
    diagnoses.push_back(diagnosed(*subject, reports.back(), arguments));
    if (diagnoses.back())
      print("\n" + text_of(*diagnoses.back(), style, Detail::brief) +
            "more of it: bptt-verify diagnose " + quoted(subject->name()) + "\n");
    options.specification = false;  // once is enough: it is the same for every subject
    if (stop) break;
  }
  if (!arguments.json.empty() || !arguments.html.empty()) {
    const std::string json = json_of(reports, BPTT_VERSION, diagnoses);
    if (!arguments.json.empty()) write_whole(arguments.json, json);
    if (!arguments.html.empty())
      write_whole(arguments.html,
                  html::page_of({html::document_of(json, "check.json")}, BPTT_VERSION));
  }
  if (!arguments.junit.empty()) write_whole(arguments.junit, junit_of(reports));
  if (!arguments.markdown.empty()) write_whole(arguments.markdown, markdown_of(reports));
  if (stop) std::fputs("bptt-verify: interrupted; the report holds what was done\n", stderr);
  return stop && !broken ? interrupted : status_of(broken, judged);
}

void add_check(CLI::App& app, Arguments& a) {
  CampaignOptions& c = a.campaign;
  app.add_option("SUBJECT", a.subjects,
                 "What to put to the test: a name (list subjects), or a file: a shared library, "
                 "Python, a notebook; optimized");
  app.add_option("--seconds", c.seconds, "Time for all subjects together; 45 without --cases")
      ->check(CLI::PositiveNumber);
  CLI::Option* cases =
      app.add_option("--cases", c.cases, "Exactly so many cases of each row, however long it takes")
          ->check(CLI::Range(1, 100000000));
  app.add_option("--problem", a.problem,
                 "Every property that says something of it, on this problem")
      ->type_name("LINE")
      ->excludes(cases);
  app.add_option("--seed", c.seed, "Where the cases come from")->capture_default_str();
  app.add_option("--jobs", c.jobs, "Threads; all of the machine's")->check(CLI::Range(1, 1024));
  CLI::Option* max_size =
      app.add_option("--max-size", c.max_size, "No n_x, n_a, m, T_x above it; small sizes only")
          ->check(CLI::Range(1, 4096));
  app.add_option(
         "--sizes", a.sizes,
         "Small ones, middle ones, those of real models, or all of them, real ones where the "
         "time is 30 s or more: all with --seconds, small with --cases")
      ->check(CLI::IsMember({"small", "middle", "real", "all"}))
      ->excludes(max_size);
  app.add_option("--property", a.property, "Only properties whose name matches")
      ->type_name("REGEX");
  app.add_option(
         "--cell", a.cells,
         "Only this cell, several times for several: a name (see derive --help), a file of your "
         "own, or all; rnn and lstm")
      ->allow_extra_args(false)
      ->type_name("NAME|FILE.cell");
  add_choice<std::optional<Scalar>>(app, "--scalar", c.scalar, "Only this scalar",
                                    {{"f32", Scalar::f32}, {"f64", Scalar::f64}});
  std::map<std::string, std::optional<properties::Regime>> regimes;
  for (int k = 0; k < properties::regime_count; ++k)
    regimes[std::string(name_of(static_cast<properties::Regime>(k)))] =
        static_cast<properties::Regime>(k);
  add_choice(app, "--regime", c.regime, "Only problems of this regime", regimes);
  app.add_flag("--rows", a.rows, "Prints every row too, and not only those that are broken");
  app.add_option("--json", a.json, "Writes the report there, whole or not at all")
      ->type_name("FILE");
  app.add_option("--html", a.html, "Writes it as a page to look at, in one file")
      ->type_name("FILE");
  app.add_option("--junit", a.junit, "Writes it as JUnit XML, for GitLab, Jenkins and others")
      ->type_name("FILE");
  app.add_option("--markdown", a.markdown, "Writes a summary in markdown, for a page of CI")
      ->type_name("FILE");
  app.add_option("--journal", a.journal,
                 "Adds every case that was judged, and goes on from those that it knows: for "
                 "checks of hours, which may be interrupted")
      ->type_name("FILE");
  app.add_option("--shard", a.shard,
                 "One of N parts of each row's cases; merge makes one report of theirs")
      ->type_name("I/N");
  app.add_option("--diagnosis-seconds", a.diagnosis_seconds,
                 "Time for a diagnosis of each subject that is broken; 10; 0: none")
      ->check(CLI::NonNegativeNumber);
  add_foreign(app, a);
  app.add_flag("--until-broken", c.until_broken, "Ends with the first broken case");
  app.add_flag("!--no-shrink", c.shrink, "Looks for no simpler case than the broken one");
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
      "  bptt-verify check --problem 'lstm n_x=8 n_a=16 m=4 T_x=20'   on this one alone\n"
      "  bptt-verify check lines --cell gru               a cell that has lines alone\n"
      "  bptt-verify check optimized --sizes real --seconds 120   as large as models are\n"
      "  bptt-verify check --cases 100000 --journal optimized.journal   again: it goes on\n"
      "  bptt-verify check --cases 100000 --shard 3/8 --json part3.json   see merge\n"
      "  bptt-verify check --json report.json             for programs\n"
      "  bptt-verify check --html report.html             to look at\n"
      "  bptt-verify check --junit report.xml             for GitLab, Jenkins, ..\n"
      "  bptt-verify check ./mine.so --call-timeout 1     a library with bptt_subject.h\n"
      "  bptt-verify check notebook.ipynb --seconds 20    rnn_forward, lstm_cell_backward, ..\n"
      "  bptt-verify check mine.py:lstm                   one part of a file\n"
      "Cases repeat: the same --seed and --cases give the same table on any machine and with\n"
      "any number of threads, if the subject does.");
}

}  // namespace bptt::verify
