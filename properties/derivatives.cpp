// Properties 6, 7, 31 and 41: the gradients are derivatives, by oracles that share no formula
// with the backward pass.
#include <fmt/format.h>
#include <cmath>
#include <complex>
#include <memory>
#include <optional>

#include "arithmetic/complex_step.hpp"
#include "arithmetic/fifty_digits.hpp"
#include "cells/network.hpp"
#include "properties/dual_states.hpp"
#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/reference_run.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

/// visit(name of an upstream gradient, name of the state or output that it is of, first entry of
/// the state that the losses read).
template <class Visit>
void for_each_loss(Cell cell, const Sizes& s, const Visit& visit) {
  for (const std::string& name : upstream_names(cell)) {
    const CellArray& array = array_of(cell, name);
    const Index block = shape_of(cell, array.of, s).without_last_axis().size();
    visit(name, array.of, array.has_steps ? 0 : block * array.last_step(s.T_da));
  }
}

/// L = the sum of <ds, s> over the steps and of <ds_T, s after the last step>, of the RNN <da, a>,
/// of the LSTM <da, a> + <dc_T, c after the last step>: the loss whose gradients G are.
template <class N>
N loss_of(Cell cell, const NamedTensors<N>& states, const Values& up, const Sizes& s) {
  CompensatedSum<N> loss;
  for_each_loss(cell, s, [&](const std::string& name, const std::string& of, Index first) {
    if (!up.contains(name)) return;
    const auto& weights = up[name].elements();
    const auto& values = states[of].elements();
    for (std::size_t k = 0; k < weights.size(); ++k)
      loss.add(values[static_cast<std::size_t>(first) + k] * N(weights[k]));
  });
  return loss.value();
}

/// The same as weights of the states.
Values weights_of_loss(const Problem<Real>& p) {
  Values weights;
  for_each_loss(p.cell, p.sizes, [&](const std::string& name, const std::string& of, Index first) {
    if (!p.up.contains(name)) return;
    Tensor<Real> on(shape_of(p.cell, of, p.sizes));
    const auto& values = p.up[name].elements();
    std::copy(values.begin(), values.end(), on.elements().begin() + first);
    weights.add(of, std::move(on));
  });
  return weights;
}

/// The derivative of L along v, by dual numbers over R.
template <class R>
R dual_derivative(const Problem<Real>& p, const Values& v) {
  return loss_of(p.cell, dual_states<R>(p, v), p.up, p.sizes).tangent;
}

/// The derivative of L along v, by the complex step: Im L(x + i h v) / h.
Real complex_derivative(const Problem<Real>& p, const Values& v) {
  using N = std::complex<Real>;
  const Real h = 0x1p-9000L;  // a power of two rounds nothing; h^2 vanishes, even beside a zero
  NamedTensors<N> in;
  for (const auto& [name, tensor] : p.in) {
    Tensor<N> numbers(tensor.shape());
    const auto& values = tensor.elements();
    const Tensor<Real>* direction = v.contains(name) ? &v[name] : nullptr;  // a mask has none
    for (std::size_t k = 0; k < values.size(); ++k)
      numbers.elements()[k] = N(values[k], direction ? h * direction->elements()[k] : 0);
    in.add(name, std::move(numbers));
  }
  const Problem<N> complex{p.cell, p.activation, p.sizes, std::move(in), {}};
  return loss_of(p.cell, reference_forward(complex), p.up, p.sizes).imag() / h;
}

Values unit_direction(const ProblemSpec& spec, const std::string& name, std::size_t entry) {
  Values v = make_tensors<Real>(spec.cell, input_names(spec.cell), spec.sizes);
  v[name].elements()[entry] = 1;
  return v;
}

/// A direction in which the subject's <G, v> is compared with an oracle's derivative.
struct Slope {
  std::string what;
  Values v;
  std::optional<Index> sample{};  // the only one that v moves
};
using Oracle = Real (*)(const Problem<Real>&, const Values& v);

/// A sample that stays adds nothing to the derivative.
Real derivative_along(const Slope& slope, const Problem<Real>& problem, Oracle oracle) {
  if (!slope.sample) return oracle(problem, slope.v);
  const Index j = *slope.sample;
  return oracle(samples(problem, j, j + 1), samples(problem.cell, slope.v, j, j + 1));
}

