// Property 11: the network's gradients behind a softmax head, against dual numbers.
#include <fmt/format.h>

#include "arithmetic/fifty_digits.hpp"
#include "properties/dual_states.hpp"
#include "properties/families.hpp"
#include "properties/lengths.hpp"
#include "properties/trial.hpp"
#include "reference/loss.hpp"

namespace bptt::properties {
namespace {

constexpr Index n_y = 3;

/// What the losses of each step send, and the state or output that it is of: da of a.
const CellArray& upstream_of_steps(Cell cell) {
  return array_of(cell, upstream_names(cell).front());
}

/// A head of three classes on the states, and the targets.
template <class R>
struct Head {
  Tensor<R> Wya, by, y;
  [[nodiscard]] reference::HeadParameters<R> parameters() const { return {Wya.view(), by.view()}; }
};

template <class R>
Head<R> head_for(Cell cell, const Sizes& s, const Draw& draw) {
  const Index units = upstream_of_steps(cell).shape(s)[0];
  Head<R> head{Tensor<R>({n_y, units}), Tensor<R>({n_y, 1}), Tensor<R>({n_y, s.m, s.T_x})};
  for (Index i = 0; i < n_y; ++i) {
    for (Index k = 0; k < units; ++k) head.Wya(i, k) = R(draw.symmetric(i, k));
    head.by(i) = R(draw.symmetric(i, 0, 1));
  }
  for (Index t = 0; t < s.T_x; ++t)
    for (Index j = 0; j < s.m; ++j) head.y(draw.below(n_y, j, t, 2), j, t) = R(1);
  return head;
}

/// The head's da.
template <class R>
Tensor<R> upstream_of(const Head<R>& head, const Tensor<R>& a) {
  Tensor<R> da(a.shape()), dWya(head.Wya.shape()), dby(head.by.shape());
  reference::cross_entropy_backward<R>(head.parameters(), a.view(), head.y.view(),
                                       {da.view(), dWya.view(), dby.view()});
  return da;
}

/// The states a and their derivatives along v, by dual numbers over R.
template <class R>
struct Moved {
  Tensor<R> a, tangent;
};
template <class R, class From>
Moved<R> moved(const Problem<Real>& p, const Values& v) {
  const auto states = dual_states<From>(p, v);
  const auto& from = states[upstream_of_steps(p.cell).of];
  Moved<R> to{Tensor<R>(from.shape()), Tensor<R>(from.shape())};
  for (std::size_t k = 0; k < from.elements().size(); ++k) {
    to.a.elements()[k] = R(from.elements()[k].value);
    to.tangent.elements()[k] = R(from.elements()[k].tangent);
  }
  return to;
}

/// The derivative of the head's loss where the states move so, in a network that was given `given`
/// for da: by the rounding of da it differs by <given - da, a'>, which is known.
template <class R>
R derivative_along(const Head<R>& head, const Moved<R>& states, const Tensor<Real>& given) {
  using N = Dual<R>;
  const auto dual = [](const Tensor<R>& value, const Tensor<R>* tangent) {
    Tensor<N> to(value.shape());
    for (std::size_t k = 0; k < to.elements().size(); ++k)
      to.elements()[k] = {value.elements()[k], tangent == nullptr ? R(0) : tangent->elements()[k]};
    return to;
  };
  const Head<N> constant{dual(head.Wya, nullptr), dual(head.by, nullptr), dual(head.y, nullptr)};
  const Tensor<N> a = dual(states.a, &states.tangent);
  R derivative =
      reference::cross_entropy<N>(constant.parameters(), a.view(), constant.y.view()).tangent;
  const Tensor<R> da = upstream_of(head, states.a);
  for (std::size_t k = 0; k < da.elements().size(); ++k)
    derivative += (R(given.elements()[k]) - da.elements()[k]) * states.tangent.elements()[k];
  return derivative;
}

/// |<G, v> - the derivative|, with the head in R.
template <class R, class From>
Real error_along(const Problem<Real>& p, const Values& gradients, const Values& v,
                 const Head<R>& head) {
  const R rest = along<R>(gradients, v) -
                 derivative_along(head, moved<R, From>(p, v), p.up[upstream_of_steps(p.cell).name]);
  return std::abs(static_cast<Real>(rest));
}

/// What fifty digits may lose, which shows where the bound is zero. The head makes some eight
/// operations of each term, each exact to fifty_function_error of a number of at most
/// (1 + |a|) |a'|, sums of magnitudes: weights, probabilities and their derivatives are at most
/// one.
Real lost_in_fifty(const Moved<Real>& states) {
  const auto magnitudes = [](const Tensor<Real>& tensor) {
    Real sum = 0;
    for (const Real v : tensor.elements()) sum += std::abs(v);
    return sum;
  };
  const auto operations = static_cast<Real>(8 * n_y * states.a.shape().size());
  return operations * fifty_function_error * (1 + magnitudes(states.a)) *
         magnitudes(states.tangent);
}

/// The head's backward gives da, the network's backward the rest.
template <class S>
Verdict through_the_loss_head(const Subject& subject, const ProblemSpec& spec) {
  ProblemSpec whole = of_few_samples(spec, 1);
  whole.sizes.T_da = whole.sizes.T_x;
  const Trial<S> trial(subject, whole);
  const Sizes& s = whole.sizes;
  const Draw draw = trial.draw("head");
  const auto head = head_for<Real>(whole.cell, s, draw);
  const std::string &da_name = upstream_of_steps(whole.cell).name,
                    &a_name = upstream_of_steps(whole.cell).of;

  // da from the states, rounded: the network's upstream gradient is this da, exactly.
  const Tensor<Real> da =
      upstream_of(head, reference_forward(converted<Real>(trial.problem))[a_name]);
  auto up = make_tensors<S>(whole.cell, upstream_names(whole.cell), s);
  copy(da.view(), up[da_name].view());
  const auto p = trial.with_upstream(std::move(up));
  const Expectation e = trial.expect(p);
  Comparison comparison = trial.comparison();
  if (comparison.in_doubt(e)) return comparison.verdict();
  const auto gradients = converted<Real>(gradients_of(spec.cell, trial.run(p)));

  const auto wide = converted<Real>(p);
  const std::vector<Values> directions{trial.direction("head 1"), trial.direction("head 2")};
  std::vector<Values> weights;
  for (const Values& v : directions) weights.push_back(weights_along(v, gradients));
  std::vector<NoiseBound> bounds = e.bounds_of(weights);
  for (std::size_t k = 0; k < directions.size(); ++k) {
    const Values& v = directions[k];
    const Moved<Real> states = moved<Real, Real>(wide, v);
    const Real got = along(gradients, v),
               expected = derivative_along(head, states, wide.up[da_name]);
    Real error = std::abs(got - expected);
    NoiseBound& bound = bounds[k];
    // As in derivatives.cpp: the bound may be below what 64 bits lose. So it is where a class is
    // nearly certain, which leaves y_hat - y with few of its digits: the head alone in fifty first,
    // where that is not enough the states too.
    if (error > tolerance_of(bound)) {
      const auto wide_head = head_for<Fifty>(whole.cell, s, draw);
      const Real lost = lost_in_fifty(states);
      bound.certain += lost;
      bound.sigma += lost;
      error = error_along<Fifty, Real>(wide, gradients, v, wide_head);
      if (error > tolerance_of(bound))
        error = error_along<Fifty, Fifty>(wide, gradients, v, wide_head);
    }
    comparison.within(fmt::format("derivative of the cross-entropy along head {}", k + 1), got,
                      expected, error, bound);
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
       // Behind a sample's end there is no prediction.
       .of =
           [](Cell cell) {
             return upstream_of_steps(cell).axes.size() == 1 && mask_of(cell) == nullptr;
           },
       .needs = [](const Capabilities& can,
                   Cell cell) { return can.has(upstream_of_steps(cell).name); },
       .max_size = 6,
       .cost = 6});
}

}  // namespace bptt::properties
