#include "subjects/lines_subject.hpp"

#include "cells/network.hpp"
#include "cells/walk.hpp"
#include "core/network_shapes.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

template <class S>
class LinesSession final : public Session<S> {
 public:
  LinesSession(Cell cell, Activation g, const Sizes& sizes)
      : cell_(cell),
        sizes_(sizes),
        walk_(cells::step_of(cell, g), cells::extents_of(sizes), sizes.m) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(cell_, input_names(cell_), sizes_, in);
    require_arrays(cell_, state_names(cell_), sizes_, out);
    for (const auto& [name, states] : walk_.forward(dense(in))) copy(states.view(), out[name]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    Sizes sizes = sizes_;
    sizes.T_da = up["da"].extent(2);
    require_steps(sizes.T_da, sizes.T_x);
    require_arrays(cell_, input_names(cell_), sizes, in);
    require_arrays(cell_, upstream_names(cell_), sizes, up);
    require_arrays(cell_, gradient_names(cell_), sizes, grad);
    for (const auto& [name, gradient] : walk_.backward(dense(up))) {
      const View<S>& to = grad[name];
      if (!accumulates(name)) {
        copy(gradient.view(), to);
        continue;
      }
      for (Index j = 0; j < to.extent(1); ++j)
        for (Index i = 0; i < to.extent(0); ++i) to(i, j) += gradient(i, j);
    }
  }

 private:
  static NamedTensors<S> dense(const NamedViews<const S>& views) {
    NamedTensors<S> tensors;
    tensors.reserve(views.size());
    for (const auto& [name, view] : views)
      copy(view, tensors.add(name, Tensor<S>(view.shape())).view());
    return tensors;
  }

  Cell cell_;
  Sizes sizes_;
  cells::Walk<S> walk_;
};

class LinesSubject final : public SubjectOf<LinesSubject> {
 public:
  [[nodiscard]] std::string name() const override { return "lines"; }
  [[nodiscard]] std::string description() const override {
    return "The lines of the cell's file, reversed by rule, in plain loops.";
  }
  [[nodiscard]] Capabilities capabilities() const override { return {}; }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<LinesSession<S>>(cell, g, sizes);
  }
};

}  // namespace

std::vector<std::string> lines_subject_names() { return {"lines"}; }

std::unique_ptr<Subject> make_lines_subject(std::string_view name) {
  return name == "lines" ? std::make_unique<LinesSubject>() : nullptr;
}

}  // namespace bptt
