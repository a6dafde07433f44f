// Properties 1 to 3: the backward pass is linear in the upstream gradients.
#include <cmath>

#include "properties/families.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

/// Rounds every value to a multiple of 2^-10 of the largest one's binade, so that small integer
/// combinations of two such arrays are exact in float.
template <class S>
void round_to_grid(NamedTensors<S>& p, NamedTensors<S>& q) {
  for (auto& [name, tensor] : p) {
    S largest = 0;
    for (auto* other : {&tensor, &q[name]})
      for (const S v : other->elements()) largest = std::max(largest, std::abs(v));
    if (largest == 0) continue;
    const int lowest = std::max(std::ilogb(largest) - 10, std::numeric_limits<S>::min_exponent -
                                                              std::numeric_limits<S>::digits);
    for (auto* other : {&tensor, &q[name]})
      for (S& v : other->elements()) v = std::ldexp(std::nearbyint(std::ldexp(v, -lowest)), lowest);
  }
}

template <class S>
Verdict linear_in_da(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  auto w1 = trial.problem.up;
  auto w2 = generate_upstream<S>(spec, " of another loss");
  round_to_grid(w1, w2);
  constexpr int factors[] = {-3, -2, 2, 3};
  const int s = factors[trial.draw("factor").below(4, 0)];
  NamedTensors<S> combined = w2;
  for (auto& [name, tensor] : combined)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      tensor.elements()[k] += static_cast<S>(s) * w1[name].elements()[k];

  const auto p1 = trial.with_upstream(w1), p2 = trial.with_upstream(w2),
             p = trial.with_upstream(combined);
  auto expected = converted<long double>(gradients_of(trial.run(p2)));
  add_scaled(expected, s, converted<long double>(gradients_of(trial.run(p1))));
  const auto got = converted<long double>(gradients_of(trial.run(p)));

  const Expectation e1 = trial.expect(p1), e2 = trial.expect(p2), e = trial.expect(p);
  Comparison comparison = trial.comparison();
  comparison.within(trial.gradient_probes(), got, expected,
                    {{&e, 1}, {&e1, static_cast<double>(s)}, {&e2, 1}});
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
  const auto base = gradients_of(trial.run());
  const auto times = [&](S factor) {
    auto g = base;
    for (auto& [name, tensor] : g)
      for (S& v : tensor.elements()) v *= factor;
    return g;
  };

  for (const auto& [name, tensor] : gradients_of(trial.run(scaled_upstream(0)))) {
    bool zero = true;
    for (const S v : tensor.elements()) zero = zero && v == S(0);
    comparison.require(zero, name + " is not zero for zero upstream gradients");
  }
  comparison.bitwise(gradients_of(trial.run(scaled_upstream(-1))), times(-1));
  if (comparison.verdict().outcome == Outcome::broken) return comparison.verdict();

  // A power of two scales every rounding with it, unless something underflows on the way.
  const S scale = 64;
  const Expectation expectation = trial.expect(trial.problem);
  const double smallest = expectation.smallest_value();
  if (smallest < trial.rounding().smallest_normal * 0x1p24 || !expectation.doubt().empty()) {
    comparison.inconclusive("a product comes near the subnormal range, where scaling rounds");
    return comparison.verdict();
  }
  comparison.bitwise(gradients_of(trial.run(scaled_upstream(scale))), times(scale));
  return comparison.verdict();
}

template <class S>
Verdict superposition_over_time(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_da;
  NamedTensors<long double> sum;
  for (const auto& name : gradient_names(spec.cell))
    sum.add(name, Tensor<long double>(shape_of(spec.cell, name, spec.sizes)));

  std::vector<Expectation> expectations;
  for (Index t = 0; t < T; ++t) {
    auto up = make_tensors<S>(spec.cell, upstream_names(spec.cell), spec.sizes);
    copy(trial.problem.up["da"].view().at_step(t), up["da"].view().at_step(t));
    if (spec.cell == Cell::lstm && t == T - 1) up["dc_T"] = trial.problem.up["dc_T"];
    const auto alone = trial.with_upstream(std::move(up));
    add_scaled(sum, 1, converted<long double>(gradients_of(trial.run(alone))));
    expectations.push_back(trial.expect(alone));
  }
  const Expectation whole = trial.expect(trial.problem);
  std::vector<Source> sources{{&whole, 1}};
  for (const Expectation& e : expectations) sources.push_back({&e, 1});

  Comparison comparison = trial.comparison();
  comparison.within(trial.gradient_probes(), converted<long double>(gradients_of(trial.run())), sum,
                    sources);
  return comparison.verdict();
}

}  // namespace

void add_linearity(std::vector<Property>& all) {
  all.push_back({.number = 1,
                 .id = "linear_in_da",
                 .sentence = "The gradients are linear in the upstream gradients",
                 .mathematics = "G(s w1 + w2) = s G(w1) + G(w2)",
                 .exactness = Exactness::bounded,
                 .check_f32 = linear_in_da<float>,
                 .check_f64 = linear_in_da<double>,
                 .max_size = 8,
                 .cost = 4});
  all.push_back({.number = 2,
                 .id = "odd_and_homogeneous",
                 .sentence = "Zero, negated and doubled upstream gradients give just that",
                 .mathematics = "G(0) = 0, G(-w) = -G(w), G(2^k w) = 2^k G(w)",
                 .exactness = Exactness::bitwise,
                 .check_f32 = odd_and_homogeneous<float>,
                 .check_f64 = odd_and_homogeneous<double>,
                 .regimes = finite_regimes & ~bit(Regime::subnormal)});
  all.push_back({.number = 3,
                 .id = "superposition_over_time",
                 .sentence = "The gradients of the single steps' losses add up to the whole",
                 .mathematics = "G(da) = sum over t of G(da restricted to t)",
                 .exactness = Exactness::bounded,
                 .check_f32 = superposition_over_time<float>,
                 .check_f64 = superposition_over_time<double>,
                 .max_size = 5,
                 .cost = 6});
}

}  // namespace bptt::properties
