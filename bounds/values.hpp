// What a network computes, line by line, in one arithmetic: products as matrix products.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bounds/plan.hpp"
#include "cells/evaluate.hpp"
#include "core/tensor.hpp"

namespace bptt::bounds {

template <class V>
[[nodiscard]] V as_number(const cells::Number& number) {
  return static_cast<V>(number.numerator) / static_cast<V>(number.denominator);
}

/// Errors that are added to what the lines give: errors(array, block, numbers) changes one block;
/// array -1-s is the gradient of state s before the first step.
template <class V>
using Errors = std::function<void(int array, Index block, V* numbers)>;

/// Everything that a network's forward and backward pass form.
template <class V>
class Values {
 public:
  /// in, up: named as cells::Walk has them. A gradient that is not among `up` is zero. errors: of
  /// every line, if there are any.
  Values(const Plan& plan, const NamedTensors<V>& in, const NamedTensors<V>& up, bool both,
         Errors<V> errors = {})
      : plan_(plan), pool_(plan.tiny()), arrays_(plan, pool_), errors_(std::move(errors)) {
    for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k)
      if (plan.owner(k) == k && (both || is_forward(k))) arrays_.make(k);
    forward(in);
    if (both) backward(up);
  }

  [[nodiscard]] const Arrays<V>& arrays() const { return arrays_; }
  /// The gradient of a state before the first step.
  [[nodiscard]] const Numbers<V>& at_start(std::size_t state) const { return at_start_[state]; }

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
      if (array.role == cells::Role::weight || array.role == cells::Role::input ||
          array.role == cells::Role::mask)
        fill(k, 0, in[array.name]);
      if (array.role == cells::Role::state) fill(k, plan_.start_slot(k), in[array.name + "0"]);
    }
    for (const Plan::Pass& pass : plan_.passes)
      for (Index n = 0; n < plan_.T_x; ++n)
        for (std::size_t k = pass.forward; k < pass.forward_end; ++k)
          run_and_err(k, plan_.step_number(pass, n), 0);
  }

  void backward(const NamedTensors<V>& up) {
    const auto& program = plan_.program();
    for (auto pass = plan_.passes.rbegin(); pass != plan_.passes.rend(); ++pass)
      way_back(*pass, up);
    for (std::size_t k = plan_.form.forward; k < program.lines.size(); ++k)
      if (adds_up(program.lines[k].to.array))
        plan_.for_each_batch(k,
                             [&](Index t, Index visit, Index steps) { run(k, t, visit, steps); });

    for (const Plan::State& s : plan_.states) {
      at_start_.emplace_back(Plan::at(plan_.layout.block(s.state)), V(0), &pool_);
      if (s.gradient_before >= 0)
        for (const Index v : plan_.visits_in(plan_.passes[Plan::at(s.pass)]).to_start)
          add(arrays_.block(s.gradient_before, v), at_start_.back().data(),
              plan_.layout.block(s.state));
    }
    if (errors_) err_in_sums();
  }

  void way_back(const Plan::Pass& pass, const NamedTensors<V>& up) {
    const Visits& visits = plan_.visits_in(pass);
    for (const Index v : visits.order) {
      const Visit& visit = visits.visits[Plan::at(v)];
      for (const Upstream& from : plan_.form.upstream)
        if (from.pass == pass.number) add_loss(from, visit, v, up);
      for (const Plan::State& s : plan_.states)
        if (s.gradient_before >= 0 && s.pass == pass.number)
          for (const Index from : visit.from)
            add(arrays_.block(s.gradient_before, from), arrays_.block(s.gradient, v),
                plan_.layout.block(s.gradient));
      for (std::size_t k = pass.back; k < pass.back_end; ++k)
        if (!adds_up(plan_.line(k).to.array)) run_and_err(k, visit.t, v);
    }
  }

  void run_and_err(std::size_t line, Index t, Index visit) {
    run(line, t, visit, 1);
    const int array = plan_.line(line).to.array;
    if (errors_ && plan_.last_line(array) == static_cast<Index>(line)) {
      const Index slot = plan_.slot(array, t, visit);
      errors_(array, slot, arrays_.block(array, slot));
    }
  }

  /// In what the visits add up to.
  void err_in_sums() {
    for (int k = 0; k < static_cast<int>(plan_.program().arrays.size()); ++k)
      if (adds_up(k))
        for (Index slot = 0; slot < plan_.blocks(k); ++slot)
          errors_(k, slot, arrays_.block(k, slot));
    for (std::size_t s = 0; s < plan_.states.size(); ++s)
      errors_(-1 - static_cast<int>(s), 0, at_start_[s].data());
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

  void run(std::size_t number, Index t, Index visit, Index steps) {
    const cells::Line& line = plan_.line(number);
    V* to = arrays_.at(line.to, t, visit);
    if (line.function != cells::Function::sum) {
      const V *p = arrays_.at(line.arguments.front(), t, visit),
              *q = arrays_.at(line.arguments.back(), t, visit);
      plan_.contraction(number, 0, steps).for_each([&](Index o, Index i, Index j) {
        to[o] = cells::apply(line.function, p[i], q[j]);
      });
      return;
    }
    for (std::size_t k = 0; k < line.terms.size(); ++k) {
      const auto& [factor, reads] = line.terms[k];
      plan_.contraction(number, k, steps)
          .run(as_number<V>(factor), to, reads.empty() ? nullptr : arrays_.at(reads[0], t, visit),
               reads.size() < 2 ? nullptr : arrays_.at(reads[1], t, visit));
    }
  }

  const Plan& plan_;
  Pool pool_;
  Arrays<V> arrays_;
  Errors<V> errors_;
  std::vector<Numbers<V>> at_start_;
};

}  // namespace bptt::bounds
