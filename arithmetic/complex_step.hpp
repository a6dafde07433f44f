// The complex step: a derivative without a difference, hence without cancellation.
//   f'(x) = Im f(x + i h) / h + O(h^2),   h = 1e-100: the O(h^2) is far below the last bit.
// Only the derivative along one direction at a time. Where f has a kink, the branch of the real
// part is taken.
// Source: Squire & Trapp 1998, "Using complex variables to estimate derivatives of real functions".
#pragma once

#include <complex>

#include "core/scalar_functions.hpp"

namespace bptt {

/// The functions continued from the real line: tanh, sigmoid, exp, log analytically; relu,
/// relu_slope and larger by the real part.
/// For |Im z| so small that its square vanishes, Im f(z) / Im z is f'(Re z) to a few u, unless it
/// underflows. glibc's ctanh keeps this up to |Re z| about 354 and returns an imaginary part of
/// zero beyond, where tanh' < 1e-306.
template <class V>
struct ScalarFunctions<std::complex<V>> {
  using Complex = std::complex<V>;

  static Complex tanh(const Complex& z) { return std::tanh(z); }
  /// As for real numbers: exp is only ever taken of a number with Re <= 0.
  static Complex sigmoid(const Complex& z) {
    const bool negative = z.real() < V(0);
    const Complex e = std::exp(negative ? z : -z);
    return (negative ? e : Complex(V(1))) / (Complex(V(1)) + e);
  }
  static Complex exp(const Complex& z) { return std::exp(z); }
  static Complex log(const Complex& z) { return std::log(z); }
  // Written so that a NaN stays a NaN.
  static Complex relu(const Complex& z) { return z.real() <= V(0) ? Complex(V(0)) : z; }
  static Complex relu_slope(const Complex& a) {
    return Complex(ScalarFunctions<V>::relu_slope(a.real()));
  }
  static Complex larger(const Complex& p, const Complex& q) { return q.real() > p.real() ? q : p; }
  static Complex where(const Complex& p, const Complex& on) {
    return on.real() == V(0) ? Complex(V(0)) : p;
  }
};

/// How far off the functions may be, relative to the result and in units of u: a value beside that
/// of the real function, and Im f / h as a derivative. complex_step_test.cpp derives and tests
/// them.
struct ComplexStepUnits {
  int value, derivative;
};
inline constexpr ComplexStepUnits tanh_units{8, 5}, sigmoid_units{10, 14}, exp_units{4, 5},
    log_units{10, 4};

}  // namespace bptt
