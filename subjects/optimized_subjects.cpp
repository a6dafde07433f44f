#include "subjects/optimized_subjects.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "optimized/eigen/lstm.hpp"
#include "optimized/eigen/rnn.hpp"
#include "optimized/lstm.hpp"
#include "optimized/passes.hpp"
#include "optimized/rnn.hpp"
#include "subjects/checkpointed_session.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

enum class Kind { kernels, eigen, checkpointed };

struct OptimizedRow {
  std::string name, description;
  Kind kind = Kind::kernels;
  optimized::Options options{};
  optimized::Memory memory = optimized::Memory::recompute_gates;
};

/// So small that problems of a few units take the ways of large ones; a panel is cut every three
/// vectors of 64 bytes.
constexpr optimized::Thresholds tiny{.activated_bytes = 512,
                                     .panel_bytes = 3 * 4 * 64,
                                     .near_bytes = 1,
                                     .dz_bytes = 1,
                                     .rows_bytes = 1,
                                     .input_weights_bytes = 2048,
                                     .enough_samples = 3,
                                     .samples_of_a_thread = 1,
                                     .work_of_a_step = 1,
                                     .far_from_a_core = 16};

std::vector<OptimizedRow> make_optimized_rows() {
  std::vector<OptimizedRow> rows{
      {"optimized", "The fast kernels: this machine's best instruction set, one thread."},
      {"optimized:blocks=1",
       "The fast kernels, every step a block of its own.",
       Kind::kernels,
       {.input_block_steps = 1, .gradient_block_steps = 1}},
      {"optimized:blocks=3",
       "The fast kernels, input blocks of 3 steps and gradient blocks of 2.",
       Kind::kernels,
       {.input_block_steps = 3, .gradient_block_steps = 2}},
      {"optimized:threads=2",
       "The fast kernels on two threads, however small the problem.",
       Kind::kernels,
       {.threads = 2, .least_work_of_a_thread = 0}},
      {"optimized:memory=recompute",
       "The fast kernels; backward reads a alone and computes the gates again.",
       Kind::checkpointed,
       {},
       optimized::Memory::recompute_gates},
      {"optimized:memory=square_root",
       "The fast kernels; states kept before blocks of about the square root of T steps.",
       Kind::checkpointed,
       {},
       optimized::Memory::square_root},
      {"optimized:memory=binomial",
       "The fast kernels; three states kept at a time, the rest computed again (Revolve).",
       Kind::checkpointed,
       {},
       optimized::Memory::binomial},
      {"eigen", "The same blocks of steps as products of Eigen.", Kind::eigen, {}},
      {"eigen:blocks=3",
       "Eigen, input blocks of 3 steps and gradient blocks of 2.",
       Kind::eigen,
       {.input_block_steps = 3, .gradient_block_steps = 2}},
      {"optimized:thresholds=tiny",
       "The fast kernels, where small problems go the ways of large ones.",
       Kind::kernels,
       {.input_block_steps = 3, .gradient_block_steps = 2, .thresholds = tiny}},
      {"optimized:thresholds=tiny,threads=2",
       "The same on two threads.",
       Kind::kernels,
       {.input_block_steps = 3,
        .gradient_block_steps = 2,
        .threads = 2,
        .least_work_of_a_thread = 0,
        .thresholds = tiny}}};
  // The best one is "optimized" itself.
  const auto targets = optimized::available_targets();
  for (std::size_t k = 1; k < targets.size(); ++k) {
    const std::string target(targets[k]);
    rows.push_back({"optimized:target=" + target,
                    "The fast kernels compiled for " + target + ".",
                    Kind::kernels,
                    {.target = target}});
  }
  return rows;
}

const std::vector<OptimizedRow>& all_optimized_rows() {
  static const std::vector<OptimizedRow> rows = make_optimized_rows();
  return rows;
}

/// What a session keeps for its backward pass. Where its caller's states have gaps between the
/// elements of a column, so have these: the plan meets them in what it writes and in what it reads.
template <class S>
class KeptStates {
 public:
  KeptStates(Cell cell, const Sizes& sizes) : cell_(cell), shape_(shape_of(cell, "a", sizes)) {
    make(1);
  }

  [[nodiscard]] const NamedViews<S>& like(const View<S>& a) {
    if (const Index gap = std::clamp<Index>(std::abs(a.strides()[0]), 1, 2); gap != gap_) make(gap);
    return views_;
  }
  [[nodiscard]] const NamedViews<S>& views() const { return views_; }

