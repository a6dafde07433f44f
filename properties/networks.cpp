// Properties 52, 53 and 54: lengths, directions and layers at once are each of them alone.
#include "cells/network.hpp"
#include "properties/families.hpp"
#include "properties/lengths.hpp"
#include "properties/parts.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

// ---- 54: layers ---------------------------------------------------------------------------------

/// What a layer gives to the one above: its first output or state, of both directions.
std::vector<std::string> given_above(Cell layer) {
  const std::string& first = array_of(layer, upstream_names(layer).front()).of;
  if (cells::direction_of(layer) != cells::Direction::both) return {first};
  return {first, std::string(cells::prefix_backwards) + first};
}

/// Calls visit(name, view) for each part of an array of all that a layer gives.
template <class S, class Visit>
void for_each_part(Cell layer, const Sizes& sizes, const View<S>& all, const Visit& visit) {
  Index first = 0;
  for (const std::string& name : given_above(layer)) {
    const Index units = array_of(layer, name).shape(sizes)[0];
    visit(name, all.slice(0, first, first + units));
    first += units;
  }
}

/// One layer of a network of several as a problem of its own; its inputs and what the layer above
/// sends are the caller's business, and zeros.
template <class S>
Problem<S> layer_of(const Problem<S>& p, const cells::Layers& layers, int layer) {
  Problem<S> one{layers.one, p.activation, p.sizes, {}, {}};
  const std::string prefix = cells::prefix_of_layer(layer);
  if (layer > 1) {
    one.sizes.n_x = 0;
    for (const std::string& name : given_above(layers.one))
      one.sizes.n_x += array_of(layers.one, name).shape(p.sizes)[0];
  }
  const auto add = [&](NamedTensors<S>& to, const std::string& name, const NamedTensors<S>& from,
                       const std::string& own) {
    to.add(name, from.contains(own) ? from[own] : Tensor<S>(shape_of(layers.one, name, one.sizes)));
  };
  for (const std::string& name : input_names(layers.one))
    add(one.in, name, p.in,
        layer > 1 && array_of(layers.one, name).role == Role::input ? "" : prefix + name);
  if (const CellArray* mask = mask_of(layers.one)) one.in.add(mask->name, p.in[mask->name]);
  for (const std::string& name : upstream_names(layers.one))
    add(one.up, name, p.up, "d" + prefix + name.substr(1));
  return one;
}

