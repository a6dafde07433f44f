#include "properties/bounded_run.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "cells/closed_form.hpp"
#include "cells/network.hpp"
#include "properties/oracle_memory.hpp"
#include "properties/reference_run.hpp"

namespace bptt::properties {
namespace {

bool all_whole_numbers(const NamedTensors<long double>& tensors) {
  for (const auto& [name, tensor] : tensors)
    for (const long double v : tensor.elements())
      if (v != std::trunc(v)) return false;
  return true;
}

/// The lines of a network as an implementation of that derivation carries them out.
std::shared_ptr<const bounds::NormalForm> lines_of(Cell cell, Activation activation,
                                                   Derivation derivation) {
  const bool closed = derivation == Derivation::closed_form;
  static std::mutex mutex;
  static std::map<std::tuple<Cell, Activation, bool>, std::shared_ptr<const bounds::NormalForm>>
      known;
  const std::lock_guard lock(mutex);
  auto& lines = known[{cell, activation, closed}];
  if (lines == nullptr)
    lines = std::make_shared<const bounds::NormalForm>(bounds::normal_form(
        cells::step_of(cell, activation),
        {&cache_names(cell), closed ? cells::closed_form(name_of(cell)) : nullptr}));
  return lines;
}

/// The plans of the networks and sizes that were met last, of all threads, the latest first. To
/// make one takes longer than to judge a problem of a few numbers by it.
class RecentPlans {
 public:
  struct Of {
    Cell cell;
    Activation activation;
    Derivation derivation;
    Sizes sizes;
    friend bool operator==(const Of&, const Of&) = default;
  };

  std::shared_ptr<const bounds::Plan> plan(const Of& of) {
    if (auto known = find(of)) return known;
    const Sizes& s = of.sizes;
    auto made = std::make_shared<const bounds::Plan>(
        lines_of(of.cell, of.activation, of.derivation), cells::extents_of(of.cell, s), s.m, s.T_x,
        s.T_da, of.derivation);
    if (made->visits.visits.size() <= most_visits) keep(of, made);
    return made;
  }

 private:
  using Entry = std::pair<Of, std::shared_ptr<const bounds::Plan>>;
  static constexpr std::size_t capacity = 64;
  /// Up to here a plan is some ten thousand bytes, whatever its sizes are.
  static constexpr std::size_t most_visits = 256;

  std::shared_ptr<const bounds::Plan> find(const Of& of) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& e) { return e.first == of; });
    if (found == entries_.end()) return nullptr;
    std::rotate(entries_.begin(), found, found + 1);
    return entries_.front().second;
  }
  void keep(const Of& of, std::shared_ptr<const bounds::Plan> plan) {
    std::shared_ptr<const bounds::Plan> old;  // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    if (entries_.size() == capacity) {
      old = std::move(entries_.back().second);
      entries_.pop_back();
    }
    entries_.insert(entries_.begin(), {of, std::move(plan)});
  }

  std::mutex mutex_;
  std::vector<Entry> entries_;
};

std::shared_ptr<const bounds::Plan> plan_of(const Problem<long double>& p, Derivation derivation) {
  static RecentPlans plans;
  return plans.plan({p.cell, p.activation, derivation, p.sizes});
}

bounds::NetworkBounds bounds_of_problem(const Problem<long double>& problem,
                                        const Rounding& rounding, Derivation derivation,
                                        Passes passes, double& bytes) {
  const auto plan = plan_of(problem, derivation);
  const bool both = passes == Passes::both;
  bytes = bounds::NetworkBounds::bytes(*plan, rounding, both);
  require_oracle_memory(bytes, "the bounds");
  return {plan, problem.in, problem.up, rounding, both};
}

constexpr NoiseBound not_derived{-1, 0};

}  // namespace

double bytes_of_bounds(const Problem<long double>& problem, const Rounding& rounding,
                       Derivation derivation, Passes passes) {
  return bounds::NetworkBounds::bytes(*plan_of(problem, derivation), rounding,
                                      passes == Passes::both);
}

BoundedRun::BoundedRun(std::shared_ptr<const Problem<long double>> shared, const Rounding& rounding,
                       Derivation derivation, Passes passes)
    : problem_(std::move(shared)),
      noise_(bounds_of_problem(*problem_, rounding, derivation, passes, bytes_)) {
  const Problem<long double>& problem = *problem_;
  std::vector<std::string> names;
  if (passes == Passes::both) names = gradient_names(problem.cell);
  for (const std::string& state : state_names(problem.cell)) names.push_back(state);
  for (const std::string& name : names) {
    known_.add(name, {});
    if (passes == Passes::forward) continue;
    Tensor<long double>& tensor =
        values_.add(name, Tensor<long double>(shape_of(problem.cell, name, problem.sizes)));
    tensor.elements() = noise_.values()[name].elements();
  }
  exact_ = cells::has_exact_sums(problem.cell, problem.activation) &&
           noise_.largest_sum() <= 1 / rounding.u && all_whole_numbers(problem.in) &&
           all_whole_numbers(problem.up);
}

const NamedTensors<long double>& BoundedRun::reference_states() {
  const std::lock_guard lock(mutex_);
  if (reference_states_.size() == 0) reference_states_ = reference_forward(*problem_);
  return reference_states_;
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
  functionals.reserve(probes.size());
  unknown.reserve(probes.size());
  {
    const std::lock_guard lock(mutex_);
    const Known* of_array = nullptr;
    for (std::size_t k = 0; k < probes.size(); ++k) {
      const Probe& probe = probes[k];
      if (k == 0 || probe.array != probes[k - 1].array) of_array = &known_[probe.array];
      if (const NoiseBound* known = of_array->find(probe)) {
        result[k] = *known;
        continue;
      }
      unknown.push_back(k);
      bounds::Functional::Part part{probe.array, {}, {}};
      if (probe.entry >= 0)
        part.entries = {{probe.entry, 1.0}};
      else
        part.weight = [seed = probe.projection](Index e) { return projection_weight(seed, e); };
      functionals.emplace_back().parts.push_back(std::move(part));
    }
  }
  const auto derived = noise_.bounds(functionals);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < unknown.size(); ++i) {
    const Probe& probe = probes[unknown[i]];
    result[unknown[i]] = derived[i];
    const Problem<long double>& p = *problem_;
    known_[probe.array].learn(probe, derived[i], shape_of(p.cell, probe.array, p.sizes).size());
  }
  return result;
}

std::vector<NoiseBound> BoundedRun::bounds_of(
    const std::vector<NamedTensors<long double>>& weights) const {
  if (exact_) return std::vector<NoiseBound>(weights.size());
  std::vector<bounds::Functional> functionals;
  for (const auto& arrays : weights) {
    bounds::Functional f;
    for (const auto& [name, tensor] : arrays) {
      const auto& elements = tensor.elements();
      if (std::all_of(elements.begin(), elements.end(), [](auto w) { return w == 0; })) continue;
      f.parts.push_back({name, {}, [&elements](Index e) {
                           return static_cast<double>(elements[static_cast<std::size_t>(e)]);
                         }});
    }
    functionals.push_back(std::move(f));
  }
  return noise_.bounds(functionals);
}

}  // namespace bptt::properties