/// Each slope within the bound of <G, v>. Where large terms of <G, v> are exact, that bound is the
/// one of small terms, and may be below what 64 bits lose of the large: whoever is beyond it is
/// judged once more in fifty digits, by dual numbers whatever the oracle is, and is granted what
/// these lose.
template <class S>
void compare_along(const Trial<S>& trial, const Expectation& e, const Values& gradients,
                   const std::vector<Slope>& slopes, Oracle oracle, Comparison& comparison) {
  std::vector<Values> weights;
  for (const Slope& slope : slopes) weights.push_back(weights_along(slope.v, gradients));
  const auto bounds = e.bounds_of(weights);
  const auto problem = converted<Real>(trial.problem);
  for (std::size_t k = 0; k < slopes.size(); ++k) {
    const Values& v = slopes[k].v;
    const Real got = along(gradients, v), expected = derivative_along(slopes[k], problem, oracle);
    Real error = std::abs(got - expected);
    NoiseBound bound = bounds[k];
    if (error > tolerance_of(bound)) {
      const Fifty rest = along<Fifty>(gradients, v) - dual_derivative<Fifty>(problem, v);
      error = static_cast<Real>(Fifty(abs(rest)));
      // Both sums; a bound of zero leaves no other term, since each G is then one exact product.
      const Real lost = 2 * lost_in_sum(weights[k], gradients) * (fifty_roundoff / real_roundoff);
      bound.certain += lost;
      bound.sigma += lost;
    }
    comparison.within(slopes[k].what, got, expected, error, bound);
  }
}

/// The same for large problems, whose values are of one size: the derivative is that of the lines
/// in forward mode, and what 64 bits may lose of both sums is granted at once.
template <class S>
void compare_with_lines(const Trial<S>& trial, const Expectation& e, const Values& gradients,
                        const std::vector<Slope>& slopes, Comparison& comparison) {
  std::vector<Values> weights, directions;
  for (const Slope& slope : slopes) {
    weights.push_back(weights_along(slope.v, gradients));
    directions.push_back(slope.v);
  }
  const auto bounds = e.bounds_of(weights);
  const auto tangents = e.tangents(directions);
  const auto problem = converted<Real>(trial.problem);
  const Values of_loss = weights_of_loss(problem);
  for (std::size_t k = 0; k < slopes.size(); ++k) {
    const Real lost = lost_in_sum(weights[k], gradients) + lost_in_sum(of_loss, tangents[k]);
    comparison.within(slopes[k].what, along(gradients, slopes[k].v),
                      loss_of(problem.cell, tangents[k], problem.up, problem.sizes),
                      {bounds[k].certain + lost, bounds[k].sigma + lost});
  }
}

template <class S>
Verdict dual_and_complex_step(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const Expectation e = trial.expect(trial.problem);
  if (comparison.in_doubt(e)) return comparison.verdict();
  const auto gradients = converted<Real>(gradients_of(spec.cell, trial.run()));
  const Draw draw = trial.draw("entry");
  // One entry of every input, alone: the gradient's own entry.
  std::vector<Slope> slopes;
  Index salt = 0;
  for (const auto& name : input_names(spec.cell)) {
    if (!trial.gives("d" + name)) continue;
    const Index size = gradients["d" + name].size();
    const auto entry = static_cast<std::size_t>(draw.below(size, salt++));
    slopes.push_back({fmt::format("d{} entry {} by dual numbers", name, entry),
                      unit_direction(spec, name, entry)});
    if (const CellArray& array = array_of(spec.cell, name); array.has_samples)
      slopes.back().sample =
          indices_of(static_cast<Index>(entry),
                     array.shape(spec.sizes))[static_cast<std::size_t>(array.sample_axis())];
  }
  compare_along(trial, e, gradients, slopes, dual_derivative<Real>, comparison);

  // The same entries together, by the other oracle.
  Slope together{"the same entries together by complex step",
                 make_tensors<Real>(spec.cell, input_names(spec.cell), spec.sizes)};
  for (const Slope& slope : slopes) add_scaled(together.v, 1, slope.v);
  compare_along(trial, e, gradients, {together}, complex_derivative, comparison);
  return comparison.verdict();
}

