// Properties 17, 18, 26 and 30: what time does.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cells/network.hpp"
#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

template <class S>
Verdict causality(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_da, only = trial.draw("step").below(std::max<Index>(T - 1, 1), 0);
  const auto p = trial.with_upstream(losses_of_steps(trial.problem, only, only + 1, spec.sizes));
  const auto session = subject.open<S>(p.cell, p.activation, p.sizes);
  auto states = make_tensors<S>(p.cell, state_names(p.cell), p.sizes);
  auto got = make_tensors<S>(p.cell, gradient_names(p.cell), p.sizes);
  for_each_input_gradient(p.cell, [&](const std::string& dx) {
    fill(got[dx].view(), std::numeric_limits<S>::quiet_NaN());  // zeros must be written
  });
  session->forward(views_of(p.in), views_of(states));
  session->backward(views_of(p.in), views_of(p.up), views_of(got));
  Comparison comparison = trial.comparison();
  for_each_input_gradient(p.cell, [&](const std::string& dx) {
    const auto& elements = got[dx].elements();
    const Index block = got[dx].size() / T;
    for (Index k = block * (only + 1); k < block * T; ++k) {
      const S v = elements[static_cast<std::size_t>(k)];
      comparison.require(v == S(0), [&] {
        return fmt::format("{}[{}] = {:g} although the only upstream gradient is at step {}", dx,
                           fmt::join(indices_of(k, got[dx].shape()), ","), v, only);
      });
    }
  });
  if (only == T - 1) comparison.inconclusive("one step has no later one");
  return comparison.verdict();
}

template <class S>
Verdict appended_silence(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_x, loud = 1 + trial.draw("steps").below(T, 0);
  auto shorter = trial.problem, longer = trial.problem;
  shorter.sizes.T_da = loud;
  longer.sizes.T_da = T;
  for (Problem<S>* p : {&shorter, &longer})
    p->up = losses_of_steps(trial.problem, 0, std::min(loud, spec.sizes.T_da), p->sizes);
  const auto expected = gradients_of(spec.cell, trial.run(shorter));
  auto got = gradients_of(spec.cell, trial.run(longer));
  Comparison comparison = trial.comparison();
  for_each_input_gradient(spec.cell, [&](const std::string& dx) {
    const Index axis = array_of(spec.cell, dx).step_axis();
    bool zero = true;
    for_each_element(got[dx].view().slice(axis, loud, T),
                     [&](const S& v) { zero = zero && v == S(0); });
    comparison.require(zero,
                       dx + " is not zero at steps without upstream gradients at or after them");
    got[dx] = cut(got[dx], axis, 0, loud);
  });

  if (trial.can.fixed_summation_order) {
    comparison.bitwise(got, expected);
  } else {
    const Expectation e = trial.expect(shorter);
    comparison.within(trial.gradient_probes(shorter.sizes), converted<long double>(got),
                      converted<long double>(expected), {{&e, 1}, {&e, 1}});
  }
  return comparison.verdict();
}

/// Backward from checkpoints: each segment's forward is run again from its first states. Segments
/// of one length but for the first, or each of its own.
template <class S>
Verdict checkpointed(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_da;
  const Draw draw = trial.draw("length");
  const bool one_length = draw.bits(0, 1) % 2 == 0;
  const auto stored = trial.run();
  auto total = make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes);

  NamedTensors<S> carried;  // gradients of initial states, of the segment behind
  for (Index last = T; last > 0;) {
    const Index length = 1 + draw.below(T, one_length ? 0 : last);
    const Index first = std::max<Index>(0, last - length);
    Problem<S> segment = steps(trial.problem, first, last);
    if (first > 0) begin_after(segment, stored, first - 1);
    if (last < T) hand_back(segment, carried);
    // The weight gradients of one segment accumulate on those of the segments behind it.
    const auto session = subject.open<S>(spec.cell, spec.activation, segment.sizes);
    auto states = make_tensors<S>(spec.cell, state_names(spec.cell), segment.sizes);
    session->forward(read_only(views_of(segment.in)), views_of(states));
    auto part = views_of(total);
    for_each_input_gradient(spec.cell, [&](const std::string& dx) {
      part[dx] = total[dx].view().slice(array_of(spec.cell, dx).step_axis(), first, last);
    });
    session->backward(read_only(views_of(segment.in)), read_only(views_of(segment.up)), part);
    carried = NamedTensors<S>();
    for (const CellArray& array : table_of(spec.cell).arrays())
      if (array.role == Role::initial) carried.add("d" + array.name, total["d" + array.name]);
    last = first;
  }

  Comparison comparison = trial.comparison();
  if (trial.can.fixed_summation_order) {
    comparison.bitwise(total, gradients_of(spec.cell, stored));
  } else {
    const Expectation e = trial.expect(trial.problem);
    comparison.within(trial.gradient_probes(), converted<long double>(total),
                      converted<long double>(gradients_of(spec.cell, stored)), {{&e, 1}, {&e, 1}});
  }
  return comparison.verdict();
}

