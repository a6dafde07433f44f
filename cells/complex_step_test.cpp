// The reversed lines of every cell against the complex step: derivatives of the forward lines that
// take no slope from a rule, but from the functions' values off the real line. Where a cell has a
// kink (relu, larger), that of the branch that is taken.
#include "arithmetic/complex_step.hpp"

#include <gtest/gtest.h>

#include "arithmetic/bounded_test.hpp"
#include "arithmetic/dual.hpp"
#include "cells/random_walk_test.hpp"

namespace bptt {

using Interval = Bounded<double>;

/// What the complex step may give: an interval for a value and one for its derivative. Where
/// imaginary parts are of the size of h, sums and products of complex numbers round as those of
/// dual numbers do, and 1 / z, with the imaginary part -Im z / (Re z)^2, once less. To the
/// functions the interval grants what those of complex numbers may be off.
template <>
struct ScalarFunctions<Dual<Interval>> {
  using F = ScalarFunctions<Interval>;
  using D = Dual<Interval>;
  static D tanh(const D& z) {
    const Interval y = F::tanh(z.value);
    return widened(y, (Interval(1) - y * y) * z.tangent, tanh_units);
  }
  static D sigmoid(const D& z) {
    const Interval y = F::sigmoid(z.value);
    return widened(y, y * (Interval(1) - y) * z.tangent, sigmoid_units);
  }
  static D exp(const D& z) {
    const Interval y = F::exp(z.value);
    return widened(y, y * z.tangent, exp_units);
  }
  static D log(const D& z) { return widened(F::log(z.value), z.tangent / z.value, log_units); }
  static D relu(const D& z) {
    const Interval a = F::relu(z.value);
    return {a, F::relu_slope(a) * z.tangent};
  }
  static D relu_slope(const D& a) { return {F::relu_slope(a.value), Interval(0)}; }
  static D larger(const D& p, const D& q) { return q.value.value > p.value.value ? q : p; }
  static D where(const D& p, const D& on) {
    return on.value.value == 0 ? D{Interval(0), Interval(0)} : p;
  }

 private:
  static D widened(const Interval& value, const Interval& tangent, ComplexStepUnits units) {
    return {widened(value, units.value), widened(tangent, units.derivative)};
  }
  static Interval widened(const Interval& of, int units) {
    return Interval::judged(of.value,
                            Interval::rounded_up(of.bound + units * unit_roundoff<double> *
                                                                (std::abs(of.value) + of.bound)));
  }
};

}  // namespace bptt

namespace bptt::cells {
namespace {

constexpr double h = 1e-100;
using Complex = std::complex<double>;

Interval derivative_of(const Dual<Interval>& v) { return v.tangent; }
double stepped_of(const Complex& v) { return v.imag() / h; }

template <class To>
Given<To> converted_to(const Given<double>& from) {
  return {from.extents,           from.m,        from.T, converted<To>(from.in),
          converted<To>(from.up), from.backwards};
}

/// The exact result and that of the complex step are both within the interval.
bool within(double stepped, const Fifty& exact, const Interval& interval) {
  return abs(stepped - exact) <= 2 * Fifty(interval.bound);
}

struct Tally {
  int right = 0, wrong = 0, tight = 0;  // tight: to seven digits
  void add(double stepped, const Fifty& exact, const Interval& interval) {
    within(stepped, exact, interval) ? ++right : ++wrong;
    tight += interval.bound <= 1e-7 * std::abs(interval.value) ? 1 : 0;
  }
};

/// Values of the forward pass, and every gradient of the reversed lines.
Tally compared(const Program& step, const Reversal& back, const Given<double>& given) {
  const auto exact = converted_to<Fifty>(given);
  Walk<Fifty> lines(step, back, given.extents, given.m);
  const auto values = lines.forward(exact.in);
  const auto gradients = lines.backward(exact.up);

  auto at = converted_to<Complex>(given);
  const auto up = converted_to<Interval>(given);
  auto moving = converted<Dual<Interval>>(given.in);
  Walk<Complex> complex(step, given.extents, given.m);
  Walk<Dual<Interval>> intervals(step, given.extents, given.m);
  Tally tally;
  for (const auto& [name, tensor] : complex.forward(at.in)) {
    const auto bounds = intervals.forward(moving);
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      tally.add(tensor.elements()[k].real(), values[name].elements()[k],
                bounds[name].elements()[k].value);
  }
  for (auto& [name, tensor] : at.in)
    for (std::size_t k = 0; name != "mask" && k < tensor.elements().size(); ++k) {
      Complex& entry = tensor.elements()[k];
      Interval& direction = moving[name].elements()[k].tangent;
      entry.imag(h);
      direction = Interval(1);
      const double stepped = loss<double, Complex>(given, complex.forward(at.in), stepped_of);
      const Interval interval =
          loss<Interval, Dual<Interval>>(up, intervals.forward(moving), derivative_of);
      tally.add(stepped, gradient_at(gradients, name, k), interval);
      entry.imag(0);
      direction = Interval(0);
    }
  return tally;
}

Given<double> problem_of(const Program& step, std::mt19937_64& engine) {
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  auto given = draw<double>(step, engine, [&] { return uniform(engine); });
  if (given.in.contains("n0") && uses(step, {Function::reciprocal}))
    for (double& n : given.in["n0"].elements()) n = n * n + 1;  // it divides
  return given;
}

TEST(ComplexStepOnLines, GivesTheGradientsOfTheReversedLines) {
  std::mt19937_64 engine(8);
  for (const Program& step : steps_of(built_in())) {
    Tally all;
    for (int k = 0; k < 4; ++k) {
      const Tally tally = compared(step, reverse(step), problem_of(step, engine));
      EXPECT_EQ(tally.wrong, 0) << step.arrays.front().name << ", problem " << k;
      all.right += tally.right;
      all.tight += tally.tight;
    }
    EXPECT_GT(all.tight, all.right / 2) << step.arrays.front().name;
  }
}

// Each line of the way back is needed.
TEST(ComplexStepOnLines, SeesEveryLineThatIsMissing) {
  std::mt19937_64 engine(9);
  for (const Program& step : steps_of(built_in())) {
    const Reversal whole = reverse(step);
    for (std::size_t line = 0; line < whole.program.lines.size(); ++line) {
      Reversal back = whole;
      back.program.lines.erase(back.program.lines.begin() + static_cast<std::ptrdiff_t>(line));
      int wrong = 0;
      for (int k = 0; k < 8 && wrong == 0; ++k)
        wrong = compared(step, back, problem_of(step, engine)).wrong;
      EXPECT_GT(wrong, 0) << step.arrays.front().name << ", line " << line;
    }
  }
}

}  // namespace
}  // namespace bptt::cells
