// Implementations that this program was not built with, by their file: shared libraries (through
// bptt_subject.h) and the NumPy functions of a Python file or notebook. Each runs in worker
// processes; whatever it does there is a verdict (core/subject_failure.hpp), never an end.
//
// Not tested by any property: threads, for a worker is called by one at a time.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/subject.hpp"
#include "subjects/foreign/options.hpp"

namespace bptt::foreign {

/// Whether a subject's name is that of a file: "./mine.so", "mine.py", "notebook.ipynb:lstm".
[[nodiscard]] bool is_file_name(std::string_view name);

/// What there is to test in a file.
struct Parts {
  std::vector<std::string> names;  // of subjects: "./mine.so"; "mine.py:rnn_cell", "mine.py:lstm"
  std::vector<std::string> notes;  // what is there but is not tested, and why
};

/// Loads the file. Throws Error if there is none, if it cannot be loaded, or if nothing in it can
/// be tested.
[[nodiscard]] Parts parts_of(const std::string& name, const Options& options);

/// The subject of a name; a Python file with several parts needs the part. Throws as parts_of.
[[nodiscard]] std::unique_ptr<Subject> make_foreign_subject(const std::string& name,
                                                            const Options& options);

// The two kinds, for the above.
[[nodiscard]] std::unique_ptr<Subject> make_library_subject(const std::string& path,
                                                            const Options& options);
[[nodiscard]] Parts python_parts(const std::string& path, const Options& options);
[[nodiscard]] std::unique_ptr<Subject> make_python_subject(const std::string& path,
                                                           const std::string& part,
                                                           const Options& options);

/// "one two", "two three" after each of several keys of a worker's description: the rest of every
/// line that begins with `key`.
[[nodiscard]] std::vector<std::string> lines_of(std::string_view description, std::string_view key);

}  // namespace bptt::foreign
