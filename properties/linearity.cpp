// Properties 1 to 3: the backward pass is linear in the upstream gradients.
#include <algorithm>
#include <cmath>

#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

/// Part of v, so that v - factor * part is exact and no larger than v: of 10 bits, at random
/// between 0 and v / factor.
template <class S>
S part_of(S v, int factor, const Draw& draw, Index k) {
  if (v == 0) return 0;
  const int lowest = std::max(
      std::ilogb(v) - 10, std::numeric_limits<S>::min_exponent - std::numeric_limits<S>::digits);
  const auto share = static_cast<S>(draw.uniform(k)) * v / static_cast<S>(factor);
  return std::ldexp(std::trunc(std::ldexp(share, -lowest)), lowest);
}

template <class S>
Verdict linear_in_da(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  constexpr int factors[] = {-3, -2, 2, 3};
  const int s = factors[trial.draw("factor").below(4, 0)];
  auto w1 = trial.problem.up, w2 = trial.problem.up;
  for (auto& [name, tensor] : w1) {
    const Draw draw = trial.draw("part of " + name);
    for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
      S& part = tensor.elements()[k];
      part = part_of(part, s, draw, static_cast<Index>(k));
      w2[name].elements()[k] -= static_cast<S>(s) * part;
    }
  }

  const auto p1 = trial.with_upstream(w1), p2 = trial.with_upstream(w2);
  auto expected = converted<long double>(gradients_of(spec.cell, trial.run(p2)));
  add_scaled(expected, s, converted<long double>(gradients_of(spec.cell, trial.run(p1))));
  const auto got = converted<long double>(gradients_of(spec.cell, trial.run()));

  // w2 = w - s w1: the bounds of G(w2) are no larger than those of G(w) and s G(w1) added up, and
  // with these two they come to no more than twice both (docs/error_bounds.md, section 5).
  const Expectation e1 = trial.expect(p1), e = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  comparison.within(trial.gradient_probes(), got, expected, {{&e, 2}, {&e1, 2.0 * s}});
  return comparison.verdict();
}

template <class S>
Verdict odd_and_homogeneous(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const auto scaled_upstream = [&](S factor) {
    auto up = trial.problem.up;
    for (auto& [name, tensor] : up)
      for (S& v : tensor.elements()) v *= factor;
    return trial.with_upstream(std::move(up));
  };
  const auto base = gradients_of(spec.cell, trial.run());
  const auto times = [&](S factor) {
    auto g = base;
    for (auto& [name, tensor] : g)
      for (S& v : tensor.elements()) v *= factor;
    return g;
  };

  for (const auto& [name, tensor] : gradients_of(spec.cell, trial.run(scaled_upstream(0)))) {
    bool zero = true;
    for (const S v : tensor.elements()) zero = zero && v == S(0);
    comparison.require(zero, name + " is not zero for zero upstream gradients");
  }
  comparison.bitwise(gradients_of(spec.cell, trial.run(scaled_upstream(-1))), times(-1));
  if (comparison.verdict().outcome == Outcome::broken) return comparison.verdict();

  // A power of two scales every rounding with it, unless something underflows on the way.
  const S scale = 64;
  const Expectation expectation = trial.expect(trial.problem);
  const double smallest = expectation.smallest_value();
  if (smallest < trial.rounding().smallest_normal * 0x1p24 || !expectation.doubt().empty()) {
    comparison.inconclusive("a product comes near the subnormal range, where scaling rounds");
    return comparison.verdict();
  }
  comparison.bitwise(gradients_of(spec.cell, trial.run(scaled_upstream(scale))), times(scale));
  return comparison.verdict();
}

/// Steps 0 = e_0 < e_1 < .. = T where parts of the sequence end: every step of a short one, two
/// parts of a long one.
std::vector<Index> ends_of_parts(Index T, const Draw& draw) {
  constexpr Index step_by_step = 6;
  if (T > step_by_step) return {0, 1 + draw.below(T - 1, 0), T};
  std::vector<Index> ends;
  for (Index t = 0; t <= T; ++t) ends.push_back(t);
  return ends;
}

template <class S>
Verdict superposition_over_time(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_da;
  NamedTensors<long double> sum;
  for (const auto& name : gradient_names(spec.cell))
    sum.add(name, Tensor<long double>(shape_of(spec.cell, name, spec.sizes)));

  const std::vector<Index> ends = ends_of_parts(T, trial.draw("parts"));
  std::vector<Expectation> expectations;
  for (std::size_t k = 0; k + 1 < ends.size(); ++k) {
    const auto alone = trial.with_upstream(
        losses_of_steps(trial.problem, ends[k], ends[k + 1], spec.sizes, ends[k + 1] == T));
    add_scaled(sum, 1, converted<long double>(gradients_of(spec.cell, trial.run(alone))));
    if (k + 2 < ends.size()) expectations.push_back(trial.expect(alone));
  }
  const Expectation whole = trial.expect(trial.problem);
  // The last part is the whole without the others: as in linear_in_da, of n computations.
  const double factor = std::max(2.0, std::sqrt(static_cast<double>(expectations.size() + 2)));
  std::vector<Source> sources{{&whole, factor}};
  for (const Expectation& e : expectations) sources.push_back({&e, factor});

  Comparison comparison = trial.comparison();
  comparison.within(trial.gradient_probes(),
                    converted<long double>(gradients_of(spec.cell, trial.run())), sum, sources);
  return comparison.verdict();
}

}  // namespace

void add_linearity(std::vector<Property>& all) {
  all.push_back({.id = "linear_in_da",
                 .sentence = "The gradients are linear in the upstream gradients",
                 .mathematics = "G(s w1 + w2) = s G(w1) + G(w2)",
                 .exactness = Exactness::bounded,
                 .check_f32 = linear_in_da<float>,
                 .check_f64 = linear_in_da<double>,
                 .max_size = 8,
                 .at_any_size = true,
                 .cost = 4});
  all.push_back({.id = "odd_and_homogeneous",
                 .sentence = "Zero, negated and doubled upstream gradients give just that",
                 .mathematics = "G(0) = 0, G(-w) = -G(w), G(2^k w) = 2^k G(w)",
                 .exactness = Exactness::bitwise,
                 .check_f32 = odd_and_homogeneous<float>,
                 .check_f64 = odd_and_homogeneous<double>,
                 .regimes = finite_regimes & ~bit(Regime::subnormal),
                 .at_any_size = true});
  all.push_back(
      {.id = "superposition_over_time",
       .sentence = "The gradients of single steps' losses, or of parts', add up to the whole",
       .mathematics = "G(da) = sum over parts P of the steps of G(da restricted to P)",
       .exactness = Exactness::bounded,
       .check_f32 = superposition_over_time<float>,
       .check_f64 = superposition_over_time<double>,
       .max_size = 5,
       .at_any_size = true,
       .cost = 6});
}

}  // namespace bptt::properties
