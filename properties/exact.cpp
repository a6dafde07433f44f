// Properties of the specification over arithmetics that do not round: 4, 5, 12, 15, 16, 29, 35, 40,
// 51.
// Over the field of p = 2^61 - 1 an identity between polynomials either holds exactly or fails with
// probability at least 1 - degree / p.
#include <fmt/format.h>

#include <map>
#include <set>

#include "arithmetic/counted.hpp"
#include "arithmetic/dual.hpp"
#include "arithmetic/modular.hpp"
#include "arithmetic/traced.hpp"
#include "cells/network.hpp"
#include "properties/families.hpp"
#include "properties/lengths.hpp"
#include "properties/parts.hpp"
#include "properties/reference_run.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

using DualModular = Dual<Modular>;

/// The spec's problem with every entry a random element of the field; ReLU has no meaning there.
Problem<Modular> modular_problem(const ProblemSpec& spec, std::string_view stream = "") {
  const auto activation =
      spec.activation == Activation::relu ? Activation::identity : spec.activation;
  Problem<Modular> problem{spec.cell, activation, spec.sizes, {}, {}};
  const auto draw_all = [&](const std::vector<std::string>& names, NamedTensors<Modular>& into) {
    for (const auto& name : names) {
      const Draw draw(spec.seed, name + std::string(stream));
      Tensor<Modular> tensor(shape_of(spec.cell, name, spec.sizes));
      for (Index k = 0; k < tensor.size(); ++k)
        tensor.elements()[static_cast<std::size_t>(k)] = Modular(draw.bits(k) % Modular::p);
      into.add(name, std::move(tensor));
    }
  };
  draw_all(input_names(spec.cell), problem.in);
  add_mask(spec, problem.in);
  draw_all(upstream_names(spec.cell), problem.up);
  return problem;
}

void equal(Comparison& comparison, const NamedTensors<Modular>& got,
           const NamedTensors<Modular>& expected) {
  for (const auto& [name, tensor] : got)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      comparison.require(tensor.elements()[k] == expected[name].elements()[k], [k, &name = name] {
        return fmt::format("{} differs in the field at entry {}", name, k);
      });
}

Verdict slow_ways_exactly(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto p = modular_problem(spec);
  const auto cache = reference_forward(p);
  const auto one_pass = reference_backward(p, cache);
  equal(comparison, reference_backward(p, cache, Derivation::one_walk_per_loss), one_pass);
  if (cells::is_causal(p.cell))
    equal(comparison, reference_backward(p, cache, Derivation::split), one_pass);
  return comparison.verdict();
}

Verdict derivations_exactly(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto p = modular_problem(spec);
  const auto cache = reference_forward(p);
  equal(comparison, reference_backward(p, cache, Derivation::closed_form),
        reference_backward(p, cache));
  return comparison.verdict();
}

/// The first T_da steps of the inputs: what an upstream gradient of so many steps sees of them.
Problem<Modular> truncated_to_T_da(Problem<Modular> p) {
  for (auto& [name, tensor] : p.in)
    if (const CellArray& array = array_of(p.cell, name); array.has_steps)
      tensor = cut(tensor, array.step_axis(), 0, p.sizes.T_da);
  p.sizes.T_x = p.sizes.T_da;
  return p;
}

