// Properties 22 to 25: buffers, calls and threads.
#include <cmath>
#include <cstddef>
#include <thread>

#include "properties/families.hpp"
#include "properties/far_apart.hpp"
#include "properties/guarded.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

template <class S>
Verdict backward_twice(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Problem<S> problem = trial.problem;  // handed out; must come back as it was
  const auto session = subject.open<S>(spec.cell, spec.activation, spec.sizes);
  auto states = make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes);
  session->forward(views_of(problem.in), views_of(states));
  const auto states_before = states;
  auto first = make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes);
  auto second = first;
  session->backward(views_of(problem.in), views_of(problem.up), views_of(first));
  const auto first_before = first;
  session->backward(views_of(problem.in), views_of(problem.up), views_of(second));

  Comparison comparison = trial.comparison();
  comparison.bitwise(second, first);
  comparison.bitwise(first, first_before);
  comparison.bitwise(states, states_before);
  comparison.bitwise(problem.in, trial.problem.in);
  comparison.bitwise(problem.up, trial.problem.up);
  return comparison.verdict();
}

/// A session that has served another problem gives what a fresh one gives.
template <class S>
Verdict session_serves_again(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  ProblemSpec other = spec;
  other.seed = mix(spec.seed);
  const Problem<S> before = generate<S>(other);
  const auto session = subject.open<S>(spec.cell, spec.activation, spec.sizes);
  NamedTensors<S> states, gradients;
  for (const Problem<S>* problem : {&before, &trial.problem}) {
    states = make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes);
    gradients = make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes);
    session->forward(views_of(problem->in), views_of(states));
    session->backward(views_of(problem->in), views_of(problem->up), views_of(gradients));
  }
  const auto fresh = trial.run();
  Comparison comparison = trial.comparison();
  for (const auto* got : {&states, &gradients})
    for (const auto& [name, tensor] : *got)
      comparison.bitwise<S>(name, tensor.view(), fresh[name].view());
  return comparison.verdict();
}

/// What the caller does with the states' arrays between forward and backward is its own business.
template <class S>
Verdict states_are_the_callers(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const auto session = subject.open<S>(spec.cell, spec.activation, spec.sizes);
  auto states = make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes);
  auto gradients = make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes);
  session->forward(views_of(trial.problem.in), views_of(states));
  for (auto& [name, tensor] : states) fill(tensor.view(), std::numeric_limits<S>::quiet_NaN());
  session->backward(views_of(trial.problem.in), views_of(trial.problem.up), views_of(gradients));
  Comparison comparison = trial.comparison();
  comparison.bitwise(gradients, gradients_of(spec.cell, trial.run()));
  return comparison.verdict();
}

template <class S>
Verdict overwritten_or_accumulated(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const auto clean = trial.run();
  const auto session = subject.open<S>(spec.cell, spec.activation, spec.sizes);
  auto states = make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes);
  auto gradients = make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes);
  for (auto& [name, tensor] : states) fill(tensor.view(), std::numeric_limits<S>::quiet_NaN());
  NamedTensors<S> before;
  for (auto& [name, tensor] : gradients) {
    if (!accumulates(spec.cell, name)) {
      fill(tensor.view(), std::numeric_limits<S>::quiet_NaN());
      continue;
    }
    // Of the size of the gradient itself, and a whole number where that is one.
    const auto& g = clean[name].elements();
    for (std::size_t k = 0; k < g.size(); ++k)
      tensor.elements()[k] = 2 * g[(k * 7 + 3) % g.size()] + g[k];
    before.add(name, tensor);
  }
  session->forward(views_of(trial.problem.in), views_of(states));
  session->backward(views_of(trial.problem.in), views_of(trial.problem.up), views_of(gradients));

  Comparison comparison = trial.comparison();
  comparison.bitwise(states, [&] {
    NamedTensors<S> expected;
    for (const auto& name : state_names(spec.cell)) expected.add(name, clean[name]);
    return expected;
  }());
  const Expectation e = trial.expect(trial.problem);
  if (comparison.in_doubt(e)) return comparison.verdict();
  for (const auto& [name, tensor] : gradients) {
    if (trial.gives(name) && !accumulates(spec.cell, name))
      comparison.bitwise<S>(name, tensor.view(), clean[name].view());
  }
  // before + dW: each of the additions may round the part that was there before.
  const auto after = converted<long double>(gradients), old = converted<long double>(before),
             alone = converted<long double>(clean);
  std::vector<Probe> probes = trial.gradient_probes();
  std::erase_if(probes, [&](const Probe& probe) { return !accumulates(spec.cell, probe.array); });
  const auto bounds = e.bounds(probes);
  for (std::size_t k = 0; k < probes.size(); ++k) {
    const Probe& probe = probes[k];
    const auto &held = old[probe.array], &gradient = alone[probe.array];
    const auto size = [&](const Tensor<long double>& tensor) {
      return probe.entry >= 0 ? std::abs(read(probe, tensor)) : scale_of(probe, tensor);
    };
    const NoiseBound bound =
        accumulated(bounds[k], size(held) + size(gradient), e.exact() ? 0 : trial.rounding().u,
                    trial.can.derivation, spec.sizes);
    comparison.within(probe.array, read(probe, after[probe.array]),
                      read(probe, held) + read(probe, gradient), bound);
  }
  return comparison.verdict();
}

