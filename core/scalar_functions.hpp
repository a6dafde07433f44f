// The few functions that the reference needs of a number beside + - * /.
// A number type of its own (arithmetic/) specialises ScalarFunctions; the general template serves
// float, double and long double.
#pragma once

#include <cmath>

namespace bptt {

/// tanh, sigmoid, exp, log: the functions of those names.
/// relu(z) = z for z > 0, else 0.  relu_slope(a) = 1 for a > 0, else 0: relu' at z, read from its
/// output a = relu(z); the slope at the kink z = 0 is 0.
/// larger(p, q): the one of the greater value, p if they are equal.
/// where(p, on): p, or 0 where `on` is 0, whatever p is: no product, so that no NaN comes through.
template <class S>
struct ScalarFunctions {
  static S tanh(const S& z) { return std::tanh(z); }
  /// exp is only ever taken of -|z|, so nothing overflows and small results keep their digits.
  static S sigmoid(const S& z) {
    const S e = std::exp(z < S(0) ? z : -z);
    return (z < S(0) ? e : S(1)) / (S(1) + e);
  }
  static S exp(const S& z) { return std::exp(z); }
  static S log(const S& z) { return std::log(z); }
  // Written so that a NaN stays a NaN.
  static S relu(const S& z) { return z <= S(0) ? S(0) : z; }
  static S relu_slope(const S& a) { return a <= S(0) ? S(0) : (a > S(0) ? S(1) : a); }
  static S larger(const S& p, const S& q) { return q > p ? q : p; }
  static S where(const S& p, const S& on) { return on == S(0) ? S(0) : p; }
};

}  // namespace bptt
