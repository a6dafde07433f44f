// What the commands of bptt-verify share: their arguments, exit statuses and a few options. A
// command is two functions: add_NAME declares its options, run_NAME runs it and returns the exit
// status.
#pragma once

#include <CLI/CLI.hpp>
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "diagnosis/grade.hpp"
#include "diagnosis/subject_diagnosis.hpp"
#include "properties/oracle_memory.hpp"
#include "subjects/foreign/options.hpp"
#include "verify/campaign/campaign.hpp"

namespace bptt::verify {

inline constexpr int all_held = 0, something_broken = 1, could_not_run = 2, interrupted = 130;

/// 1 if something is broken, 0 if not and something was judged, else 2.
[[nodiscard]] int status_of(bool broken, bool judged);

/// Set by Ctrl-C, once a command has asked for it.
extern std::atomic<bool> stop;
void stop_on_interrupt();

enum class Colour { when_terminal, always, never };

struct Arguments {
  Colour colour = Colour::when_terminal;
  std::uint64_t oracle_memory = properties::default_oracle_memory();
  std::vector<std::string> subjects{"optimized"}, words;
  CampaignOptions campaign;
  std::string property, problem, json, html, junit, journal, shard, what, file, markdown,
      activation, sizes;
  bool rows = false, list_json = false, as_numpy = false, as_cpp = false, as_latex = false,
       as_markdown = false;
  foreign::Options foreign;
  diagnosis::GradeOptions grade;
  std::optional<double> diagnosis_seconds;  // 0: no diagnosis
  bool diagnosis_power = false, other_rounding = false;
  int pairs = 100, models = 0;
  std::vector<std::string> cells;  // names, files, or "all"
  std::optional<Cell> cell;        // of a diagnosis
  long long entries = 1000;
};

/// Whether to write colours to a file descriptor.
[[nodiscard]] bool coloured(Colour colour, int descriptor);
[[nodiscard]] bool is_terminal(int descriptor);
void print(const std::string& text);

/// Throws Error unless the folder of a file that will be written is there, so that nothing runs for
/// a minute whose report has no place.
void require_folder_of(const std::string& option, const std::string& file);

struct OnTrial {
  std::unique_ptr<Subject> subject;
  std::vector<std::string> notes;
};

/// The subjects that arguments.subjects name. A file may have several in it.
[[nodiscard]] std::vector<OnTrial> all_on_trial(const Arguments& arguments);

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

/// A line on the terminal that says how far a diagnosis is; nothing if there is no terminal. The
/// next line printed replaces it.
[[nodiscard]] diagnosis::OnDiagnosis progress_of_diagnosis();
/// A word as a shell takes it.
[[nodiscard]] std::string quoted(const std::string& word);

/// How subjects that are files are run.
void add_foreign(CLI::App& app, Arguments& arguments);

void add_check(CLI::App& app, Arguments& arguments);
[[nodiscard]] int run_check(Arguments& arguments);
void add_derive(CLI::App& app, Arguments& arguments);
[[nodiscard]] int run_derive(const Arguments& arguments);
void add_diagnose(CLI::App& app, Arguments& arguments);
[[nodiscard]] int run_diagnose(Arguments& arguments);
void add_merge(CLI::App& app, Arguments& arguments);
[[nodiscard]] int run_merge(const Arguments& arguments);
void add_matrix(CLI::App& app, Arguments& arguments);
[[nodiscard]] int run_matrix_command(const Arguments& arguments);
void add_report(CLI::App& app, Arguments& arguments);
[[nodiscard]] int run_report(const Arguments& arguments);

}  // namespace bptt::verify