template <class S>
Verdict adjoint_identity_rounded(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const Expectation e = trial.expect(trial.problem);
  if (comparison.in_doubt(e)) return comparison.verdict();
  const auto gradients = converted<Real>(gradients_of(spec.cell, trial.run()));
  const bool small = judged_entry_by_entry(spec.cell, spec.sizes);
  std::vector<Slope> slopes;
  for (int k = 1; k <= (small ? 4 : 2); ++k) {
    const std::string purpose = fmt::format("direction {}", k);
    slopes.push_back({fmt::format("<J^T w, v>, v = {}", purpose), trial.direction(purpose)});
  }
  // Where values are of one size, no large terms are exact beside small ones that are not.
  if (small || spec.regime != Regime::unit)
    compare_along(trial, e, gradients, slopes, dual_derivative<Real>, comparison);
  else
    compare_with_lines(trial, e, gradients, slopes, comparison);
  return comparison.verdict();
}

// ---- 6: finite differences of the subject's own forward pass ------------------------------------

/// L by the subject, and the error of that number.
struct Loss {
  Real value, error;
};
template <class S>
class LossOfSubject {
 public:
  explicit LossOfSubject(const Trial<S>& trial)
      : trial_(trial),
        session_(trial.subject.template open<S>(trial.problem.cell, trial.problem.activation,
                                                trial.problem.sizes)),
        up_(converted<Real>(trial.problem.up)),
        weights_(weights_of_loss(converted<Real>(trial.problem))),
        states_(make_tensors<S>(trial.problem.cell, state_names(trial.problem.cell),
                                trial.problem.sizes)),
        moved_(trial.problem) {}

  [[nodiscard]] Loss at(const Problem<S>& p, const Expectation& e) {
    const NoiseBound bound = e.bound_of(weights_);
    session_->forward(views_of(p.in), views_of(states_));
    const Values states = converted<Real>(states_);
    return {loss_of(p.cell, states, up_, p.sizes),
            tolerance_of(bound) + lost_in_sum(weights_, states)};
  }
  /// At x + h v.
  [[nodiscard]] Loss along(const Values& v, double h) {
    for (auto& [name, tensor] : moved_.in) {
      if (!v.contains(name)) continue;  // a mask
      const auto& from = trial_.problem.in[name].elements();
      const auto& direction = v[name].elements();
      for (std::size_t k = 0; k < direction.size(); ++k)
        tensor.elements()[k] = static_cast<S>(static_cast<Real>(from[k]) + h * direction[k]);
    }
    return at(moved_, trial_.expect_states(moved_));
  }

 private:
  const Trial<S>& trial_;
  std::unique_ptr<Session<S>> session_;
  const Values up_, weights_;
  NamedTensors<S> states_;
  Problem<S> moved_;
};

/// Values on a grid of 2^-12 of order one, so that x + h v is exact down to h = 2^-11 in float.
template <class S>
Problem<S> on_grid(Problem<S> p) {
  for (auto& [name, tensor] : p.in)
    for (S& value : tensor.elements()) value = std::nearbyint(value * S(0x1p12)) * S(0x1p-12);
  return p;
}

/// The first step is h = 2^-4: all inputs move at once, and their activations must not leave the
/// range in which a few terms of the Taylor series describe them.
constexpr int coarsest = 4;

/// A difference quotient at h = 2^-4, 2^-5, .., and the noise that rounding puts on each.
struct Quotients {
  std::vector<Real> value, noise;
};

/// Where the quotients go as h -> 0, by Richardson extrapolation over three steps, and how far off
/// that may be: by the corrections that the extrapolation made, and by the noise it amplified.
struct Limit {
  Real value, correction, noise;
  /// The term that the extrapolation left is smaller than the last one that it removed; four times
  /// that one covers series whose terms do not shrink yet.
  [[nodiscard]] Real doubt() const { return 4 * correction + noise; }
};

/// The quotient at h is the limit + c h^p + d h^q + ..: two stages of extrapolation from step k.
Limit limit_from(const Quotients& d, std::size_t k, int p, int q) {
  const auto stage = [](Real coarse, Real fine, int order) {
    return (std::ldexp(fine, order) - coarse) / (std::ldexp(1.0L, order) - 1);
  };
  const auto stage_noise = [](Real coarse, Real fine, int order) {
    return (std::ldexp(fine, order) + coarse) / (std::ldexp(1.0L, order) - 1);
  };
  const Real r0 = stage(d.value[k], d.value[k + 1], p);
  const Real r1 = stage(d.value[k + 1], d.value[k + 2], p);
  const Real limit = stage(r0, r1, q);
  const Real noise = stage_noise(stage_noise(d.noise[k], d.noise[k + 1], p),
                                 stage_noise(d.noise[k + 1], d.noise[k + 2], p), q);
  return {limit, std::abs(limit - r1) + std::abs(r1 - r0), noise};
}

