#include "arithmetic/fifty_digits.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace bptt {
namespace {

using FiftyFunctions = ScalarFunctions<Fifty>;
// The oracle: twice the digits, and the definitions, whose cancellation the extra digits absorb.
using Hundred = boost::multiprecision::number<boost::multiprecision::cpp_bin_float<100>,
                                              boost::multiprecision::et_off>;

Hundred tanh_by_definition(const Hundred& z) {
  const Hundred plus = exp(z), minus = exp(-z);
  return (plus - minus) / (plus + minus);
}
Hundred sigmoid_by_definition(const Hundred& z) { return 1 / (1 + exp(-z)); }

// Sizes from where tanh(z) is z to where it is 1.
const char* const magnitudes[] = {"1e-45", "1e-20", "3e-9", "0.001", "0.3",
                                  "1",     "7.5",   "60",   "700"};

// A dozen units in the last place leaves room for the handful of roundings in each formula.
const Hundred tolerance = fifty_function_error;

TEST(FiftyDigits, TanhAgreesWithItsDefinitionInTwiceTheDigits) {
  for (const char* magnitude : magnitudes)
    for (const int sign : {-1, 1}) {
      const Fifty z = sign * Fifty(magnitude);
      const Hundred expected = tanh_by_definition(Hundred(z));
      EXPECT_LE(abs(Hundred(FiftyFunctions::tanh(z)) - expected), abs(expected) * tolerance) << z;
    }
}

TEST(FiftyDigits, SigmoidKeepsItsRelativeAccuracyOnBothSides) {
  for (const char* magnitude : magnitudes)
    for (const int sign : {-1, 1}) {
      const Fifty z = sign * Fifty(magnitude);
      const Hundred expected = sigmoid_by_definition(Hundred(z));
      // exp(-|z|) has the relative error of its reduced argument, which grows with |z|.
      const Hundred relative = tolerance * (1 + abs(Hundred(z)));
      EXPECT_LE(abs(Hundred(FiftyFunctions::sigmoid(z)) - expected), expected * relative) << z;
    }
}

TEST(FiftyDigits, SaturatesWithoutNaN) {
  for (const double z : {1e6, 3e9, 1e30, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(FiftyFunctions::tanh(Fifty(z)), 1) << z;
    EXPECT_EQ(FiftyFunctions::tanh(Fifty(-z)), -1) << z;
    EXPECT_EQ(FiftyFunctions::sigmoid(Fifty(z)), 1) << z;
    EXPECT_GE(FiftyFunctions::sigmoid(Fifty(-z)), 0) << z;
    EXPECT_LT(FiftyFunctions::sigmoid(Fifty(-z)), Fifty("1e-400000")) << z;
  }
  EXPECT_GT(FiftyFunctions::sigmoid(Fifty(-1e6)), 0);
}

TEST(FiftyDigits, ReluIsZeroAtTheKinkAndKeepsNaN) {
  const Fifty nan = std::numeric_limits<Fifty>::quiet_NaN();
  EXPECT_EQ(FiftyFunctions::relu(Fifty(-2)), 0);
  EXPECT_EQ(FiftyFunctions::relu(Fifty("1e-60")), Fifty("1e-60"));
  EXPECT_EQ(FiftyFunctions::relu_slope(Fifty(0)), 0);
  EXPECT_EQ(FiftyFunctions::relu_slope(Fifty("1e-60")), 1);
  EXPECT_TRUE(isnan(FiftyFunctions::relu(nan)));
  EXPECT_TRUE(isnan(FiftyFunctions::relu_slope(nan)));
  EXPECT_EQ(FiftyFunctions::larger(Fifty(2), Fifty(3)), 3);
  EXPECT_EQ(FiftyFunctions::larger(Fifty(3), Fifty(2)), 3);
}

TEST(FiftyDigits, ExpAndLogAreInverse) {
  for (const char* magnitude : magnitudes) {
    const Fifty x(magnitude);
    EXPECT_LE(abs(FiftyFunctions::exp(FiftyFunctions::log(x)) - x), x * Fifty("1e-47")) << x;
  }
}

}  // namespace
}  // namespace bptt
