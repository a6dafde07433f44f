// bptt-verify diagnose: the fault behind a subject that runs, or behind printed numbers.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/error.hpp"
#include "core/whole_file.hpp"
#include "properties/published_cases.hpp"
#include "verify/commands/command.hpp"
#include "verify/commands/inputs.hpp"
#include "verify/report/digits_report.hpp"
#include "verify/report/subject_report.hpp"

namespace bptt::verify {
namespace {

int diagnose_digits(const Arguments& arguments) {
  const Problem<double> problem = problem_named(arguments.what, arguments.grade.activation);
  diagnosis::OnTried show;
  if (is_terminal(STDERR_FILENO))
    show = [](int done, int all) {
      if (done % 100 == 0) std::fprintf(stderr, "\r\x1b[K%d of %d sets of faults", done, all);
    };
  const diagnosis::DigitsDiagnosis diagnosis =
      diagnose(arguments.what, problem,
               diagnosis::read_printout(text_given(arguments.file),
                                        diagnosis::printable_arrays(problem.cell)),
               show);
  if (show) std::fputs("\r\x1b[K", stderr);
  print(text_of(diagnosis, Style(coloured(arguments.colour, STDOUT_FILENO))));
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(diagnosis, BPTT_VERSION));
  return diagnosis.right() ? all_held : something_broken;
}

int diagnose_subjects(Arguments& arguments) {
  arguments.subjects = {arguments.what};
  const std::vector<OnTrial> subjects = [&] {
    try {
      return all_on_trial(arguments);
    } catch (const UnsupportedError& error) {
      throw UnsupportedError(
          "'" + arguments.what +
          "' is no published case (bptt-verify list cases) and no subject: " + error.what());
    }
  }();
  stop_on_interrupt();
  diagnosis::DiagnosisOptions options;
  options.seconds = arguments.campaign.seconds.value_or(20) / static_cast<double>(subjects.size());
  options.cell = arguments.cell;
  options.stop = &stop;
  std::vector<diagnosis::SubjectDiagnosis> diagnoses;
  for (const auto& [subject, notes] : subjects) {
    diagnoses.push_back(diagnose(*subject, options, progress_of_diagnosis()));
    for (const std::string& note : notes) print("note: " + note + "\n");
    print(
        (diagnoses.size() > 1 ? "\n" : "") +
        text_of(diagnoses.back(), Style(coloured(arguments.colour, STDOUT_FILENO)), Detail::full));
    if (stop) break;
  }
  if (!arguments.json.empty()) write_whole(arguments.json, json_of(diagnoses, BPTT_VERSION));
  if (stop) std::fputs("bptt-verify: interrupted; the diagnosis is of what was done\n", stderr);
  const bool right = std::all_of(diagnoses.begin(), diagnoses.end(),
                                 [](const diagnosis::SubjectDiagnosis& d) { return d.right(); });
  if (!right) return something_broken;
  if (stop) return interrupted;
  const bool complete =
      std::all_of(diagnoses.begin(), diagnoses.end(),
                  [](const diagnosis::SubjectDiagnosis& d) { return d.complete(); });
  if (!complete)
    std::fputs("bptt-verify: the time was over before all cases; --seconds gives more\n", stderr);
  return complete ? all_held : could_not_run;
}

bool is_of_digits(const Arguments& arguments) {
  const auto& cases = properties::published_cases();
  return !arguments.file.empty() || arguments.what.ends_with(".npz") ||
         std::any_of(cases.begin(), cases.end(),
                     [&](const auto& c) { return c.name == arguments.what; });
}

}  // namespace

int run_diagnose(Arguments& arguments) {
  require_folder_of("--json", arguments.json);
  return is_of_digits(arguments) ? diagnose_digits(arguments) : diagnose_subjects(arguments);
}

void add_diagnose(CLI::App& app, Arguments& a) {
  app.add_option(
         "WHAT", a.what,
         "A subject that runs: a name (list subjects), or a file (.so, .py, .ipynb). Or the "
         "problem of printed numbers: a published case (list cases), or a .npz file")
      ->required();
  app.add_option("FILE", a.file, "What was printed; standard input");
  app.add_option("--seconds", a.campaign.seconds, "Time for the diagnosis of subjects; 20")
      ->check(CLI::PositiveNumber);
  add_choice<std::optional<Cell>>(app, "--cell", a.cell, "Only this cell of a subject",
                                  {{"rnn", Cell::rnn}, {"lstm", Cell::lstm}});
  add_choice<Activation>(
      app, "--activation", a.grade.activation, "Of the RNN in a .npz file; tanh",
      {{"tanh", Activation::tanh}, {"relu", Activation::relu}, {"identity", Activation::identity}});
  app.add_option("--json", a.json, "Writes the diagnosis there, whole or not at all")
      ->type_name("FILE");
  add_foreign(app, a);
  app.footer(
      "A subject is called on some fifty small problems of many sizes and values, once, twice, "
      "with\n"
      "strided arrays ..: which arrays, steps, units and sizes are wrong, the first wrong number,\n"
      "and the known faults, alone or in pairs, that do the same.\n"
      "Of printed numbers it reads what NumPy prints, with any text around it, and names the\n"
      "faults that print every digit:\n"
      "  gradients[\"dx\"][1][2] = [-0.15028183 -0.34554547  0.02071758  0.01483317]\n"
      "  gradients[\"dba\"].shape = (5, 5)\n"
      "Exit status 0 if nothing is wrong, 1 if something is, 2 if the time was too short to say.\n"
      "Examples:\n"
      "  bptt-verify diagnose ./mine.so\n"
      "  bptt-verify diagnose notebook.ipynb --cell lstm --json diagnosis.json\n"
      "  bptt-verify diagnose fault:window_of_4           shows what a diagnosis looks like\n"
      "  bptt-verify diagnose rnn_backward_nb pasted.txt\n"
      "  echo 'dba[4] = [3.69]' | bptt-verify diagnose rnn_backward_nb\n"
      "  bptt-verify diagnose inputs.npz pasted.txt --json diagnosis.json");
}

}  // namespace bptt::verify