/// Two runs of one problem: the same bits, or each within its bound.
template <class S>
void compare_runs(const Trial<S>& trial, bool bitwise, const NamedTensors<S>& got,
                  const NamedTensors<S>& expected, Comparison& comparison) {
  if (bitwise) return comparison.bitwise(got, expected);
  const Expectation e = trial.expect(trial.problem);
  comparison.within(trial.probes(), converted<long double>(got), converted<long double>(expected),
                    {{&e, 1}, {&e, 1}});
}

/// A run whose arrays are where place(name, shape) says, copied out of there.
template <class S, class Place>
NamedTensors<S> run_elsewhere(const Trial<S>& trial, const Place& place) {
  const ProblemSpec& spec = trial.spec;
  const auto placed = [&](const NamedTensors<S>& tensors) {
    NamedViews<S> views;
    for (const auto& [name, tensor] : tensors)
      copy(tensor.view(), views.add(name, place(name, tensor.shape())));
    return views;
  };
  const auto in = read_only(placed(trial.problem.in)), up = read_only(placed(trial.problem.up));
  const auto states = placed(make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes));
  const auto grad = placed(make_tensors<S>(spec.cell, gradient_names(spec.cell), spec.sizes));
  const auto session = trial.subject.template open<S>(spec.cell, spec.activation, spec.sizes);
  session->forward(in, states);
  session->backward(in, up, grad);

  NamedTensors<S> got;
  for (const auto* views : {&grad, &states})
    for (const auto& [name, view] : *views) {
      Tensor<S> dense(view.shape());
      copy(View<const S>(view), dense.view());
      got.add(name, std::move(dense));
    }
  return got;
}

template <class S>
Verdict strided_and_guarded(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Named<Guarded<S>> buffers;
  const auto got = run_elsewhere(trial, [&](const std::string& name, const Shape& shape) {
    return buffers.add(name, Guarded<S>(shape, trial.draw(name), trial.can.strided)).view();
  });
  Comparison comparison = trial.comparison();
  const auto expected = trial.run();
  for (auto& [name, buffer] : buffers)
    comparison.require(buffer.written_outside() == 0, "something was written outside of " + name);
  compare_runs(trial, trial.can.fixed_summation_order, got, expected, comparison);
  return comparison.verdict();
}

/// Of the gradients one and a third of the others.
template <class S>
Verdict some_gradients_alone(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const auto& names = gradient_names(spec.cell);
  const auto count = static_cast<Index>(names.size());
  const Draw draw = trial.draw("gradients asked for");
  const Index one = draw.below(count, 0);
  NamedTensors<S> asked;
  for (Index k = 0; k < count; ++k) {
    const std::string& name = names[static_cast<std::size_t>(k)];
    if (k == one || draw.below(3, 1, k) == 0)
      asked.add(name, Tensor<S>(shape_of(spec.cell, name, spec.sizes)));
  }
  const auto session = subject.open<S>(spec.cell, spec.activation, spec.sizes);
  auto states = make_tensors<S>(spec.cell, state_names(spec.cell), spec.sizes);
  session->forward(views_of(trial.problem.in), views_of(states));
  session->backward(views_of(trial.problem.in), views_of(trial.problem.up), views_of(asked));

  Comparison comparison = trial.comparison();
  const auto whole = trial.run();
  if (trial.can.fixed_summation_order) {
    for (const auto& [name, tensor] : asked)
      if (trial.gives(name)) comparison.bitwise<S>(name, tensor.view(), whole[name].view());
    return comparison.verdict();
  }
  const Expectation e = trial.expect(trial.problem);
  std::vector<Probe> probes = trial.gradient_probes();
  std::erase_if(probes, [&](const Probe& probe) { return !asked.contains(probe.array); });
  comparison.within(probes, converted<long double>(asked), converted<long double>(whole),
                    {{&e, 1}, {&e, 1}});
  return comparison.verdict();
}