 private:
  void make(Index gap) {
    gap_ = gap;
    Strides strides = column_major_strides(shape_);
    for (Index& stride : strides) stride *= gap;
    const auto extent = static_cast<std::size_t>(shape_.size() * gap);
    arrays_.clear();
    views_ = {};
    for (const std::string& name : cache_names(cell_)) {
      arrays_.emplace_back(extent);
      views_.add(name, View<S>(arrays_.back().data(), shape_, strides));
    }
  }

  Cell cell_;
  Shape shape_;
  Index gap_ = 0;
  std::vector<std::vector<S>> arrays_;
  NamedViews<S> views_;
};

/// Plan: optimized::RnnPlan<S> or its namesake on Eigen.
template <class S, class Plan>
class OptimizedRnn final : public Session<S> {
 public:
  OptimizedRnn(Activation g, const Sizes& sizes, const optimized::Options& options)
      : sizes_(sizes), plan_(g, sizes, options), kept_(Cell::rnn, sizes) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(Cell::rnn, input_names(Cell::rnn), sizes_, in);
    const View<S> a = kept_.like(out["a"])["a"];
    plan_.forward(rnn_parameters(in), in["x"], in["a0"], a);
    copy(View<const S>(a), out["a"]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    require_arrays(Cell::rnn, gradient_names(Cell::rnn), sizes_, grad);
    plan_.backward(rnn_parameters(in), in["x"], in["a0"], View<const S>(kept_.views()["a"]),
                   up["da"], rnn_gradients(grad));
  }

 private:
  Sizes sizes_;
  Plan plan_;
  KeptStates<S> kept_;
};

template <class S, class Plan>
class OptimizedLstm final : public Session<S> {
 public:
  OptimizedLstm(const Sizes& sizes, const optimized::Options& options)
      : sizes_(sizes), plan_(sizes, options), kept_(Cell::lstm, sizes) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(Cell::lstm, input_names(Cell::lstm), sizes_, in);
    const NamedViews<S>& states = kept_.like(out["a"]);
    plan_.forward(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(states));
    for (const char* state : {"a", "c"}) copy(View<const S>(states[state]), out[state]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    require_arrays(Cell::lstm, gradient_names(Cell::lstm), sizes_, grad);
    plan_.backward(lstm_parameters(in), in["x"], in["a0"], in["c0"],
                   read_only(lstm_states(kept_.views())), up["da"], up["dc_T"],
                   lstm_gradients(grad));
  }

 private:
  Sizes sizes_;
  Plan plan_;
  KeptStates<S> kept_;
};

class OptimizedSubject final : public SubjectOf<OptimizedSubject> {
 public:
  explicit OptimizedSubject(const OptimizedRow& row) : row_(row) {}

  [[nodiscard]] std::string name() const override { return row_.name; }
  [[nodiscard]] std::string description() const override { return row_.description; }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    can.fixed_summation_order = false;  // where a block of steps ends depends on m
    can.tanh_ulp = row_.kind == Kind::eigen ? 2.0 : optimized::tanh_ulp;
    can.sigmoid_ulp = row_.kind == Kind::eigen ? 3.0 : optimized::sigmoid_ulp;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    if (row_.kind == Kind::checkpointed) {
      // A step kept whole, two states that are always there, and one more.
      const Index elements = sizes.n_a * sizes.m * (cell == Cell::lstm ? 6 + 2 * 3 : 1 + 3);
      return std::make_unique<CheckpointedSession<S>>(
          cell, g, sizes,
          optimized::MemoryOptions{row_.memory, static_cast<std::size_t>(elements) * sizeof(S)});
    }
    if (row_.kind == Kind::eigen)
      return session<S, optimized::eigen::RnnPlan<S>, optimized::eigen::LstmPlan<S>>(cell, g,
                                                                                     sizes);
    return session<S, optimized::RnnPlan<S>, optimized::LstmPlan<S>>(cell, g, sizes);
  }

 private:
  template <class S, class Rnn, class Lstm>
  [[nodiscard]] std::unique_ptr<Session<S>> session(Cell cell, Activation g,
                                                    const Sizes& sizes) const {
    if (cell == Cell::rnn) return std::make_unique<OptimizedRnn<S, Rnn>>(g, sizes, row_.options);
    return std::make_unique<OptimizedLstm<S, Lstm>>(sizes, row_.options);
  }

  OptimizedRow row_;
};

}  // namespace

std::vector<std::string> optimized_subject_names() {
  std::vector<std::string> names;
  for (const OptimizedRow& row : all_optimized_rows()) names.emplace_back(row.name);
  return names;
}

std::unique_ptr<Subject> make_optimized_subject(std::string_view name) {
  for (const OptimizedRow& row : all_optimized_rows())
    if (row.name == name) return std::make_unique<OptimizedSubject>(row);
  return nullptr;
}

}  // namespace bptt
