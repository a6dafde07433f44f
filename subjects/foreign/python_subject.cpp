// The NumPy functions of a Python file or notebook as subjects: rnn_cell, rnn, lstm_cell and lstm
// as courses have them, and NAME_forward of any other cell that is known. All of a file share its
// workers.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>

#include "cells/network.hpp"
#include "subjects/foreign/foreign_session.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/foreign/numpy_worker.hpp"
#include "subjects/subject_of.hpp"

namespace bptt::foreign {
namespace {

/// The source of the Python worker as a file that it can inherit.
class Script {
 public:
  Script() : descriptor_(::memfd_create("numpy_worker.py", MFD_CLOEXEC)) {
    std::string text;
    for (const EmbeddedFile& file : worker_files()) text += file.text();
    if (descriptor_ < 0 ||
        ::write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      throw Error("no memory for the source of the Python worker");
  }
  ~Script() { ::close(descriptor_); }
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

constexpr const char* run_script =
    "exec(compile(open('/proc/self/fd/5').read(), 'numpy_worker.py', 'exec'))";

/// Names of the parameters of two functions, and those of them that must be given.
struct Parameters {
  std::vector<std::string> forward, forward_needs, backward, backward_needs;
  bool has_backward = false;

  /// As the worker writes them: "backward" stands before those of backward, and "c0=" need not be
  /// given.
  void add(std::string name) {
    if (name == "backward") {
      has_backward = true;
      return;
    }
    const bool needed = !name.ends_with('=');
    if (!needed) name.pop_back();
    (has_backward ? backward : forward).push_back(name);
    if (needed) (has_backward ? backward_needs : forward_needs).push_back(name);
  }
};

/// One file and its workers.
struct PythonFile {
  Script script;
  std::shared_ptr<WorkerPool> pool;
  std::vector<std::string> functions, notes;
  /// Of functions NAME_forward and NAME_backward that take their arrays by name.
  std::map<std::string, Parameters> named;
  /// What they say of themselves, a word and the rest of its line each.
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> declared;

  PythonFile(const std::string& path, const Options& options) {
    std::vector<std::string> interpreters{options.python};
    if (options.python.empty()) interpreters = {"python3", "/usr/bin/python3"};
    std::vector<Program> candidates;
    candidates.reserve(interpreters.size());
    for (const auto& python : interpreters)
      candidates.push_back(
          {{python, "-u", "-c", run_script, std::filesystem::absolute(path).string()},
           // Small products are no faster on several threads, and a forked pool of threads is slow.
           {"OPENBLAS_NUM_THREADS=1", "OMP_NUM_THREADS=1", "MKL_NUM_THREADS=1", "MPLBACKEND=Agg",
            "PYTHONDONTWRITEBYTECODE=1", "PYTHONIOENCODING=utf-8"},
           script.descriptor()});
    try {
      pool = std::make_shared<WorkerPool>(candidates, options);
    } catch (const Error& error) {
      throw Error(path + ": " + error.what());
    }
    functions = lines_of(pool->description(), "function");
    notes = lines_of(pool->description(), "note");
    for (const std::string& line : lines_of(pool->description(), "named")) {
      std::istringstream in(line);
      std::string cell;
      in >> cell;
      Parameters& parameters = named[cell] = {};
      for (std::string name; in >> name;) parameters.add(name);
    }
    for (const std::string& line : lines_of(pool->description(), "declared")) {
      std::istringstream in(line);
      std::string cell, key, value;
      in >> cell >> key >> std::ws;
      std::getline(in, value);
      declared[cell].emplace_back(key, value);
    }
  }

  [[nodiscard]] bool has(const std::string& function) const {
    return std::find(functions.begin(), functions.end(), function) != functions.end();
  }
};

std::shared_ptr<PythonFile> open_file(const std::string& path, const Options& options) {
  static std::mutex mutex;
  static std::map<std::string, std::weak_ptr<PythonFile>> files;
  const std::lock_guard lock(mutex);
  const std::string key = path + " " + std::to_string(options.call_timeout) + " " +
                          std::to_string(options.memory_limit) + " " + options.python;
  if (auto file = files[key].lock()) return file;
  auto file = std::make_shared<PythonFile>(path, options);
  files[key] = file;
  return file;
}

const std::vector<std::string> of_courses{"rnn_cell", "rnn", "lstm_cell", "lstm"};

bool is_of_courses(const std::string& part) {
  return std::find(of_courses.begin(), of_courses.end(), part) != of_courses.end();
}

class PythonSubject final : public SubjectOf<PythonSubject> {
 public:
  PythonSubject(std::string path, std::string part, std::shared_ptr<PythonFile> file)
      : path_(std::move(path)), part_(std::move(part)), file_(std::move(file)) {
    const bool by_name = !is_of_courses(part_);
    const bool cell = !by_name && part_.ends_with("_cell");
    const bool lstm = part_.starts_with("lstm");
    can_.cells = {by_name ? *cells::known_cell(part_) : lstm ? Cell::lstm : Cell::rnn};
    can_.f32 = false;  // np.zeros is f64 whatever the inputs are
    can_.relu = can_.identity = false;
    can_.strided = false;
    can_.backward = by_name ? file_->named.at(part_).has_backward : file_->has(part_ + "_backward");
    can_.checks_shapes = false;  // what a function gives is judged, not what it refuses
    if (cell) can_.max_T = 1;
    // lstm_forward begins with c0 = 0, and lstm_backward with dc_T = 0.
    if (lstm && !cell && !by_name) can_.without = {"c0", "dc0", "dc_T"};
    can_.contains_nan = !by_name;  // nobody has promised it
    // Courses form dft, dit, dcct from da_next and dc_next each by itself. Its bounds also hold for
    // those who add the two first: every rounding of theirs has one of its own here.
    can_.derivation = Derivation::closed_form;
    // docs/bring_your_own.md has the measurement.
    can_.tanh_ulp = 2;
    can_.sigmoid_ulp = 4;
    if (by_name)
      for (const auto& [key, value] : file_->declared[part_]) declare(key, value);
    if (by_name) read_parameters(file_->named.at(part_));
  }

  [[nodiscard]] std::string name() const override { return path_ + ":" + part_; }
  [[nodiscard]] std::string description() const override {
    return part_ + "_forward" + (can_.backward ? " and " + part_ + "_backward" : "") + " of " +
           path_ + ", in NumPy.";
  }
  [[nodiscard]] Capabilities capabilities() const override { return can_; }

  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation activation,
                                                         const Sizes& sizes) const {
    return std::make_unique<ForeignSession<S>>(
        file_->pool,
        Task{cell, activation, sizes, can_.max_T == 1 ? Granularity::cell : Granularity::sequence,
             part_ + "_forward", part_ + "_backward", false});
  }

 private:
  /// What NAME_forward.bptt says. Throws UnsupportedError for what it cannot say.
  void declare(const std::string& key, const std::string& value) {
    const auto refuse = [&](const std::string& why) {
      throw UnsupportedError(
          fmt::format("{}: {}_forward.bptt[\"{}\"] is {}; {}", path_, part_, key, value, why));
    };
    const auto truth = [&] {
      if (value != "True" && value != "False") refuse("expected True or False");
      return value == "True";
    };
    const auto number = [&](double most) {
      char* end = nullptr;
      const double n = std::strtod(value.c_str(), &end);
      if (value.empty() || *end != '\0' || !(n >= 0 && n <= most))
        refuse(fmt::format("expected a number in 0 .. {:g}", most));
      return n;
    };
    if (key == "without") {
      std::istringstream in(value);
      for (std::string name; in >> name;) {
        const CellTable& cell = table_of(can_.cells.front());
        if (cell.find(name) == nullptr) {
          std::vector<std::string> names;
          for (const CellArray& array : cell.arrays()) names.push_back(array.name);
          refuse(fmt::format("the {} has no {}, it has {}", cell.name(), name,
                             fmt::join(names, ", ")));
        }
        can_.without.push_back(name);
      }
    } else if (key == "one_sample") {
      if (truth()) can_.max_m = 1;
    } else if (key == "fewer_losses") {
      can_.fewer_losses = truth();
    } else if (key == "contains_nan") {
      can_.contains_nan = truth();
    } else if (key == "tanh_ulp") {
      can_.tanh_ulp = number(1e6);
    } else if (key == "sigmoid_ulp") {
      can_.sigmoid_ulp = number(1e6);
    } else if (key == "absolute_error") {
      can_.absolute_error = number(1);
    } else if (key == "sizes") {
      try {
        can_.size_rules = size_rules_of(value, can_.cells);
      } catch (const Error& error) {
        refuse(error.what());
      }
    } else {
      refuse(
          "it may say without, sizes, one_sample, fewer_losses, contains_nan, tanh_ulp, "
          "sigmoid_ulp and absolute_error");
    }
  }

  /// A state that begins with zeros has no parameter for another beginning, and gives no gradient
  /// of it; likewise what a loss may send to the last of a state. Throws UnsupportedError if there
  /// is a parameter that nothing is known for, or none for what must be given.
  void read_parameters(const Parameters& p) {
    const CellTable& cell = table_of(can_.cells.front());
    const auto has = [](const std::vector<std::string>& names, const std::string& name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    const std::string lengths = "lengths";  // in the place of a mask
    std::vector<std::string> missing, unknown;
    const bool whole = has(p.forward, "parameters");
    for (const CellArray& array : cell.arrays()) {
      if (!can_.has(array.name)) continue;
      const bool weight = array.role == Role::weight, input = array.role == Role::input;
      if ((input || (weight && !whole)) && !has(p.forward, array.name))
        missing.push_back(array.name);
      if (can_.backward && array.role == Role::upstream && !has(p.backward, array.name))
        missing.push_back(array.name);
      if (array.role == Role::mask && !has(p.forward, array.name) && !has(p.forward, lengths))
        missing.push_back(array.name + " or lengths");
      if (array.role == Role::initial && !has(p.forward, array.name)) {
        can_.without.push_back(array.name);
        can_.without.push_back("d" + array.name);
      }
      if (array.role == Role::final_upstream && can_.backward && !has(p.backward, array.name))
        can_.without.push_back(array.name);
    }
    const bool ends = cell.given.size() > cell.inputs.size();
    const auto is_of_ends = [&](const std::string& name) {
      return ends && (name == lengths || has(cell.given, name));
    };
    const std::string wanted = "wanted";  // which gradients are asked for
    can_.some_gradients = has(p.backward, wanted);
    for (const auto& name : p.forward_needs)
      if (name != "parameters" && !has(cell.inputs, name) && !is_of_ends(name))
        unknown.push_back(name);
    std::size_t caches = 0;
    for (const auto& name : p.backward_needs)
      if (name != wanted && !has(cell.upstream, name) && !is_of_ends(name) && ++caches > 1)
        unknown.push_back(name);
    if (missing.empty() && unknown.empty()) return;
    throw UnsupportedError(fmt::format(
        "{0}: {1}_forward takes ({2}){3}. {4}{5}{1}_forward takes {6}, by these names in any "
        "order; "
        "weights may come in a dict called parameters, and an initial state that begins with zeros "
        "may be left out. {1}_backward takes {7} and what {1}_forward gave last",
        path_, part_, fmt::join(p.forward, ", "),
        can_.backward ? fmt::format(" and {}_backward ({})", part_, fmt::join(p.backward, ", "))
                      : "",
        missing.empty() ? "" : fmt::format("There is no {}. ", fmt::join(missing, ", ")),
        unknown.empty() ? "" : fmt::format("Nothing is known of {}. ", fmt::join(unknown, ", ")),
        fmt::join(cell.given, ", "), fmt::join(cell.upstream, ", ")));
  }

  std::string path_, part_;
  std::shared_ptr<PythonFile> file_;
  Capabilities can_;
};

}  // namespace

Parts python_parts(const std::string& path, const Options& options) {
  const auto file = open_file(path, options);
  Parts parts;
  parts.notes = file->notes;
  for (const std::string& part : of_courses) {
    const bool forward = file->has(part + "_forward"), backward = file->has(part + "_backward");
    if (forward) parts.names.push_back(fmt::format("{}:{}", path, part));
    if (forward && !backward)
      parts.notes.push_back(
          fmt::format("{0}_forward is tested alone: there is no {0}_backward", part));
    if (backward && !forward)
      parts.notes.push_back(fmt::format(
          "{0}_backward is not tested: without {0}_forward nothing makes the caches that it reads",
          part));
  }
  for (const auto& [part, parameters] : file->named) {
    if (!cells::known_cell(part)) continue;
    try {
      static_cast<void>(PythonSubject(path, part, file));
      parts.names.push_back(fmt::format("{}:{}", path, part));
    } catch (const UnsupportedError& error) {  // a function of that name for something else
      parts.notes.push_back(error.what());
    }
  }
  if (!parts.names.empty()) return parts;
  std::string notes;
  for (const auto& note : parts.notes) notes += "\n  " + note;
  throw Error(
      path +
      " has nothing to test. What is looked for: rnn_cell_forward, "
      "rnn_cell_backward, rnn_forward, rnn_backward, and the same of lstm; NAME_forward and "
      "NAME_backward of any other cell, as derive NAME --numpy writes them" +
      notes);
}

std::unique_ptr<Subject> make_python_subject(const std::string& path, const std::string& part,
                                             const Options& options) {
  const auto file = open_file(path, options);
  const bool by_name = file->named.contains(part) && cells::known_cell(part);
  if (!by_name && !(is_of_courses(part) && file->has(part + "_forward"))) {
    std::string notes;
    for (const auto& note : file->notes) notes += "\n  " + note;
    throw UnsupportedError(
        path + " has no " + part +
        "_forward; the parts of a file are rnn_cell, rnn, lstm_cell, lstm and the "
        "names of other cells" +
        notes);
  }
  return std::make_unique<PythonSubject>(path, part, file);
}

}  // namespace bptt::foreign
