// Properties 32, 33 and 54: cutting time or the batch in two, and layers apart.
#include "cells/network.hpp"
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

// ---- 54: layers ---------------------------------------------------------------------------------

/// One layer of a network of several as a problem of its own; its inputs and what the layer above
/// sends are the caller's business.
template <class S>
Problem<S> layer_of(const Problem<S>& p, const cells::Layers& layers, int layer) {
  Problem<S> one{layers.one, p.activation, p.sizes, {}, {}};
  const std::string prefix = cells::prefix_of_layer(layer);
  if (layer > 1) {
    const CellTable& cell = table_of(layers.one);
    one.sizes.n_x =
        array_of(layers.one, array_of(layers.one, cell.upstream.front()).of).shape(p.sizes)[0];
  }
  for (const std::string& name : input_names(layers.one)) {
    const bool features = array_of(layers.one, name).role == Role::input;
    const bool given = !features || layer == 1;
    one.in.add(name, given ? p.in[features ? name : prefix + name] : Tensor<S>());
  }
  for (const std::string& name : upstream_names(layers.one)) {
    const std::string own = "d" + prefix + name.substr(1);
    one.up.add(name, p.up.contains(own) ? p.up[own] : Tensor<S>());
  }
  return one;
}

/// Forwards from the first layer to the last one, each with the states of the one below; backwards
/// from the last one, each handing its dx to the one below.
template <class S>
Verdict layer_after_layer(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const cells::Layers layers = *cells::layers_of(spec.cell);
  const CellArray& seen = array_of(layers.one, upstream_names(layers.one).front());
  const std::string& x = input_names(layers.one).front();
  NamedTensors<S> got;
  std::vector<Problem<S>> problems;
  std::vector<std::unique_ptr<Session<S>>> sessions;
  Tensor<S> given;  // by the layer below
  for (int layer = 1; layer <= layers.count; ++layer) {
    Problem<S>& p = problems.emplace_back(layer_of(trial.problem, layers, layer));
    if (layer > 1) p.in[x] = std::move(given);
    auto states = make_tensors<S>(p.cell, state_names(p.cell), p.sizes);
    sessions.push_back(subject.open<S>(p.cell, p.activation, p.sizes));
    sessions.back()->forward(views_of(std::as_const(p.in)), views_of(states));
    given = states[seen.of];
    for (auto& [name, tensor] : states)
      got.add(cells::prefix_of_layer(layer) + name, std::move(tensor));
  }
  Tensor<S> handed;  // by the layer above
  for (int layer = layers.count; layer >= 1; --layer) {
    Problem<S>& p = problems[static_cast<std::size_t>(layer - 1)];
    const std::string prefix = cells::prefix_of_layer(layer);
    if (layer < layers.count) {
      // A loss that reads the last state of a lower layer comes to what is handed down there.
      const Tensor<S>& of_last = trial.problem.up["d" + prefix + seen.of + "_T"];
      auto to = handed.elements().end() - of_last.size();
      for (const S& v : of_last.elements()) *to++ += v;
      p.up[seen.name] = std::move(handed);
    }
    auto gradients = make_tensors<S>(p.cell, gradient_names(p.cell), p.sizes);
    sessions[static_cast<std::size_t>(layer - 1)]->backward(
        views_of(std::as_const(p.in)), views_of(std::as_const(p.up)), views_of(gradients));
    handed = gradients["d" + x];
    for (auto& [name, tensor] : gradients)
      if (layer == 1 || name != "d" + x) got.add("d" + prefix + name.substr(1), std::move(tensor));
  }
  const Expectation e = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  comparison.within(trial.probes(), converted<long double>(got),
                    converted<long double>(trial.run()), {{&e, 1}, {&e, 1}});
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
  all.push_back(
      {.id = "layer_after_layer",
       .sentence = "Layers at once are layer after layer, each dx the da of the one below",
       .mathematics = "dY of layer l-1 = dX of layer l; each layer's own final states",
       .exactness = Exactness::bounded,
       .check_f32 = layer_after_layer<float>,
       .check_f64 = layer_after_layer<double>,
       .of = [](Cell cell) { return cells::layers_of(cell).has_value(); },
       .needs =
           [](const Capabilities& can, Cell cell) {
             return can.runs(cells::layers_of(cell)->one) && carries_over(can, cell);
           },
       .max_size = 6,
       .at_any_size = true});
}

}  // namespace bptt::properties
