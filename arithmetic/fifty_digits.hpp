// Fifty decimal digits: the number that stands in for the exact one when f32 and f64 are judged.
// Its own error, some 1e-50 of each result (fifty_function_error), is ignored beside u = 1e-16.
#pragma once

#include <boost/multiprecision/cpp_bin_float.hpp>

#include "core/scalar_functions.hpp"

namespace bptt {

/// A binary float of 168 bits and 32 bits of exponent, so that what underflows or overflows in
/// double does not here. Without expression templates: `auto` and templated code see plain values.
/// Source: Boost.Multiprecision, cpp_bin_float.
using Fifty = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>,
                                            boost::multiprecision::et_off>;

/// Its unit roundoff, and the relative error of tanh, exp and sigmoid(z) beside it, for exp and
/// sigmoid times 1 + |z|, that of the reduced argument: Boost documents a few units in the last
/// place, the test grants a dozen.
inline constexpr long double fifty_roundoff = 0x1p-168L, fifty_function_error = 24 * fifty_roundoff;

/// Boost 1.74 computes constants of its own, the logarithm's epsilon among them, when they are
/// first asked for, and marks them as computed before they are: one thread must ask before the
/// others.
inline void compute_boosts_constants() {
  static const bool computed = [] {
    const Fifty half = 0.5;
    return boost::multiprecision::log(half) + boost::multiprecision::exp(half) +
               boost::multiprecision::tanh(half) !=
           0;
  }();
  static_cast<void>(computed);
}

/// Every function to about 1e-49 of its result, however small the result: 1 - tanh(z) excepted,
/// which no function here forms.
template <>
struct ScalarFunctions<Fifty> {
  static Fifty tanh(const Fifty& z) {
    compute_boosts_constants();
    return boost::multiprecision::tanh(z);
  }
  /// As in the general template: exp is only ever taken of -|z|.
  static Fifty sigmoid(const Fifty& z) {
    const Fifty e = exp(z < 0 ? z : Fifty(-z));
    return (z < 0 ? e : Fifty(1)) / (1 + e);
  }
  static Fifty exp(const Fifty& z) {
    compute_boosts_constants();
    return boost::multiprecision::exp(z);
  }
  static Fifty log(const Fifty& z) {
    compute_boosts_constants();
    return boost::multiprecision::log(z);
  }
  // Written so that a NaN stays a NaN.
  static Fifty relu(const Fifty& z) { return z <= 0 ? Fifty(0) : z; }
  static Fifty relu_slope(const Fifty& a) { return a <= 0 ? Fifty(0) : (a > 0 ? Fifty(1) : a); }
  static Fifty larger(const Fifty& p, const Fifty& q) { return q > p ? q : p; }
  static Fifty where(const Fifty& p, const Fifty& on) { return on == 0 ? Fifty(0) : p; }
};

}  // namespace bptt
