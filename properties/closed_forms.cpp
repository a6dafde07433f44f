// Properties 36 and 37: what is known of the network without running it step by step.
#include <cmath>
#include <vector>

#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

using Matrix = Tensor<long double>;

Matrix product(const Matrix& p, const Matrix& q) {
  Matrix r({p.shape()[0], q.shape()[1]});
  for (Index i = 0; i < p.shape()[0]; ++i)
    for (Index j = 0; j < q.shape()[1]; ++j)
      for (Index k = 0; k < q.shape()[0]; ++k) r(i, j) += p(i, k) * q(k, j);
  return r;
}

Matrix transposed(const Matrix& p) {
  Matrix r({p.shape()[1], p.shape()[0]});
  for (Index i = 0; i < p.shape()[0]; ++i)
    for (Index j = 0; j < p.shape()[1]; ++j) r(j, i) = p(i, j);
  return r;
}

void add(Matrix& p, const Matrix& q) {
  for (std::size_t k = 0; k < p.elements().size(); ++k) p.elements()[k] += q.elements()[k];
}

Matrix at_step(const Tensor<long double>& sequence, Index t) {
  Matrix r({sequence.shape()[0], sequence.shape()[1]});
  copy(sequence.view().at_step(t), r.view());
  return r;
}

/// With the identity, by powers of Waa:
///   a<t> = Waa^(t+1) a0 + sum over s <= t of Waa^(t-s) (Wax x<s> + ba)
///   dz<s> = sum over t >= s of (Waa^T)^(t-s) da<t>
NamedTensors<long double> linear_network(const Problem<long double>& p) {
  const Sizes& s = p.sizes;
  std::vector<Matrix> power(1, Matrix({s.n_a, s.n_a}));
  for (Index i = 0; i < s.n_a; ++i) power[0](i, i) = 1;
  for (Index t = 0; t < s.T_x; ++t) power.push_back(product(power.back(), p.in["Waa"]));
  const auto Waa_to = [&](Index n) -> const Matrix& { return power[static_cast<std::size_t>(n)]; };

  auto out = make_tensors<long double>(p.cell, gradient_names(p.cell), s);
  out.add("a", Tensor<long double>(shape_of(p.cell, "a", s)));
  for (Index t = 0; t < s.T_x; ++t) {
    Matrix a = product(Waa_to(t + 1), p.in["a0"]);
    for (Index q = 0; q <= t; ++q) {
      Matrix input = product(p.in["Wax"], at_step(p.in["x"], q));
      for (Index j = 0; j < s.m; ++j)
        for (Index i = 0; i < s.n_a; ++i) input(i, j) += p.in["ba"](i);
      add(a, product(Waa_to(t - q), input));
    }
    copy(a.view(), out["a"].view().at_step(t));
  }
  for (Index q = 0; q < s.T_da; ++q) {
    Matrix dz({s.n_a, s.m});
    for (Index t = q; t < s.T_da; ++t)
      add(dz, product(transposed(Waa_to(t - q)), at_step(p.up["da"], t)));
    copy(product(transposed(p.in["Wax"]), dz).view(), out["dx"].view().at_step(q));
    const Matrix a_prev = q == 0 ? p.in["a0"] : at_step(out["a"], q - 1);
    add(out["dWax"], product(dz, transposed(at_step(p.in["x"], q))));
    add(out["dWaa"], product(dz, transposed(a_prev)));
    for (Index j = 0; j < s.m; ++j)
      for (Index i = 0; i < s.n_a; ++i) out["dba"](i) += dz(i, j);
    if (q == 0) out["da0"] = product(transposed(p.in["Waa"]), dz);
  }
  return out;
}

template <class S>
Verdict linear_closed_form(const Subject& subject, const ProblemSpec& spec) {
  ProblemSpec linear = spec;
  linear.activation = Activation::identity;
  const Trial<S> trial(subject, linear);
  const Expectation e = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  comparison.within(trial.probes(), converted<long double>(trial.run()),
                    linear_network(converted<long double>(trial.problem)), {{&e, 1}});
  return comparison.verdict();
}

long double inner(const Tensor<long double>& p, const Tensor<long double>& q) {
  long double sum = 0;
  for (std::size_t k = 0; k < p.elements().size(); ++k) sum += p.elements()[k] * q.elements()[k];
  return sum;
}

