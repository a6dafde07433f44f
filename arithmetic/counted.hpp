// Numbers that count what is done with them: the cost of an algorithm as exact integers,
// independent of clocks and machines. Values are doubles and are not judged here.
#pragma once

#include "core/scalar_functions.hpp"

namespace bptt {

/// Operations done. A multiply-add of an inner product is one multiplication and one addition;
/// a subtraction is an addition; a change of sign, a comparison (relu_slope, larger, where) and a
/// copy are free.
struct Counts {
  long long multiplications = 0, additions = 0, divisions = 0;
  long long activations = 0;  // tanh, sigmoid, relu, exp, log

  friend Counts operator-(const Counts& a, const Counts& b) {
    return {a.multiplications - b.multiplications, a.additions - b.additions,
            a.divisions - b.divisions, a.activations - b.activations};
  }
  friend bool operator==(const Counts&, const Counts&) = default;
};

/// Everything that this thread has done with Counted numbers so far. Read it through a CountScope.
inline thread_local Counts counted_so_far;

/// Counts what this thread does with Counted numbers during the scope's life.
/// Scopes may nest; what is done in an inner scope counts in the outer one as well.
class CountScope {
 public:
  CountScope() : before_(counted_so_far) {}
  CountScope(const CountScope&) = delete;
  CountScope& operator=(const CountScope&) = delete;
  [[nodiscard]] Counts counts() const { return counted_so_far - before_; }

 private:
  Counts before_;
};

/// A double whose every operation is counted.
struct Counted {
  double value = 0.0;

  Counted() = default;
  explicit Counted(double v) : value(v) {}

  friend Counted operator+(Counted a, Counted b) {
    ++counted_so_far.additions;
    return Counted(a.value + b.value);
  }
  friend Counted operator-(Counted a, Counted b) {
    ++counted_so_far.additions;
    return Counted(a.value - b.value);
  }
  friend Counted operator*(Counted a, Counted b) {
    ++counted_so_far.multiplications;
    return Counted(a.value * b.value);
  }
  friend Counted operator/(Counted a, Counted b) {
    ++counted_so_far.divisions;
    return Counted(a.value / b.value);
  }
  friend Counted operator-(Counted a) { return Counted(-a.value); }
  Counted& operator+=(Counted b) { return *this = *this + b; }
  Counted& operator-=(Counted b) { return *this = *this - b; }
};

template <>
struct ScalarFunctions<Counted> {
  using F = ScalarFunctions<double>;

  static Counted tanh(Counted z) { return activation(F::tanh(z.value)); }
  static Counted sigmoid(Counted z) { return activation(F::sigmoid(z.value)); }
  static Counted exp(Counted z) { return activation(F::exp(z.value)); }
  static Counted log(Counted z) { return activation(F::log(z.value)); }
  static Counted relu(Counted z) { return activation(F::relu(z.value)); }
  static Counted relu_slope(Counted a) { return Counted(F::relu_slope(a.value)); }
  static Counted larger(Counted p, Counted q) { return Counted(F::larger(p.value, q.value)); }
  static Counted where(Counted p, Counted on) { return Counted(F::where(p.value, on.value)); }

 private:
  static Counted activation(double result) {
    ++counted_so_far.activations;
    return Counted(result);
  }
};

}  // namespace bptt
