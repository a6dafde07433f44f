#include "diagnosis/expected_trace.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "properties/comparison.hpp"
#include "properties/draw.hpp"
#include "properties/expectation.hpp"

namespace bptt::diagnosis {
namespace {

using properties::Expectation;
using properties::Probe;

template <class S>
bool all_zero(const NamedTensors<S>& tensors) {
  for (const auto& [name, tensor] : tensors)
    for (const S& value : tensor.elements())
      if (value != S(0)) return false;
  return true;
}

template <class S>
class Builder {
 public:
  Builder(const DrawnCase& drawn, const Capabilities& claims)
      : claims_(claims), case_(drawn.described()), arrays_(drawn.arrays<S>()) {
    rounding_ = Rounding::of<S>();
    rounding_.tanh_ulp = claims.tanh_ulp;
    rounding_.sigmoid_ulp = claims.sigmoid_ulp;
    rounding_.absolute_error = claims.absolute_error;
  }

  [[nodiscard]] ExpectedTrace build() {
    // Where everything is exact a fault's numbers need not be: a sum rounds once for each term.
    const Sizes& n = case_.spec.sizes;
    expected_.relative = rounding_.u * static_cast<double>(n.T_x * n.m + n.n_a + n.n_x);
    const bool second_problem = case_.script == Script::second_problem;
    add_outputs(Moment::first, second_problem ? arrays_.before : arrays_.problem);
    if (second_problem) add_outputs(Moment::second, arrays_.problem);
    if (case_.script == Script::twice) {
      Problem<S> again = arrays_.problem;
      again.up = arrays_.other_up;
      add_outputs(Moment::second, again);
    }
    if (case_.script == Script::once || case_.script == Script::twice) {
      add_exact(Moment::callers, arrays_.problem.in);
      add_exact(Moment::callers, arrays_.problem.up);
    }
    if (case_.script == Script::strided) {
      for (const auto* names : {&input_names(case_.spec.cell), &upstream_names(case_.spec.cell),
                                &state_names(case_.spec.cell), &gradient_names(case_.spec.cell)})
        for (const std::string& name : *names)
          expected_.arrays.push_back({Moment::outside, name, Tensor<long double>(Shape{}), {0}});
    }
    return std::move(expected_);
  }

 private:
  void add_outputs(Moment moment, const Problem<S>& problem) {
    const Expectation e(problem, rounding_, claims_.derivation);
    if (expected_.doubt.empty()) expected_.doubt = e.doubt();
    const bool no_upstream = all_zero(problem.up);  // every product has a factor of zero
    const bool large = !properties::judged_entry_by_entry(problem.cell, problem.sizes);
    const Named<NoiseBound> typical = large ? typical_bounds(e) : Named<NoiseBound>();
    for (const auto& [name, values] : e.values()) {
      const bool gradient = array_of(problem.cell, name).role == Role::gradient;
      if (gradient && !(claims_.backward && claims_.has(name))) continue;
      ExpectedArray array{moment, name, values, {}};
      const bool onto =
          gradient && accumulates(problem.cell, name) && case_.script == Script::prefilled;
      std::vector<NoiseBound> bounds;
      if (large)
        bounds.assign(values.elements().size(), typical[name]);
      else
        bounds = e.bounds(probes_of(name, values));
      if (gradient && no_upstream) bounds.assign(bounds.size(), NoiseBound{});
      const long double scale = properties::scale_of({name, 0, 0}, values);
      for (std::size_t k = 0; k < bounds.size(); ++k) {
        const bool says_little = !std::isfinite(bounds[k].certain) ||
                                 (large ? properties::tolerance_of(bounds[k]) : bounds[k].certain) >
                                     properties::conclusive_part * scale;
        if (onto) {
          const long double old = arrays_.held[name].elements()[k];
          const long double size = std::abs(old) + std::abs(values.elements()[k]);
          bounds[k] = properties::accumulated(bounds[k], size, e.exact() ? 0 : rounding_.u,
                                              claims_.derivation, problem.sizes);
          array.values.elements()[k] += old;
        }
        // The expected numbers are rounded to 64 bits, and the sum with `old` once more.
        long double tolerance = properties::tolerance_of(bounds[k]) * (1 + 0x1p-9L);
        // A number below the scalar's range; the bound itself may be below that of double.
        const long double size = std::abs(array.values.elements()[k]);
        if (size != 0 && size < rounding_.smallest_normal)
          tolerance += rounding_.smallest_subnormal;
        array.tolerance.push_back(says_little ? -1 : tolerance);
        if (!says_little && scale > 0)
          expected_.relative = std::max(expected_.relative, static_cast<double>(tolerance / scale));
      }
      expected_.arrays.push_back(std::move(array));
    }
  }