/// Euler's identity of homogeneous functions, on the subject's own states and gradients.
template <class S>
Verdict euler_identities(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  auto p = trial.problem;
  p.sizes.T_x = p.sizes.T_da;
  Tensor<S> x(shape_of(p.cell, "x", p.sizes));
  copy(p.in["x"].view().slice(2, 0, p.sizes.T_da), x.view());
  p.in["x"] = std::move(x);
  fill(p.in["ba"].view(), S(0));
  Comparison comparison = trial.comparison();

  const auto check = [&](std::string_view what, const std::vector<std::string>& arguments) {
    const auto got = converted<long double>(trial.run(p));
    const auto wide = converted<long double>(p);
    const Expectation e = trial.expect(p);
    if (comparison.in_doubt(e)) return;
    long double sum = 0;
    NamedTensors<long double> weights;
    for (const auto& name : arguments) {
      sum += inner(got["d" + name], wide.in[name]);
      weights.add("d" + name, wide.in[name]);
    }
    Tensor<long double> minus_da = wide.up["da"];
    for (long double& v : minus_da.elements()) v = -v;
    weights.add("a", std::move(minus_da));
    comparison.within(what, sum, inner(wide.up["da"], got["a"]), e.bound_of(weights));
  };
  check("<dx, x> + <da0, a0> - <da, a>", {"x", "a0"});
  fill(p.in["a0"].view(), S(0));
  check("<dWax, Wax> - <da, a>", {"Wax"});
  return comparison.verdict();
}

/// ||da0|| <= ||Waa||^(t+1) ||da<t>|| for a single upstream gradient at step t, sample by sample;
/// the Frobenius norm bounds the spectral one, and no activation's slope is above 1.
template <class S>
Verdict contraction(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index only = trial.draw("step").below(spec.sizes.T_da, 0);
  auto up = make_tensors<S>(spec.cell, upstream_names(spec.cell), spec.sizes);
  copy(trial.problem.up["da"].view().at_step(only), up["da"].view().at_step(only));
  const auto p = trial.with_upstream(std::move(up));
  const auto got = converted<long double>(trial.run(p));
  const auto wide = converted<long double>(p);
  const long double norm = std::sqrt(inner(wide.in["Waa"], wide.in["Waa"]));
  const Expectation e = trial.expect(p);
  Comparison comparison = trial.comparison();
  if (comparison.in_doubt(e)) return comparison.verdict();
  std::vector<Probe> probes;
  for (Index k = 0; k < got["da0"].size(); ++k) probes.push_back({"da0", k, 0});
  const auto bounds = e.bounds(probes);
  for (Index j = 0; j < spec.sizes.m; ++j) {
    long double upstream = 0, downstream = 0, error = 0;
    for (Index i = 0; i < spec.sizes.n_a; ++i) {
      upstream += wide.up["da"](i, j, only) * wide.up["da"](i, j, only);
      downstream += got["da0"](i, j) * got["da0"](i, j);
      error += bounds[static_cast<std::size_t>(i + spec.sizes.n_a * j)].certain;
    }
    const long double limit =
        std::pow(norm, static_cast<long double>(only + 1)) * std::sqrt(upstream) + error;
    if (upstream == 0) continue;
    comparison.require(std::sqrt(downstream) <= limit,
                       "||da0|| of sample " + std::to_string(j) + " is " +
                           std::to_string(std::sqrt(downstream)) +
                           ", above ||Waa||^(t+1) ||da|| = " + std::to_string(limit));
  }
  return comparison.verdict();
}

}  // namespace

void add_closed_forms(std::vector<Property>& all) {
  all.push_back({.id = "linear_network_closed_form",
                 .sentence = "With the identity, states and gradients are sums of powers of Waa",
                 .mathematics = "dz<s> = sum over t >= s of (Waa^T)^(t-s) da<t>",
                 .exactness = Exactness::bounded,
                 .check_f32 = linear_closed_form<float>,
                 .check_f64 = linear_closed_form<double>,
                 .of = is_rnn,
                 .identity_only = true,
                 .of_states = true,
                 .max_size = 8});
  all.push_back(
      {.id = "euler_identities",
       .sentence = "Without biases the network is homogeneous, and Euler's identity holds",
       .mathematics = "<dx, x> + <da0, a0> = <da, a>; <dWax, Wax> = <da, a> for a0 = 0",
       .exactness = Exactness::bounded,
       .check_f32 = euler_identities<float>,
       .check_f64 = euler_identities<double>,
       .of = is_rnn,
       .linear_only = true,
       .needs = has_all});
  all.push_back({.id = "contraction",
                 .sentence = "A gradient shrinks at least as fast as the powers of Waa",
                 .mathematics = "||da0|| <= ||Waa||^(t+1) ||da<t>||",
                 .exactness = Exactness::bounded,
                 .check_f32 = contraction<float>,
                 .check_f64 = contraction<double>,
                 .of = is_rnn});
}

}  // namespace bptt::properties
