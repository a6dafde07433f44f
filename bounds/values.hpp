// What a network computes, line by line, in one arithmetic: products as matrix products.
#pragma once

#include <string>

#include "bounds/plan.hpp"
#include "cells/evaluate.hpp"
#include "core/tensor.hpp"

namespace bptt::bounds {

template <class V>
[[nodiscard]] V as_number(const cells::Number& number) {
  return static_cast<V>(number.numerator) / static_cast<V>(number.denominator);
}

/// Everything that a network's forward and backward pass form.
template <class V>
class Values {
 public:
  /// in, up: named as cells::Walk has them. A gradient that is not among `up` is zero.
  Values(const Plan& plan, const NamedTensors<V>& in, const NamedTensors<V>& up, bool both)
      : plan_(plan), arrays_(plan) {
    for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k)
      if (plan.owner(k) == k && (both || is_forward(k))) arrays_.make(k);
    forward(in);
    if (both) backward(up);
  }

  [[nodiscard]] const Arrays<V>& arrays() const { return arrays_; }
  /// The gradient of a state before the first step.
  [[nodiscard]] const AlignedVector<V>& at_start(std::size_t state) const {
    return at_start_[state];
  }

 private:
  [[nodiscard]] bool is_forward(int array) const {
    const auto home = plan_.home(array);
    return home == Plan::Home::once || home == Plan::Home::forward || home == Plan::Home::state;
  }

  void fill(int array, Index slot, const Tensor<V>& from) {
    std::copy(from.elements().begin(), from.elements().end(), arrays_.block(array, slot));
  }

  void forward(const NamedTensors<V>& in) {
    for (int k = 0; k < static_cast<int>(plan_.program().arrays.size()); ++k) {
      const cells::Array& array = plan_.array(k);
      if (array.role == cells::Role::weight || array.role == cells::Role::input)
        fill(k, 0, in[array.name]);
      if (array.role == cells::Role::state) fill(k, 0, in[array.name + "0"]);
    }
    for (Index t = 0; t < plan_.T_x; ++t)
      for (std::size_t k = 0; k < plan_.form.forward; ++k) run(plan_.line(k), t, 0, 1);
  }

  void backward(const NamedTensors<V>& up) {
    const auto& program = plan_.program();
    for (const Index v : plan_.visits.order) {
      const Visit& visit = plan_.visits.visits[Plan::at(v)];
      for (const Upstream& from : plan_.form.upstream) add_loss(from, visit, v, up);
      for (const Plan::State& s : plan_.states)
        if (s.gradient_before >= 0)
          for (const Index from : visit.from)
            add(arrays_.block(s.gradient_before, from), arrays_.block(s.gradient, v),
                plan_.layout.block(s.gradient));
      for (std::size_t k = plan_.form.forward; k < program.lines.size(); ++k)
        if (!adds_up(program.lines[k].to.array)) run(program.lines[k], visit.t, v, 1);
    }
    for (std::size_t k = plan_.form.forward; k < program.lines.size(); ++k)
      if (adds_up(program.lines[k].to.array))
        plan_.for_each_batch(k, [&](Index t, Index visit, Index steps) {
          run(program.lines[k], t, visit, steps);
        });

    for (const Plan::State& s : plan_.states) {
      at_start_.emplace_back(Plan::at(plan_.layout.block(s.state)), V(0));
      if (s.gradient_before >= 0)
        for (const Index v : plan_.visits.to_start)
          add(arrays_.block(s.gradient_before, v), at_start_.back().data(),
              plan_.layout.block(s.state));
    }
  }

  /// Read by nothing on the way back, so that all visits are one product.
  [[nodiscard]] bool adds_up(int array) const {
    return plan_.home(array) == Plan::Home::total ||
           plan_.home(array) == Plan::Home::input_gradient;
  }

  static void add(const V* from, V* to, Index count) {
    for (Index k = 0; k < count; ++k) to[k] += from[k];
  }

  void add_loss(const Upstream& from, const Visit& visit, Index v, const NamedTensors<V>& up) {
    if (!(from.final ? visit.final : visit.upstream) || !up.contains(from.name)) return;
    const Index block = plan_.layout.block(from.array);
    const V* loss = up[from.name].elements().data() + (from.final ? 0 : visit.t * block);
    std::copy(loss, loss + block, arrays_.block(from.array, v));
  }

  void run(const cells::Line& line, Index t, Index visit, Index steps) {
    V* to = arrays_.at(line.to, t, visit);
    const Index samples = plan_.layout.m() * steps;
    if (line.function != cells::Function::sum) {
      const cells::Place &p = line.arguments.front(), &q = line.arguments.back();
      const V *left = arrays_.at(p, t, visit), *right = arrays_.at(q, t, visit);
      for_each_combination(plan_.layout.axes({&line.to}, {&p}, {&q}, samples),
                           [&](Index o, Index i, Index j) {
                             to[o] = cells::apply(line.function, left[i], right[j]);
                           });
      return;
    }
    for (const cells::Term& term : line.terms) {
      const cells::Place* p = term.reads.empty() ? nullptr : &term.reads[0];
      const cells::Place* q = term.reads.size() < 2 ? nullptr : &term.reads[1];
      contract<V>(plan_.layout.axes({&line.to}, {p}, {q}, samples), as_number<V>(term.factor), to,
                  p == nullptr ? nullptr : arrays_.at(*p, t, visit),
                  q == nullptr ? nullptr : arrays_.at(*q, t, visit));
    }
  }

  const Plan& plan_;
  Arrays<V> arrays_;
  std::vector<AlignedVector<V>> at_start_;
};

}  // namespace bptt::bounds
