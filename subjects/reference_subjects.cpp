#include "subjects/reference_subjects.hpp"

#include "reference/lstm_closed_form.hpp"
#include "reference/truncated.hpp"
#include "reference/unrolled.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

struct ReferenceRow {
  Derivation derivation;
  std::string_view name, description;
  bool rnn;
  // One sum for each weight gradient, last step first, samples in order. The slow ways add up
  // partial sums for each loss instead, and how many there are depends on T.
  bool fixed_summation_order;
};

constexpr ReferenceRow rows[] = {
    {Derivation::one_pass, "reference", "Plain loops, the forward's lines reversed one by one.",
     true, true},
    {Derivation::closed_form, "reference:closed_form",
     "Plain loops over the closed formulas of the LSTM's backward, a second derivation.", false,
     true},
    {Derivation::one_walk_per_loss, "reference:walks", "One walk back from the loss of every step.",
     true, false},
    {Derivation::split, "reference:split",
     "da[:,:,t] and da_prevt carried through the cell separately and added afterwards.", true,
     false},
    {Derivation::by_lag, "reference:truncated",
     "Truncated backpropagation at a lag of all steps, all losses moving back together.", true,
     false},
};

template <class S>
class ReferenceRnn final : public Session<S> {
 public:
  ReferenceRnn(Derivation derivation, Activation g, const Sizes& sizes)
      : derivation_(derivation), g_(g), a_(shape_of(Cell::rnn, "a", sizes)) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    reference::rnn_forward<S>(g_, rnn_parameters(in), in["x"], in["a0"], a_.view());
    copy(a_.view(), out["a"]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    const RnnParameters<S> p = rnn_parameters(in);
    const View<const S> x = in["x"], a0 = in["a0"], a = a_.view(), da = up["da"];
    const RnnGradients<S> out = rnn_gradients(grad);
    switch (derivation_) {
      case Derivation::one_pass: return reference::rnn_backward<S>(g_, p, x, a0, a, da, out);
      case Derivation::one_walk_per_loss:
        return reference::rnn_backward_walks<S>(g_, p, x, a0, a, da, out);
      case Derivation::split: return reference::rnn_backward_split<S>(g_, p, x, a0, a, da, out);
      case Derivation::by_lag:
        return reference::rnn_backward_truncated<S>(da.extent(2), g_, p, x, a0, a, da, out);
      case Derivation::closed_form: break;
    }
    throw UnsupportedError("the closed formulas are of the lstm");
  }

 private:
  Derivation derivation_;
  Activation g_;
  Tensor<S> a_;
};

template <class S>
class ReferenceLstm final : public Session<S> {
 public:
  ReferenceLstm(Derivation derivation, const Sizes& sizes)
      : derivation_(derivation),
        cache_(make_tensors<S>(Cell::lstm, cache_names(Cell::lstm), sizes)) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    reference::lstm_forward<S>(lstm_parameters(in), in["x"], in["a0"], in["c0"],
                               lstm_states(views_of(cache_)));
    copy(cache_["a"].view(), out["a"]);
    copy(cache_["c"].view(), out["c"]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    const LstmParameters<S> p = lstm_parameters(in);
    const View<const S> x = in["x"], a0 = in["a0"], c0 = in["c0"], da = up["da"], dc = up["dc_T"];
    const LstmStates<const S> states = lstm_states(views_of(std::as_const(cache_)));
    const LstmGradients<S> out = lstm_gradients(grad);
    switch (derivation_) {
      case Derivation::one_pass:
        return reference::lstm_backward<S>(p, x, a0, c0, states, da, dc, out);
      case Derivation::closed_form:
        return reference::lstm_backward_closed_form<S>(p, x, a0, c0, states, da, dc, out);
      case Derivation::one_walk_per_loss:
        return reference::lstm_backward_walks<S>(p, x, a0, c0, states, da, dc, out);
      case Derivation::split:
        return reference::lstm_backward_split<S>(p, x, a0, c0, states, da, dc, out);
      case Derivation::by_lag:
        return reference::lstm_backward_truncated<S>(da.extent(2), p, x, a0, c0, states, da, dc,
                                                     out);
    }
  }

 private:
  Derivation derivation_;
  NamedTensors<S> cache_;
};

class ReferenceSubject final : public SubjectOf<ReferenceSubject> {
 public:
  explicit ReferenceSubject(const ReferenceRow& row) : row_(row) {}

  [[nodiscard]] std::string name() const override { return std::string(row_.name); }
  [[nodiscard]] std::string description() const override { return std::string(row_.description); }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    if (!row_.rnn) can.cells = {Cell::lstm};
    can.fixed_summation_order = row_.fixed_summation_order;
    can.derivation = row_.derivation;
    can.tanh_ulp = 2.0;
    can.sigmoid_ulp = 3.0;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    if (cell == Cell::rnn) return std::make_unique<ReferenceRnn<S>>(row_.derivation, g, sizes);
    return std::make_unique<ReferenceLstm<S>>(row_.derivation, sizes);
  }

 private:
  ReferenceRow row_;
};

}  // namespace

std::vector<std::string> reference_subject_names() {
  std::vector<std::string> names;
  for (const ReferenceRow& row : rows) names.emplace_back(row.name);
  return names;
}

std::unique_ptr<Subject> make_reference_subject(std::string_view name) {
  for (const ReferenceRow& row : rows)
    if (row.name == name) return std::make_unique<ReferenceSubject>(row);
  return nullptr;
}

}  // namespace bptt
