// Properties 4, 5, 10, 13 and 39: independent computations of the same numbers agree.
#include <algorithm>

#include "cells/network.hpp"
#include "properties/families.hpp"
#include "properties/reference_run.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

/// The subject against the reference's way back in 64-bit mantissas or more.
template <class S>
Verdict agrees_with(const Subject& subject, const ProblemSpec& spec, Derivation way) {
  const Trial<S> trial(subject, spec);
  const auto got = converted<long double>(trial.run());
  const Expectation expectation = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  if (way == Derivation::one_pass)
    comparison.within(trial.probes(), got, expectation.values(), {{&expectation, 1}});
  else
    comparison.within(trial.gradient_probes(), got, expectation.reference_gradients(way),
                      {{&expectation, 1}});
  return comparison.verdict();
}

template <class S>
Verdict equals_reference(const Subject& subject, const ProblemSpec& spec) {
  return agrees_with<S>(subject, spec, Derivation::one_pass);
}
/// Everything that enters an activation is scaled down: pre-activations, candidates and cell states
/// near zero, where tanh must keep its digits.
template <class S>
Verdict equals_reference_near_zero(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> drawn(subject, spec);
  Problem<S> small = drawn.problem;
  for (auto& [name, tensor] : small.in)
    if (const CellArray& array = array_of(spec.cell, name);
        array.role != Role::mask && array.low == array.high &&
        (array.role != Role::weight || array.axes.size() < 2))
      for (S& v : tensor.elements()) v *= S(0x1p-24);
  const Trial<S> trial = drawn.of(std::move(small));
  const Expectation expectation = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  comparison.within(trial.probes(), converted<long double>(trial.run()), expectation.values(),
                    {{&expectation, 1}});
  return comparison.verdict();
}

/// No exp of its own, which has no upper limit.
bool has_limits(Cell cell) {
  const auto& lines = cells::definition_of(cell).step.lines;
  return std::none_of(lines.begin(), lines.end(), [](const cells::Line& line) {
    return line.function == cells::Function::exp;
  });
}

/// Everything that enters an activation is scaled up, by features and biases: functions at their
/// limits, and exp on the way to them. A result that overflows where the reference does not is
/// wrong.
template <class S>
Verdict equals_reference_saturated(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> drawn(subject, spec);
  Problem<S> large = drawn.problem;
  for (auto& [name, tensor] : large.in)
    if (const CellArray& array = array_of(spec.cell, name);
        array.low == array.high &&
        (array.role == Role::input || (array.role == Role::weight && array.axes.size() < 2)))
      for (S& v : tensor.elements()) v *= S(0x1p10);
  const Trial<S> trial = drawn.of(std::move(large));
  // To twice the digits: a gate formed as 1 / (1 + exp(-z)) is zero where it should be below the
  // smallest normal number, and whoever bounds the argument of exp by 500 has e^-500 there.
  Rounding rounding = trial.rounding();
  rounding.absolute_error = std::max(rounding.absolute_error, rounding.u * rounding.u);
  const Expectation expectation(trial.problem, rounding, trial.can.derivation);
  Comparison comparison = trial.comparison();
  comparison.within(trial.probes(), converted<long double>(trial.run()), expectation.values(),
                    {{&expectation, 1}});
  return comparison.verdict();
}

template <class S>
Verdict one_walk_per_loss(const Subject& subject, const ProblemSpec& spec) {
  return agrees_with<S>(subject, spec, Derivation::one_walk_per_loss);
}
template <class S>
Verdict split_upstream(const Subject& subject, const ProblemSpec& spec) {
  return agrees_with<S>(subject, spec, Derivation::split);
}
template <class S>
Verdict closed_form(const Subject& subject, const ProblemSpec& spec) {
  return agrees_with<S>(subject, spec, Derivation::closed_form);
}

template <class S>
Verdict integers_are_exact(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  if (!trial.expect(trial.problem).exact())
    comparison.inconclusive("some sum is beyond the whole numbers that the scalar holds");
  else
    comparison.bitwise(trial.run(), reference_outputs(trial.problem));
  return comparison.verdict();
}

