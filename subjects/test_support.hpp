// Problems and runs for the tests of this folder. Not installed, not part of the library.
#pragma once

#include <cstring>
#include <random>

#include "core/subject.hpp"

namespace bptt::test {

/// Uniform in [-1, 1), multiples of 2^-23, so that f32 and f64 hold the same problem.
template <class S>
Problem<S> random_problem(Cell cell, Activation g, const Sizes& sizes, std::uint64_t seed) {
  std::mt19937_64 bits(seed);
  Problem<S> problem{cell, g, sizes, make_tensors<S>(cell, input_names(cell), sizes),
                     make_tensors<S>(cell, upstream_names(cell), sizes)};
  for (NamedTensors<S>* tensors : {&problem.in, &problem.up})
    for (auto& [name, tensor] : *tensors)
      for (S& element : tensor.elements())
        element = static_cast<S>(static_cast<double>(bits() >> 40) * 0x1p-23 - 1.0);
  return problem;
}

/// Forward and backward in an open session. The gradients in `grad` are left as the call left them.
template <class S>
NamedTensors<S> run(Session<S>& session, Problem<S>& problem, NamedTensors<S>& grad) {
  NamedTensors<S> states = make_tensors<S>(problem.cell, state_names(problem.cell), problem.sizes);
  const NamedViews<const S> in = views_of(std::as_const(problem.in));
  session.forward(in, views_of(states));
  session.backward(in, views_of(std::as_const(problem.up)), views_of(grad));
  return states;
}

template <class S>
struct Outcome {
  NamedTensors<S> states, grad;
};

/// One session, one forward, one backward into gradients of zeros.
template <class S>
Outcome<S> outcome_of(const Subject& subject, Problem<S> problem) {
  Outcome<S> outcome;
  outcome.grad = make_tensors<S>(problem.cell, gradient_names(problem.cell), problem.sizes);
  const auto session = subject.template open<S>(problem.cell, problem.activation, problem.sizes);
  outcome.states = run(*session, problem, outcome.grad);
  return outcome;
}

template <class S>
bool same_bits(const Tensor<S>& p, const Tensor<S>& q) {
  return p.shape() == q.shape() && std::memcmp(p.elements().data(), q.elements().data(),
                                               p.elements().size() * sizeof(S)) == 0;
}

/// The names of the arrays that differ in any bit.
template <class S>
std::string differing(const Outcome<S>& p, const Outcome<S>& q) {
  std::string names;
  const auto compare = [&](const NamedTensors<S>& l, const NamedTensors<S>& r) {
    for (const auto& [name, tensor] : l)
      if (!same_bits(tensor, r[name])) names += (names.empty() ? "" : " ") + name;
  };
  compare(p.states, q.states);
  compare(p.grad, q.grad);
  return names;
}

}  // namespace bptt::test
