#include "properties/bounded_run.hpp"

#include <algorithm>
#include <cmath>

#include "cells/closed_form.hpp"
#include "cells/network.hpp"
#include "properties/oracle_memory.hpp"

namespace bptt::properties {
namespace {

bool all_whole_numbers(const NamedTensors<long double>& tensors) {
  for (const auto& [name, tensor] : tensors)
    for (const long double v : tensor.elements())
      if (v != std::trunc(v)) return false;
  return true;
}

bounds::Question question_of(const Problem<long double>& problem, Derivation derivation) {
  bounds::Question question{cells::step_of(problem.cell, problem.activation),
                            cells::extents_of(problem.sizes),
                            problem.sizes.m,
                            problem.sizes.T_x,
                            problem.sizes.T_da,
                            problem.in,
                            problem.up,
                            {&cache_names(problem.cell), nullptr}};
  if (derivation == Derivation::closed_form)
    question.way_back.formulas = cells::closed_form(name_of(problem.cell));
  return question;
}

bounds::NetworkBounds bounds_of_problem(const Problem<long double>& problem,
                                        const Rounding& rounding, Derivation derivation,
                                        Passes passes) {
  const bounds::Question question = question_of(problem, derivation);
  const bool both = passes == Passes::both;
  require_oracle_memory(bounds::NetworkBounds::bytes(question, derivation, both), "the bounds");
  return {question, rounding, derivation, both};
}

constexpr NoiseBound not_derived{-1, 0};

}  // namespace

double bytes_of_bounds(const Problem<long double>& problem, Derivation derivation, Passes passes) {
  return bounds::NetworkBounds::bytes(question_of(problem, derivation), derivation,
                                      passes == Passes::both);
}

BoundedRun::BoundedRun(const Problem<long double>& problem, const Rounding& rounding,
                       Derivation derivation, Passes passes)
    : noise_(bounds_of_problem(problem, rounding, derivation, passes)) {
  std::vector<std::string> names;
  if (passes == Passes::both) names = gradient_names(problem.cell);
  for (const std::string& state : state_names(problem.cell)) names.push_back(state);
  for (const std::string& name : names) {
    Tensor<long double>& tensor =
        values_.add(name, Tensor<long double>(shape_of(problem.cell, name, problem.sizes)));
    tensor.elements() = noise_.values()[name].elements();
    known_.add(name, {});
  }
  exact_ = problem.cell == Cell::rnn && problem.activation != Activation::tanh &&
           noise_.largest_sum() <= 1 / rounding.u && all_whole_numbers(problem.in) &&
           all_whole_numbers(problem.up);
}

const NoiseBound* BoundedRun::Known::find(const Probe& probe) const {
  if (probe.entry < 0) {
    const auto found = of_projection.find(probe.projection);
    return found == of_projection.end() ? nullptr : &found->second;
  }
  if (of_entry.empty()) return nullptr;
  const NoiseBound& bound = of_entry[static_cast<std::size_t>(probe.entry)];
  return bound.certain == not_derived.certain ? nullptr : &bound;
}

void BoundedRun::Known::learn(const Probe& probe, const NoiseBound& bound, Index entries) {
  if (probe.entry < 0) {
    of_projection.emplace(probe.projection, bound);
    return;
  }
  if (of_entry.empty()) of_entry.assign(static_cast<std::size_t>(entries), not_derived);
  of_entry[static_cast<std::size_t>(probe.entry)] = bound;
}

std::vector<NoiseBound> BoundedRun::bounds(const std::vector<Probe>& probes) {
  std::vector<NoiseBound> result(probes.size());
  if (exact_) return result;
  std::vector<bounds::Functional> functionals;
  std::vector<std::size_t> unknown;
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t k = 0; k < probes.size(); ++k) {
      const Probe& probe = probes[k];
      if (const NoiseBound* known = known_[probe.array].find(probe)) {
        result[k] = *known;
        continue;
      }
      unknown.push_back(k);
      bounds::Functional::Part part{probe.array, {}, {}};
      if (probe.entry >= 0)
        part.entries = {{probe.entry, 1.0}};
      else
        part.weight = [seed = probe.projection](Index e) { return projection_weight(seed, e); };
      functionals.push_back({{std::move(part)}});
    }
  }
  const auto derived = noise_.bounds(functionals);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    const Probe& probe = probes[unknown[i]];
    result[unknown[i]] = derived[i];
    known_[probe.array].learn(probe, derived[i], values_[probe.array].size());
  }
  return result;
}

std::vector<NoiseBound> BoundedRun::bounds_of(
    const std::vector<NamedTensors<long double>>& weights) const {
  if (exact_) return std::vector<NoiseBound>(weights.size());
  std::vector<bounds::Functional> functionals;
  for (const auto& arrays : weights) {
    bounds::Functional f;
    for (const auto& [name, tensor] : arrays)
      f.parts.push_back({name, {}, [&elements = tensor.elements()](Index e) {
                           return static_cast<double>(elements[static_cast<std::size_t>(e)]);
                         }});
    functionals.push_back(std::move(f));
  }
  return noise_.bounds(functionals);
}

}  // namespace bptt::properties
