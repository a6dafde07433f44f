// tanh and sigmoid of every instruction set that this machine has: their largest errors, over a
// dense sample of f32 and f64, are within what options.hpp declares.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "core/error.hpp"
#include "optimized/ulp_test.hpp"

namespace bptt::optimized {
namespace {

// Coprime to the powers of two, so that all exponents and all low bits are met.
TEST(VectorMath, FloatsWithinTheDeclaredError) {
  for (const auto target : available_targets())
    expect_declared(over_floats(kernels_for<float>(target), 0, every_float, 1009), target);
}

TEST(VectorMath, DoublesWithinTheDeclaredError) {
  std::mt19937_64 engine(1);
  std::vector<double> x;
  const auto add_around = [&](double value) {
    for (int k = 0; k < 64; ++k) {
      x.push_back(value);
      value = std::nextafter(value, 1e308);
    }
  };
  // Edges: where a power of two of the exponential changes, subnormals, saturation.
  for (int n = -1080; n <= 1080; ++n) {
    add_around((n + 0.5) * 0.34657359027997264);
    add_around(std::ldexp(1.0, n));
    add_around(-std::ldexp(1.0, n));
  }
  std::uniform_real_distribution<double> mantissa(-2, 2);
  std::uniform_int_distribution<int> exponent(-60, 10);
  for (int k = 0; k < 2000000; ++k) {
    const double drawn = mantissa(engine);  // before the exponent, whatever the compiler
    x.push_back(std::ldexp(drawn, exponent(engine)));
  }
  for (const auto target : available_targets()) {
    Largest largest;
    for (std::size_t first = 0; first < x.size(); first += chunk)
      measure<double, long double>(
          kernels_for<double>(target),
          {x.begin() + static_cast<std::ptrdiff_t>(first),
           x.begin() + static_cast<std::ptrdiff_t>(std::min(first + chunk, x.size()))},
          largest);
    expect_declared(largest, target);
  }
}

template <class S>
void expect_special_values() {
  const S infinity = std::numeric_limits<S>::infinity(),
          least = std::numeric_limits<S>::denorm_min();
  const std::vector<S> x{infinity, -infinity, std::numeric_limits<S>::quiet_NaN(),
                         S(0),     -S(0),     least};
  for (const auto target : available_targets()) {
    std::vector<S> tanh(x.size()), sigmoid(x.size());
    kernels_for<S>(target).tanh(x.data(), tanh.data(), static_cast<Index>(x.size()));
    kernels_for<S>(target).sigmoid(x.data(), sigmoid.data(), static_cast<Index>(x.size()));
    EXPECT_EQ(tanh[0], S(1)) << target;
    EXPECT_EQ(tanh[1], S(-1)) << target;
    EXPECT_TRUE(std::isnan(tanh[2])) << target;
    EXPECT_TRUE(tanh[3] == 0 && !std::signbit(tanh[3])) << target;
    EXPECT_TRUE(tanh[4] == 0 && std::signbit(tanh[4])) << target;
    EXPECT_EQ(tanh[5], least) << target;
    EXPECT_EQ(sigmoid[0], S(1)) << target;
    EXPECT_EQ(sigmoid[1], S(0)) << target;
    EXPECT_TRUE(std::isnan(sigmoid[2])) << target;
    EXPECT_EQ(sigmoid[3], S(0.5)) << target;
  }
}

TEST(VectorMath, SpecialValues) {
  expect_special_values<float>();
  expect_special_values<double>();
}

TEST(VectorMath, ATargetThatIsNotHereIsRefusedByName) {
  try {
    static_cast<void>(kernels_for<float>("Z80"));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).rfind("no instruction set 'Z80' here; there are ", 0), 0U)
        << error.what();
  }
}

}  // namespace
}  // namespace bptt::optimized