/// Difference quotients of which the limit is `slope`: they approach it with order p wherever the
/// first term of their error dominates both the further terms and the noise.
class Approach {
 public:
  Approach(std::string_view what, int p, int q, Real slope, Real slope_error,
           Comparison& comparison)
      : what_(what),
        p_(p),
        q_(q),
        slope_(slope),
        slope_error_(slope_error),
        comparison_(comparison) {}

  /// The quotient at the next h.
  void add(Real value, Real noise) {
    d_.value.push_back(value);
    d_.noise.push_back(noise);
    if (d_.value.size() >= 3) extrapolate(d_.value.size() - 3);
  }

  /// At smaller h there is more noise than what could still be seen.
  [[nodiscard]] bool spent() const { return spent_; }

  /// scale: the sum of the derivative's own terms.
  void finish(Real scale) const {
    // A limit that is uncertain by a tenth of it shows nothing.
    if (best_.doubt() > scale / 10) return;
    comparison_.require(
        std::abs(best_.value - slope_) <= best_.doubt() + slope_error_,
        fmt::format("the {} goes to {:.10g} +- {:.2g}, <G, v> is {:.10g}", what_,
                    static_cast<double>(best_.value), static_cast<double>(best_.doubt()),
                    static_cast<double>(slope_)));
  }

 private:
  void extrapolate(std::size_t k) {
    constexpr std::size_t first_trusted = 2;  // before it, too little was seen to expect a size
    Limit limit = limit_from(d_, k, p_, q_);
    // Corrections shrink like h^q; one that is smaller than earlier ones allow is so by accident.
    limit.correction = std::max(limit.correction, std::ldexp(expected_correction_, -q_));
    expected_correction_ = limit.correction;
    if (k < first_trusted) return;
    if (limit.doubt() < best_.doubt()) best_ = limit;
    // Here the further terms are below a fifth of c h^p, whatever the slope is: they move the
    // order by at most 0.3.
    const Real first_term = std::abs(d_.value[k] - limit.value);
    const bool too_exact = slope_error_ > first_term / 100;
    spent_ = limit.noise >= best_.doubt() && (limit.noise >= first_term / 5 || too_exact);
    if (limit.doubt() >= first_term / 5 || too_exact) return;
    const Real order =
        std::log2(std::abs(d_.value[k] - slope_) / std::abs(d_.value[k + 1] - slope_));
    comparison_.require(std::abs(order - p_) < 0.5L,
                        fmt::format("the {} approaches <G, v> = {:g} with order {:.2f} at h = "
                                    "2^-{}, not {}",
                                    what_, static_cast<double>(slope_), static_cast<double>(order),
                                    coarsest + static_cast<int>(k), p_));
  }

  std::string_view what_;
  int p_, q_;
  Real slope_, slope_error_;
  Comparison& comparison_;
  Quotients d_;
  Limit best_{0, std::numeric_limits<Real>::infinity(), 0};
  Real expected_correction_ = 0;
  bool spent_ = false;
};

template <class S>
Verdict finite_differences(const Subject& subject, const ProblemSpec& whole) {
  const ProblemSpec spec = of_few_samples(whole, 1);
  const Trial<S> drawn(subject, spec);
  const Trial<S> trial = drawn.of(on_grid(drawn.problem));
  Comparison comparison = trial.comparison();
  const Values v = trial.direction("direction");
  const Expectation e = trial.expect(trial.problem);
  const Values gradients = converted<Real>(gradients_of(spec.cell, trial.run()));
  const Values weights = weights_along(v, gradients);
  const Real slope = along(gradients, v);
  const Real slope_error = tolerance_of(e.bound_of(weights)) + lost_in_sum(weights, gradients);
  Real scale = 0;
  for (const auto& [name, weight] : weights) {
    const auto& g = gradients[name].elements();
    for (std::size_t k = 0; k < g.size(); ++k) scale += std::abs(weight.elements()[k] * g[k]);
  }

  Approach central("central difference", 2, 4, slope, slope_error, comparison);
  // The Taylor remainder L(x+hv) - L(x) - h<G,v> has order two where its quotient has order one.
  Approach forward("Taylor quotient", 1, 2, slope, slope_error, comparison);
  LossOfSubject<S> loss(trial);
  const Loss at = loss.at(trial.problem, e);
  const int steps = judged_entry_by_entry(whole.cell, whole.sizes) ? 8 : 5;
  for (int k = 0; k < steps && !(central.spent() && forward.spent()); ++k) {
    const double h = std::ldexp(1.0, -coarsest - k);
    const Loss plus = loss.along(v, h), minus = loss.along(v, -h);
    central.add((plus.value - minus.value) / (2 * h), (plus.error + minus.error) / (2 * h));
    forward.add((plus.value - at.value) / h, (plus.error + at.error) / h);
  }
  central.finish(scale);
  forward.finish(scale);
  if (comparison.verdict().compared == 0)
    comparison.inconclusive("rounding hides the differences at every step");
  return comparison.verdict();
}

