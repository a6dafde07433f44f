// Properties 32 and 33: cutting time or the batch in two.
#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

template <class S>
void paste(const Tensor<S>& part, const View<S>& into) {
  copy(part.view(), into);
}

template <class S>
Verdict split_time(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const Index T = spec.sizes.T_da;
  if (T < 2) {
    comparison.inconclusive("one step cannot be cut in two");
    return comparison.verdict();
  }
  const Index s = 1 + trial.draw("cut").below(T - 1, 0);
  const auto whole = trial.run();

  Problem<S> late = steps(trial.problem, s, T), early = steps(trial.problem, 0, s);
  begin_after(late, whole, s - 1);
  const auto late_out = trial.run(late);
  hand_back(early, late_out);
  const auto early_out = trial.run(early);

  auto expected = converted<long double>(gradients_of(spec.cell, whole));
  auto got = converted<long double>(gradients_of(spec.cell, early_out));
  const auto late_wide = converted<long double>(late_out);
  for (auto& [name, tensor] : got) {
    const CellArray& array = array_of(spec.cell, name);
    if (array.accumulates())
      for (std::size_t k = 0; k < tensor.elements().size(); ++k)
        tensor.elements()[k] += late_wide[name].elements()[k];
    if (!array.has_steps) continue;
    Tensor<long double> joined(expected[name].shape());
    paste(tensor, joined.view().slice(array.step_axis(), 0, s));
    paste(late_wide[name], joined.view().slice(array.step_axis(), s, T));
    tensor = std::move(joined);
  }

  const Expectation e = trial.expect(trial.problem);
  comparison.within(trial.gradient_probes(), got, expected, {{&e, 1}, {&e, 1}});
  return comparison.verdict();
}

template <class S>
Verdict split_batch(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const Index m = spec.sizes.m;
  if (m < 2) {
    comparison.inconclusive("one sample cannot be cut in two");
    return comparison.verdict();
  }
  const Index s = 1 + trial.draw("cut").below(m - 1, 0);
  const auto expected = converted<long double>(trial.run());
  const auto left = converted<long double>(trial.run(samples(trial.problem, 0, s)));
  const auto right = converted<long double>(trial.run(samples(trial.problem, s, m)));

  NamedTensors<long double> got;
  for (const auto& [name, tensor] : expected) {
    Tensor<long double> joined(tensor.shape());
    const CellArray& array = array_of(spec.cell, name);
    if (array.accumulates()) {
      for (std::size_t k = 0; k < joined.elements().size(); ++k)
        joined.elements()[k] = left[name].elements()[k] + right[name].elements()[k];
    } else {
      paste(left[name], joined.view().slice(array.sample_axis(), 0, s));
      paste(right[name], joined.view().slice(array.sample_axis(), s, m));
    }
    got.add(name, std::move(joined));
  }
  const Expectation e = trial.expect(trial.problem);
  comparison.within(trial.probes(), got, expected, {{&e, 1}, {&e, 1}});
  return comparison.verdict();
}

}  // namespace

void add_splitting(std::vector<Property>& all) {
  all.push_back({.id = "time_in_two_parts",
                 .sentence = "Backward over the late steps, then the early ones, is backward",
                 .mathematics = "[0,T) = [s,T), then [0,s) fed with its da0, dc0; dW adds",
                 .exactness = Exactness::bounded,
                 .check_f32 = split_time<float>,
                 .check_f64 = split_time<double>,
                 .of = goes_on_from_any_step,
                 .needs = carries_over,
                 .min_T = 2,
                 .at_any_size = true});
  all.push_back({.id = "batch_in_two_parts",
                 .sentence = "The weight gradients of two parts of the batch add up",
                 .mathematics = "dW = sum over the parts; dx, da0 part by part",
                 .exactness = Exactness::bounded,
                 .check_f32 = split_batch<float>,
                 .check_f64 = split_batch<double>,
                 .of_states = true,
                 .min_m = 2,
                 .at_any_size = true});
}

}  // namespace bptt::properties
