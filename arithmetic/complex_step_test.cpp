#include "arithmetic/complex_step.hpp"

#include <gtest/gtest.h>

#include <random>

#include "arithmetic/fifty_digits.hpp"
#include "arithmetic/precision.hpp"

namespace bptt {
namespace {

using Complex = std::complex<double>;
using ComplexFunctions = ScalarFunctions<Complex>;
constexpr double u = unit_roundoff<double>;

// Points of every size at which the derivative times h is far from underflow.
std::vector<double> points(double largest) {
  std::mt19937_64 draw(4);
  std::uniform_real_distribution<double> exponent(-12.0, std::log2(largest));
  std::vector<double> z{0.0, 1e-300, -1e-300, 1e-9, 1.0, -1.0, largest, -largest};
  for (int k = 0; k < 4000; ++k) z.push_back((k % 2 == 0 ? 1.0 : -1.0) * std::exp2(exponent(draw)));
  return z;
}

template <class Function, class Derivative>
void expect_derivative(const Function& f, const Derivative& derivative, double largest,
                       double units) {
  for (const double h : {1e-100, 1e-200})
    for (const double z : points(largest)) {
      const Fifty got = Fifty(f(Complex(z, h)).imag() / h), expected = derivative(Fifty(z));
      EXPECT_LE(abs(got - expected), abs(expected) * units * u) << "z = " << z << ", h = " << h;
    }
}

// exp(-200) = 1e-87 leaves 1e-287 at h = 1e-200.

// glibc states 2 ulp, 4 u, for the imaginary part of ctanh; the division by h adds u.
TEST(ComplexStep, DerivativeOfTanh) {
  const auto derivative = [](const Fifty& z) {
    const Fifty two_cosh = exp(z) + exp(-z);
    return 4 / (two_cosh * two_cosh);
  };
  expect_derivative(ComplexFunctions::tanh, derivative, 100.0, tanh_units.derivative);
}

// With e = exp(-|z|), 1 ulp = 2 u in each part. For z >= 0: Im e (2), 1 + e squared (2 (1 + 1)),
// the quotient's ratio, product and division (3), h (1): 10 u. For z < 0 the quotient's numerator
// is Im e - Re e Im e / (1 + e), at worst halved by cancellation: 2 + 1 more roundings of the
// second term's 7 u weighted with e <= 1, and 1 + e once (2), division (1), h (1): at most 14 u.
TEST(ComplexStep, DerivativeOfSigmoid) {
  const auto derivative = [](const Fifty& z) {
    const Fifty e = exp(-abs(z));
    return e / ((1 + e) * (1 + e));
  };
  expect_derivative(ComplexFunctions::sigmoid, derivative, 200.0, sigmoid_units.derivative);
}

// 2 ulp, 4 u, for the imaginary part, and the division by h; log has no more than its 4 u.
TEST(ComplexStep, DerivativesOfExpAndLog) {
  expect_derivative(
      ComplexFunctions::exp, [](const Fifty& z) { return exp(z); }, 200.0, exp_units.derivative);
  // Im log(z) = atan2(h, z) = h / z, 1 ulp, as long as h is far below z.
  for (const double z : points(200.0))
    if (z > 1e-20) {
      EXPECT_LE(abs(Fifty(ComplexFunctions::log(Complex(z, 1e-100)).imag() / 1e-100) * z - 1),
                log_units.derivative * u)
          << z;
    }
}

TEST(ComplexStep, FarOutNothingOverflows) {
  for (const double z : {300.0, 354.0, 360.0, 710.0, 1e4, 1e300}) {
    for (const double sign : {-1.0, 1.0}) {
      const Complex t = ComplexFunctions::tanh(Complex(sign * z, 1e-200)),
                    s = ComplexFunctions::sigmoid(Complex(sign * z, 1e-200));
      EXPECT_EQ(t.real(), sign) << z;
      EXPECT_GE(t.imag(), 0.0) << z;
      EXPECT_LE(t.imag() / 1e-200, 1e-250) << z;
      EXPECT_TRUE(s.real() >= 0.0 && s.real() <= 1.0) << z << " " << s;
      EXPECT_LE(std::abs(s.real() - (sign > 0 ? 1.0 : 0.0)), 1e-130) << z;
      EXPECT_GE(s.imag(), 0.0) << z;
      EXPECT_LE(s.imag() / 1e-200, 1e-130) << z;
    }
  }
}

TEST(ComplexStep, SigmoidFarToTheLeftIsSubnormalAndNotZero) {
  // 1 / (1 + exp(720)) would be zero; exp(-720) is 4e10 spacings of the subnormal numbers.
  EXPECT_NEAR(ComplexFunctions::sigmoid(Complex(-720.0, 1e-200)).real(), std::exp(-720.0),
              2 * smallest_subnormal<double>);
  EXPECT_GT(ComplexFunctions::sigmoid(Complex(-720.0, 1e-200)).real(), 0.0);
}

TEST(ComplexStep, RealPartIsTheRealFunction) {
  for (const double z : points(100.0)) {
    // glibc: 2 ulp each for ctanh and tanh, 1 for cexp and exp, 4 for clog and 1 for log; sigmoid's
    // formula differs by its division alone.
    const Complex stepped(z, 1e-100);
    EXPECT_NEAR(ComplexFunctions::tanh(stepped).real(), std::tanh(z),
                tanh_units.value * u * std::abs(std::tanh(z)));
    const double s = ScalarFunctions<double>::sigmoid(z);
    EXPECT_NEAR(ComplexFunctions::sigmoid(stepped).real(), s, sigmoid_units.value * u * s);
    EXPECT_NEAR(ComplexFunctions::exp(stepped).real(), std::exp(z),
                exp_units.value * u * std::exp(z));
    if (z > 1e-20) {
      EXPECT_NEAR(ComplexFunctions::log(stepped).real(), std::log(z),
                  log_units.value * u * std::abs(std::log(z)) + 1e-200);  // h^2
    }
  }
}

TEST(ComplexStep, KinksGoByTheRealPart) {
  EXPECT_EQ(ComplexFunctions::relu(Complex(2.0, 1e-100)), Complex(2.0, 1e-100));
  EXPECT_EQ(ComplexFunctions::relu(Complex(-2.0, 1e-100)), Complex(0.0));
  EXPECT_EQ(ComplexFunctions::relu(Complex(0.0, 1e-100)), Complex(0.0));
  EXPECT_EQ(ComplexFunctions::relu_slope(Complex(2.0, 1e-100)), Complex(1.0));
  EXPECT_EQ(ComplexFunctions::relu_slope(Complex(0.0, 0.0)), Complex(0.0));
  EXPECT_EQ(ComplexFunctions::larger(Complex(1.0, 9.0), Complex(2.0, 7.0)), Complex(2.0, 7.0));
  EXPECT_EQ(ComplexFunctions::larger(Complex(2.0, 9.0), Complex(2.0, 7.0)), Complex(2.0, 9.0));
}

TEST(ComplexStep, DifferentiatesAProgram) {
  // d/dx of x^3 / (1 + x) at x = 1.5 is (2 x^3 + 3 x^2) / (1 + x)^2.
  const double x = 1.5, h = 1e-100;
  const Complex z(x, h);
  const double got = (z * z * z / (Complex(1.0) + z)).imag() / h;
  EXPECT_NEAR(got, (2 * x * x * x + 3 * x * x) / ((1 + x) * (1 + x)), 16 * u * got);
}

}  // namespace
}  // namespace bptt