// ---- 41: a step of gradient descent -------------------------------------------------------------

template <class S>
Verdict descent(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  auto p = converted<Real>(trial.problem);
  const auto gradients = converted<Real>(gradients_of(spec.cell, trial.run()));
  Real square = 0;
  for (const auto& [name, g] : gradients)
    for (const Real v : g.elements()) square += v * v;
  if (square == 0 || !std::isfinite(square)) {
    comparison.inconclusive("the gradient is zero or not finite");
    return comparison.verdict();
  }
  const auto loss = [&] { return loss_of(p.cell, reference_forward(p), p.up, p.sizes); };
  const Real before = loss();
  // The loss falls by rate |G|^2 to first order; curvature along G must show at no tried rate.
  const auto start = p.in;
  for (int k = 4; k <= 28; k += 4) {
    const Real rate = std::ldexp(1.0L, -k) / std::max(1.0L, std::sqrt(square));
    p.in = start;
    for (auto& [name, tensor] : p.in) {
      if (!gradients.contains("d" + name)) continue;  // a mask
      const auto& g = gradients["d" + name].elements();
      for (std::size_t i = 0; i < g.size(); ++i) tensor.elements()[i] -= rate * g[i];
    }
    const Real fall = (before - loss()) / (rate * square);
    if (fall > 0.5L && fall < 1.5L) {
      comparison.require(true, "");
      return comparison.verdict();
    }
  }
  comparison.require(false, "no step against the gradient lowers the loss by rate |G|^2");
  return comparison.verdict();
}

}  // namespace

void add_derivatives(std::vector<Property>& all) {
  constexpr Regimes smooth = bit(Regime::unit) | bit(Regime::signed_zeros);
  all.push_back({.id = "finite_differences",
                 .sentence = "Central differences and Taylor remainders converge with order two",
                 .mathematics = "(L(x+hv) - L(x-hv)) / 2h = <G,v> + O(h^2)",
                 .exactness = Exactness::bounded,
                 .check_f32 = finite_differences<float>,
                 .check_f64 = finite_differences<double>,
                 .regimes = smooth,
                 .of = cells::compares_nothing,
                 .tanh_only = true,
                 .needs = gives_what_losses_read,
                 .max_size = 5,
                 .cost = 8});
  all.push_back(
      {.id = "dual_numbers_and_complex_step",
       .sentence = "Dual numbers and the complex step give the same derivatives",
       .mathematics = "dL/dx_k = tangent of L; sum over k of dL/dx_k = Im L(x + ih sum e_k) / h",
       .exactness = Exactness::bounded,
       .check_f32 = dual_and_complex_step<float>,
       .check_f64 = dual_and_complex_step<double>,
       .regimes = finite_regimes & ~bit(Regime::subnormal),
       .max_size = 6,
       .cost = 4});
  all.push_back({.id = "adjoint_identity",
                 .sentence = "The gradient along any direction is the derivative along it",
                 .mathematics = "|<w, Jv> - <J^T w, v>| <= its bound",
                 .exactness = Exactness::bounded,
                 .check_f32 = adjoint_identity_rounded<float>,
                 .check_f64 = adjoint_identity_rounded<double>,
                 .regimes = finite_regimes & ~bit(Regime::subnormal),
                 .max_size = 8,
                 .at_any_size = true,
                 .cost = 2});
  all.push_back(
      {.id = "descent_lowers_the_loss",
       .sentence = "A small enough step against the gradient lowers the loss as predicted",
       .mathematics = "L(x) - L(x - eG) = e |G|^2 + O(e^2)",
       .exactness = Exactness::bounded,
       .check_f32 = descent<float>,
       .check_f64 = descent<double>,
       .regimes = smooth,
       .of = cells::compares_nothing,
       .tanh_only = true,
       .max_size = 6});
}

}  // namespace bptt::properties
