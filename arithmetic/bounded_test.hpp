// Running error analysis: every number carries a bound on its distance from the exact result.
// The bound is sound, not first order: it holds for these values, whatever they are. The price is
// that it ignores the signs of errors, so it grows without use over many steps of a recurrence;
// for those there is the tape. So it judges nothing of a subject: the tests of this folder use it
// alone, as a bound of other make than the tape's.
// Rests on: round to nearest, gradual underflow, and the accuracy of the functions declared below.
// Source: Wilkinson 1986, "Error analysis revisited"; Higham, Accuracy and Stability of Numerical
// Algorithms, 2nd ed., section 3.3.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "arithmetic/fifty_digits.hpp"
#include "arithmetic/precision.hpp"
#include "core/scalar_functions.hpp"

namespace bptt {

/// How a format rounds, and the largest errors of its functions in units in the last place, each at
/// most 2 u of the result: those that glibc states for float and double on x86-64.
/// Source: The GNU C Library Reference Manual, "Known Maximum Errors in Math Functions".
template <class V>
struct RoundingOf {
  static constexpr V u = unit_roundoff<V>, tiny = smallest_subnormal<V>,
                     infinity = std::numeric_limits<V>::infinity();
  static constexpr V tanh_ulps = 2, log_ulps = 1;
  static V exp_ulps(V) { return 1; }
};

/// Boost's, as fifty_digits_test.cpp has them. Nothing comes near its underflow.
template <>
struct RoundingOf<Fifty> {
  inline static const Fifty u = fifty_roundoff, tiny = std::numeric_limits<Fifty>::min(),
                            infinity = std::numeric_limits<Fifty>::infinity();
  inline static const Fifty tanh_ulps = fifty_function_error / (2 * fifty_roundoff),
                            log_ulps = tanh_ulps;
  static Fifty exp_ulps(const Fifty& z) { return tanh_ulps * (1 + abs(z)); }
};

/// |value - exact| <= bound, where exact is what real numbers give for the same expression on the
/// same inputs, each input taken as exactly the number that it is.
/// bound is infinite where nothing is known: after an overflow, a NaN, a division by what may be
/// zero. V is float, double or Fifty.
template <class V>
struct Bounded {
  V value = 0;
  V bound = 0;

  Bounded() = default;
  /// An exact input; if V cannot hold it, the bound covers the conversion.
  template <class T>
  requires std::is_arithmetic_v<T>
  explicit Bounded(T input) : value(static_cast<V>(input)) {
    const bool exact = static_cast<long double>(value) == static_cast<long double>(input);
    *this = exact ? judged(value, V(0)) : judged(value, rounded_up(rounding(value) + R::tiny));
  }
  Bounded(V v, V b) : value(std::move(v)), bound(std::move(b)) {}

  // In each rule below e_a, e_b are the bounds of a and b, and exact operands are a + d_a, b + d_b
  // with |d_a| <= e_a, |d_b| <= e_b. The last terms are the operation's own rounding.

  /// e_a + e_b + u |fl(a + b)|. An addition that underflows is exact.
  friend Bounded operator+(const Bounded& a, const Bounded& b) {
    const V sum = a.value + b.value;
    const V error = a.bound + b.bound + rounding(sum);
    return judged(sum, error == 0 ? error : rounded_up(error));
  }
  friend Bounded operator-(const Bounded& a, const Bounded& b) { return a + -b; }

  /// |a| e_b + |b| e_a + e_a e_b + u |fl(a b)| + the smallest subnormal.
  friend Bounded operator*(const Bounded& a, const Bounded& b) {
    const V product = a.value * b.value;
    if (a.is_exactly_zero() || b.is_exactly_zero()) return judged(product, V(0));
    return judged(product, rounded_up(magnitude(a.value) * b.bound + magnitude(b.value) * a.bound +
                                      a.bound * b.bound + rounding(product) + R::tiny));
  }

  /// |(a + d_a) / (b + d_b) - a/b| = |d_a - (a/b) d_b| / |b + d_b|
  ///                              <= (e_a + |a/b| e_b) / (|b| - e_b),
  /// and nothing is known unless e_b < |b|.
  friend Bounded operator/(const Bounded& a, const Bounded& b) {
    const V quotient = a.value / b.value;
    if (!(b.bound < magnitude(b.value))) return judged(quotient, R::infinity);
    if (a.is_exactly_zero()) return judged(quotient, V(0));
    const V own = rounded_up(rounding(quotient) + R::tiny);
    if (a.bound == 0 && b.bound == 0) return judged(quotient, own);
    const V divisor = below(magnitude(b.value) - b.bound);
    if (!(divisor > 0)) return judged(quotient, R::infinity);
    const V numerator = rounded_up(a.bound + (magnitude(quotient) + own) * b.bound + R::tiny);
    return judged(quotient, rounded_up(numerator / divisor + own + R::tiny));
  }
  friend Bounded operator-(const Bounded& a) { return {-a.value, a.bound}; }
  Bounded& operator+=(const Bounded& b) { return *this = *this + b; }
  Bounded& operator-=(const Bounded& b) { return *this = *this - b; }

  [[nodiscard]] bool is_exactly_zero() const { return value == 0 && bound == 0; }

  // What the rules are made of; the functions below need them too.
  using R = RoundingOf<V>;

