// Property 11: the network's gradients behind a softmax head, against dual numbers.
#include <fmt/format.h>

#include "arithmetic/fifty_digits.hpp"
#include "properties/dual_states.hpp"
#include "properties/families.hpp"
#include "properties/trial.hpp"
#include "reference/loss.hpp"

namespace bptt::properties {
namespace {

/// The derivative of the states a along v, by dual numbers over R.
template <class R>
Tensor<Fifty> tangents_of_a(const Problem<Real>& p, const Values& v) {
  const auto states = dual_states<R>(p, v);
  Tensor<Fifty> tangents(states["a"].shape());
  for (std::size_t k = 0; k < tangents.elements().size(); ++k)
    tangents.elements()[k] = Fifty(states["a"].elements()[k].tangent);
  return tangents;
}

Real sum_of_magnitudes(const Tensor<Fifty>& tensor) {
  Real sum = 0;
  for (const Fifty& v : tensor.elements()) sum += static_cast<Real>(Fifty(abs(v)));
  return sum;
}

/// A head of three classes on the states: its backward gives da, the network's backward the rest.
template <class S>
Verdict through_the_loss_head(const Subject& subject, const ProblemSpec& spec) {
  ProblemSpec whole = of_few_samples(spec, 1);
  whole.sizes.T_da = whole.sizes.T_x;
  const Trial<S> trial(subject, whole);
  const Sizes& s = whole.sizes;
  const Index n_y = 3;
  Tensor<Fifty> Wya({n_y, s.n_a}), by({n_y, 1}), y({n_y, s.m, s.T_x});
  const Draw draw = trial.draw("head");
  for (Index i = 0; i < n_y; ++i) {
    for (Index k = 0; k < s.n_a; ++k) Wya(i, k) = draw.symmetric(i, k);
    by(i) = draw.symmetric(i, 0, 1);
  }
  for (Index t = 0; t < s.T_x; ++t)
    for (Index j = 0; j < s.m; ++j) y(draw.below(n_y, j, t, 2), j, t) = 1;

  // da from the states, rounded: the network's upstream gradient is this da, exactly. A class that
  // is nearly certain leaves y_hat - y with few of its digits, hence fifty for the head.
  const auto wide = converted<Real>(trial.problem);
  const Tensor<Fifty> a = converted<Fifty>(reference_forward(wide)["a"]);
  Tensor<Fifty> da({s.n_a, s.m, s.T_x}), dWya({n_y, s.n_a}), dby({n_y, 1});
  const reference::HeadParameters<Fifty> head{Wya.view(), by.view()};
  reference::cross_entropy_backward<Fifty>(head, a.view(), y.view(),
                                           {da.view(), dWya.view(), dby.view()});
  auto up = make_tensors<S>(whole.cell, upstream_names(whole.cell), s);
  copy(da.view(), up["da"].view());
  const auto p = trial.with_upstream(std::move(up));
  const Expectation e = trial.expect(p);
  Comparison comparison = trial.comparison();
  if (comparison.in_doubt(e)) return comparison.verdict();
  const auto gradients = converted<Real>(gradients_of(trial.run(p)));

  // The derivative along v if the states' is a'. Rounding da to S changes it by
  // <da rounded - da, a'>, which is known.
  const auto derivative_along = [&](const Tensor<Fifty>& da_dv) -> Fifty {
    using N = Dual<Fifty>;
    const auto dual = [](const Tensor<Fifty>& value, const Tensor<Fifty>& tangent) {
      Tensor<N> to(value.shape());
      for (std::size_t k = 0; k < to.elements().size(); ++k)
        to.elements()[k] = {value.elements()[k], tangent.elements()[k]};
      return to;
    };
    const auto constant = [&](const Tensor<Fifty>& value) {
      return dual(value, Tensor<Fifty>(value.shape()));
    };
    const Tensor<N> Wya_dual = constant(Wya), by_dual = constant(by), y_dual = constant(y);
    const Tensor<N> a_dual = dual(a, da_dv);
    const reference::HeadParameters<N> dual_head{Wya_dual.view(), by_dual.view()};
    Fifty derivative = reference::cross_entropy<N>(dual_head, a_dual.view(), y_dual.view()).tangent;
    for (std::size_t k = 0; k < da.elements().size(); ++k)
      derivative += (Fifty(p.up["da"].elements()[k]) - da.elements()[k]) * da_dv.elements()[k];
    return derivative;
  };
  for (const char* purpose : {"head 1", "head 2"}) {
    const Values v = trial.direction(purpose);
    const Tensor<Fifty> da_dv = tangents_of_a<Real>(wide, v);
    // Fifty digits round too, which shows where the bound is zero. The head makes some eight
    // operations of each term, each exact to fifty_function_error of a number of at most
    // (1 + |a|) |a'|, sums of magnitudes: weights, probabilities and their derivatives are at most
    // one.
    const auto operations = static_cast<Real>(8 * n_y * a.shape().size());
    const Real lost =
        operations * fifty_function_error * (1 + sum_of_magnitudes(a)) * sum_of_magnitudes(da_dv);
    NoiseBound bound = e.bound_of(weights_along(v, gradients));
    bound.certain += lost;
    bound.sigma += lost;
    const Fifty expected = derivative_along(da_dv);
    Fifty error = along<Fifty>(gradients, v) - expected;
    // As in derivatives.cpp: the bound may be below what 64 bits lose.
    if (abs(error) > tolerance_of(bound))
      error = along<Fifty>(gradients, v) - derivative_along(tangents_of_a<Fifty>(wide, v));
    comparison.within(fmt::format("derivative of the cross-entropy along {}", purpose),
                      along(gradients, v), static_cast<Real>(expected),
                      static_cast<Real>(Fifty(abs(error))), bound);
  }
  return comparison.verdict();
}

}  // namespace

void add_loss_head(std::vector<Property>& all) {
  all.push_back(
      {.id = "through_the_loss_head",
       .sentence = "Softmax, cross-entropy and the network chain to the loss's derivative",
       .mathematics = "<G(da of the head), v> = d/de L(x + ev)",
       .exactness = Exactness::bounded,
       .check_f32 = through_the_loss_head<float>,
       .check_f64 = through_the_loss_head<double>,
       .regimes = finite_regimes & ~bit(Regime::subnormal),
       .max_size = 6,
       .cost = 6});
}

}  // namespace bptt::properties