/// Any chunks of the steps: forwards each from the last state of the one before, backwards each
/// with what the one behind has handed back.
Verdict chunks_exactly(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto p = truncated_to_T_da(modular_problem(spec));
  const Draw draw(spec.seed, "chunks");
  std::vector<Index> ends;  // of each chunk
  for (Index t = 1; t < p.sizes.T_x; ++t)
    if (draw.bits(t) % 2 == 0) ends.push_back(t);
  ends.push_back(p.sizes.T_x);

  const auto cache = reference_forward(p);
  std::vector<Problem<Modular>> chunks;
  std::vector<NamedTensors<Modular>> caches;
  for (Index first = 0; const Index end : ends) {
    Problem<Modular>& chunk = chunks.emplace_back(steps(p, first, end));
    if (first > 0) begin_after(chunk, caches.back(), chunks.end()[-2].sizes.T_x - 1);
    caches.push_back(reference_forward(chunk));
    NamedTensors<Modular> states;
    for (const std::string& name : state_names(p.cell))
      states.add(name, cut(cache[name], array_of(p.cell, name).step_axis(), first, end));
    equal(comparison, states, caches.back());
    first = end;
  }

  const auto whole = reference_backward(p, cache);
  NamedTensors<Modular> sums, carried;
  for (std::size_t k = chunks.size(); k-- > 0;) {
    if (k + 1 < chunks.size()) hand_back(chunks[k], carried);
    carried = reference_backward(chunks[k], caches[k]);
    const Index end = ends[k], first = end - chunks[k].sizes.T_x;
    NamedTensors<Modular> here, expected;
    for (const auto& [name, tensor] : carried) {
      const CellArray& array = array_of(p.cell, name);
      if (array.has_steps) {
        here.add(name, tensor);
        expected.add(name, cut(whole[name], array.step_axis(), first, end));
      } else if (array.accumulates()) {
        if (!sums.contains(name)) sums.add(name, Tensor<Modular>(tensor.shape()));
        for (std::size_t e = 0; e < tensor.elements().size(); ++e)
          sums[name].elements()[e] += tensor.elements()[e];
      } else if (k == 0) {
        here.add(name, tensor);
        expected.add(name, whole[name]);
      }
    }
    equal(comparison, here, expected);
  }
  equal(comparison, sums, whole);
  return comparison.verdict();
}

Modular inner(const NamedTensors<Modular>& p, const NamedTensors<Modular>& q,
              std::string_view q_prefix) {
  Modular sum;
  for (const auto& [name, tensor] : p) {
    if (!q.contains(std::string(q_prefix) + name)) continue;  // a mask has no gradient
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      sum += tensor.elements()[k] * q[std::string(q_prefix) + name].elements()[k];
  }
  return sum;
}

/// Values p with tangents v.
NamedTensors<DualModular> dual_of(const NamedTensors<Modular>& p, const NamedTensors<Modular>& v) {
  NamedTensors<DualModular> dual;
  for (const auto& [name, tensor] : p) {
    Tensor<DualModular> d(tensor.shape());
    for (std::size_t k = 0; k < d.elements().size(); ++k)
      d.elements()[k] = {tensor.elements()[k], v[name].elements()[k]};
    dual.add(name, std::move(d));
  }
  return dual;
}

Verdict adjoint_identity(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto p = truncated_to_T_da(modular_problem(spec));
  const auto v = truncated_to_T_da(modular_problem(spec, " direction"));
  const Problem<DualModular> dual{p.cell, p.activation, p.sizes, dual_of(p.in, v.in), {}};
  const auto states = reference_forward(dual);

  // <Jv, w>: the tangents of the states against what the losses of each step or of the last one
  // send.
  Modular forward_side;
  for (const auto& [name, w] : p.up) {
    const CellArray& array = array_of(p.cell, name);
    const auto& of = states[array.of].elements();
    const std::size_t first =
        array.has_steps
            ? 0
            : w.elements().size() * static_cast<std::size_t>(array.last_step(p.sizes.T_da));
    for (std::size_t k = 0; k < w.elements().size(); ++k)
      forward_side += of[first + k].tangent * w.elements()[k];
  }
  comparison.require(forward_side == inner(v.in, reference_backward(p, reference_forward(p)), "d"),
                     "<Jv, w> and <v, J^T w> differ in the field");
  return comparison.verdict();
}

Verdict hessian_is_symmetric(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto p = truncated_to_T_da(modular_problem(spec));
  const auto zeros = make_tensors<Modular>(p.cell, upstream_names(p.cell), p.sizes);
  const auto hessian_times = [&](const Problem<Modular>& v) {
    const Problem<DualModular> dual{p.cell, p.activation, p.sizes, dual_of(p.in, v.in),
                                    dual_of(p.up, zeros)};
    NamedTensors<Modular> product;
    for (const auto& [name, g] : reference_backward(dual, reference_forward(dual))) {
      Tensor<Modular> tangents(g.shape());
      for (std::size_t k = 0; k < g.elements().size(); ++k)
        tangents.elements()[k] = g.elements()[k].tangent;
      product.add(name, std::move(tangents));
    }
    return product;
  };
  const auto v = truncated_to_T_da(modular_problem(spec, " direction"));
  const auto w = truncated_to_T_da(modular_problem(spec, " another direction"));
  comparison.require(inner(v.in, hessian_times(w), "d") == inner(w.in, hessian_times(v), "d"),
                     "<v, Hw> and <w, Hv> differ in the field");
  return comparison.verdict();
}

