// Properties 17, 18, 26 and 30: what time does.
#include <fmt/format.h>

#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

template <class S>
Verdict causality(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_da, only = trial.draw("step").below(std::max<Index>(T - 1, 1), 0);
  auto up = make_tensors<S>(spec.cell, upstream_names(spec.cell), spec.sizes);
  copy(trial.problem.up["da"].view().at_step(only), up["da"].view().at_step(only));
  const auto p = trial.with_upstream(std::move(up));
  const auto session = subject.open<S>(p.cell, p.activation, p.sizes);
  auto states = make_tensors<S>(p.cell, state_names(p.cell), p.sizes);
  auto got = make_tensors<S>(p.cell, gradient_names(p.cell), p.sizes);
  fill(got["dx"].view(), std::numeric_limits<S>::quiet_NaN());  // zeros must be written
  session->forward(views_of(p.in), views_of(states));
  session->backward(views_of(p.in), views_of(p.up), views_of(got));
  Comparison comparison = trial.comparison();
  for (Index t = only + 1; t < T; ++t)
    for (Index j = 0; j < spec.sizes.m; ++j)
      for (Index i = 0; i < spec.sizes.n_x; ++i)
        comparison.require(got["dx"](i, j, t) == S(0), [&] {
          return fmt::format(
              "dx[{},{},{}] = {:g} although the only upstream gradient is at step {}", i, j, t,
              got["dx"](i, j, t), only);
        });
  if (only == T - 1) comparison.inconclusive("one step has no later one");
  return comparison.verdict();
}

template <class S>
Verdict appended_silence(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_x, loud = 1 + trial.draw("steps").below(T, 0);
  auto shorter = trial.problem;
  shorter.sizes.T_da = loud;
  shorter.up = make_tensors<S>(spec.cell, upstream_names(spec.cell), shorter.sizes);
  auto longer = trial.problem;
  longer.sizes.T_da = T;
  longer.up = make_tensors<S>(spec.cell, upstream_names(spec.cell), longer.sizes);
  const auto& da = trial.problem.up["da"];
  for (Index t = 0; t < std::min(loud, spec.sizes.T_da); ++t) {
    copy(da.view().at_step(t), shorter.up["da"].view().at_step(t));
    copy(da.view().at_step(t), longer.up["da"].view().at_step(t));
  }
  const auto expected = gradients_of(trial.run(shorter));
  auto got = gradients_of(trial.run(longer));
  Comparison comparison = trial.comparison();
  const auto silent = got["dx"].view().slice(2, loud, T);
  bool zero = true;
  for_each_element(silent, [&](const S& v) { zero = zero && v == S(0); });
  comparison.require(zero, "dx is not zero at steps without upstream gradients at or after them");
  got["dx"] = cut(got["dx"], 2, 0, loud);

  if (subject.capabilities().fixed_summation_order) {
    comparison.bitwise(got, expected);
  } else {
    const Expectation e = trial.expect(shorter);
    comparison.within(trial.gradient_probes(shorter.sizes), converted<long double>(got),
                      converted<long double>(expected), {{&e, 1}, {&e, 1}});
  }
  return comparison.verdict();
}

/// Backward from checkpoints: each segment's forward is run again from its first states.
template <class S>
Verdict checkpointed(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index T = spec.sizes.T_da, length = 1 + trial.draw("length").below(T, 0);
  const auto stored = trial.run();
  auto total = make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes);

  NamedTensors<S> carried;  // da0, dc0 of the segment behind
  for (Index last = T; last > 0;) {
    const Index first = std::max<Index>(0, last - length);
    Problem<S> segment = steps(trial.problem, first, last);
    if (first > 0) {
      segment.in["a0"] = state_after(stored["a"], first - 1);
      if (spec.cell == Cell::lstm) segment.in["c0"] = state_after(stored["c"], first - 1);
    }
    if (last < T) {
      const auto end = segment.up["da"].view().at_step(last - first - 1);
      for (Index j = 0; j < spec.sizes.m; ++j)
        for (Index i = 0; i < spec.sizes.n_a; ++i) end(i, j) += carried["da0"](i, j);
      if (spec.cell == Cell::lstm) segment.up["dc_T"] = carried["dc0"];
    }
    // The weight gradients of one segment accumulate on those of the segments behind it.
    const auto session = subject.open<S>(spec.cell, spec.activation, segment.sizes);
    auto states = make_tensors<S>(spec.cell, state_names(spec.cell), segment.sizes);
    session->forward(read_only(views_of(segment.in)), views_of(states));
    auto part = views_of(total);
    part["dx"] = total["dx"].view().slice(2, first, last);
    session->backward(read_only(views_of(segment.in)), read_only(views_of(segment.up)), part);
    carried = NamedTensors<S>();
    carried.add("da0", total["da0"]);
    if (spec.cell == Cell::lstm) carried.add("dc0", total["dc0"]);
    last = first;
  }

  Comparison comparison = trial.comparison();
  if (subject.capabilities().fixed_summation_order) {
    comparison.bitwise(total, gradients_of(stored));
  } else {
    const Expectation e = trial.expect(trial.problem);
    comparison.within(trial.gradient_probes(), converted<long double>(total),
                      converted<long double>(gradients_of(stored)), {{&e, 1}, {&e, 1}});
  }
  return comparison.verdict();
}

/// A right-to-left run is a run on views that read time backwards; on arrays that are stored
/// backwards it reads forwards again.
template <class S>
Verdict reversed_twice(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  const auto is_timed = [](const auto& view) { return view.shape().rank() == 3; };
  const auto backwards = [&](auto views) {
    for (auto& [name, view] : views)
      if (is_timed(view)) view = view.reversed(2);
    return views;
  };
  Problem<S> stored_backwards = trial.problem;
  for (auto* arrays : {&stored_backwards.in, &stored_backwards.up})
    for (auto& [name, tensor] : *arrays)
      if (tensor.shape().rank() == 3) {
        const Tensor<S> forwards = tensor;
        copy(forwards.view().reversed(2), tensor.view());
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
    if (tensor.shape().rank() == 3) {
      const Tensor<S> backward = tensor;
      copy(backward.view().reversed(2), tensor.view());
    }

  const auto expected = trial.run();
  if (subject.capabilities().fixed_summation_order) {
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
                 .min_T = 2,
                 .at_any_size = true});
  all.push_back({.id = "appended_steps_without_loss",
                 .sentence = "Steps appended with zero upstream gradients change nothing",
                 .mathematics = "G([da, 0]) = [G(da), dx = 0]",
                 .exactness = Exactness::bitwise,
                 .check_f32 = appended_silence<float>,
                 .check_f64 = appended_silence<double>,
                 .needs = [](const Capabilities& can, Cell) { return can.fewer_losses; },
                 .at_any_size = true});
  all.push_back({.id = "recomputed_equals_stored",
                 .sentence = "Backward from checkpoints equals backward from the stored states",
                 .mathematics = "segments run again from a<s>, last first = one pass",
                 .exactness = Exactness::bitwise,
                 .check_f32 = checkpointed<float>,
                 .check_f64 = checkpointed<double>,
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
