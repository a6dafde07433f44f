#include "arithmetic/bounded_test.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "arithmetic/fifty_digits.hpp"

namespace bptt {
namespace {

template <class V>
constexpr V inf = std::numeric_limits<V>::infinity();
template <class V>
constexpr V nan_of = std::numeric_limits<V>::quiet_NaN();

/// Whether Fifty stands in for the exact value well enough: its own relative error on the way is
/// 1e-50 where V's is 1e-8 or 1e-16, so a hundred thousandth of a billionth of the bound is ample.
template <class V>
testing::AssertionResult holds(const Bounded<V>& got, const Fifty& exact) {
  if (got.bound == inf<V>) return testing::AssertionSuccess();
  const Fifty error = abs(Fifty(got.value) - exact);
  if (error <= Fifty(got.bound) * (1 + Fifty("1e-14"))) return testing::AssertionSuccess();
  return testing::AssertionFailure() << got.value << " is " << error.str(5) << " from "
                                     << exact.str(20) << ", more than its bound " << got.bound;
}

template <class V>
struct BoundedTest : testing::Test {};
using BoundedFormats = testing::Types<float, double>;
TYPED_TEST_SUITE(BoundedTest, BoundedFormats);

// Random straight-line programs: each step applies one function to numbers made before it.
struct Step {
  int function;
  std::size_t i, j;
};
constexpr int functions = 13;

template <class S>
S apply(int function, const S& p, const S& q) {
  using F = ScalarFunctions<S>;
  switch (function) {
    case 0: return p + q;
    case 1: return p - q;
    case 2: return p * q;
    case 3: return p / q;
    case 4: return F::tanh(p);
    case 5: return F::sigmoid(p);
    case 6: return F::exp(p);
    case 7: return F::log(p);
    case 8: return F::relu(p);
    case 9: return F::relu_slope(p);
    case 10: return F::larger(p, q);
    case 11: return -p;
    default: return p * q + p;
  }
}

/// A number of V whose size suits the regime.
template <class V>
V drawn(std::mt19937_64& draw, int regime) {
  std::uniform_real_distribution<double> unit(-1.0, 1.0);
  const double sign = unit(draw) < 0 ? -1.0 : 1.0, mantissa = 1.0 + std::abs(unit(draw));
  const int lowest = std::numeric_limits<V>::min_exponent, highest = -lowest;
  switch (regime) {
    case 0: return static_cast<V>(unit(draw));
    case 1: return static_cast<V>(std::round(8 * unit(draw)));                // integers
    case 2: return static_cast<V>(std::ldexp(sign * mantissa, lowest / 2));   // p q is tiny
    case 3: return static_cast<V>(std::ldexp(sign * mantissa, highest / 2));  // p q is huge
    case 4: return static_cast<V>(std::ldexp(sign * mantissa, lowest - 10));  // subnormal
    case 5: return static_cast<V>(1.0 + std::ldexp(unit(draw), -18));         // cancels
    case 6: return static_cast<V>((V{-lowest} * V(0.7)) * static_cast<V>(unit(draw)));  // saturates
    default: return static_cast<V>(std::ldexp(sign * mantissa, static_cast<int>(40 * unit(draw))));
  }
}
constexpr int regimes = 8;

TYPED_TEST(BoundedTest, HoldsForEveryNumberOfRandomPrograms) {
  using V = TypeParam;
  std::mt19937_64 draw(5);
  int judged = 0, open = 0;
  for (int program = 0; program < 5000; ++program) {
    std::vector<Bounded<V>> got;
    std::vector<Fifty> exact;
    for (int k = 0; k < 4; ++k) {
      const V input = drawn<V>(draw, program % regimes);
      got.emplace_back(input);
      exact.emplace_back(input);
    }
    for (int k = 0; k < 12; ++k) {
      // Half of the operands are the latest number, so that errors travel.
      const std::size_t last = got.size() - 1;
      const Step step{static_cast<int>(draw() % functions), draw() % 2 ? last : draw() % got.size(),
                      draw() % got.size()};
      got.push_back(apply(step.function, got[step.i], got[step.j]));
      exact.push_back(apply(step.function, exact[step.i], exact[step.j]));
      if (!isfinite(exact.back())) {  // no real number: an undefined quotient or logarithm
        got.pop_back(), exact.pop_back();
        continue;
      }
      ASSERT_TRUE(holds(got.back(), exact.back()))
          << "program " << program << " step " << k << " function " << step.function << " of "
          << got[step.i].value << " +- " << got[step.i].bound << " and " << got[step.j].value
          << " +- " << got[step.j].bound;
      ++judged;
      open += got.back().bound == inf<V> ? 1 : 0;
    }
  }
  EXPECT_GT(judged, 40000);
  EXPECT_LT(open, judged / 4);  // a bound that is always infinite would hold as well
}

// Each function alone, at arguments with a bound, the exact argument at either end of it or inside:
// the ends are where a wrong propagation shows.
TYPED_TEST(BoundedTest, HoldsAtTheEndsOfTheArgumentsBounds) {
  using V = TypeParam;
  std::mt19937_64 draw(6);
  std::uniform_real_distribution<double> exponent(-30.0, 2.0);
  for (int k = 0; k < 4000; ++k) {
    const V v[] = {drawn<V>(draw, k % regimes), drawn<V>(draw, static_cast<int>(draw() % regimes))};
    V e[2];
    for (int i = 0; i < 2; ++i)
      e[i] = draw() % 8 == 0 ? V(0) : std::abs(v[i]) * static_cast<V>(std::exp2(exponent(draw)));
    for (int function = 0; function < functions - 1; ++function) {
      const Bounded<V> got = apply(function, Bounded<V>(v[0], e[0]), Bounded<V>(v[1], e[1]));
      for (const int p : {-1, 0, 1})
        for (const int q : {-1, 1}) {
          if (function >= 4 && function != 10 && q == 1) continue;  // reads p alone
          const Fifty exact =
              apply(function, Fifty(v[0]) + p * Fifty(e[0]), Fifty(v[1]) + q * Fifty(e[1]));
          if (!isfinite(exact)) continue;
          ASSERT_TRUE(holds(got, exact)) << "function " << function << " of " << v[0] << " +- "
                                         << e[0] << " and " << v[1] << " +- " << e[1];
        }
    }
  }
}

TYPED_TEST(BoundedTest, HoldsUnderCancellationAndIsNotVacuous) {
  using V = TypeParam;
  const V big = 1 / unit_roundoff<V>;
  const Bounded<V> got = (Bounded<V>(big) + Bounded<V>(V(1))) - Bounded<V>(big);  // 0 for 1
  EXPECT_TRUE(holds(got, Fifty(1)));
  EXPECT_EQ(got.value, 0);
  EXPECT_LE(got.bound, V(1.001));
}

TYPED_TEST(BoundedTest, UnderflowIsCharged) {
  using V = TypeParam;
  const V small = std::sqrt(std::numeric_limits<V>::min()) * V(0.001);
  for (const V scale : {V(0), V(1), V(-3), V(1e-3)}) {
    const Bounded<V> product = Bounded<V>(small) * Bounded<V>(small * scale);
    EXPECT_TRUE(holds(product, Fifty(small) * Fifty(small * scale)));
    EXPECT_LE(product.bound, 16 * smallest_subnormal<V>);
  }
  const Bounded<V> quotient = Bounded<V>(smallest_subnormal<V>) / Bounded<V>(V(3));
  EXPECT_TRUE(holds(quotient, Fifty(smallest_subnormal<V>) / 3));
  EXPECT_EQ((Bounded<V>(V(0)) * Bounded<V>(small)).bound, 0);
}

// Higham, section 3.1: a running bound of an inner product of n terms cannot exceed about
// n u times the sum of the magnitudes; the rounding up of the bounds adds 16 u of it an operation.
TYPED_TEST(BoundedTest, InnerProductIsWithinTheTextbookBound) {
  using V = TypeParam;
  std::mt19937_64 draw(7);
  for (const int n : {1, 2, 10, 100}) {
    Bounded<V> sum(0);
    Fifty exact = 0;
    V magnitudes = 0;
    for (int k = 0; k < n; ++k) {
      const V a = drawn<V>(draw, 0), b = drawn<V>(draw, 0);
      sum += Bounded<V>(a) * Bounded<V>(b);
      exact += Fifty(a) * Fifty(b);
      magnitudes += std::abs(a * b);
    }
    EXPECT_TRUE(holds(sum, exact));
    const V count = static_cast<V>(n + 1);
    EXPECT_LE(sum.bound,
              count * unit_roundoff<V> * magnitudes * (1 + 40 * count * unit_roundoff<V>));
    EXPECT_GT(sum.bound, 0);
  }
}

TYPED_TEST(BoundedTest, SaturationForgetsTheErrorOfTheArgument) {
  using V = TypeParam;
  using F = ScalarFunctions<Bounded<V>>;
  const Bounded<V> z(V(50), V(1));
  EXPECT_TRUE(holds(F::tanh(z), ScalarFunctions<Fifty>::tanh(Fifty(49))));
  EXPECT_LE(F::tanh(z).bound, 5 * unit_roundoff<V>);
  EXPECT_TRUE(holds(F::sigmoid(-z), ScalarFunctions<Fifty>::sigmoid(Fifty(-49))));
  EXPECT_LE(F::sigmoid(-z).bound, 3 * std::exp(V(-49)));
  // Nothing is known of the argument, and yet tanh and sigmoid are bounded functions.
  EXPECT_LE(F::tanh(Bounded<V>(V(3), inf<V>)).bound, V(2.001));
  EXPECT_LE(F::sigmoid(Bounded<V>(V(3), inf<V>)).bound, V(1.001));
}

TYPED_TEST(BoundedTest, WhatIsNotFiniteHasAnInfiniteBound) {
  using V = TypeParam;
  using B = Bounded<V>;
  using F = ScalarFunctions<Bounded<V>>;
  const B huge(std::numeric_limits<V>::max()), zero(0), one(1), nearly_zero(V(0.5), V(0.5));
  for (const B& open : {huge + huge,
                        huge * huge,
                        -huge - huge,
                        one / zero,
                        zero / zero,
                        one / nearly_zero,
                        zero / nearly_zero,
                        B(nan_of<V>),
                        B(inf<V>),
                        B(inf<V>) * zero,
                        B(inf<V>) - B(inf<V>),
                        huge * B(V(1), V(1)) * B(V(2)),
                        F::exp(huge),
                        F::exp(B(V(1), inf<V>)),
                        F::log(zero),
                        F::log(-one),
                        F::log(nearly_zero),
                        F::relu(-huge - huge),
                        F::relu_slope(B(nan_of<V>)),
                        F::larger(one, B(inf<V>)),
                        F::larger(one, B(nan_of<V>)),
                        F::tanh(B(nan_of<V>)),
                        F::relu(B(V(-1), inf<V>)),
                        F::sigmoid(B(nan_of<V>)),
                        B(V(0), V(1)) * B(V(1), inf<V>)})
    EXPECT_EQ(open.bound, inf<V>) << open.value;
}

TYPED_TEST(BoundedTest, ReluIsExactAwayFromTheKink) {
  using V = TypeParam;
  using B = Bounded<V>;
  using F = ScalarFunctions<Bounded<V>>;
  EXPECT_EQ(F::relu(B(V(2), V(1))).bound, 1);
  EXPECT_EQ(F::relu(B(V(-2), V(1))).bound, 0);
  EXPECT_EQ(F::relu(B(V(-2), V(3))).bound, 3);
  EXPECT_EQ(F::relu_slope(B(V(2), V(1))).bound, 0);
  EXPECT_EQ(F::relu_slope(B(V(2), V(1))).value, 1);
  EXPECT_EQ(F::relu_slope(B(V(0), V(0))).bound, 0);
  EXPECT_EQ(F::relu_slope(B(V(0), V(0))).value, 0);
  EXPECT_EQ(F::relu_slope(B(V(1), V(1))).bound, 1);
  EXPECT_EQ(F::relu_slope(B(V(0), V(1))).bound, 1);
}

TYPED_TEST(BoundedTest, ValuesAreThoseOfTheFormatItself) {
  using V = TypeParam;
  std::mt19937_64 draw(8);
  for (int k = 0; k < 1000; ++k) {
    const V p = drawn<V>(draw, k % regimes), q = drawn<V>(draw, (k / regimes) % regimes);
    for (int function = 0; function < functions; ++function) {
      const V expected = apply(function, p, q);
      const V got = apply(function, Bounded<V>(p), Bounded<V>(q)).value;
      EXPECT_TRUE(got == expected || (std::isnan(got) && std::isnan(expected)))
          << function << ": " << p << ", " << q;
    }
  }
}

TEST(Bounded, AnInputThatTheFormatCannotHoldCarriesItsConversion) {
  EXPECT_EQ(Bounded<float>(0.5).bound, 0.0F);
  EXPECT_EQ(Bounded<float>(1 << 24).bound, 0.0F);
  EXPECT_TRUE(holds(Bounded<float>(0.1), Fifty(0.1)));
  EXPECT_TRUE(holds(Bounded<float>((1 << 24) + 1), Fifty((1 << 24) + 1)));
  EXPECT_TRUE(holds(Bounded<float>(1e-50), Fifty(1e-50)));
  EXPECT_LE(Bounded<float>(0.1).bound, 0x1p-27F);
  EXPECT_EQ(Bounded<float>(1e50).bound, inf<float>);
  EXPECT_EQ(Bounded<double>(0.1F).bound, 0.0);
}

}  // namespace
}  // namespace bptt