/// Multiplications of one cell step, forwards and backwards: docs/equations.md, section 8.
struct CellCost {
  long long forward, backward;
};
CellCost cell_cost(Cell cell, Activation g, const Sizes& s) {
  const long long entries = s.n_a * s.m, n = s.n_a + s.n_x;
  if (cell == Cell::lstm) return {4 * entries * n + 3 * entries, 8 * entries * n + 16 * entries};
  const long long slope = g == Activation::tanh ? 2 : 1;
  return {entries * n, 2 * entries * n + slope * entries};
}

Verdict counts_are_the_formulas(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto drawn = generate<double>(spec);
  const auto numbers = [](const NamedTensors<double>& from) {
    NamedTensors<Counted> to;
    for (const auto& [name, tensor] : from) {
      Tensor<Counted> t(tensor.shape());
      for (std::size_t k = 0; k < t.elements().size(); ++k)
        t.elements()[k] = Counted(tensor.elements()[k]);
      to.add(name, std::move(t));
    }
    return to;
  };
  const Problem<Counted> p{spec.cell, spec.activation, spec.sizes, numbers(drawn.in),
                           numbers(drawn.up)};
  const auto require_count = [&](std::string_view what, const auto& run, long long formula) {
    const CountScope scope;
    run();
    const long long got = scope.counts().multiplications;
    comparison.require(
        got == formula,
        fmt::format("{} takes {} multiplications, the formula says {}", what, got, formula));
  };
  const CellCost cost = cell_cost(spec.cell, spec.activation, spec.sizes);
  const long long T = spec.sizes.T_da;
  NamedTensors<Counted> cache;
  require_count(
      "forward", [&] { cache = reference_forward(p); }, spec.sizes.T_x * cost.forward);
  const auto require_backward = [&](std::string_view what, Derivation way, long long cell_steps) {
    require_count(
        what, [&] { (void)reference_backward(p, cache, way); }, cell_steps * cost.backward);
  };
  require_backward("one pass", Derivation::one_pass, T);
  require_backward("one walk per loss", Derivation::one_walk_per_loss, T * (T + 1) / 2);
  require_backward("the split form", Derivation::split, 2 * T);
  return comparison.verdict();
}

/// Inputs that are alike to causality: one array's, of one sample and one step.
struct Place {
  const CellArray* array;
  Index j, t;
};

/// Why the entries of a result of sample j and step t may not depend on such an input; empty if
/// they may.
std::string forbidden(const CellArray& result, Index j, Index t, const Place& place) {
  const CellArray& of = *place.array;
  const bool is_state = result.role != Role::gradient;
  if (is_state && of.has_steps && place.t > t)
    return fmt::format("{}<{}> reads {}<{}>", result.name, t, of.name, place.t);
  if (!is_state && result.has_steps && of.role == Role::upstream && place.t < t)
    return fmt::format("{}<{}> reads {}<{}>", result.name, t, of.name, place.t);
  if (result.has_samples && of.has_samples && place.j != j)
    return fmt::format("{} of sample {} reads {} of sample {}", result.name, j, of.name, place.j);
  if (is_state && of.is_gradient())
    return fmt::format("{} reads an upstream gradient", result.name);
  return "";
}

/// The sample and the step of an entry, 0 of an array without them.
std::pair<Index, Index> sample_and_step(const CellArray& array, const Shape& shape, Index entry) {
  const std::vector<Index> at = indices_of(entry, shape);
  const auto index = [&](Index axis) {
    return axis < 0 ? Index{0} : at[static_cast<std::size_t>(axis)];
  };
  return {index(array.sample_axis()), index(array.step_axis())};
}

