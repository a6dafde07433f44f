#include "diagnosis/trace.hpp"

#include <array>
#include <cmath>
#include <exception>
#include <utility>

#include "properties/generate.hpp"
#include "properties/guarded.hpp"

namespace bptt::diagnosis {
namespace {

using properties::Draw;

template <class S>
Problem<S> problem_of(const TraceCase& c, std::uint64_t seed) {
  properties::ProblemSpec spec = c.spec;
  spec.seed = seed;
  Problem<S> problem = properties::generate<S>(spec);
  if (c.exponent != 0)
    for (auto& [name, tensor] : problem.in)
      if (!name.starts_with("W"))
        for (S& value : tensor.elements()) value = std::ldexp(value, c.exponent);
  return problem;
}

template <class S>
NamedTensors<S> all_held_before(const TraceCase& c) {
  NamedTensors<S> held;
  for (const auto* names : {&state_names(c.spec.cell), &gradient_names(c.spec.cell)})
    for (const std::string& name : *names) {
      Tensor<S>& tensor = held.add(name, Tensor<S>(shape_of(c.spec.cell, name, c.spec.sizes)));
      for (std::size_t k = 0; k < tensor.elements().size(); ++k)
        tensor.elements()[k] = static_cast<S>(held_before(k));
    }
  return held;
}

template <class S>
DrawnCase::Arrays<S> arrays_of(const TraceCase& c) {
  return {problem_of<S>(c, c.spec.seed),
          properties::generate_upstream<S>(c.spec, "second backward"),
          problem_of<S>(c, properties::mix(c.spec.seed)), all_held_before<S>(c)};
}

/// One run of a script.
template <class S>
class Run {
 public:
  Run(const Subject& subject, const Capabilities& claims, const DrawnCase& drawn)
      : claims_(claims),
        case_(drawn.described()),
        arrays_(drawn.arrays<S>()),
        problem_(arrays_.problem),
        states_(zeros(state_names(case_.spec.cell))),
        gradients_(zeros(gradient_names(case_.spec.cell))),
        session_(subject.open<S>(problem_.cell, problem_.activation, problem_.sizes)) {}

  [[nodiscard]] Trace follow() {
    switch (case_.script) {
      case Script::once: once(); break;
      case Script::twice: twice(); break;
      case Script::second_problem: second_problem(); break;
      case Script::prefilled: prefilled(); break;
      case Script::states_overwritten: states_overwritten(); break;
      case Script::strided: strided(); break;
    }
    return std::move(trace_);
  }

 private:
  void once() {
    forward();
    backward(problem_.up);
    record(Moment::first);
    record_callers();
  }

  void twice() {
    forward();
    backward(problem_.up);
    record(Moment::first);
    gradients_ = zeros(gradient_names(case_.spec.cell));
    NamedTensors<S> up = arrays_.other_up;
    backward(up);
    record(Moment::second);
    record_callers();
  }

  void second_problem() {
    problem_ = arrays_.before;
    forward();
    backward(problem_.up);
    record(Moment::first);
    // In the same arrays, as a program that trains would do it.
    problem_ = arrays_.problem;
    states_ = zeros(state_names(case_.spec.cell));
    gradients_ = zeros(gradient_names(case_.spec.cell));
    forward();
    backward(problem_.up);
    record(Moment::second);
  }

  void prefilled() {
    for (auto* tensors : {&states_, &gradients_})
      for (auto& [name, tensor] : *tensors) tensor = arrays_.held[name];
    forward();
    backward(problem_.up);
    record(Moment::first);
  }

  void states_overwritten() {
    forward();
    record(Moment::first, states_);
    for (auto& [name, tensor] : states_)
      for (S& value : tensor.elements()) value = S(0.25);
    backward(problem_.up);
    record(Moment::first, gradients_);
  }

