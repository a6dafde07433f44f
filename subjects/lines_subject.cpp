#include "subjects/lines_subject.hpp"

#include <algorithm>
#include <charconv>

#include "cells/edits.hpp"
#include "cells/network.hpp"
#include "cells/walk.hpp"
#include "core/network_shapes.hpp"
#include "subjects/subject_of.hpp"

namespace bptt {
namespace {

template <class S>
class LinesSession final : public Session<S> {
 public:
  LinesSession(Cell cell, cells::Written lines, const Sizes& sizes)
      : cell_(cell),
        sizes_(sizes),
        walk_(std::move(lines.step), std::move(lines.back), cells::extents_of(cell, sizes),
              sizes.m) {}

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(cell_, given_names(cell_), sizes_, in);
    require_arrays(cell_, state_names(cell_), sizes_, out);
    for (const auto& [name, states] : walk_.forward(dense(in))) copy(states.view(), out[name]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    Sizes sizes = sizes_;
    const std::string& of_steps = upstream_names(cell_).front();
    sizes.T_da = up[of_steps].extent(array_of(cell_, of_steps).step_axis());
    require_steps(sizes.T_da, sizes.T_x);
    require_arrays(cell_, given_names(cell_), sizes, in);
    require_arrays(cell_, upstream_names(cell_), sizes, up);
    for (const auto& [name, view] : grad)
      require_shape(name, view.shape(), shape_of(cell_, name, sizes));
    for (const auto& [name, gradient] : walk_.backward(dense(up))) {
      if (!grad.contains(name)) continue;
      const View<S>& to = grad[name];
      if (!accumulates(cell_, name)) {
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

cells::Written lines_of(Cell cell, Activation g) {
  const cells::Program step = cells::step_of(cell, g);
  return {step, cells::reverse(step)};
}

/// The function that stands for a cell's while its edits are counted.
constexpr Activation counted = Activation::tanh;

class LinesSubject final : public SubjectOf<LinesSubject> {
 public:
  [[nodiscard]] std::string name() const override { return "lines"; }
  [[nodiscard]] std::string description() const override {
    return "The lines of the cell's file, reversed by rule, in plain loops.";
  }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    can.any_cell = true;
    can.some_gradients = true;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<LinesSession<S>>(cell, lines_of(cell, g), sizes);
  }
};

class EditedLinesSubject final : public SubjectOf<EditedLinesSubject> {
 public:
  EditedLinesSubject(Cell cell, std::size_t number, const cells::Edit& edit)
      : cell_(cell), number_(number), edit_(edit) {}
  [[nodiscard]] std::string name() const override {
    return "lines:" + std::string(name_of(cell_)) + ":" + std::to_string(number_);
  }
  [[nodiscard]] std::string description() const override {
    return cells::in_words(lines_of(cell_, counted), edit_) + ".";
  }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can;
    can.cells = {cell_};
    can.relu = can.identity = false;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    return std::make_unique<LinesSession<S>>(cell, cells::edited(lines_of(cell, g), edit_), sizes);
  }

 private:
  Cell cell_;
  std::size_t number_;
  cells::Edit edit_;
};

}  // namespace

std::vector<std::string> lines_subject_names() { return {"lines"}; }

std::size_t count_of_edits(Cell cell) {
  return cells::single_edits(lines_of(cell, counted)).size();
}

std::unique_ptr<Subject> make_lines_subject(std::string_view name) {
  if (name == "lines") return std::make_unique<LinesSubject>();
  if (!name.starts_with("lines:")) return nullptr;
  name.remove_prefix(6);
  const std::size_t colon = std::min(name.find(':'), name.size());
  const Cell cell = cells::cell_named(name.substr(0, colon));
  const auto edits = cells::single_edits(lines_of(cell, counted));
  const std::string_view digits = name.substr(std::min(colon + 1, name.size()));
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (digits.empty() || error != std::errc{} || end != digits.data() + digits.size() ||
      number >= edits.size())
    throw UnsupportedError("the lines of the " + std::string(name_of(cell)) +
                           " have the edits 0 .. " + std::to_string(edits.size() - 1) + ", not '" +
                           std::string(digits) + "'");
  return std::make_unique<EditedLinesSubject>(cell, number, edits[number]);
}

}  // namespace bptt