/// Which inputs each result may depend on, by their time step and sample.
Verdict dependence_is_causal(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto drawn = generate<double>(spec);
  std::vector<Place> places;  // of trace number k
  const auto traced = [&](const NamedTensors<double>& from) {
    NamedTensors<Traced> to;
    for (const auto& [name, tensor] : from) {
      const CellArray& array = array_of(spec.cell, name);
      std::map<std::pair<Index, Index>, std::size_t> known;
      Tensor<Traced> numbers(tensor.shape());
      for (Index k = 0; k < tensor.size(); ++k) {
        const auto [j, t] = sample_and_step(array, tensor.shape(), k);
        const auto [found, another] = known.try_emplace({j, t}, places.size());
        if (another) places.push_back({&array, j, t});
        const auto e = static_cast<std::size_t>(k);
        numbers.elements()[e] = Traced::input(tensor.elements()[e], found->second);
      }
      to.add(name, std::move(numbers));
    }
    return to;
  };
  const Problem<Traced> p{spec.cell, spec.activation, spec.sizes, traced(drawn.in),
                          traced(drawn.up)};
  for (const auto& [name, tensor] : reference_outputs(p)) {
    const CellArray& array = array_of(spec.cell, name);
    std::map<std::pair<Index, Index>, Traced> all;
    for (Index k = 0; k < tensor.size(); ++k)
      all[sample_and_step(array, tensor.shape(), k)] +=
          tensor.elements()[static_cast<std::size_t>(k)];
    for (const auto& [at, sum] : all)
      for (const std::size_t k : sum.inputs()) {
        const std::string reason = forbidden(array, at.first, at.second, places[k]);
        comparison.require(reason.empty(), reason);
      }
  }
  return comparison.verdict();
}

Verdict lag_beyond_T_is_full(const ProblemSpec& spec) {
  Comparison comparison(0);
  const auto p = modular_problem(spec);
  const auto cache = reference_forward(p);
  const auto full = reference_backward(p, cache);
  const Index beyond = Draw(spec.seed, "beyond").below(4, 0);
  equal(comparison, reference_truncated(p, cache, spec.sizes.T_da + beyond), full);
  return comparison.verdict();
}

/// Lags to try: all of a short sequence; of a long one the shortest, the longest that leaves
/// something out and the shortest that does not.
std::set<Index> lags(Index T, Index loss) {
  constexpr Index tried_one_by_one = 8;
  if (T > tried_one_by_one) return {0, 1, loss, loss + 1};
  std::set<Index> all;
  for (Index lag = 0; lag <= T; ++lag) all.insert(lag);
  return all;
}

/// With the loss of one step l alone, lag k reaches steps l-k+1 .. l and nothing before.
Verdict lag_by_lag(const ProblemSpec& spec) {
  Comparison comparison(0);
  auto p = modular_problem(spec);
  const Index T = spec.sizes.T_da, loss = Draw(spec.seed, "loss").below(T, 0);
  p.up = losses_of_steps(p, loss, loss + 1, p.sizes, loss == T - 1);
  const auto cache = reference_forward(p);
  const auto full = reference_backward(p, cache);
  for (const Index lag : lags(T, loss)) {
    const auto truncated = reference_truncated(p, cache, lag);
    for (const auto& [name, of_lag] : truncated) {
      if (!array_of(p.cell, name).has_steps) continue;
      const Index block = of_lag.size() / T;
      for (Index k = 0; k < of_lag.size(); ++k) {
        const Index t = k / block;
        const auto e = static_cast<std::size_t>(k);
        comparison.require(
            of_lag.elements()[e] == (t > loss - lag ? full[name].elements()[e] : Modular()),
            [&, &name = name] {
              return fmt::format("lag {} of the loss of step {} is wrong at {}<{}>", lag, loss,
                                 name, t);
            });
      }
    }
  }
  return comparison.verdict();
}

/// Randomised truncation with pi = 1/2: the mean over all 2^(T-1) outcomes is the full gradient.
Verdict randomised_truncation_is_unbiased(const ProblemSpec& spec) {
  Comparison comparison(0);
  if (spec.sizes.T_da > 12) {
    comparison.inconclusive("2^(T-1) outcomes are too many to add up one by one");
    return comparison.verdict();
  }
  const auto p = modular_problem(spec);
  const auto cache = reference_forward(p);
  const auto T = static_cast<std::size_t>(spec.sizes.T_da);
  const unsigned outcomes = 1U << (T - 1);
  auto mean = make_tensors<Modular>(p.cell, gradient_names(p.cell), p.sizes);
  for (unsigned outcome = 0; outcome < outcomes; ++outcome) {
    std::vector<Modular> xi(T);
    for (std::size_t t = 0; t + 1 < T; ++t) xi[t] = Modular((outcome >> t & 1U) != 0 ? 2 : 0);
    const auto g = reference_randomised(p, cache, xi);
    for (auto& [name, tensor] : mean)
      for (std::size_t k = 0; k < tensor.elements().size(); ++k)
        tensor.elements()[k] += g[name].elements()[k] / Modular(outcomes);
  }
  equal(comparison, mean, reference_backward(p, cache));
  return comparison.verdict();
}

