// A shared library as a subject.
#include <filesystem>

#include "subjects/foreign/description.hpp"
#include "subjects/foreign/foreign_session.hpp"
#include "subjects/foreign/foreign_subjects.hpp"
#include "subjects/foreign/library_worker.hpp"
#include "subjects/subject_of.hpp"

namespace bptt::foreign {
namespace {

class LibrarySubject final : public SubjectOf<LibrarySubject> {
 public:
  LibrarySubject(std::string name, const Options& options) : name_(std::move(name)) {
    const std::string path = std::filesystem::absolute(name_).string();
    try {
      pool_ = std::make_shared<WorkerPool>(
          std::vector<Program>{{{options.library_worker, library_worker_command, path},
                                {"ASAN_OPTIONS=detect_leaks=0"},
                                -1}},
          options);
    } catch (const Error& error) {
      throw Error(name_ + ": " + error.what());
    }
    try {
      can_ = capabilities_of(pool_->description());
    } catch (const Error& error) {
      throw Error(name_ + ": " + error.what());
    }
    by_names_ = lines_of(pool_->description(), "calls") == std::vector<std::string>{"by names"};
    const auto text = lines_of(pool_->description(), "text");
    description_ = text.empty() ? "A shared library, in a process of its own." : text.front();
  }

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string description() const override { return description_; }
  [[nodiscard]] Capabilities capabilities() const override { return can_; }

  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation activation,
                                                         const Sizes& sizes) const {
    const std::string prefix =
        by_names_ ? "bptt_" : "bptt_" + std::string(bptt::name_of(cell)) + "_";
    return std::make_unique<ForeignSession<S>>(
        pool_, Task{cell, activation, sizes, Granularity::sequence, prefix + "forward",
                    prefix + "backward", can_.checks_shapes});
  }

 private:
  std::string name_, description_;
  bool by_names_ = false;
  Capabilities can_;
  std::shared_ptr<WorkerPool> pool_;
};

}  // namespace

std::unique_ptr<Subject> make_library_subject(const std::string& path, const Options& options) {
  return std::make_unique<LibrarySubject>(path, options);
}

}  // namespace bptt::foreign
