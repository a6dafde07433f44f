#include "verify/commands/command.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "core/error.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/registry.hpp"

namespace bptt::verify {

int status_of(bool broken, bool judged) {
  return broken ? something_broken : judged ? all_held : could_not_run;
}

std::atomic<bool> stop{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // so that a signal handler may set it

void stop_on_interrupt() {
  std::signal(SIGINT, [](int) { stop = true; });
}

bool coloured(Colour colour, int descriptor) {
  if (colour != Colour::when_terminal) return colour == Colour::always;
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  return (no_color == nullptr || *no_color == '\0') && ::isatty(descriptor) == 1;
}

bool is_terminal(int descriptor) { return ::isatty(descriptor) == 1; }

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

void require_folder_of(const std::string& option, const std::string& file) {
  if (file.empty()) return;
  const auto folder = std::filesystem::absolute(file).parent_path();
  if (!std::filesystem::is_directory(folder))
    throw Error(option + " " + file + ": there is no folder " + folder.string());
}

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

diagnosis::OnDiagnosis progress_of_diagnosis() {
  if (!is_terminal(STDERR_FILENO)) return {};
  return [](Cell cell, int done, int all) {
    if (done == all)
      std::fputs("\r\x1b[K", stderr);
    else if (done % 100 == 0)
      std::fprintf(stderr, "\r\x1b[Kdiagnosis, %s: %d of %d sets of faults",
                   std::string(name_of(cell)).c_str(), done, all);
  };
}

std::string quoted(const std::string& word) {
  const bool plain = word.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                         "_-+=:./@%") == std::string::npos;
  if (plain && !word.empty()) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

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

}  // namespace bptt::verify