/// Two samples of a large problem stand for all.
template <Verdict (*check)(const ProblemSpec&)>
Verdict of_two_samples(const Subject&, const ProblemSpec& spec) {
  return check(of_few_samples(spec, 2));
}

bool compares_nothing_and_is_causal(Cell cell) {
  return cells::compares_nothing(cell) && cells::is_causal(cell);
}

bool compares_nothing_and_goes_on(Cell cell) {
  return cells::compares_nothing(cell) && goes_on_from_any_step(cell);
}

Property specification(std::string_view id, std::string_view sentence, std::string_view mathematics,
                       Verdict (*check)(const Subject&, const ProblemSpec&),
                       bool (*of)(Cell) = cells::compares_nothing) {
  return {.id = id,
          .sentence = sentence,
          .mathematics = mathematics,
          .exactness = Exactness::exact,
          .check_f32 = check,
          .check_f64 = check,
          .about = About::specification,
          .regimes = bit(Regime::unit),
          .of = of,
          .max_size = 6};
}

}  // namespace

void add_exact(std::vector<Property>& all) {
  all.push_back(specification(
      "slow_ways_agree_exactly", "In a finite field the slow ways and the one pass agree exactly",
      "walks = split = one pass, over p = 2^61-1", of_two_samples<slow_ways_exactly>));
  all.push_back(specification("derivations_agree_exactly",
                              "In a finite field both derivations of the LSTM agree exactly",
                              "reversed lines = closed form, over p = 2^61-1",
                              of_two_samples<derivations_exactly>, is_lstm));
  all.push_back(specification("adjoint_identity_exactly",
                              "The backward pass is the adjoint of the forward pass's derivative",
                              "<Jv, w> = <v, J^T w>, over p = 2^61-1",
                              of_two_samples<adjoint_identity>));
  all.push_back(specification("counts_are_the_formulas",
                              "Multiply-adds and cell steps are exactly those of the formulas",
                              "one pass: T cell steps; one walk per loss: T(T+1)/2",
                              of_two_samples<counts_are_the_formulas>, is_rnn_or_lstm));
  all.push_back(specification("dependence_is_causal",
                              "No result depends on a later step or on another sample",
                              "dL_t/dx_s = 0 for s > t; a<t> never reads x<s>, s > t",
                              of_two_samples<dependence_is_causal>, cells::is_causal));
  all.push_back(
      specification("lag_beyond_T_is_full_bptt", "Truncation at a lag of at least T is full BPTT",
                    "truncated(k) = G for k >= T, over p = 2^61-1",
                    of_two_samples<lag_beyond_T_is_full>, compares_nothing_and_is_causal));
  all.push_back(
      specification("lag_by_lag", "Each further lag reaches exactly one step further",
                    "truncated(k) - truncated(k-1) = contribution of lag k, over p = 2^61-1",
                    of_two_samples<lag_by_lag>, compares_nothing_and_is_causal));
  all.push_back(specification("randomised_truncation_is_unbiased",
                              "The mean over every outcome of the truncation is the full gradient",
                              "mean over xi of G(xi) = G, over p = 2^61-1",
                              of_two_samples<randomised_truncation_is_unbiased>,
                              compares_nothing_and_is_causal));
  all.push_back(specification(
      "chunks_agree_exactly", "Any chunks of the steps, state and gradient carried, are the whole",
      "[0,T) = chunks, each from the last state, back with the next one's da0, over p = 2^61-1",
      of_two_samples<chunks_exactly>, compares_nothing_and_goes_on));
  all.push_back(
      specification("hessian_is_symmetric", "The derivative of the backward pass is symmetric",
                    "<v, Hw> = <w, Hv>, over p = 2^61-1", of_two_samples<hessian_is_symmetric>));
}

}  // namespace bptt::properties
