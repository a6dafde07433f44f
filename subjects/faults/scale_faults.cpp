#include "subjects/faults/scale_faults.hpp"

#include <algorithm>

#include "subjects/faults/rows_scale.hpp"
#include "subjects/optimized_subjects.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

const Subject& kernels() {
  static const auto subject = make_optimized_subject("optimized");
  return *subject;
}

template <class S>
NamedTensors<S> copied(const NamedViews<const S>& from) {
  NamedTensors<S> to;
  for (const auto& [name, array] : from) {
    Tensor<S> tensor(array.shape());
    copy(array, tensor.view());
    to.add(name, std::move(tensor));
  }
  return to;
}

/// The fast kernels' session while the problem is small; past the extent of the row its edits come
/// before and after their passes.
template <class S>
class ScaleSession final : public Session<S> {
 public:
  ScaleSession(const ScaleFault& fault, Cell cell, Activation g, const Sizes& sizes)
      : fault_(fault),
        reached_(fault.reached_by(cell, sizes)),
        session_(kernels().open<S>(cell, g, sizes)),
        run_{cell, g, sizes, {}, {}, {}, {}} {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    if (!reached_) return session_->forward(in, out);
    require_arrays(run_.cell, input_names(run_.cell), run_.sizes, in);
    require_arrays(run_.cell, state_names(run_.cell), run_.sizes, out);
    run_.in = copied(in);
    apply(fault_.forward_reads);
    session_->forward(views_of(std::as_const(run_.in)), out);
    run_.states = copied(NamedViews<const S>(constant(out)));
    if (!fault_.states) return;
    apply(fault_.states);
    for (const auto& [name, tensor] : std::as_const(run_.states)) copy(tensor.view(), out[name]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    if (!reached_ || (!fault_.backward_reads && !fault_.gradients))
      return session_->backward(in, up, grad);
    require_arrays(run_.cell, input_names(run_.cell), run_.sizes, in);
    require_arrays(run_.cell, upstream_names(run_.cell), run_.sizes, up);
    require_arrays(run_.cell, gradient_names(run_.cell), run_.sizes, grad);
    run_.in = copied(in);
    run_.up = copied(up);
    run_.grad = make_tensors<S>(run_.cell, gradient_names(run_.cell), run_.sizes);
    apply(fault_.backward_reads);
    session_->backward(views_of(std::as_const(run_.in)), views_of(std::as_const(run_.up)),
                       views_of(run_.grad));
    apply(fault_.gradients);
    for (const auto& [name, tensor] : run_.grad)
      if (accumulates(run_.cell, name))
        add(tensor, grad[name]);
      else
        copy(tensor.view(), grad[name]);
  }

 private:
  void apply(const Edit& edit) {
    if (edit) edit(run_);
  }
  static NamedViews<const S> constant(const NamedViews<S>& views) {
    NamedViews<const S> all;
    for (const auto& [name, view] : views) all.add(name, view);
    return all;
  }
  static void add(const Tensor<S>& from, const View<S>& to) {
    for (Index j = 0; j < to.extent(1); ++j)
      for (Index i = 0; i < to.extent(0); ++i) to(i, j) += from(i, j);
  }

  const ScaleFault& fault_;
  bool reached_;
  std::unique_ptr<Session<S>> session_;
  faults::ScaleRun<S> run_;
};

class ScaleFaultSubject final : public SubjectOf<ScaleFaultSubject> {
 public:
  explicit ScaleFaultSubject(const ScaleFault& fault) : fault_(fault) {}

  [[nodiscard]] std::string name() const override {
    return std::string(fault_prefix).append(fault_.words.id);
  }
  [[nodiscard]] std::string description() const override {
    return std::string(fault_.words.mechanism) + ".";
  }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can = kernels().capabilities();
    std::erase_if(can.cells, [this](Cell cell) {
      return fault_.words.cells == (cell == Cell::rnn ? Cells::lstm : Cells::rnn);
    });
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<ScaleSession<S>>(fault_, cell, g, sizes);
  }

 private:
  const ScaleFault& fault_;
};

}  // namespace

std::string_view name_of(Extent extent) {
  switch (extent) {
    case Extent::units: return "n_a";
    case Extent::gate_units: return "gates n_a";
    case Extent::samples: return "m";
    case Extent::steps: return "T";
    case Extent::columns: return "n_a + n_x";
    case Extent::inputs: return "n_x m T";
    case Extent::terms: return "m T";
    case Extent::activations: return "n_a m T";
    case Extent::weights: return "n_a (n_a + n_x)";
    case Extent::products: return "gates n_a (n_a + n_x) m T";
  }
  throw Error("unknown extent");
}

Index extent_of(Extent extent, Cell cell, const Sizes& s) {
  const Index gates = cell == Cell::lstm ? 4 : 1;
  switch (extent) {
    case Extent::units: return s.n_a;
    case Extent::gate_units: return gates * s.n_a;
    case Extent::samples: return s.m;
    case Extent::steps: return s.T_x;
    case Extent::columns: return s.n_a + s.n_x;
    case Extent::inputs: return s.n_x * s.m * s.T_x;
    case Extent::terms: return s.m * s.T_x;
    case Extent::activations: return s.n_a * s.m * s.T_x;
    case Extent::weights: return s.n_a * (s.n_a + s.n_x);
    case Extent::products: return gates * s.n_a * (s.n_a + s.n_x) * s.m * s.T_x;
  }
  throw Error("unknown extent");
}

std::span<const ScaleFault> scale_faults() { return faults::scale_rows; }

const ScaleFault* find_scale_fault(std::string_view name) {
  if (name.starts_with(fault_prefix)) name.remove_prefix(fault_prefix.size());
  const auto all = scale_faults();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const ScaleFault& fault) { return fault.words.id == name; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> scale_fault_subject_names() {
  std::vector<std::string> names;
  for (const ScaleFault& fault : scale_faults())
    names.push_back(std::string(fault_prefix).append(fault.words.id));
  return names;
}

std::unique_ptr<Subject> make_scale_fault_subject(std::string_view name) {
  const ScaleFault* fault = name.starts_with(fault_prefix) ? find_scale_fault(name) : nullptr;
  return fault == nullptr ? nullptr : std::make_unique<ScaleFaultSubject>(*fault);
}

}  // namespace bptt