/// Every other array is far apart, up to so many that what is reserved does not grow with layers.
template <class S>
Verdict offsets_beyond_32_bits(const Subject& subject, const ProblemSpec& spec) {
  constexpr std::size_t most = 8;
  const Trial<S> trial(subject, spec);
  std::vector<FarApart<S>> far;
  std::vector<Tensor<S>> dense;
  Index number = trial.draw("far apart").below(2, 0);
  const auto got = run_elsewhere(trial, [&](const std::string&, const Shape& shape) {
    return number++ % 2 == 0 && far.size() < most ? far.emplace_back(shape).view()
                                                  : dense.emplace_back(shape).view();
  });
  Comparison comparison = trial.comparison();
  compare_runs(trial, trial.can.fixed_summation_order, got, trial.run(), comparison);
  return comparison.verdict();
}

template <class S>
Verdict same_bits_every_time(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison comparison = trial.comparison();
  // The other thread's: a subject that writes to what it should only read must not race with
  // itself.
  const Problem<S> copy = trial.problem;
  const auto first = trial.run();
  comparison.bitwise(trial.run(), first);
  NamedTensors<S> in_one_thread, in_another;
  std::exception_ptr failure;
  std::thread other([&] {
    try {
      in_another = trial.run(copy);
    } catch (...) {
      failure = std::current_exception();
    }
  });
  try {
    in_one_thread = trial.run();
  } catch (...) {
    other.join();
    throw;
  }
  other.join();
  if (failure) std::rethrow_exception(failure);
  for (const auto* beside : {&in_one_thread, &in_another})
    compare_runs(trial, trial.can.same_bits_beside_others, *beside, first, comparison);
  return comparison.verdict();
}

}  // namespace

void add_buffers(std::vector<Property>& all) {
  all.push_back({.id = "backward_twice",
                 .sentence = "Backward twice gives the same bits and modifies nothing it reads",
                 .mathematics = "G(w); G(w): equal, and inputs, states, upstream unchanged",
                 .exactness = Exactness::bitwise,
                 .check_f32 = backward_twice<float>,
                 .check_f64 = backward_twice<double>,
                 .regimes = all_regimes,
                 .at_any_size = true});
  all.push_back(
      {.id = "session_serves_again",
       .sentence = "A session that has served another problem gives what a fresh one gives",
       .mathematics = "run(p1); run(p2) in one session = run(p2)",
       .exactness = Exactness::bitwise,
       .check_f32 = session_serves_again<float>,
       .check_f64 = session_serves_again<double>,
       .regimes = all_regimes,
       .at_any_size = true});
  all.push_back(
      {.id = "states_are_the_callers",
       .sentence = "Backward does not read the arrays into which forward wrote the states",
       .mathematics = "forward; states := NaN; backward = forward; backward",
       .exactness = Exactness::bitwise,
       .check_f32 = states_are_the_callers<float>,
       .check_f64 = states_are_the_callers<double>,
       .at_any_size = true});
  all.push_back({.id = "overwritten_or_accumulated",
                 .sentence = "What is overwritten ignores what it held; what accumulates adds once",
                 .mathematics = "dx := .., dW = dW_before + G",
                 .exactness = Exactness::bounded,
                 .check_f32 = overwritten_or_accumulated<float>,
                 .check_f64 = overwritten_or_accumulated<double>,
                 .at_any_size = true});
  all.push_back({.id = "strided_and_guarded",
                 .sentence = "Strided, unaligned buffers give the same and nothing else is written",
                 .mathematics = "run(views into larger buffers) = run(dense), guards intact",
                 .exactness = Exactness::bitwise,
                 .check_f32 = strided_and_guarded<float>,
                 .check_f64 = strided_and_guarded<double>,
                 .at_any_size = true});
  all.push_back({.id = "some_gradients_alone",
                 .sentence = "Asking for some of the gradients changes no number of theirs",
                 .mathematics = "G restricted to some arrays = G, of these arrays",
                 .exactness = Exactness::bitwise,
                 .check_f32 = some_gradients_alone<float>,
                 .check_f64 = some_gradients_alone<double>,
                 .needs = [](const Capabilities& can, Cell) { return can.some_gradients; }});
  all.push_back(
      {.id = "offsets_beyond_32_bits",
       .sentence = "Arrays whose elements lie further apart than 2^31 give the same",
       .mathematics = "run(views with strides of 2^31 elements) = run(dense)",
       .exactness = Exactness::bitwise,
       .check_f32 = offsets_beyond_32_bits<float>,
       .check_f64 = offsets_beyond_32_bits<double>,
       .needs = [](const Capabilities& can, Cell) { return can.strided && can.far_apart; }});
  all.push_back({.id = "same_bits_every_time",
                 .sentence = "Repeated runs, alone and in two threads at once, give the same bits",
                 .mathematics = "run(problem) = run(problem)",
                 .exactness = Exactness::bitwise,
                 .check_f32 = same_bits_every_time<float>,
                 .check_f64 = same_bits_every_time<double>,
                 .regimes = all_regimes,
                 .of_states = true,
                 .at_any_size = true});
}

}  // namespace bptt::properties
