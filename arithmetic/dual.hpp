// Dual numbers: forward mode. A function run on Dual numbers returns its value and its derivative
// along one direction, so a whole network gives an exact Jacobian-vector product.
// One direction at a time; gradients are the business of the tape.
#pragma once

#include <concepts>
#include <utility>

#include "core/scalar_functions.hpp"

namespace bptt {

/// value + tangent epsilon, with epsilon^2 = 0:  f(v + t epsilon) = f(v) + f'(v) t epsilon.
/// V is any number that the reference runs on, or a Dual itself: Dual<Dual<V>> carries second
/// derivatives. A number without a tangent is a constant.
/// Source: Griewank & Walther, Evaluating Derivatives, 2nd ed., chapter 3.
template <class V>
struct Dual {
  V value{};
  V tangent{};

  Dual() = default;
  Dual(V v, V t) : value(std::move(v)), tangent(std::move(t)) {}
  /// A constant, from anything that V is made of (and not by way of int: 0.5 stays 0.5).
  template <class T>
  requires std::constructible_from<V, const T&>
  explicit Dual(const T& constant) : value(constant), tangent(0) {}

  friend Dual operator+(const Dual& a, const Dual& b) {
    return {a.value + b.value, a.tangent + b.tangent};
  }
  friend Dual operator-(const Dual& a, const Dual& b) {
    return {a.value - b.value, a.tangent - b.tangent};
  }
  friend Dual operator*(const Dual& a, const Dual& b) {
    return {a.value * b.value, a.tangent * b.value + a.value * b.tangent};
  }
  friend Dual operator/(const Dual& a, const Dual& b) {
    const V quotient = a.value / b.value;
    return {quotient, (a.tangent - quotient * b.tangent) / b.value};
  }
  friend Dual operator-(const Dual& a) { return {-a.value, -a.tangent}; }
  Dual& operator+=(const Dual& b) { return *this = *this + b; }
  Dual& operator-=(const Dual& b) { return *this = *this - b; }

  /// Order is by value alone; a tangent is infinitely small.
  friend bool operator>(const Dual& a, const Dual& b) { return a.value > b.value; }
};

/// Each derivative is formed from the function's output, y = tanh(z) or sigmoid(z), as a backward
/// pass forms it. For Modular, whose activations are arbitrary, this is what defines it.
template <class V>
struct ScalarFunctions<Dual<V>> {
  using F = ScalarFunctions<V>;

  /// tanh' = 1 - y^2.
  static Dual<V> tanh(const Dual<V>& z) {
    const V y = F::tanh(z.value);
    return {y, (V(1) - y * y) * z.tangent};
  }
  /// sigmoid' = y (1 - y).
  static Dual<V> sigmoid(const Dual<V>& z) {
    const V y = F::sigmoid(z.value);
    return {y, y * (V(1) - y) * z.tangent};
  }
  static Dual<V> exp(const Dual<V>& z) {
    const V y = F::exp(z.value);
    return {y, y * z.tangent};
  }
  static Dual<V> log(const Dual<V>& z) { return {F::log(z.value), z.tangent / z.value}; }
  static Dual<V> relu(const Dual<V>& z) {
    const V a = F::relu(z.value);
    return {a, F::relu_slope(a) * z.tangent};
  }
  /// Piecewise constant: its tangent is zero.
  static Dual<V> relu_slope(const Dual<V>& a) { return {F::relu_slope(a.value), V(0)}; }
  static Dual<V> larger(const Dual<V>& p, const Dual<V>& q) { return q > p ? q : p; }
  static Dual<V> where(const Dual<V>& p, const Dual<V>& on) {
    return {F::where(p.value, on.value), F::where(p.tangent, on.value)};
  }
};

}  // namespace bptt