  void strided() {
    Named<properties::Guarded<S>> buffers;
    const auto place = [&](const NamedTensors<S>& tensors) {
      NamedViews<S> views;
      for (const auto& [name, tensor] : tensors) {
        const Draw draw(case_.spec.seed, name);
        auto& buffer = buffers.add(name, properties::Guarded<S>(tensor.shape(), draw, true));
        const View<S> view = name == "x" ? buffer.view().reversed(2) : buffer.view();
        copy(tensor.view(), view);
        views.add(name, view);
      }
      return views;
    };
    const NamedViews<S> in = place(problem_.in), up = place(problem_.up);
    const NamedViews<S> states = place(states_), gradients = place(gradients_);
    session_->forward(const_views(in), states);
    if (claims_.backward) session_->backward(const_views(in), const_views(up), gradients);
    for (auto [from, to] : {std::pair{&states, &states_}, std::pair{&gradients, &gradients_}})
      for (const auto& [name, view] : *from) copy(View<const S>(view), (*to)[name].view());
    record(Moment::first);
    for (auto& [name, buffer] : buffers) {
      Tensor<double> written(Shape{});
      written(0) = static_cast<double>(buffer.written_outside());
      if (gives(name)) trace_.arrays.push_back({Moment::outside, name, std::move(written)});
    }
  }

  void forward() { session_->forward(views_of(std::as_const(problem_.in)), views_of(states_)); }
  void backward(const NamedTensors<S>& up) {
    if (!claims_.backward) return;
    session_->backward(views_of(std::as_const(problem_.in)), views_of(up), views_of(gradients_));
  }

  void record(Moment moment) {
    record(moment, gradients_);
    if (moment == Moment::first || case_.script == Script::second_problem) record(moment, states_);
  }
  void record(Moment moment, const NamedTensors<S>& tensors) {
    for (const auto& [name, tensor] : tensors)
      if (gives(name)) trace_.arrays.push_back({moment, name, converted<double>(tensor)});
  }
  void record_callers() {
    record(Moment::callers, problem_.in);
    record(Moment::callers, problem_.up);
  }

  /// Whether the array is one of the caller's, or one that the subject gives.
  [[nodiscard]] bool gives(const std::string& name) const {
    if (!gradients_.contains(name)) return true;
    return claims_.backward && claims_.has(name);
  }
  [[nodiscard]] NamedTensors<S> zeros(const std::vector<std::string>& names) const {
    return make_tensors<S>(case_.spec.cell, names, case_.spec.sizes);
  }
  [[nodiscard]] static NamedViews<const S> const_views(const NamedViews<S>& views) {
    NamedViews<const S> result;
    for (const auto& [name, view] : views) result.add(name, view);
    return result;
  }

  const Capabilities& claims_;
  const TraceCase& case_;
  const DrawnCase::Arrays<S>& arrays_;
  Problem<S> problem_;  // a copy: some implementations write into it
  NamedTensors<S> states_, gradients_;
  std::unique_ptr<Session<S>> session_;
  Trace trace_;
};

}  // namespace

std::string_view name_of(Script script) {
  constexpr std::array<std::string_view, script_count> names{
      "one call",
      "a second backward",
      "a second problem in one session",
      "outputs that held numbers before",
      "states that the caller overwrites before backward",
      "views with gaps, and x read backwards in time"};
  return names[static_cast<std::size_t>(script)];
}

std::string to_string(const TraceCase& c) {
  std::string text = properties::to_string(c.spec) + ", " + std::string(name_of(c.scalar));
  if (c.exponent != 0) text += ", inputs times 2^" + std::to_string(c.exponent);
  if (c.script != Script::once) text += ", " + std::string(name_of(c.script));
  return text;
}

DrawnCase::DrawnCase(const TraceCase& c) : case_(c) {
  if (c.scalar == Scalar::f32)
    arrays_ = arrays_of<float>(c);
  else
    arrays_ = arrays_of<double>(c);
}

Trace DrawnCase::follow(const Subject& subject, const Capabilities& claims) const {
  const auto failed = [](Cause cause, const std::exception& error) {
    return Trace{{}, TraceFailure{cause, error.what()}};
  };
  try {
    if (case_.scalar == Scalar::f32) return Run<float>(subject, claims, *this).follow();
    return Run<double>(subject, claims, *this).follow();
  } catch (const CheckerError&) {
    throw;
  } catch (const SubjectFailure& failure) {
    return failed(failure.cause, failure);
  } catch (const std::exception& error) {
    return failed(Cause::raised, error);
  }
}

}  // namespace bptt::diagnosis