/// A right-to-left run is a run on views that read time backwards; on arrays that are stored
/// backwards it reads forwards again.
template <class S>
Verdict reversed_twice(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const auto step_axis = [&](const std::string& name) {
    return array_of(spec.cell, name).step_axis();
  };
  const auto backwards = [&](auto views) {
    for (auto& [name, view] : views)
      if (step_axis(name) >= 0) view = view.reversed(step_axis(name));
    return views;
  };
  Problem<S> stored_backwards = trial.problem;
  for (auto* arrays : {&stored_backwards.in, &stored_backwards.up})
    for (auto& [name, tensor] : *arrays)
      if (const Index axis = step_axis(name); axis >= 0) {
        const Tensor<S> forwards = tensor;
        copy(forwards.view().reversed(axis), tensor.view());
      }
  const auto session = subject.open<S>(spec.cell, spec.activation, spec.sizes);
  auto states = make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes);
  auto all = make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes);
  const auto in = read_only(backwards(views_of(stored_backwards.in)));
  const auto up = read_only(backwards(views_of(stored_backwards.up)));
  session->forward(in, backwards(views_of(states)));
  session->backward(in, up, backwards(views_of(all)));
  for (auto& [name, tensor] : states) all.add(name, tensor);
  for (auto& [name, tensor] : all)
    if (const Index axis = step_axis(name); axis >= 0) {
      const Tensor<S> backward = tensor;
      copy(backward.view().reversed(axis), tensor.view());
    }

  const auto expected = trial.run();
  if (trial.can.fixed_summation_order) {
    comparison.bitwise(all, expected);
  } else {
    const Expectation e = trial.expect(trial.problem);
    comparison.within(trial.probes(), converted<long double>(all), converted<long double>(expected),
                      {{&e, 1}, {&e, 1}});
  }
  return comparison.verdict();
}

}  // namespace

void add_time(std::vector<Property>& all) {
  all.push_back({.id = "causality",
                 .sentence = "A loss leaves the inputs of later steps without a gradient",
                 .mathematics = "da = 0 but at step t: dx[:,:,s] = 0 for s > t",
                 .exactness = Exactness::bitwise,
                 .check_f32 = causality<float>,
                 .check_f64 = causality<double>,
                 .of = cells::is_causal,
                 .min_T = 2,
                 .at_any_size = true});
  all.push_back({.id = "appended_steps_without_loss",
                 .sentence = "Steps appended with zero upstream gradients change nothing",
                 .mathematics = "G([da, 0]) = [G(da), dx = 0]",
                 .exactness = Exactness::bitwise,
                 .check_f32 = appended_silence<float>,
                 .check_f64 = appended_silence<double>,
                 .of = cells::is_causal,
                 .needs = [](const Capabilities& can, Cell) { return can.fewer_losses; },
                 .at_any_size = true});
  all.push_back({.id = "recomputed_equals_stored",
                 .sentence = "Backward from checkpoints equals backward from the stored states",
                 .mathematics = "segments run again from a<s>, last first = one pass",
                 .exactness = Exactness::bitwise,
                 .check_f32 = checkpointed<float>,
                 .check_f64 = checkpointed<double>,
                 .of = goes_on_from_any_step,
                 .needs = carries_over});
  all.push_back({.id = "time_reversed_twice",
                 .sentence = "Time stored backwards and read backwards is time",
                 .mathematics = "run(reverse(reverse(problem))) = run(problem)",
                 .exactness = Exactness::bitwise,
                 .check_f32 = reversed_twice<float>,
                 .check_f64 = reversed_twice<double>,
                 .needs = [](const Capabilities& can, Cell) { return can.strided; }});
}

}  // namespace bptt::properties