  static std::vector<Probe> probes_of(const std::string& name, const Tensor<long double>& values) {
    std::vector<Probe> probes;
    for (Index k = 0; k < values.size(); ++k) probes.push_back({name, k, 0});
    return probes;
  }

  /// Of a large problem's arrays, whose every entry would take too long: thirty times the larger of
  /// the bounds of two, the largest entry and one at random. What a diagnosis calls wrong is then
  /// far off; what is off by less it does not see.
  [[nodiscard]] Named<NoiseBound> typical_bounds(const Expectation& e) const {
    constexpr double margin = 30;
    std::vector<Probe> probes;
    for (const auto& [name, values] : e.values()) {
      const auto& v = values.elements();
      const auto largest = std::max_element(
          v.begin(), v.end(), [](auto p, auto q) { return std::abs(p) < std::abs(q); });
      probes.push_back({name, largest - v.begin(), 0});
      const properties::Draw draw(case_.spec.seed, "typical " + name);
      probes.push_back({name, draw.below(values.size(), 0), 0});
    }
    const auto bounds = e.bounds(probes);
    Named<NoiseBound> typical;
    for (std::size_t k = 0; k < probes.size(); k += 2)
      typical.add(probes[k].array, {margin * std::max(bounds[k].certain, bounds[k + 1].certain),
                                    margin * std::max(bounds[k].sigma, bounds[k + 1].sigma)});
    return typical;
  }

  void add_exact(Moment moment, const NamedTensors<S>& tensors) {
    for (const auto& [name, tensor] : tensors)
      expected_.arrays.push_back({moment, name, converted<long double>(tensor),
                                  std::vector<long double>(tensor.elements().size(), 0)});
  }

  const Capabilities& claims_;
  const TraceCase& case_;
  const DrawnCase::Arrays<S>& arrays_;
  Rounding rounding_;
  ExpectedTrace expected_;
};

}  // namespace

const ExpectedArray& ExpectedTrace::of(Moment moment, std::string_view name) const {
  for (const ExpectedArray& array : arrays)
    if (array.moment == moment && array.name == name) return array;
  throw Error("nothing is expected of " + std::string(name));
}

ExpectedTrace expected_trace(const DrawnCase& drawn, const Capabilities& claims) {
  if (drawn.described().scalar == Scalar::f32) return Builder<float>(drawn, claims).build();
  return Builder<double>(drawn, claims).build();
}

std::vector<std::vector<Mark>> judge(const Trace& trace, const ExpectedTrace& expected) {
  std::vector<std::vector<Mark>> marks;
  for (const TracedArray& array : trace.arrays) {
    const ExpectedArray& right = expected.of(array.moment, array.name);
    std::vector<Mark>& of_array = marks.emplace_back();
    for (std::size_t k = 0; k < right.tolerance.size(); ++k) {
      const long double got = array.values.elements()[k], tolerance = right.tolerance[k];
      const bool within = std::abs(got - right.values.elements()[k]) <= tolerance;
      of_array.push_back(!expected.doubt.empty()               ? Mark::not_judged
                         : within                              ? Mark::right
                         : tolerance < 0 && std::isfinite(got) ? Mark::not_judged
                                                               : Mark::wrong);
    }
  }
  return marks;
}

long double largest_of(const Tensor<double>& tensor) {
  double most = 0;
  for (const double value : tensor.elements())
    if (std::isfinite(value)) most = std::max(most, std::abs(value));
  return most;
}

}  // namespace bptt::diagnosis
