#include "subjects/optimized_subjects.hpp"

#include "optimized/lstm.hpp"
#include "optimized/rnn.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

struct Row {
  std::string_view name, description;
  optimized::Options options;
};

constexpr Row rows[] = {
    {"optimized", "Blocked and vectorised, blocks of steps by its own choice.", {}},
    {"optimized:blocks=1",
     "Blocked and vectorised, every step a block of its own.",
     {.input_block_steps = 1, .gradient_block_steps = 1}},
    {"optimized:blocks=3",
     "Blocked and vectorised, input blocks of 3 steps and gradient blocks of 2.",
     {.input_block_steps = 3, .gradient_block_steps = 2}},
};

template <class S>
class OptimizedRnn final : public Session<S> {
 public:
  OptimizedRnn(Activation g, const Sizes& sizes, const optimized::Options& options)
      : sizes_(sizes), plan_(g, sizes, options), a_(shape_of(Cell::rnn, "a", sizes)) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(Cell::rnn, input_names(Cell::rnn), sizes_, in);
    plan_.forward(rnn_parameters(in), in["x"], in["a0"], a_.view());
    copy(a_.view(), out["a"]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    require_arrays(Cell::rnn, gradient_names(Cell::rnn), sizes_, grad);
    plan_.backward(rnn_parameters(in), in["x"], in["a0"], a_.view(), up["da"], rnn_gradients(grad));
  }

 private:
  Sizes sizes_;
  optimized::RnnPlan<S> plan_;
  Tensor<S> a_;
};

template <class S>
class OptimizedLstm final : public Session<S> {
 public:
  OptimizedLstm(const Sizes& sizes, const optimized::Options& options)
      : sizes_(sizes),
        plan_(sizes, options),
        cache_(make_tensors<S>(Cell::lstm, cache_names(Cell::lstm), sizes)) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(Cell::lstm, input_names(Cell::lstm), sizes_, in);
    plan_.forward(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(views_of(cache_)));
    copy(cache_["a"].view(), out["a"]);
    copy(cache_["c"].view(), out["c"]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    require_arrays(Cell::lstm, gradient_names(Cell::lstm), sizes_, grad);
    plan_.backward(lstm_parameters(in), in["x"], in["a0"], in["c0"],
                   lstm_states(views_of(std::as_const(cache_))), up["da"], up["dc_T"],
                   lstm_gradients(grad));
  }

 private:
  Sizes sizes_;
  optimized::LstmPlan<S> plan_;
  NamedTensors<S> cache_;
};

class OptimizedSubject final : public SubjectOf<OptimizedSubject> {
 public:
  explicit OptimizedSubject(const Row& row) : row_(row) {}

  [[nodiscard]] std::string name() const override { return std::string(row_.name); }
  [[nodiscard]] std::string description() const override { return std::string(row_.description); }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    can.fixed_summation_order = false;  // where a block of steps ends depends on m
    can.tanh_ulp = 2.0;
    can.sigmoid_ulp = 3.0;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    if (cell == Cell::rnn) return std::make_unique<OptimizedRnn<S>>(g, sizes, row_.options);
    return std::make_unique<OptimizedLstm<S>>(sizes, row_.options);
  }

 private:
  Row row_;
};

}  // namespace

std::vector<std::string> optimized_subject_names() {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

std::unique_ptr<Subject> make_optimized_subject(std::string_view name) {
  for (const Row& row : rows)
    if (row.name == name) return std::make_unique<OptimizedSubject>(row);
  return nullptr;
}

}  // namespace bptt
