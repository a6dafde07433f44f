// A shared library as a subject.
#include <filesystem>

#include "subjects/foreign/bptt_subject.h"
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
    const auto number = [this](std::string_view key) {
      return std::stod(lines_of(pool_->description(), key).at(0));
    };
    const auto flags = static_cast<std::uint64_t>(number("flags"));
    const auto has = [flags](std::uint64_t flag) { return (flags & flag) != 0; };
    can_.rnn = has(BPTT_RNN);
    can_.lstm = has(BPTT_LSTM);
    can_.f32 = has(BPTT_F32);
    can_.f64 = has(BPTT_F64);
    can_.relu = has(BPTT_RELU);
    can_.identity = has(BPTT_IDENTITY);
    can_.strided = has(BPTT_STRIDED);
    can_.fewer_losses = has(BPTT_FEWER_LOSSES);
    can_.initial_cell = has(BPTT_INITIAL_CELL);
    can_.final_cell_gradient = has(BPTT_FINAL_CELL_GRADIENT);
    can_.fixed_summation_order = has(BPTT_FIXED_SUMMATION_ORDER);
    can_.checks_shapes = has(BPTT_CHECKS_SHAPES);
    can_.derivation = static_cast<Derivation>(static_cast<int>(number("derivation")));
    can_.tanh_ulp = number("tanh_ulp");
    can_.sigmoid_ulp = number("sigmoid_ulp");
    const auto text = lines_of(pool_->description(), "text");
    description_ = text.empty() ? "A shared library, in a process of its own." : text.front();
  }

  [[nodiscard]] std::string name() const override { return name_; }
  [[nodiscard]] std::string description() const override { return description_; }
  [[nodiscard]] Capabilities capabilities() const override { return can_; }

  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation activation,
                                                         const Sizes& sizes) const {
    const std::string prefix = cell == Cell::rnn ? "bptt_rnn_" : "bptt_lstm_";
    return std::make_unique<ForeignSession<S>>(
        pool_, Task{cell, activation, sizes, Part::whole, prefix + "forward", prefix + "backward",
                    can_.checks_shapes});
  }

 private:
  std::string name_, description_;
  Capabilities can_;
  std::shared_ptr<WorkerPool> pool_;
};

}  // namespace

std::unique_ptr<Subject> make_library_subject(const std::string& path, const Options& options) {
  return std::make_unique<LibrarySubject>(path, options);
}

}  // namespace bptt::foreign
