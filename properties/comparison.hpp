// Comparisons: where numbers meet what they must be. A Comparison gathers what one property finds
// and turns it into a Verdict.
#pragma once

#include <algorithm>
#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.hpp"
#include "properties/expectation.hpp"
#include "properties/verdict.hpp"

namespace bptt::properties {

/// Accused beyond this many sigma of the probable bound, or beyond the certain bound, whichever is
/// smaller. docs/error_bounds.md has the measured rate of false alarms.
inline constexpr double accused_sigmas = 10;

/// Where the certain bound is below this part of an array's largest entry, terms of second order
/// are far below it. Elsewhere they are measured.
inline constexpr double conclusive_part = 0.01;

/// Beyond this part of sigma, terms of second order leave it open what an error is: not judged.
inline constexpr double most_of_second_order = 0.1;

/// The largest error that is not held against a number.
[[nodiscard]] inline long double tolerance_of(const NoiseBound& bound) {
  return std::min(bound.certain, accused_sigmas * bound.sigma);
}

/// One computation that went into a compared number, and the factor it entered with.
struct Source {
  const Expectation* expectation;
  double factor = 1;
};

class Comparison {
 public:
  /// unit_roundoff: of the scalar that is compared, for the ULPs in a report. not_given: arrays of
  /// which nothing is known.
  explicit Comparison(double unit_roundoff, std::vector<std::string> not_given = {})
      : u_(unit_roundoff), not_given_(std::move(not_given)) {}

  /// got and expected within the bound of everything that `sources` computed, probe by probe.
  void within(const std::vector<Probe>& probes, const NamedTensors<long double>& got,
              const NamedTensors<long double>& expected, const std::vector<Source>& sources);

  /// One number within a bound that the caller derived.
  void within(std::string_view what, long double got, long double expected,
              const NoiseBound& bound);
  /// The same, with their difference, where 64 bits do not have it.
  void within(std::string_view what, long double got, long double expected, long double error,
              const NoiseBound& bound);

  /// Equal bits up to the sign of zero; a NaN equals a NaN.
  template <class S>
  void bitwise(std::string_view array, const View<const S>& got, const View<const S>& expected);
  /// The same for all arrays of `got` that are given, each against the one of the same name.
  template <class S>
  void bitwise(const NamedTensors<S>& got, const NamedTensors<S>& expected);

  /// A fact that must be true; counts as one comparison.
  void require(bool truth, std::string_view reason_if_not);
  /// The same, with a function that gives the reason: it is called only where there is need.
  template <std::invocable Reason>
  void require(bool truth, const Reason& reason_if_not) {
    truth ? require(true, std::string_view()) : require(false, std::string_view(reason_if_not()));
  }

  void broken(std::string_view reason);
  void inconclusive(std::string_view reason);
  /// Whether the expected values are in doubt; then it is inconclusive, with their reason.
  [[nodiscard]] bool in_doubt(const Expectation& expectation);

  [[nodiscard]] Verdict verdict() const;

 private:
  /// What a number was computed by: its bound, and the largest that any was in its array.
  struct Measure {
    NoiseBound bound;
    long double scale;
    long double largest = 0;  // entry of its array, if that is known
    const std::vector<Source>* sources = nullptr;
    double entries = 1;  // that are added up
  };
  void judge(const Probe& probe, const Shape& shape, long double got, long double expected,
             long double error, const Measure& measure);
  [[nodiscard]] static double second_order(const Probe& probe, const Measure& measure);
  [[nodiscard]] bool is_worst(double ratio) const;
  void worst(Element element, double ratio);

  double u_;
  std::vector<std::string> not_given_;
  Verdict verdict_;
  bool broken_ = false;
  bool doubtful_ = false;
};

/// |array| at its largest, or the sum of magnitudes for a projection.
[[nodiscard]] long double scale_of(const Probe& probe, const Tensor<long double>& tensor);

}  // namespace bptt::properties
