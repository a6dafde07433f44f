#include "properties/published_cases.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "arithmetic/noise_model.hpp"
#include "arithmetic/recorded.hpp"
#include "properties/comparison.hpp"
#include "properties/judged.hpp"
#include "properties/reference_run.hpp"
#include "properties/trial.hpp"
#include "reference/loss.hpp"

namespace bptt::properties {
namespace {

using R = Recorded<long double>;
constexpr double u = 0x1p-53;

/// One array's bounds, entry by entry.
using Bounds = std::vector<NoiseBound>;

std::string label_of(std::string_view array, const std::vector<Index>& index) {
  return fmt::format("{}[{}]", array, fmt::join(index, ","));
}

/// The inverse of label_of, so that a report has the array and the index apart.
void separate_label(Element& element) {
  const std::size_t open = element.array.find('[');
  if (open == std::string::npos) return;
  for (std::size_t at = open; at < element.array.size() && element.array[at] != ']';
       at = element.array.find_first_of(",]", at + 1))
    element.index.push_back(std::stol(element.array.substr(at + 1)));
  element.array.resize(open);
}

void compare_array(Comparison& comparison, const std::string& name, const Tensor<double>& got,
                   const Tensor<double>& published, const Bounds& bounds) {
  double largest = 0;
  for (const double p : published.elements()) largest = std::max(largest, std::abs(p));
  for (std::size_t k = 0; k < bounds.size(); ++k) {
    const double p = published.elements()[k];
    const double rounding = u * std::abs(p);
    NoiseBound bound = bounds[k];
    bound.certain += rounding;
    bound.sigma = std::hypot(bound.sigma, rounding / std::sqrt(3.0));
    if (bound.certain > conclusive_part * largest)
      comparison.inconclusive("the error bound is above a hundredth of the largest entry of " +
                              name);
    comparison.within(label_of(name, indices_of(static_cast<Index>(k), got.shape())),
                      got.elements()[k], p, bound);
  }
}

/// As the notebook prints: twelve significant digits of one number, eight decimals of an array's
/// without the zeros at their end.
std::string as_printed(double value, bool one_number) {
  if (one_number) return fmt::format("{:.12g}", value);
  std::string text = fmt::format("{:.8f}", value);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

void compare_printed(Comparison& comparison, const Printed& printed, const Tensor<double>& got,
                     const Bounds& bounds) {
  const Shape& shape = got.shape();
  const bool one_number = static_cast<Index>(printed.index.size()) == shape.rank();
  std::vector<Index> index = printed.index;
  // A row of one cell's step runs over the samples; its time axis has one entry.
  const std::size_t axis = index.size();
  index.resize(static_cast<std::size_t>(shape.rank()));
  for (std::size_t k = 0; k < printed.digits.size(); ++k) {
    if (!one_number) index[axis] = static_cast<Index>(k);
    Index entry = 0, stride = 1;
    for (std::size_t i = 0; i < index.size(); stride *= shape[static_cast<Index>(i)], ++i)
      entry += index[i] * stride;
    const double value = got.elements()[static_cast<std::size_t>(entry)];
    const auto bound = static_cast<double>(bounds[static_cast<std::size_t>(entry)].certain);
    const std::string_view digits = printed.digits[k];
    const bool same = as_printed(value, one_number) == digits ||
                      as_printed(value - bound, one_number) == digits ||
                      as_printed(value + bound, one_number) == digits;
    comparison.require(same, label_of(printed.array, index) + " is printed as " +
                                 as_printed(value, one_number) + ", published as " +
                                 std::string(digits));
  }
}

void compare(Comparison& comparison, const PublishedCase& published,
             const NamedTensors<double>& got, const Named<Bounds>& bounds) {
  for (const auto& [name, tensor] : published.expected)
    if (got.contains(name)) compare_array(comparison, name, got[name], tensor, bounds[name]);
  for (const Printed& printed : published.printed)
    if (got.contains(printed.array))
      compare_printed(comparison, printed, got[printed.array], bounds[printed.array]);
}

Verdict verdict_of(const Comparison& comparison) {
  Verdict verdict = comparison.verdict();
  separate_label(verdict.worst);
  return verdict;
}

NamedTensors<double> outputs_of(const Subject& subject, const PublishedCase& published) {
  const Problem<double>& p = published.problem;
  const auto session = subject.open<double>(p.cell, p.activation, p.sizes);
  auto outputs = make_tensors<double>(p.cell, state_names(p.cell), p.sizes);
  session->forward(views_of(p.in), views_of(outputs));
  const Capabilities can = subject.capabilities();
  NamedTensors<double> given;
  for (auto& [name, tensor] : outputs)
    if (can.has(name)) given.add(name, std::move(tensor));
  outputs = std::move(given);
  if (!published.backward || !can.backward) return outputs;
  auto gradients = make_tensors<double>(p.cell, gradient_names(p.cell), p.sizes);
  session->backward(views_of(p.in), views_of(p.up), views_of(gradients));
  for (auto& [name, tensor] : gradients)
    if (can.has(name)) outputs.add(name, std::move(tensor));
  return outputs;
}

NamedTensors<R> recorded(const NamedTensors<double>& from) {
  NamedTensors<R> to;
  for (const auto& [name, tensor] : from) {
    Tensor<R> inputs(tensor.shape());
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      inputs.elements()[k] = R::input(tensor.elements()[k]);
    to.add(name, std::move(inputs));
  }
  return to;
}

/// Gates and predictions of the reference, over any arithmetic.
template <class S>
NamedTensors<S> specification(const PublishedCase& published, const Problem<S>& problem,
                              const NamedTensors<S>& head) {
  NamedTensors<S> outputs = reference_forward(problem);
  const Index n_y = head["by"].shape()[0];
  Tensor<S> y({n_y, published.sizes.m, published.sizes.T_x});
  const auto parameters = views_of(head);
  reference::head_forward<S>({parameters["Wya"], parameters["by"]},
                             std::as_const(outputs)["a"].view(), y.view());
  outputs.add("y", std::move(y));
  return outputs;
}

Named<Bounds> specification_bounds(const PublishedCase& published) {
  Tape<long double> tape;
  const TapeScope<long double> scope(tape);
  const Problem<R> problem{published.cell, Activation::tanh, published.sizes,
                           recorded(published.problem.in), recorded(published.problem.up)};
  const auto outputs = specification<R>(published, problem, recorded(published.head));
  std::vector<std::int32_t> nodes;
  for (const auto& [name, tensor] : outputs)
    for (const R& value : tensor.elements()) nodes.push_back(value.node());
  const NoiseModel noise(tape, nodes, Rounding::of<double>());
  Named<Bounds> bounds;
  for (const auto& [name, tensor] : outputs) {
    std::vector<Functional> entries;
    for (const R& value : tensor.elements()) entries.push_back({{value.node(), 1.0}});
    bounds.add(name, noise.bounds(entries));
  }
  return bounds;
}

}  // namespace

bool applies(const PublishedCase& published, const Capabilities& can) {
  const auto is_zero = [](const NamedTensors<double>& arrays, std::string_view name) {
    if (!arrays.contains(name)) return true;
    const auto& values = arrays[name].elements();
    return std::all_of(values.begin(), values.end(), [](double v) { return v == 0; });
  };
  const Sizes& s = published.sizes;
  return can_run(can, published.cell, Activation::tanh, Scalar::f64) && s.T_x <= can.max_T &&
         s.m <= can.max_m && (can.fewer_losses || s.T_da == s.T_x) &&
         std::all_of(can.without.begin(), can.without.end(), [&](const std::string& name) {
           return is_zero(published.problem.in, name) && is_zero(published.problem.up, name);
         });
}

Verdict check_published_case(const Subject& subject, const PublishedCase& published) {
  Rounding rounding = Rounding::of<double>();
  rounding.tanh_ulp = subject.capabilities().tanh_ulp;
  rounding.sigmoid_ulp = subject.capabilities().sigmoid_ulp;
  rounding.absolute_error = subject.capabilities().absolute_error;
  return judged(subject, [&](const Subject& answerable) {
    Comparison comparison(rounding.u);
    const auto got = outputs_of(answerable, published);
    const Expectation expectation(published.problem, rounding);
    Named<Bounds> bounds;
    for (const auto& [name, tensor] : got) {
      std::vector<Probe> entries;
      for (Index k = 0; k < tensor.size(); ++k) entries.push_back({name, k, 0});
      bounds.add(name, expectation.bounds(entries));
    }
    compare(comparison, published, got, bounds);
    return verdict_of(comparison);
  });
}

Verdict check_published_specification(const PublishedCase& published) {
  Comparison comparison(u);
  compare(comparison, published,
          specification<double>(published, published.problem, published.head),
          specification_bounds(published));
  return verdict_of(comparison);
}

}  // namespace bptt::properties