  static V magnitude(const V& v) { return v < 0 ? V(-v) : v; }
  static bool finite(const V& v) { return magnitude(v) < R::infinity; }  // no NaN either
  /// u |result|: the rounding error of any one operation that does not underflow.
  static V rounding(V result) { return R::u * magnitude(result); }
  /// Not below the exact value of `sum`, if that is a sum of non-negative terms that took at most
  /// eight roundings on any path, and at most eight products, each of which may have underflowed.
  static V rounded_up(V sum) { return sum * (1 + 16 * R::u) + 8 * R::tiny; }
  /// A number below the exact value of `difference`, which took one rounding.
  static V below(V difference) { return difference - (4 * R::u * magnitude(difference) + R::tiny); }
  /// Makes sure that what is not finite has an infinite bound, not a NaN.
  static Bounded judged(V value, V bound) {
    return {value, finite(value) && bound == bound ? bound : R::infinity};
  }
};

/// f(v + d) differs from f(v) by at most e times the largest |f'| within e of v, and the library's
/// f(v) from the exact one by its declared units in the last place.
template <class V>
struct ScalarFunctions<Bounded<V>> {
  using B = Bounded<V>;
  using R = RoundingOf<V>;
  using F = ScalarFunctions<V>;

  /// tanh' = 1 - tanh^2 = 4 s (1 - s) with s = sigmoid(2 z). Never further off than 1 + |y|, since
  /// -1 < tanh < 1, even if nothing is known of z.
  static B tanh(const B& z) {
    const V y = F::tanh(z.value);
    const V own = library_error(y, R::tanh_ulps);
    const V slope = B::rounded_up(4 * largest_sigmoid_slope(2 * closest_to_zero(z)));
    return within(y, 1 + B::magnitude(y), own, std::min(slope, V(1)) * z.bound);
  }

  /// 0 < sigmoid < 1. Its own error, of e = exp(-|z|) with k ulp, 1 + e and the quotient: at most
  /// (2 k + 2) u, and an underflow of e and of the quotient.
  static B sigmoid(const B& z) {
    const V y = F::sigmoid(z.value);
    const V own = library_error(y, R::exp_ulps(z.value) + 1);
    const V slope = largest_sigmoid_slope(closest_to_zero(z));
    return within(y, std::max(y, 1 - y), own, slope * z.bound);
  }

  /// exp(v + d) - exp(v) <= exp(v) e exp(e).
  static B exp(const B& z) {
    const V y = F::exp(z.value);
    const V own = library_error(y, R::exp_ulps(z.value));
    const V growth = B::rounded_up(z.bound * exp_above(z.bound));
    return B::judged(y, B::rounded_up(own + (y + own) * growth));
  }

  /// |log(v + d) - log(v)| <= e / (v - e); nothing is known unless e < v.
  static B log(const B& z) {
    const V y = F::log(z.value);
    const V own = library_error(y, R::log_ulps);
    if (z.bound == 0) return B::judged(y, own);
    const V smallest = B::below(z.value - z.bound);
    if (!(smallest > 0)) return B::judged(y, R::infinity);
    return B::judged(y, B::rounded_up(own + z.bound / smallest));
  }

  /// Without error of its own, and exactly zero if z cannot be positive.
  static B relu(const B& z) {
    return B::judged(F::relu(z.value), certainly_not_positive(z) ? V(0) : z.bound);
  }
  /// Exact if the sign of a is certain; else 0 or 1, and the other one may be right.
  static B relu_slope(const B& a) {
    const bool certain = certainly_not_positive(a) || a.value > a.bound;
    return B::judged(F::relu_slope(a.value), certain ? V(0) : V(1));
  }
  /// The maximum moves no further than the one that moves most.
  static B larger(const B& p, const B& q) {
    return B::judged(F::larger(p.value, q.value), std::max(p.bound, q.bound));
  }
  static B where(const B& p, const B& on) { return on.value == V(0) ? B(0) : p; }

 private:
  /// k units in the last place of the exact result, each at most 2 u of it; rounded up, which
  /// also covers that y stands for the exact result. A subnormal result is off by whole spacings.
  static V library_error(const V& y, const V& k) {
    return B::rounded_up(2 * k * R::u * B::magnitude(y) + k * R::tiny);
  }
  static bool certainly_not_positive(const B& z) {
    return B::finite(z.bound) && z.value <= -z.bound;
  }
  /// Not below the exact exp(t), t >= 0.
  static V exp_above(V t) {
    const V y = F::exp(t);
    return B::rounded_up(y + library_error(y, R::exp_ulps(t)));
  }
  /// Not above the smallest |t| within the bound of z.
  static V closest_to_zero(const B& z) {
    return std::max(V(0), B::below(B::magnitude(z.value) - z.bound));
  }
  /// Not below sigmoid'(t) = g / (1 + g)^2 with g = exp(-t), for t >= 0; it falls with t and grows
  /// with g up to g = 1, so an upper bound of g gives one of the slope.
  static V largest_sigmoid_slope(V t) {
    const V y = F::exp(-t);
    const V g = std::min(V(1), B::rounded_up(y + library_error(y, R::exp_ulps(t))));
    return std::min(V(0.25), B::rounded_up(g / ((1 + g) * (1 + g))));
  }
  /// own + propagated, but not above `range`, the most that any value of the function is off.
  static B within(V y, V range, V own, V propagated) {
    const V error = B::rounded_up(own + propagated);
    return B::judged(y, error <= range ? error : B::rounded_up(range));
  }
};

}  // namespace bptt
