#include "arithmetic/double_double.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "arithmetic/fifty_digits.hpp"

#if defined(__x86_64__)
namespace bptt {
namespace {

using Functions = ScalarFunctions<DoubleDouble4>;

/// Four numbers with all digits of both doubles, of sizes 2^-60 to 2^60.
DoubleDouble4 drawn(std::mt19937_64& engine) {
  DoubleDouble4 v;
  for (std::size_t k = 0; k < DoubleDouble4::count; ++k) {
    const auto part = [&] { return std::ldexp(static_cast<double>(engine()), -64) - 0.5; };
    const int exponent = static_cast<int>(engine() % 121) - 60;
    v.high[k] = std::ldexp(part(), exponent);
    v.low[k] = std::ldexp(v.high[k] * part(), -53);
  }
  return v;
}
Fifty exactly(const DoubleDouble4& v, std::size_t k) { return Fifty(v.high[k]) + Fifty(v.low[k]); }

class DoubleDoubleTest : public ::testing::Test {
  void SetUp() override {
    if (!double_doubles_run()) GTEST_SKIP() << "this CPU has no fused multiply-adds";
  }
};

TEST_F(DoubleDoubleTest, OperationsKeepAHundredBits) {
  std::mt19937_64 engine(1);
  for (int draws = 0; draws < 2000; ++draws) {
    const DoubleDouble4 a = drawn(engine), b = drawn(engine);
    const DoubleDouble4 sum = a + b, difference = a - b, product = a * b;
    DoubleDouble4 accumulated = a;
    accumulated += product;
    accumulated -= b;
    for (std::size_t k = 0; k < DoubleDouble4::count; ++k) {
      const Fifty p = exactly(a, k), q = exactly(b, k), part = 0x1p-100;
      const Fifty terms = abs(p) + abs(q);
      EXPECT_LE(abs(exactly(sum, k) - (p + q)), part * terms);
      EXPECT_LE(abs(exactly(difference, k) - (p - q)), part * terms);
      EXPECT_LE(abs(exactly(product, k) - p * q), part * abs(p * q));
      EXPECT_LE(abs(exactly(accumulated, k) - (p + p * q - q)), 3 * part * (terms + abs(p * q)));
      EXPECT_EQ(exactly(-a, k), -p);
    }
  }
}

TEST_F(DoubleDoubleTest, NumbersBesideEachOtherAreApart) {
  DoubleDouble4 v(2.5);
  const long double third = 1.0L / 3;
  v.set(1, third);
  EXPECT_EQ(v.at(0), 2.5L);
  EXPECT_EQ(v.at(1), third);  // all of its 64 bits
  EXPECT_EQ(v.at(3), 2.5L);
  EXPECT_EQ((v * v).at(2), 6.25L);
}

TEST_F(DoubleDoubleTest, FunctionsAreThoseOfLongDouble) {
  using F = ScalarFunctions<long double>;
  DoubleDouble4 z;
  for (std::size_t k = 0; k < DoubleDouble4::count; ++k)
    z.set(k, (static_cast<long double>(k) - 1.5L) / 3);
  for (std::size_t k = 0; k < DoubleDouble4::count; ++k) {
    EXPECT_EQ(Functions::tanh(z).at(k), F::tanh(z.at(k)));
    EXPECT_EQ(Functions::sigmoid(z).at(k), F::sigmoid(z.at(k)));
    EXPECT_EQ(Functions::relu(z).at(k), F::relu(z.at(k)));
    EXPECT_EQ(Functions::relu_slope(z).at(k), F::relu_slope(z.at(k)));
  }
}

}  // namespace
}  // namespace bptt
#endif
