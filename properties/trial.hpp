// One subject on one problem: running it, and expecting what it should give.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/subject.hpp"
#include "properties/comparison.hpp"
#include "properties/directions.hpp"
#include "properties/draw.hpp"
#include "properties/expectation.hpp"
#include "properties/generate.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// The same problem with no more than `most` samples of its batch, where it is too large to be
/// judged entry by entry: for oracles that would take long and gain nothing from more samples.
[[nodiscard]] inline ProblemSpec of_few_samples(ProblemSpec spec, Index most) {
  if (!judged_entry_by_entry(spec.cell, spec.sizes)) spec.sizes.m = std::min(spec.sizes.m, most);
  return spec;
}

/// What a property's check is given. S: the scalar that the subject runs in.
template <class S>
class Trial {
 public:
  Trial(const Subject& on_trial, const ProblemSpec& drawn)
      : Trial(on_trial, drawn, generate<S>(drawn)) {}
  Trial(const Subject& on_trial, const ProblemSpec& drawn, Problem<S> changed)
      : subject(on_trial), can(on_trial.capabilities()), spec(drawn), problem(std::move(changed)) {}
  /// The same trial on a problem derived from the drawn one.
  [[nodiscard]] Trial of(Problem<S> changed) const { return {subject, spec, std::move(changed)}; }

  const Subject& subject;
  const Capabilities can;
  const ProblemSpec& spec;
  const Problem<S> problem;

  [[nodiscard]] Rounding rounding() const {
    Rounding r = Rounding::of<S>();
    r.tanh_ulp = can.tanh_ulp;
    r.sigmoid_ulp = can.sigmoid_ulp;
    r.absolute_error = can.absolute_error;
    return r;
  }
  [[nodiscard]] Comparison comparison() const { return Comparison(rounding().u, can.without); }
  [[nodiscard]] Expectation expect(const Problem<S>& p) const {
    return {p, rounding(), can.derivation};
  }
  [[nodiscard]] Expectation expect_states(const Problem<S>& p) const {
    return {p, rounding(), can.derivation, Passes::forward};
  }
  [[nodiscard]] Draw draw(std::string_view purpose) const { return {spec.seed, purpose}; }

  [[nodiscard]] std::vector<Probe> probes() const { return probes(spec.sizes); }
  /// Of arrays that the subject gives.
  [[nodiscard]] std::vector<Probe> probes(const Sizes& sizes) const {
    std::vector<Probe> kept = choose_probes(spec.cell, sizes, spec.seed);
    std::erase_if(kept, [this](const Probe& probe) { return !gives(probe.array); });
    return kept;
  }
  /// A forward pass gives states only.
  [[nodiscard]] bool gives(std::string_view array) const {
    return can.has(array) && (can.backward || array_of(spec.cell, array).role != Role::gradient);
  }
  [[nodiscard]] bool takes(std::string_view array) const { return can.has(array); }
  /// A random direction in the inputs that the subject takes, and whose gradient it gives.
  [[nodiscard]] Values direction(std::string_view purpose) const {
    Values v = random_direction(spec, purpose);
    for (auto& [name, tensor] : v)
      if (!takes(name) || (can.backward && !gives("d" + name))) fill(tensor.view(), 0);
    return v;
  }
  /// The probes of gradients only.
  [[nodiscard]] std::vector<Probe> gradient_probes() const { return gradient_probes(spec.sizes); }
  [[nodiscard]] std::vector<Probe> gradient_probes(const Sizes& sizes) const {
    std::vector<Probe> kept = probes(sizes);
    std::erase_if(kept, [this](const Probe& probe) {
      return array_of(spec.cell, probe.array).role != Role::gradient;
    });
    return kept;
  }

  /// States and gradients of a problem, by the subject; states alone if it has no backward pass.
  [[nodiscard]] NamedTensors<S> run(const Problem<S>& p) const {
    const auto session = subject.open<S>(p.cell, p.activation, p.sizes);
    auto states = make_tensors<S>(p.cell, state_names(p.cell), p.sizes);
    NamedTensors<S> all;
    session->forward(views_of(p.in), views_of(states));
    if (can.backward) {
      all = make_tensors<S>(p.cell, gradient_names(p.cell), p.sizes);
      session->backward(views_of(p.in), views_of(p.up), views_of(all));
    }
    for (auto& [name, tensor] : states) all.add(name, std::move(tensor));
    return all;
  }
  [[nodiscard]] NamedTensors<S> run() const { return run(problem); }

  /// The same network under other upstream gradients.
  [[nodiscard]] Problem<S> with_upstream(NamedTensors<S> up) const {
    return {problem.cell, problem.activation, problem.sizes, problem.in, std::move(up)};
  }
};

/// The arrays of `tensors` that are gradients: all but the cell's states and outputs.
template <class S>
[[nodiscard]] NamedTensors<S> gradients_of(Cell cell, const NamedTensors<S>& tensors) {
  NamedTensors<S> gradients;
  for (const auto& [name, tensor] : tensors)
    if (array_of(cell, name).role == Role::gradient) gradients.add(name, tensor);
  return gradients;
}

/// Views for reading only.
template <class S>
[[nodiscard]] NamedViews<const S> read_only(const NamedViews<S>& views) {
  NamedViews<const S> result;
  for (const auto& [name, view] : views) result.add(name, view);
  return result;
}

/// y = s x + y, array by array, in long double.
inline void add_scaled(NamedTensors<long double>& y, long double s,
                       const NamedTensors<long double>& x) {
  for (auto& [name, tensor] : y) {
    const auto& of_x = x[name].elements();
    for (std::size_t k = 0; k < of_x.size(); ++k) tensor.elements()[k] += s * of_x[k];
  }
}

}  // namespace bptt::properties
