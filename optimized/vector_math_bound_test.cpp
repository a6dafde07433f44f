// What options.hpp declares of tanh and sigmoid holds for every argument, not only for those that
// were tried: the roundings of their formulas (vector_math-inl.hpp), each at most half a unit in
// the last place of what it rounds, are added up, times what follows makes of them, on a dense
// grid. Between its points the sum changes by the width of the grid, but where a rounded value
// crosses a power of two; of those crossings both sides are met. A computed value may be on the
// other side than the exact one only within a few u of a crossing. Where two cross at once, p =
// -1/4 and t = 1 + 2 p = 1/2, they do so together: t is formed from the computed p.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "optimized/options.hpp"

namespace bptt::optimized {
namespace {

constexpr double grid = 1e-4;  // the relative distance of two points

// All in units of u = 2^-digits: a number in [1, 2) is rounded by at most 1.
double half_ulp(double value) { return value == 0 ? 0 : std::exp2(std::ilogb(value)); }
double ulp(double value) { return 2 * half_ulp(value); }

struct Format {
  int digits, degree;  // of a significand, and of the series of expm1
};

/// y = n ln2 + r, p = expm1(r) and the certain error of p.
struct Exponential {
  double scale, p, error;
};
Exponential exponential(double y, const Format& format) {
  const double n = std::round(y / std::log(2.0)), r = y - n * std::log(2.0);
  double q = 0, error_of_q = 0;
  for (int k = format.degree; k >= 2; --k) {  // Horner; 1/2 is exact
    const double coefficient = 1 / std::tgamma(k + 1.0);
    q = q * r + coefficient;
    error_of_q = error_of_q * std::abs(r) + (k == 2 ? 0 : half_ulp(coefficient)) + half_ulp(q);
  }
  const double p = std::expm1(r);
  const double neglected = 1.1 * std::exp2(format.digits) *
                           std::pow(std::abs(r), format.degree + 1) /
                           std::tgamma(format.degree + 2.0);
  const double error_of_r = n == 0 ? 0 : half_ulp(r);  // n ln2_hi is exact, and so is y - that
  return {std::exp2(n), p,
          error_of_r * std::exp(r) + half_ulp(r * r) * q + r * r * error_of_q + half_ulp(p) +
              neglected};
}

double tanh_bound(double x, const Format& format) {
  const auto [scale, p, error] = exponential(2 * x, format);
  const double t = scale * p + (scale - 1), value = t / (t + 2);
  // Without a power of two t is p itself; d(t / (t + 2)) = 2 dt / (t + 2)^2.
  const double of_t = scale * error + (scale == 1 ? 0 : half_ulp(t));
  const double all = of_t * 2 / ((t + 2) * (t + 2)) + value * half_ulp(t + 2) / (t + 2);
  return all / ulp(value) + 0.5;
}

double sigmoid_bound(double x, const Format& format) {
  const auto [scale, p, error] = exponential(-std::abs(x), format);
  const double e = scale * (1 + p), of_e = scale * error + half_ulp(e);
  const double value = (x < 0 ? e : 1) / (1 + e);
  const double all = of_e / ((1 + e) * (1 + e)) + value * half_ulp(1 + e) / (1 + e);
  return all / ulp(value) + 0.5;
}

TEST(VectorMath, RoundingsAddUpToWhatIsDeclared) {
  for (const Format& format : {Format{24, 8}, Format{53, 13}}) {
    double tanh = 0, sigmoid = 0;
    // Beyond, e is so small that 1 + e is 1 and e alone is rounded, as it is here just before;
    // below, all that is rounded scales with x.
    for (double x = 1e-12; x < 87; x *= 1 + grid) {
      if (x < 20) tanh = std::max(tanh, tanh_bound(x, format));
      for (const double signed_x : {-x, x})
        sigmoid = std::max(sigmoid, sigmoid_bound(signed_x, format));
    }
    RecordProperty("tanh_ulp_" + std::to_string(format.digits), std::to_string(tanh));
    RecordProperty("sigmoid_ulp_" + std::to_string(format.digits), std::to_string(sigmoid));
    EXPECT_LE(tanh * (1 + 2 * grid), tanh_ulp);
    EXPECT_LE(sigmoid * (1 + 2 * grid), sigmoid_ulp);
    EXPECT_GT(tanh, 2.5) << "a rounding is left out: errors of 2.52 have been seen";
  }
}

}  // namespace
}  // namespace bptt::optimized
