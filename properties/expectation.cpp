#include "properties/expectation.hpp"

#include <algorithm>
#include <cmath>

#include "arithmetic/recorded.hpp"
#include "properties/draw.hpp"
#include "properties/reference_run.hpp"

namespace bptt::properties {
namespace {

using R = Recorded<long double>;

/// Edge visits that judging one problem may cost, eight entries to a visit: some milliseconds.
constexpr double sweep_work = 5e6;
constexpr int sampled_entries = 16;
constexpr int projections = 8;

std::vector<std::string> judged_names(Cell cell) {
  std::vector<std::string> names = state_names(cell);
  names.insert(names.end(), gradient_names(cell).begin(), gradient_names(cell).end());
  return names;
}

NamedTensors<R> recorded_inputs(const NamedTensors<long double>& from) {
  NamedTensors<R> to;
  for (const auto& [name, tensor] : from) {
    Tensor<R> inputs(tensor.shape());
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      inputs.elements()[k] = R::input(tensor.elements()[k]);
    to.add(name, std::move(inputs));
  }
  return to;
}

bool all_whole_numbers(const NamedTensors<long double>& tensors) {
  for (const auto& [name, tensor] : tensors)
    for (const long double v : tensor.elements())
      if (v != std::trunc(v)) return false;
  return true;
}

/// How many terms are added to each entry of a weight gradient, at most.
double additions_to_a_weight(Derivation derivation, const Sizes& s) {
  const auto T = static_cast<double>(s.T_da), m = static_cast<double>(s.m);
  switch (derivation) {
    case Derivation::split: return 2 * T * m;
    case Derivation::one_walk_per_loss:
    case Derivation::by_lag: return T * (T + 1) / 2 * m;
    default: return T * m;
  }
}

}  // namespace

double projection_weight(std::uint64_t seed, Index entry) {
  return (mix(seed ^ mix(static_cast<std::uint64_t>(entry))) & 1U) != 0 ? 1.0 : -1.0;
}

long double read(const Probe& probe, const Tensor<long double>& tensor) {
  const auto& e = tensor.elements();
  if (probe.entry >= 0) return e[static_cast<std::size_t>(probe.entry)];
  long double sum = 0;
  for (std::size_t k = 0; k < e.size(); ++k)
    sum += projection_weight(probe.projection, static_cast<Index>(k)) * e[k];
  return sum;
}

double tape_edges(Cell cell, const Sizes& s) {
  const double gates = cell == Cell::rnn ? 1 : 4;
  const double n_a = static_cast<double>(s.n_a), n = static_cast<double>(s.n_a + s.n_x);
  return static_cast<double>(s.m * s.T_x) * gates * n_a * 3 * n;
}

bool judged_entry_by_entry(Cell cell, const Sizes& s, double effort) {
  double entries = 0;
  for (const auto& name : judged_names(cell))
    entries += static_cast<double>(shape_of(cell, name, s).size());
  return entries / 8 * tape_edges(cell, s) <= effort * sweep_work;
}

std::vector<Probe> choose_probes(Cell cell, const Sizes& sizes, std::uint64_t seed, double effort) {
  std::vector<Probe> probes;
  const bool every_entry = judged_entry_by_entry(cell, sizes, effort);
  for (const auto& name : judged_names(cell)) {
    const Index size = shape_of(cell, name, sizes).size();
    const Draw draw(seed, "probe " + name);
    if (every_entry || size <= sampled_entries) {
      for (Index k = 0; k < size; ++k) probes.push_back({name, k, 0});
      continue;
    }
    for (int k = 0; k < sampled_entries; ++k) probes.push_back({name, draw.below(size, k), 0});
    for (int k = 0; k < projections; ++k) probes.push_back({name, -1, draw.bits(k, 1)});
  }
  return probes;
}

template <class S>
Expectation::Expectation(const Problem<S>& problem, const Rounding& rounding,
                         Derivation derivation) {
  record(converted<long double>(problem), rounding, derivation);
}
template Expectation::Expectation(const Problem<float>&, const Rounding&, Derivation);
template Expectation::Expectation(const Problem<double>&, const Rounding&, Derivation);

void Expectation::record(const Problem<long double>& problem, const Rounding& rounding,
                         Derivation derivation) {
  static thread_local Tape<long double> tape;  // its memory serves one problem after another
  tape.clear();
  const TapeScope<long double> scope(tape);
  const Problem<R> recorded{problem.cell, problem.activation, problem.sizes,
                            recorded_inputs(problem.in), recorded_inputs(problem.up)};
  std::vector<std::int32_t> outputs;
  for (const auto& [name, tensor] : reference_outputs(recorded, derivation)) {
    Tensor<long double> values(tensor.shape());
    std::vector<std::int32_t> nodes;
    for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
      values.elements()[k] = tensor.elements()[k].value();
      nodes.push_back(tensor.elements()[k].node());
    }
    outputs.insert(outputs.end(), nodes.begin(), nodes.end());
    values_.add(name, std::move(values));
    nodes_.add(name, std::move(nodes));
  }
  noise_ = std::make_unique<NoiseModel>(tape, outputs, rounding);
  exact_ = problem.cell == Cell::rnn && problem.activation != Activation::tanh &&
           noise_->largest_sum() <= 1 / rounding.u && all_whole_numbers(problem.in) &&
           all_whole_numbers(problem.up);
}

std::vector<NoiseBound> Expectation::bounds(const std::vector<Probe>& probes) const {
  if (exact_) return std::vector<NoiseBound>(probes.size());
  std::vector<Functional> functionals;
  functionals.reserve(probes.size());
  for (const Probe& probe : probes) {
    const auto& nodes = nodes_[probe.array];
    Functional f;
    if (probe.entry >= 0)
      f.emplace_back(nodes[static_cast<std::size_t>(probe.entry)], 1.0);
    else
      for (std::size_t k = 0; k < nodes.size(); ++k)
        f.emplace_back(nodes[k], projection_weight(probe.projection, static_cast<Index>(k)));
    functionals.push_back(std::move(f));
  }
  return noise_->bounds(functionals);
}

NoiseBound Expectation::bound_of(const NamedTensors<long double>& weights) const {
  if (exact_) return {};
  Functional f;
  for (const auto& [name, tensor] : weights)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      if (tensor.elements()[k] != 0)
        f.emplace_back(nodes_[name][k], static_cast<double>(tensor.elements()[k]));
  return noise_->bounds({f}).front();
}

std::string Expectation::doubt() const {
  if (exact_) return "";
  if (noise_->may_overflow()) return "intermediate values come near the largest finite number";
  if (noise_->near_kink()) return "a ReLU's argument is within rounding of its kink";
  return "";
}

NoiseBound accumulated(const NoiseBound& of_gradient, long double old, double u,
                       Derivation derivation, const Sizes& sizes) {
  const double additions = additions_to_a_weight(derivation, sizes);
  const long double size = std::abs(old) + of_gradient.certain;
  return {
      2 * of_gradient.certain + (additions + 1) * u * size,
      std::hypot(std::sqrt(2.0L) * of_gradient.sigma, std::sqrt((additions + 1) / 3) * u * size)};
}

}  // namespace bptt::properties
