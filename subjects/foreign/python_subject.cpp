// The NumPy functions of a Python file or notebook as subjects: up to four, rnn_cell, rnn,
// lstm_cell and lstm. All of a file share its workers.
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <mutex>

#include "subjects/foreign/foreign_session.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/foreign/numpy_worker.hpp"
#include "subjects/subject_of.hpp"

namespace bptt::foreign {
namespace {

/// The source of numpy_worker.py as a file that a worker can inherit.
class Script {
 public:
  Script() : descriptor_(::memfd_create("numpy_worker.py", MFD_CLOEXEC)) {
    const std::string_view text = worker_files().front().text();
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

/// One file and its workers.
struct PythonFile {
  Script script;
  std::shared_ptr<WorkerPool> pool;
  std::vector<std::string> functions, notes;

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

class PythonSubject final : public SubjectOf<PythonSubject> {
 public:
  PythonSubject(std::string path, std::string part, std::shared_ptr<PythonFile> file)
      : path_(std::move(path)), part_(std::move(part)), file_(std::move(file)) {
    const bool cell = part_.ends_with("_cell");
    can_.rnn = part_.starts_with("rnn");
    can_.lstm = !can_.rnn;
    can_.f32 = false;  // np.zeros is f64 whatever the inputs are
    can_.relu = can_.identity = false;
    can_.strided = false;
    can_.backward = file_->has(part_ + "_backward");
    can_.checks_shapes = false;  // what a function gives is judged, not what it refuses
    if (cell) can_.max_T = 1;
    // lstm_forward begins with c0 = 0, and lstm_backward with dc_T = 0.
    can_.initial_cell = can_.final_cell_gradient = can_.rnn || cell;
    // Courses form dft, dit, dcct from da_next and dc_next each by itself. Its bounds also hold for
    // those who add the two first: every rounding of theirs has one of its own here.
    can_.derivation = Derivation::closed_form;
    // docs/bring_your_own.md has the measurement.
    can_.tanh_ulp = 2;
    can_.sigmoid_ulp = 4;
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
  std::string path_, part_;
  std::shared_ptr<PythonFile> file_;
  Capabilities can_;
};

}  // namespace

Parts python_parts(const std::string& path, const Options& options) {
  const auto file = open_file(path, options);
  Parts parts;
  parts.notes = file->notes;
  for (const std::string part : {"rnn_cell", "rnn", "lstm_cell", "lstm"}) {
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
  if (!parts.names.empty()) return parts;
  std::string notes;
  for (const auto& note : parts.notes) notes += "\n  " + note;
  throw Error(path +
              " has nothing to test. What is looked for: rnn_cell_forward, "
              "rnn_cell_backward, rnn_forward, rnn_backward, and the same of lstm" +
              notes);
}

std::unique_ptr<Subject> make_python_subject(const std::string& path, const std::string& part,
                                             const Options& options) {
  const auto file = open_file(path, options);
  if (!file->has(part + "_forward")) {
    std::string notes;
    for (const auto& note : file->notes) notes += "\n  " + note;
    throw UnsupportedError(path + " has no " + part +
                           "_forward; the parts of a file are rnn_cell, rnn, lstm_cell, lstm" +
                           notes);
  }
  return std::make_unique<PythonSubject>(path, part, file);
}

}  // namespace bptt::foreign
