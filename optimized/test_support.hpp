// What the tests of this folder share: drawn problems, and both implementations run on them.
#pragma once

#include <random>

#include "core/problem.hpp"
#include "optimized/lstm.hpp"
#include "optimized/rnn.hpp"
#include "reference/lstm.hpp"
#include "reference/rnn.hpp"

namespace bptt::optimized {

/// Everything that one forward and one backward pass write.
template <class S>
struct Outcome {
  NamedTensors<S> states, gradients;
};

template <class S>
NamedViews<const S> constants(const NamedViews<S>& views) {
  NamedViews<const S> result;
  for (const auto& [name, view] : views) result.add(name, view);
  return result;
}

/// Arrays to write into, all elements 3: what accumulates shows it, what is overwritten loses it.
template <class S>
Outcome<S> blank_run(const Problem<S>& problem) {
  Outcome<S> run;
  const Sizes& s = problem.sizes;
  for (const char* name : {"a", "c", "ft", "it", "cct", "ot"})
    if (problem.cell == Cell::lstm || name == std::string("a"))
      run.states.add(name, Tensor<S>(Shape{s.n_a, s.m, s.T_x}));
  run.gradients = make_tensors<S>(problem.cell, gradient_names(problem.cell), s);
  for (auto& [name, tensor] : run.states) fill(tensor.view(), S(3));
  for (auto& [name, tensor] : run.gradients) fill(tensor.view(), S(3));
  return run;
}

template <class S>
void run_reference(const Problem<S>& problem, const NamedViews<const S>& in,
                   const NamedViews<const S>& up, const NamedViews<S>& states,
                   const NamedViews<S>& gradients) {
  if (problem.cell == Cell::rnn) {
    const Activation g = problem.activation;
    const auto p = rnn_parameters<S>(in);
    reference::rnn_forward<S>(g, p, in["x"], in["a0"], states["a"]);
    reference::rnn_backward<S>(g, p, in["x"], in["a0"], states["a"], up["da"],
                               rnn_gradients(gradients));
  } else {
    const auto p = lstm_parameters<S>(in);
    reference::lstm_forward<S>(p, in["x"], in["a0"], in["c0"], lstm_states(states));
    reference::lstm_backward<S>(p, in["x"], in["a0"], in["c0"], lstm_states(constants(states)),
                                up["da"], up["dc_T"], lstm_gradients(gradients));
  }
}

template <class S>
void run_optimized(const Problem<S>& problem, const Options& options, const NamedViews<const S>& in,
                   const NamedViews<const S>& up, const NamedViews<S>& states,
                   const NamedViews<S>& gradients) {
  if (problem.cell == Cell::rnn) {
    RnnPlan<S> plan(problem.activation, problem.sizes, options);
    const auto p = rnn_parameters<S>(in);
    plan.forward(p, in["x"], in["a0"], states["a"]);
    plan.backward(p, in["x"], in["a0"], states["a"], up["da"], rnn_gradients(gradients));
  } else {
    LstmPlan<S> plan(problem.sizes, options);
    const auto p = lstm_parameters<S>(in);
    plan.forward(p, in["x"], in["a0"], in["c0"], lstm_states(states));
    plan.backward(p, in["x"], in["a0"], in["c0"], lstm_states(constants(states)), up["da"],
                  up["dc_T"], lstm_gradients(gradients));
  }
}

template <class S>
Outcome<S> reference_run(const Problem<S>& problem) {
  Outcome<S> run = blank_run(problem);
  run_reference(problem, views_of(problem.in), views_of(problem.up), views_of(run.states),
                views_of(run.gradients));
  return run;
}

template <class S>
Outcome<S> optimized_run(const Problem<S>& problem, const Options& options = {}) {
  Outcome<S> run = blank_run(problem);
  run_optimized(problem, options, views_of(problem.in), views_of(problem.up), views_of(run.states),
                views_of(run.gradients));
  return run;
}

/// Real values: weights within 1/2 / (n_a + n_x), everything else within 1.
template <class S>
Problem<S> real_problem(Cell cell, const Sizes& sizes, Activation g = Activation::tanh) {
  Problem<S> problem{cell, g, sizes, make_tensors<S>(cell, input_names(cell), sizes),
                     make_tensors<S>(cell, upstream_names(cell), sizes)};
  std::mt19937 engine(7);
  std::uniform_real_distribution<S> unit(-1, 1);
  const auto draw = [&](const std::string& name, Tensor<S>& tensor) {
    const S scale = name[0] == 'W' ? S(0.5) / static_cast<S>(sizes.n_a + sizes.n_x) : S(1);
    for (S& value : tensor.elements()) value = scale * unit(engine);
  };
  for (auto& [name, tensor] : problem.in) draw(name, tensor);
  for (auto& [name, tensor] : problem.up) draw(name, tensor);
  return problem;
}

/// Small integers, for an RNN without tanh. A row of Waa holds one of -1, 1 and a row of Wax two,
/// at both ends, so values grow by a few units a step and every sum is an integer that S holds
/// exactly.
template <class S>
Problem<S> integer_problem(const Sizes& sizes, Activation g) {
  const Cell cell = Cell::rnn;
  Problem<S> problem{cell, g, sizes, make_tensors<S>(cell, input_names(cell), sizes),
                     make_tensors<S>(cell, upstream_names(cell), sizes)};
  std::mt19937 engine(11);
  const auto draw = [&](Tensor<S>& tensor) {
    for (S& value : tensor.elements()) value = static_cast<S>(static_cast<int>(engine() % 5) - 2);
  };
  for (const char* name : {"x", "a0", "ba"}) draw(problem.in[name]);
  draw(problem.up["da"]);
  const auto sign = [&] { return engine() % 2 == 0 ? S(1) : S(-1); };
  for (Index i = 0; i < sizes.n_a; ++i) {
    problem.in["Waa"](i, (i + 1) % sizes.n_a) = sign();
    problem.in["Wax"](i, i % sizes.n_x) = sign();
    problem.in["Wax"](i, sizes.n_x - 1 - i % sizes.n_x) = sign();
  }
  return problem;
}

}  // namespace bptt::optimized