/// Forwards from the first layer to the last one, each with the states of the one below; backwards
/// from the last one, each handing its dx to the one below.
template <class S>
Verdict layer_after_layer(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const cells::Layers layers = *cells::layers_of(spec.cell);
  const std::string& x = input_names(layers.one).front();
  NamedTensors<S> got;
  std::vector<Problem<S>> problems;
  std::vector<std::unique_ptr<Session<S>>> sessions;
  NamedTensors<S> below;
  for (int layer = 1; layer <= layers.count; ++layer) {
    Problem<S>& p = problems.emplace_back(layer_of(trial.problem, layers, layer));
    if (layer > 1)
      for_each_part<S>(p.cell, p.sizes, p.in[x].view(),
                       [&](const std::string& name, const View<S>& part) {
                         copy(std::as_const(below[name]).view(), part);
                       });
    below = make_tensors<S>(p.cell, state_names(p.cell), p.sizes);
    sessions.push_back(subject.open<S>(p.cell, p.activation, p.sizes));
    sessions.back()->forward(views_of(std::as_const(p.in)), views_of(below));
    for (const auto& [name, tensor] : below) got.add(cells::prefix_of_layer(layer) + name, tensor);
  }
  Tensor<S> handed;  // by the layer above
  for (int layer = layers.count; layer >= 1; --layer) {
    Problem<S>& p = problems[static_cast<std::size_t>(layer - 1)];
    const std::string prefix = cells::prefix_of_layer(layer);
    if (layer < layers.count)
      for_each_part<S>(
          p.cell, p.sizes, handed.view(), [&](const std::string& name, const View<S>& part) {
            Tensor<S>& up = p.up["d" + name];
            copy(View<const S>(part), up.view());
            // A loss that reads the last state of a lower layer comes to what is handed down there.
            const std::string last = "d" + prefix + name + "_T";
            if (!trial.problem.up.contains(last)) return;
            const Tensor<S>& of_last = trial.problem.up[last];
            auto to = up.elements().begin() +
                      of_last.size() * array_of(spec.cell, last).last_step(spec.sizes.T_da);
            for (const S& v : of_last.elements()) *to++ += v;
          });
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

// ---- 53: directions -----------------------------------------------------------------------------

template <class S>
Tensor<S> turned(const CellArray& array, const Tensor<S>& tensor) {
  if (array.step_axis() < 0) return tensor;
  Tensor<S> result(tensor.shape());
  copy(tensor.view().reversed(array.step_axis()), result.view());
  return result;
}

/// Each direction alone, forwards: the one that goes backwards on time turned round.
template <class S>
Verdict directions_apart(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const cells::OneWay way = *cells::one_way_of(spec.cell);
  const bool both = way.direction == cells::Direction::both;
  NamedTensors<long double> got;
  for (const bool backwards : {false, true}) {
    if (!backwards && !both) continue;
    const std::string prefix = both && backwards ? std::string(cells::prefix_backwards) : "";
    // "dh" is "dr_h" there; x and dx are of both.
    const auto own = [&](const CellArray& array) {
      const bool of_input = (array.of.empty() ? array.role : array.role_of_source) == Role::input;
      if (of_input) return array.name;
      return array.is_gradient() ? "d" + prefix + array.name.substr(1) : prefix + array.name;
    };
    Problem<S> p{way.one, spec.activation, spec.sizes, {}, {}};
    const auto take = [&](const std::string& name, const NamedTensors<S>& from,
                          NamedTensors<S>& to) {
      const CellArray& array = array_of(way.one, name);
      to.add(name, backwards ? turned(array, from[own(array)]) : from[own(array)]);
    };
    for (const auto& name : input_names(way.one)) take(name, trial.problem.in, p.in);
    for (const auto& name : upstream_names(way.one)) take(name, trial.problem.up, p.up);
    for (const auto& [name, tensor] : trial.run(p)) {
      const CellArray& array = array_of(way.one, name);
      auto result = converted<long double>(backwards ? turned(array, tensor) : tensor);
      const std::string as = own(array);
      if (!got.contains(as)) {
        got.add(as, std::move(result));
        continue;
      }
      for (std::size_t k = 0; k < result.elements().size(); ++k)
        got[as].elements()[k] += result.elements()[k];
    }
  }
  const Expectation e = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  comparison.within(trial.probes(), got, converted<long double>(trial.run()), {{&e, 1}, {&e, 1}});
  return comparison.verdict();
}

// ---- 52: lengths --------------------------------------------------------------------------------

/// One sample without what stands behind its end.
template <class S>
Problem<S> alone(const Problem<S>& p, Cell one, Index j, Index length) {
  Problem<S> sample{one, p.activation, p.sizes, {}, {}};
  sample.sizes.m = 1;
  sample.sizes.T_x = length;
  sample.sizes.T_da = std::min(p.sizes.T_da, length);
  const auto take = [&](const NamedTensors<S>& from, Index steps, NamedTensors<S>& to) {
    for (const auto& [name, tensor] : samples(p.cell, from, j, j + 1)) {
      const CellArray& array = array_of(p.cell, name);
      if (array.role == Role::mask) continue;
      to.add(name, array.has_steps ? cut(tensor, array.step_axis(), 0, steps) : tensor);
    }
  };
  take(p.in, length, sample.in);
  take(p.up, sample.sizes.T_da, sample.up);
  return sample;
}

/// A batch of samples that end one by one: each alone, as long as it is.
template <class S>
Verdict samples_alone(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Cell one = *cells::without_lengths(spec.cell);
  const std::vector<Index> lengths = lengths_of(spec);
  const auto whole = converted<long double>(trial.run());
  auto got = whole;  // states behind the end are what they are
  for (auto& [name, tensor] : got)
    if (array_of(spec.cell, name).role == Role::gradient) fill(tensor.view(), 0.0L);
  for (Index j = 0; j < spec.sizes.m; ++j) {
    const Problem<S> p = alone(trial.problem, one, j, lengths[static_cast<std::size_t>(j)]);
    for (const auto& [name, tensor] : converted<long double>(trial.run(p))) {
      const CellArray& array = array_of(spec.cell, name);
      View<long double> to = got[name].view();
      if (array.accumulates()) {
        for (std::size_t k = 0; k < tensor.elements().size(); ++k)
          got[name].elements()[k] += tensor.elements()[k];
        continue;
      }
      to = to.slice(array.sample_axis(), j, j + 1);
      if (array.has_steps)
        to = to.slice(array.step_axis(), 0, tensor.view().extent(array.step_axis()));
      copy(tensor.view(), to);
    }
  }
  const Expectation e = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  comparison.within(trial.probes(), got, whole, {{&e, 1}, {&e, 1}});
  return comparison.verdict();
}

/// NaN, or where NaN may spread large numbers, behind the ends of samples: no result changes.
template <class S>
Verdict padding_is_not_read(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const S garbage = trial.can.contains_nan ? std::numeric_limits<S>::quiet_NaN() : S(1000);
  Problem<S> poisoned = trial.problem;
  const Tensor<S> mask = poisoned.in[mask_of(spec.cell)->name];
  Index entries = 0;
  for (auto& [name, tensor] : poisoned.in)
    if (array_of(spec.cell, name).role == Role::input)
      for_each_behind_the_end(mask, tensor.shape(), [&, &to = tensor](Index e, Index, Index) {
        to.elements()[static_cast<std::size_t>(e)] = garbage;
        ++entries;
      });
  Comparison comparison = trial.comparison();
  if (entries == 0)
    comparison.inconclusive("all samples are of one length");
  else
    comparison.bitwise(trial.run(poisoned), trial.run());
  return comparison.verdict();
}

bool has_lengths(Cell cell) { return cells::without_lengths(cell).has_value(); }

}  // namespace

void add_networks(std::vector<Property>& all) {
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
  all.push_back(
      {.id = "directions_apart",
       .sentence = "From right to left is from left to right on reversed time; both add",
       .mathematics = "h<t> = forwards(x reversed)<T-1-t>; dx = dx forwards + dx backwards",
       .exactness = Exactness::bounded,
       .check_f32 = directions_apart<float>,
       .check_f64 = directions_apart<double>,
       .of = [](Cell cell) { return cells::one_way_of(cell).has_value(); },
       .needs =
           [](const Capabilities& can, Cell cell) {
             return can.runs(cells::one_way_of(cell)->one) && carries_over(can, cell);
           },
       .max_size = 6,
       .at_any_size = true});
  all.push_back(
      {.id = "samples_alone",
       .sentence = "A batch of unequal lengths is each of its samples alone",
       .mathematics = "sample j of T_j steps: as alone; dW = sum over j; dx = 0 for t >= T_j",
       .exactness = Exactness::bounded,
       .check_f32 = samples_alone<float>,
       .check_f64 = samples_alone<double>,
       .of = has_lengths,
       .of_states = true,
       .needs = [](const Capabilities& can,
                   Cell cell) { return can.runs(*cells::without_lengths(cell)); },
       .max_size = 6});
  all.push_back({.id = "padding_is_not_read",
                 .sentence = "What stands behind the end of a sample changes nothing",
                 .mathematics = "x<t> = NaN for t >= T_j: the same bits",
                 .exactness = Exactness::bitwise,
                 .check_f32 = padding_is_not_read<float>,
                 .check_f64 = padding_is_not_read<double>,
                 .of = has_lengths,
                 .of_states = true,
                 .max_size = 6,
                 .min_m = 2,
                 .min_T = 2,
                 .at_any_size = true});
}

}  // namespace bptt::properties
