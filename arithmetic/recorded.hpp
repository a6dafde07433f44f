// Recorded: a number that writes every operation on it to the active tape.
// Run the reference over Recorded<V> and the tape holds the whole computation: its reverse mode
// (Tape::gradient) differentiates anything with respect to anything, without the backward pass
// written by hand, and NoiseModel derives the rounding errors of any implementation from it.
#pragma once

#include "arithmetic/tape.hpp"
#include "core/scalar_functions.hpp"

namespace bptt {

/// A value and the node of the active tape that produced it; a constant has no node. Operations
/// with the exact constants 0 and 1 that change nothing leave no trace, since they round nothing.
/// Operating on Recorded numbers needs a TapeScope in the same thread.
template <class V>
class Recorded {
 public:
  Recorded() : value_(0) {}
  Recorded(int constant) : value_(constant) {}  // NOLINT(google-explicit-constructor): as V

  /// An input: a leaf of the active tape.
  [[nodiscard]] static Recorded input(V value) {
    const std::int32_t node = Tape<V>::active()->push(Op::leaf, value);
    return {std::move(value), node};
  }

  [[nodiscard]] const V& value() const { return value_; }
  [[nodiscard]] std::int32_t node() const { return node_; }

  friend Recorded operator+(const Recorded& p, const Recorded& q) {
    if (p.is_constant(0)) return q;
    if (q.is_constant(0)) return p;
    return binary(Op::add, p.value_ + q.value_, p, q);
  }
  friend Recorded operator-(const Recorded& p, const Recorded& q) {
    if (q.is_constant(0)) return p;
    if (p.is_constant(0)) return -q;
    if (p.is_constant(1) && q.is_constant(1)) return {};
    return binary(Op::subtract, p.value_ - q.value_, p, q);
  }
  friend Recorded operator*(const Recorded& p, const Recorded& q) {
    if (p.is_constant(0) || q.is_constant(0)) return {};
    if (p.is_constant(1)) return q;
    if (q.is_constant(1)) return p;
    return binary(Op::multiply, p.value_ * q.value_, p, q);
  }
  friend Recorded operator/(const Recorded& p, const Recorded& q) {
    if (q.is_constant(1)) return p;
    return binary(Op::divide, p.value_ / q.value_, p, q);
  }
  Recorded operator-() const {
    if (node_ == Tape<V>::none) return {-value_, node_};
    return unary(Op::negate, -value_);
  }
  Recorded& operator+=(const Recorded& q) { return *this = *this + q; }
  Recorded& operator-=(const Recorded& q) { return *this = *this - q; }

  [[nodiscard]] Recorded unary(Op op, V value) const {
    const std::int32_t node = Tape<V>::active()->push(op, value, on_tape());
    return {std::move(value), node};
  }

 private:
  Recorded(V value, std::int32_t node) : value_(std::move(value)), node_(node) {}

  [[nodiscard]] bool is_constant(int c) const { return node_ == Tape<V>::none && value_ == V(c); }
  [[nodiscard]] std::int32_t on_tape() const {
    return node_ != Tape<V>::none ? node_ : Tape<V>::active()->push(Op::leaf, value_);
  }
  static Recorded binary(Op op, V value, const Recorded& p, const Recorded& q) {
    const std::int32_t left = p.on_tape(), right = q.on_tape();
    const std::int32_t node = Tape<V>::active()->push(op, value, left, right);
    return {std::move(value), node};
  }

  V value_;
  std::int32_t node_ = Tape<V>::none;
};

template <class V>
struct ScalarFunctions<Recorded<V>> {
  using R = Recorded<V>;
  using F = ScalarFunctions<V>;
  static R tanh(const R& z) { return z.unary(Op::tanh, F::tanh(z.value())); }
  static R sigmoid(const R& z) { return z.unary(Op::sigmoid, F::sigmoid(z.value())); }
  static R exp(const R& z) { return z.unary(Op::exp, F::exp(z.value())); }
  static R log(const R& z) { return z.unary(Op::log, F::log(z.value())); }
  static R relu(const R& z) { return z.unary(Op::relu, F::relu(z.value())); }
  /// A step function: constant wherever it has a derivative.
  static R relu_slope(const R& a) { return R(a.value() > V(0) ? 1 : 0); }
  static R larger(const R& p, const R& q) { return q.value() > p.value() ? q : p; }
  static R where(const R& p, const R& on) { return on.value() == V(0) ? R() : p; }
};

}  // namespace bptt