/// Runs in both scalars whichever was asked for: the two of one subject are compared.
Verdict scalars_agree(const Subject& subject, const ProblemSpec& spec) {
  const Trial<float> narrow(subject, spec);
  Comparison comparison = narrow.comparison();
  const Trial<double> wide(subject, spec);
  const Problem<double> problem = converted<double>(narrow.problem);
  // Every error of the same computation in f64 is at most 2^-29 times that in f32.
  const Expectation e = narrow.expect(narrow.problem);
  comparison.within(narrow.probes(), converted<long double>(narrow.run()),
                    converted<long double>(wide.run(problem)), {{&e, 1}, {&e, 0x1p-29}});
  return comparison.verdict();
}

}  // namespace

void add_agreement(std::vector<Property>& all) {
  all.push_back({.id = "equals_reference",
                 .sentence = "States and gradients are those of the reference, entry by entry",
                 .mathematics = "subject(problem) = reference(problem)",
                 .exactness = Exactness::bounded,
                 .check_f32 = equals_reference<float>,
                 .check_f64 = equals_reference<double>,
                 .of_states = true,
                 .at_any_size = true});
  all.push_back({.id = "equals_reference_near_zero",
                 .sentence = "They are where every activation works near zero, too",
                 .mathematics = "subject(2^-24 x, a0, c0, b) = reference, relative to its size",
                 .exactness = Exactness::bounded,
                 .check_f32 = equals_reference_near_zero<float>,
                 .check_f64 = equals_reference_near_zero<double>,
                 .regimes = bit(Regime::unit) | bit(Regime::expanding) | bit(Regime::signed_zeros),
                 .tanh_only = true,
                 .of_states = true});
  all.push_back(
      {.id = "equals_reference_saturated",
       .sentence = "They are where every activation is at its limits, to twice the digits",
       .mathematics = "subject(2^10 x, b) = reference: no overflow on the way to 0, 1 or -1",
       .exactness = Exactness::bounded,
       .check_f32 = equals_reference_saturated<float>,
       .check_f64 = equals_reference_saturated<double>,
       .regimes = bit(Regime::unit) | bit(Regime::signed_zeros),
       .of = has_limits,
       .of_states = true});
  all.push_back({.id = "one_pass_equals_one_walk_per_loss",
                 .sentence = "One pass gives what one walk back for every loss term gives",
                 .mathematics = "G(da) = sum over losses l of the walk l, l-1, .., 0",
                 .exactness = Exactness::bounded,
                 .check_f32 = one_walk_per_loss<float>,
                 .check_f64 = one_walk_per_loss<double>});
  all.push_back({.id = "one_pass_equals_split_upstream",
                 .sentence = "One pass gives what da[:,:,t] and da_prevt give when carried apart",
                 .mathematics = "cell(da_t + da_prevt) = cell(da_t) + cell(da_prevt)",
                 .exactness = Exactness::bounded,
                 .check_f32 = split_upstream<float>,
                 .check_f64 = split_upstream<double>,
                 .of = cells::is_causal});
  all.push_back({.id = "agrees_with_closed_form",
                 .sentence = "The LSTM's gradients are those of the closed formulas",
                 .mathematics = "reversed lines = closed form",
                 .exactness = Exactness::bounded,
                 .check_f32 = closed_form<float>,
                 .check_f64 = closed_form<double>,
                 .of = is_lstm});
  all.push_back({.id = "integers_are_exact",
                 .sentence = "On small integers every order of summation gives the same bits",
                 .mathematics = "sums below 1/u: subject(problem) = reference(problem), bit by bit",
                 .exactness = Exactness::bitwise,
                 .check_f32 = integers_are_exact<float>,
                 .check_f64 = integers_are_exact<double>,
                 .regimes = bit(Regime::integers),
                 .of = cells::may_have_exact_sums,
                 .linear_only = true,
                 .of_states = true});
  all.push_back({.id = "scalars_agree",
                 .sentence = "f32 and f64 of one subject differ by no more than their bounds",
                 .mathematics = "|G_f32 - G_f64| <= B_f32 + B_f64",
                 .exactness = Exactness::bounded,
                 .check_f32 = scalars_agree,
                 .check_f64 = scalars_agree,
                 .regimes = finite_regimes & ~bit(Regime::subnormal),
                 .both_scalars = true,
                 .of_states = true,
                 .cost = 2});
}

}  // namespace bptt::properties
