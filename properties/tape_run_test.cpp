#include "properties/tape_run_test.hpp"

#include <cmath>

#include "arithmetic/recorded.hpp"
#include "properties/reference_run.hpp"

namespace bptt::properties {
namespace {

using R = Recorded<long double>;

NamedTensors<R> recorded(const NamedTensors<long double>& from, R (*number)(long double)) {
  NamedTensors<R> to;
  for (const auto& [name, tensor] : from) {
    Tensor<R> numbers(tensor.shape());
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      numbers.elements()[k] = number(tensor.elements()[k]);
    to.add(name, std::move(numbers));
  }
  return to;
}

/// A zero is a constant: products with it round nothing, and leave no trace on the tape.
R upstream_number(long double v) { return v == 0 ? R() : R::input(v); }

NamedTensors<R> run(const Problem<R>& problem, Derivation derivation, Passes passes) {
  if (passes == Passes::both) return reference_outputs(problem, derivation);
  NamedTensors<R> cache = reference_forward(problem), states;
  for (const auto& name : state_names(problem.cell)) states.add(name, std::move(cache[name]));
  return states;
}

bool all_whole_numbers(const NamedTensors<long double>& tensors) {
  for (const auto& [name, tensor] : tensors)
    for (const long double v : tensor.elements())
      if (v != std::trunc(v)) return false;
  return true;
}

}  // namespace

TapeRun::TapeRun(const Problem<long double>& problem, const Rounding& rounding,
                 Derivation derivation, Passes passes) {
  static thread_local Tape<long double> tape;  // its memory serves one problem after another
  tape.clear();
  // About two operations for each operand; memory that is not used costs nothing.
  tape.reserve(static_cast<std::size_t>(2.25 * tape_edges(problem.cell, problem.sizes)));
  const TapeScope<long double> scope(tape);
  const Problem<R> on_tape{problem.cell, problem.activation, problem.sizes,
                           recorded(problem.in, R::input), recorded(problem.up, upstream_number)};
  std::vector<std::int32_t> outputs;
  for (const auto& [name, tensor] : run(on_tape, derivation, passes)) {
    Tensor<long double> values(tensor.shape());
    Array array{Tensor<std::int32_t>(tensor.shape())};
    for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
      values.elements()[k] = tensor.elements()[k].value();
      array.nodes.elements()[k] = tensor.elements()[k].node();
    }
    outputs.insert(outputs.end(), array.nodes.elements().begin(), array.nodes.elements().end());
    values_.add(name, std::move(values));
    arrays_.add(name, std::move(array));
  }
  noise_ = std::make_unique<NoiseModel>(tape, outputs, rounding);
  exact_ = problem.cell == Cell::rnn && problem.activation != Activation::tanh &&
           noise_->largest_sum() <= 1 / rounding.u && all_whole_numbers(problem.in) &&
           all_whole_numbers(problem.up);
}

Functional TapeRun::Array::functional(const Probe& probe) const {
  const auto& all = nodes.elements();
  if (probe.entry >= 0) return {{all[static_cast<std::size_t>(probe.entry)], 1.0}};
  Functional f;
  f.reserve(all.size());
  for (std::size_t k = 0; k < all.size(); ++k)
    f.emplace_back(all[k], projection_weight(probe.projection, static_cast<Index>(k)));
  return f;
}

std::vector<NoiseBound> TapeRun::bounds(const std::vector<Probe>& probes) const {
  if (exact_) return std::vector<NoiseBound>(probes.size());
  std::vector<Functional> functionals;
  for (const Probe& probe : probes) functionals.push_back(arrays_[probe.array].functional(probe));
  return noise_->bounds(functionals);
}

}  // namespace bptt::properties
