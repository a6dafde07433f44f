// The bounds of small computations against values worked out by hand.
#include "arithmetic/noise_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <stdexcept>

#include "arithmetic/recorded.hpp"

namespace bptt {
namespace {

using R = Recorded<long double>;
using NoiseFunctions = ScalarFunctions<R>;
constexpr double u32 = 0x1p-24, u64 = 0x1p-53;

struct Noise : ::testing::Test {
  Tape<long double> tape;
  TapeScope<long double> scope{tape};
  Rounding rounding = Rounding::of<float>();

  static R input(double value) { return R::input(value); }
  [[nodiscard]] NoiseModel model(const std::vector<R>& outputs) const {
    std::vector<std::int32_t> nodes;
    for (const R& y : outputs) nodes.push_back(y.node());
    return {tape, nodes, rounding};
  }
  [[nodiscard]] NoiseBound bound(const R& y) const {
    return model({y}).bounds({{{y.node(), 1.0}}}).front();
  }
  static void expect(const NoiseBound& got, double certain, double sigma) {
    EXPECT_NEAR(static_cast<double>(got.certain) / certain, 1, 1e-12);
    EXPECT_NEAR(static_cast<double>(got.sigma) / sigma, 1, 1e-12);
  }
  static void expect_exact(const NoiseBound& got) {
    EXPECT_EQ(got.certain, 0);
    EXPECT_EQ(got.sigma, 0);
  }
};

TEST_F(Noise, RoundingIsThatOfTheScalar) {
  EXPECT_EQ(Rounding::of<float>().u, u32);
  EXPECT_EQ(Rounding::of<double>().u, u64);
  EXPECT_EQ(Rounding::of<float>().smallest_subnormal, 0x1p-149);
  EXPECT_EQ(Rounding::of<double>().smallest_subnormal, 0x1p-1074);
  EXPECT_EQ(Rounding::of<float>().smallest_normal, 0x1p-126);
  EXPECT_EQ(Rounding::of<double>().largest, 0x1.fffffffffffffp1023);
}

TEST_F(Noise, InputsAndConstantsAreExact) {
  const R p = input(0.3);
  expect_exact(bound(p));
  expect_exact(bound(R(1)));
}

// One rounding: u |y|, uniform.
TEST_F(Noise, AProduct) {
  const R y = input(3) * input(-5);
  expect(bound(y), 15 * u32, 15 * u32 / std::sqrt(3));
}
TEST_F(Noise, AQuotient) {
  const R y = input(3) / input(-4);
  expect(bound(y), 0.75 * u32, 0.75 * u32 / std::sqrt(3));
}

// (p q) r s: three roundings, each carried to the result as u |y|.
TEST_F(Noise, AChainOfProducts) {
  const R y = ((input(3) * input(-5)) * input(0.25)) * input(2);
  expect(bound(y), 3 * 7.5 * u32, std::sqrt(3) * 7.5 * u32 / std::sqrt(3));
}

// Either factor hands its error on, times the other one; in a sum too.
TEST_F(Noise, AProductCarriesTheErrorsOfBothItsFactors) {
  const R p = input(3) * input(2), q = input(4) * input(-2);
  expect(bound(p * q), 3 * 48 * u32, std::sqrt(3) * 48 * u32 / std::sqrt(3));
  // 5 + p q: the factors' errors, and 2 u (5 + 48) of the sum.
  const double own = std::max(25 + 48 * 48.0, 43 * 43.0) + 25 + 48 * 48;
  expect(bound(input(5) + p * q), 2 * 48 * u32 + 2 * 53 * u32,
         u32 * std::sqrt((2 * 48 * 48 + own) / 3));
}

// (p q) / r: the product's error is carried by 1 / r, and enters r's place not at all.
TEST_F(Noise, AQuotientCarriesTheErrorsOfBothItsOperands) {
  const R p = input(3) * input(2), r = input(1) * input(-4);
  const R y = p / r;
  // 6 u / 4 + 4 u (6 / 16) + 1.5 u
  expect(bound(y), 4.5 * u32, std::sqrt(3) * 1.5 * u32 / std::sqrt(3));
}

// Values that are already rounded: k - 1 additions and one rounding on each of the k terms.
TEST_F(Noise, ASumOfKTerms) {
  const R y = input(1) + input(-2) + input(3) + input(-4);
  const double magnitudes = 10, squares = 30, total = -2;
  const double variance = 3 * std::max(squares, total * total) + squares;
  expect(bound(y), 4 * magnitudes * u32, u32 * std::sqrt(variance / 3));
}
TEST_F(Noise, ASumWhoseTermsHaveOneSign) {
  const R y = input(1) + input(2) + input(3);
  expect(bound(y), 3 * 6 * u32, u32 * std::sqrt((2 * 36.0 + 14) / 3));
}
// A sum of products is one node: the products' roundings are the roundings of its terms.
TEST_F(Noise, AScalarProduct) {
  const R y = input(1) * input(2) + input(3) * input(-4);
  const double variance = std::max(148.0, 100.0) + 148;  // terms 2 and -12
  expect(bound(y), 2 * 14 * u32, u32 * std::sqrt(variance / 3));
  EXPECT_EQ(model({y}).node_count(), 1U);
}
TEST_F(Noise, ATermOfZeroRoundsNothing) {
  const R p = input(3), y = p + input(0);
  expect_exact(bound(y));
  const R z = input(3) * input(5) + input(0) * input(7);
  expect(bound(z), 15 * u32, 15 * u32 / std::sqrt(3));
}
TEST_F(Noise, ANegatedInputIsExactAndANegatedProductIsAProduct) {
  expect_exact(bound(-input(3)));
  expect(bound(-(input(3) * input(5))), 15 * u32, 15 * u32 / std::sqrt(3));
}

TEST_F(Noise, SumsInAnyOrderHaveOneBound) {
  const R a = input(1) * input(2), b = input(-3), c = input(5) * input(-7), d = input(11);
  const auto same = [&](const NoiseBound& p, const NoiseBound& q) {
    EXPECT_EQ(p.certain, q.certain);
    EXPECT_EQ(p.sigma, q.sigma);
    EXPECT_GT(p.sigma, 0);
  };
  const R left = ((a + b) + c) - d;
  const R left_a = input(1) * input(2), left_c = input(5) * input(-7);
  const R right = left_a + (b - (d - left_c));
  same(bound(left), bound(right));
}

// The same sum read twice is a value of its own: its roundings are common to both readers.
TEST_F(Noise, ASumUsedTwiceIsNotAbsorbed) {
  const R s = input(1) + input(2);
  const R y = s - s * input(1);  // = s - s: whatever s's error is, it cancels
  const auto got = bound(y);
  // the product's rounding, and those of y's two terms: 2 u (3 + 3)
  EXPECT_NEAR(static_cast<double>(got.certain) / (2 * 6 * u32), 1, 1e-12);
}

// An output must keep its own bound even where another output sums it up.
TEST_F(Noise, AnOutputIsNotAbsorbedByASum) {
  const R product = input(3) * input(5), sum = product + input(1);
  const auto both = model({product, sum});
  EXPECT_EQ(both.node_count(), 2U);
  const auto bounds = both.bounds({{{product.node(), 1.0}}, {{sum.node(), 1.0}}});
  expect(bounds[0], 15 * u32, 15 * u32 / std::sqrt(3));
  // The sum has the product's error and its own: 2 u 16.
  const double variance = 256.0 + 226;  // terms 15 and 1
  expect(bounds[1], 15 * u32 + 2 * 16 * u32, u32 * std::sqrt((225 + variance) / 3));
  EXPECT_EQ(model({sum}).node_count(), 1U);
}

TEST_F(Noise, ActivationsHaveTheirDeclaredUlp) {
  const double y = std::tanh(0.5), s = 1 / (1 + std::exp(-0.5));
  rounding.tanh_ulp = 5;
  rounding.sigmoid_ulp = 7;
  rounding.exp_ulp = 11;
  rounding.log_ulp = 13;
  const auto ulps = [&](const R& r, double n, double value) {
    expect(bound(r), n * 2 * u32 * value, n * 2 * u32 * value / std::sqrt(3));
  };
  const R z = input(0.5);
  ulps(NoiseFunctions::tanh(z), 5, y);
  ulps(NoiseFunctions::sigmoid(z), 7, s);
  ulps(NoiseFunctions::exp(z), 11, std::exp(0.5));
  ulps(NoiseFunctions::log(z), 13, std::log(2));
  expect_exact(bound(NoiseFunctions::relu(z)));
  expect_exact(bound(NoiseFunctions::tanh(input(0))));
}

// The error of the argument passes with the slope at it.
TEST_F(Noise, ActivationsCarryErrorsBySlope) {
  rounding.tanh_ulp = rounding.sigmoid_ulp = rounding.exp_ulp = rounding.log_ulp = 0;
  const double e = 0.5 * u32;
  const double y = std::tanh(0.5), s = 1 / (1 + std::exp(-0.5));
  const auto z = [] { return input(2) * input(0.25); };
  const auto slope = [&](const R& r, double d) { expect(bound(r), d * e, d * e / std::sqrt(3)); };
  slope(NoiseFunctions::tanh(z()), 1 - y * y);
  slope(NoiseFunctions::sigmoid(z()), s * (1 - s));
  slope(NoiseFunctions::exp(z()), std::exp(0.5));
  slope(NoiseFunctions::log(z()), 2);
  slope(NoiseFunctions::relu(z()), 1);
  expect_exact(bound(NoiseFunctions::relu(-z())));
}

TEST_F(Noise, ExactArithmeticHasNoNoise) {
  rounding = rounding.exact();
  const R p = input(3) * input(5) + input(7), q = NoiseFunctions::tanh(p) / input(3);
  expect_exact(bound(q * NoiseFunctions::sigmoid(q)));
}

TEST_F(Noise, FunctionalsWeighTheirNodes) {
  const R p = input(3) * input(5), q = input(2) * input(7);
  const auto m = model({p, q});
  const Functional both{{p.node(), 2.0}, {q.node(), -3.0}, {Tape<long double>::none, 100.0}};
  expect(m.bounds({both}).front(), (2 * 15 + 3 * 14) * u32,
         std::hypot(30, 42) * u32 / std::sqrt(3));
  // Twice the same node with opposite weights is nothing.
  expect_exact(m.bounds({{{p.node(), 1.0}, {p.node(), -1.0}}}).front());
}

// Nineteen functionals in sweeps of eight: each in its own lane, none left over from the one
// before.
TEST_F(Noise, ManyFunctionalsAreThoseOfOneAtATime) {
  std::vector<R> y{input(0.5)};
  for (int k = 0; k < 19; ++k)
    y.push_back(NoiseFunctions::tanh(y.back() * input(0.7 + k) + input(0.1)));
  const auto m = model(y);
  std::vector<Functional> functionals;
  for (const R& r : y) functionals.push_back({{r.node(), 1.0}});
  std::reverse(functionals.begin(), functionals.end());
  const auto together = m.bounds(functionals);
  for (std::size_t k = 0; k < functionals.size(); ++k) {
    const auto alone = m.bounds({functionals[k]}).front();
    EXPECT_EQ(together[k].certain, alone.certain);
    EXPECT_EQ(together[k].sigma, alone.sigma);
  }
  EXPECT_GT(together.front().sigma, 0);
  EXPECT_TRUE(m.bounds({}).empty());
}

TEST_F(Noise, OnlyOutputsAreJudged) {
  const R p = input(3) * input(5), y = p + input(2) * p;
  const NoiseModel of_y = model({y});
  EXPECT_THROW((void)of_y.bounds({{{p.node(), 1.0}}}), std::invalid_argument);
}

// The difference of two products rounds no more than the two together, wherever the three are
// beside the smallest normal number.
TEST_F(Noise, ErrorsOfADifferenceAreNoLargerThanBothTogether) {
  const auto certain = [&](double value) {
    tape.clear();
    const R y = input(value) * input(1.5);
    return value == 0 ? 0 : bound(y).certain;
  };
  const double m = rounding.smallest_normal;
  for (double v = 0; v < 8 * m; v += m / 4)
    for (double w = 0; w < 8 * m; w += m / 4)
      EXPECT_LE(certain(std::abs(w - v)), certain(v) + certain(w)) << v / m << " " << w / m;
}

TEST_F(Noise, ReluNearItsKink) {
  // z = 1 + (e - 1): two terms, certain bound 2 u (2 - e) < 4 u; near below 32 times that.
  const auto near = [&](double e) {
    tape.clear();
    const R z = input(1) + input(e - 1);
    return model({NoiseFunctions::relu(z)}).near_kink();
  };
  EXPECT_TRUE(near(100 * u32));
  EXPECT_TRUE(near(-100 * u32));
  EXPECT_TRUE(near(0));
  EXPECT_FALSE(near(200 * u32));
  EXPECT_FALSE(near(-200 * u32));
  // An input has no error: exactly at the kink, every implementation agrees.
  tape.clear();
  EXPECT_FALSE(model({NoiseFunctions::relu(input(0))}).near_kink());
  rounding = rounding.exact();
  EXPECT_FALSE(near(0));
}

TEST_F(Noise, MayOverflow) {
  const auto product_of = [&](double p, double q) {
    tape.clear();
    return model({input(p) * input(q)}).may_overflow();
  };
  EXPECT_FALSE(product_of(1e19, 1e18));
  EXPECT_TRUE(product_of(1e19, 3e18));  // within a factor of 16
  EXPECT_TRUE(product_of(1e20, -1e19));
  // Of a sum, the magnitudes: some order of summation passes through their largest partial sum.
  tape.clear();
  EXPECT_TRUE(model({input(3e38) + input(1e38) - input(3.5e38)}).may_overflow());
  rounding = Rounding::of<double>();
  EXPECT_FALSE(product_of(1e20, 1e19));
  EXPECT_TRUE(product_of(1e200, 1e200));
}

TEST_F(Noise, SizesOfWhatIsFormed) {
  const R y = input(3) * input(-5) + input(2) + input(0.5) * input(0.25);
  const auto m = model({y});
  EXPECT_EQ(m.largest_sum(), 17.125);
  EXPECT_EQ(m.smallest_value(), 0.125);
}

// A product in the subnormal range is off by half the smallest subnormal, for each association.
TEST_F(Noise, AProductThatUnderflows) {
  const double tiny = 0x1p-149;
  const R y = input(0x1p-70) * input(0x1.8p-70);
  expect(bound(y), 2 * tiny + u32 * 0x1.8p-140,
         std::hypot(2 * tiny, u32 * 0x1.8p-140) / std::sqrt(3));
  // In a sum each product adds its own: 2^-140 (1.5 + 0.5), two terms.
  const R sum = input(0x1p-70) * input(0x1.8p-70) + input(0x1p-71) * input(0x1p-70);
  const double absolute = 4 * tiny, squares = 2.5, total = 4;  // of 2^-140
  expect(bound(sum), absolute + 2 * u32 * 0x1p-139,
         std::hypot(absolute, u32 * 0x1p-140 * std::sqrt(total + squares)) / std::sqrt(3));
  // An activation's ULP is never less than the smallest subnormal.
  rounding.tanh_ulp = 2;
  const R a = NoiseFunctions::tanh(input(0x1p-149));
  expect(bound(a), 2 * tiny, 2 * tiny / std::sqrt(3));
}

// What double rounds to zero is no exact zero: it is charged as any product that underflows.
TEST_F(Noise, AProductBelowWhatDoubleHolds) {
  rounding = Rounding::of<double>();
  const double tiny = std::numeric_limits<double>::denorm_min();
  for (const double factor : {0.25, 0.5, 0x1p-500}) {
    const auto m = model({input(tiny) * input(factor)});
    EXPECT_EQ(m.smallest_value(), tiny) << factor;
    EXPECT_GE(bound(input(tiny) * input(factor)).certain, 2 * tiny) << factor;
    const R sum = input(tiny) * input(factor) + input(tiny) * input(factor);
    EXPECT_GE(bound(sum).certain, 4 * tiny) << factor;
  }
}

TEST_F(Noise, TinyFunctionalsKeepTheirSigma) {
  rounding = Rounding::of<double>();
  const R p = input(1e-300) * input(1e-7);  // 1e-307, whose square is no double
  const R q = input(2e-300) * input(1e-7);
  const auto m = model({p, q});
  const Functional f{{p.node(), 1.0}, {q.node(), -1.0}};
  const auto got = m.bounds({{{p.node(), 1.0}}, f});
  for (const NoiseBound& b : got) {
    EXPECT_GT(b.sigma, 0);
    EXPECT_GT(b.certain, 0);
    EXPECT_LE(b.sigma, b.certain);
  }
  // u 1e-307 is rounded to a whole number of smallest subnormals: 2.2 to 2.
  EXPECT_NEAR(static_cast<double>(got[0].certain / (u64 * 1e-307L)), 1, 0.5);
  // The two in quadrature: sigma between the larger and the sum.
  EXPECT_GT(got[1].sigma, got[0].sigma);
}

// The square of its error is far below the smallest double, and its value says nothing of it.
TEST_F(Noise, ASumOfTinyTermsThatCancels) {
  rounding = Rounding::of<double>();
  const R y = input(0x1p-600) * input(0x1p-450) - input(0x1p-450) * input(0x1p-600);
  ASSERT_EQ(y.value(), 0);
  const double absolute = 4 * 0x1p-1074;
  const auto got = bound(y);
  const double deviation = absolute / std::sqrt(3.0);  // a whole number of subnormals
  expect({std::ldexp(got.certain, 1000), std::ldexp(got.sigma, 1000)}, std::ldexp(absolute, 1000),
         std::ldexp(deviation, 1000));
}

TEST_F(Noise, HugeFunctionalsStayInRange) {
  rounding = Rounding::of<double>();
  const R p = input(1e300) * input(1e5);
  const auto b = bound(p);
  EXPECT_NEAR(static_cast<double>(b.certain / (u64 * 1e305L)), 1, 1e-12);
  EXPECT_NEAR(static_cast<double>(b.sigma / (u64 * 1e305L)), 1 / std::sqrt(3), 1e-12);
}

// Real roundings stay within the certain bound, whatever the order of the sum; and they reach a
// good part of a sigma, so that the bound is not vacuous.
TEST_F(Noise, RoundingsOfShuffledSumsAreWithinTheBounds) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<float> uniform(-1, 1);
  constexpr int n = 20;
  double squares = 0;
  int counted = 0;
  for (int k = 0; k < 500; ++k) {
    tape.clear();
    std::vector<std::pair<float, float>> terms(n);
    R exact;
    for (auto& [p, q] : terms) {
      p = uniform(random), q = uniform(random);
      exact += input(p) * input(q);
    }
    const auto b = bound(exact);
    for (int order = 0; order < 4; ++order) {
      std::shuffle(terms.begin(), terms.end(), random);
      float separate = 0, fused = 0;
      for (const auto& [p, q] : terms) {
        const float product = p * q;
        separate += product;
        fused = std::fma(p, q, fused);
      }
      for (const float sum : {separate, fused}) {
        const long double error = std::abs(sum - exact.value());
        ASSERT_LE(error, b.certain);
        ASSERT_LE(error, 8 * b.sigma);
        squares += static_cast<double>(error * error / (b.sigma * b.sigma));
        ++counted;
      }
    }
  }
  const double rms = std::sqrt(squares / counted);
  EXPECT_GT(rms, 0.2);
  EXPECT_LT(rms, 1.0);
}

}  // namespace
}  // namespace bptt
