#include "arithmetic/dual.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "arithmetic/fifty_digits.hpp"
#include "arithmetic/modular.hpp"

namespace bptt {
namespace {

/// Uses every operation and every smooth function once; 0.1 < x < 1 keeps log's argument positive.
template <class S>
S everything(const S& x) {
  using F = ScalarFunctions<S>;
  S y = F::tanh(x * x) - F::sigmoid(-x) / (S(2) + F::exp(x));
  y += F::log(x + S(1)) * y;
  y -= F::larger(x, x * x) * F::relu(y);
  return y;
}

// Central differences in fifty digits: h = 1e-15 leaves h^2 = 1e-30 times a third derivative (of
// order one here) and 1e-50 / h = 1e-35 of rounding; for the second difference 1e-50 / h^2 = 1e-20.
const Fifty h("1e-15");
Fifty difference(const std::function<Fifty(const Fifty&)>& f, const Fifty& x) {
  return (f(x + h) - f(x - h)) / (2 * h);
}
Fifty second_difference(const std::function<Fifty(const Fifty&)>& f, const Fifty& x) {
  return (f(x + h) - 2 * f(x) + f(x - h)) / (h * h);
}

TEST(Dual, DerivativeAgreesWithDifferencesInFiftyDigits) {
  for (const char* x : {"0.15", "0.4", "0.77", "0.9"}) {
    const auto y = everything(Dual<Fifty>(Fifty(x), Fifty(1)));
    EXPECT_EQ(y.value, everything(Fifty(x)));
    EXPECT_LE(abs(y.tangent - difference(everything<Fifty>, Fifty(x))), Fifty("1e-27")) << x;
  }
}

TEST(Dual, NestedGivesSecondDerivatives) {
  for (const char* x : {"0.15", "0.4", "0.77", "0.9"}) {
    const Dual<Fifty> seed{Fifty(x), Fifty(1)};
    const auto y = everything(Dual<Dual<Fifty>>(seed, Dual<Fifty>(1)));
    EXPECT_EQ(y.tangent.value, y.value.tangent);
    EXPECT_LE(abs(y.value.tangent - difference(everything<Fifty>, Fifty(x))), Fifty("1e-27"));
    EXPECT_LE(abs(y.tangent.tangent - second_difference(everything<Fifty>, Fifty(x))),
              Fifty("1e-17"))
        << x;
  }
}

TEST(Dual, RunsOnDoubleAndLongDouble) {
  const auto exact = everything(Dual<Fifty>(Fifty(0.5), Fifty(1)));
  const auto f64 = everything(Dual<double>(0.5, 1.0));
  const auto f80 = everything(Dual<long double>(0.5L, 1.0L));
  // Some thirty operations on numbers below 3.
  EXPECT_LE(abs(Fifty(f64.tangent) - exact.tangent), Fifty(100 * 0x1p-53));
  EXPECT_LE(abs(Fifty(f80.tangent) - exact.tangent), Fifty(100 * 0x1p-64));
}

TEST(Dual, ConstantsHaveNoTangentAndKeepTheirFraction) {
  EXPECT_EQ(Dual<Fifty>(0.5).value, Fifty(0.5));
  EXPECT_EQ(Dual<Fifty>(0.5).tangent, 0);
  EXPECT_EQ(Dual<Dual<double>>(0.5).value.value, 0.5);
  EXPECT_EQ(Dual<double>{}.value, 0.0);
  EXPECT_EQ(Dual<double>{}.tangent, 0.0);
}

TEST(Dual, ReluUsesItsOneSidedSlope) {
  using F = ScalarFunctions<Dual<double>>;
  EXPECT_EQ(F::relu({2.0, 3.0}).tangent, 3.0);
  EXPECT_EQ(F::relu({0.0, 3.0}).tangent, 0.0);
  EXPECT_EQ(F::relu({-2.0, 3.0}).tangent, 0.0);
  EXPECT_EQ(F::relu_slope({2.0, 3.0}).value, 1.0);
  EXPECT_EQ(F::relu_slope({2.0, 3.0}).tangent, 0.0);
}

TEST(Dual, LargerTakesTheTangentOfTheOneChosenAndTheFirstOfEquals) {
  using F = ScalarFunctions<Dual<double>>;
  EXPECT_EQ(F::larger({1.0, 5.0}, {2.0, 7.0}).tangent, 7.0);
  EXPECT_EQ(F::larger({2.0, 5.0}, {1.0, 7.0}).tangent, 5.0);
  EXPECT_EQ(F::larger({2.0, 5.0}, {2.0, 7.0}).tangent, 5.0);
}

TEST(Dual, OverTheFieldDerivativesAreExact) {
  using D = Dual<Modular>;
  const Modular x(123456789012345);
  const D y = D(x, Modular(1)) * D(x, Modular(1)) / (D(x, Modular(1)) - D(7));
  // (x^2 / (x - 7))' = (x^2 - 14 x) / (x - 7)^2
  const Modular d = x - Modular(7);
  EXPECT_EQ(y.tangent, (x * x - Modular(14) * x) / (d * d));

  using F = ScalarFunctions<Modular>;
  const D t = ScalarFunctions<D>::tanh({x, Modular(3)});
  EXPECT_EQ(t.value, F::tanh(x));
  EXPECT_EQ(t.tangent, (Modular(1) - F::tanh(x) * F::tanh(x)) * Modular(3));
  const D s = ScalarFunctions<D>::sigmoid({x, Modular(3)});
  EXPECT_EQ(s.tangent, F::sigmoid(x) * (Modular(1) - F::sigmoid(x)) * Modular(3));
}

}  // namespace
}  // namespace bptt
