// Four numbers side by side, each the unevaluated sum of two doubles: twice their digits at a
// fraction of what 80-bit numbers cost, which no vector register holds. For CPUs with fused
// multiply-adds: ask double_doubles_run() first, and call what computes with them from a function
// that is [[gnu::target("avx2,fma"), gnu::flatten]], or each operation is a call.
// Deliberately without division, order, exp and log.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>

#include "core/scalar_functions.hpp"

namespace bptt {

[[nodiscard]] inline bool double_doubles_run() {
  return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
}

/// high + low, |low| at most half a unit in the last place of high. A sum of terms of one sign and
/// a product are off by at most 2^-100 of their size, a sum of both signs by 2^-100 of its terms;
/// below 2^-900 by up to 2^-1000.
/// Source: Dekker 1971; Joldes, Muller & Popescu 2017, algorithms 5 and 12.
struct DoubleDouble4 {
  static constexpr std::size_t count = 4;
  using Four [[gnu::vector_size(sizeof(double) * count)]] = double;
  Four high{}, low{};

  DoubleDouble4() = default;
  [[gnu::target("avx2,fma")]] explicit DoubleDouble4(double v) : high{v, v, v, v} {}

  /// Number k, in the nearest 80 bits.
  [[nodiscard]] long double at(std::size_t k) const {
    return static_cast<long double>(high[k]) + static_cast<long double>(low[k]);
  }
  /// All digits of a long double.
  void set(std::size_t k, long double v) {
    high[k] = static_cast<double>(v);
    low[k] = static_cast<double>(v - static_cast<long double>(high[k]));
  }

  [[gnu::target("avx2,fma")]] friend DoubleDouble4 operator+(const DoubleDouble4& a,
                                                             const DoubleDouble4& b) {
    const Four sum = a.high + b.high, of_b = sum - a.high;
    return joined(sum, ((a.high - (sum - of_b)) + (b.high - of_b)) + (a.low + b.low));
  }
  [[gnu::target("avx2,fma")]] friend DoubleDouble4 operator-(const DoubleDouble4& a) {
    DoubleDouble4 negated;
    negated.high = -a.high;
    negated.low = -a.low;
    return negated;
  }
  [[gnu::target("avx2,fma")]] friend DoubleDouble4 operator-(const DoubleDouble4& a,
                                                             const DoubleDouble4& b) {
    return a + -b;
  }
  [[gnu::target("avx2,fma")]] friend DoubleDouble4 operator*(const DoubleDouble4& a,
                                                             const DoubleDouble4& b) {
    const Four product = a.high * b.high, rest = _mm256_fmsub_pd(a.high, b.high, product);
    return joined(product, rest + (a.high * b.low + a.low * b.high));
  }
  [[gnu::target("avx2,fma")]] DoubleDouble4& operator+=(const DoubleDouble4& b) {
    return *this = *this + b;
  }
  [[gnu::target("avx2,fma")]] DoubleDouble4& operator-=(const DoubleDouble4& b) {
    return *this = *this - b;
  }

 private:
  /// |small| is below |large|, or large is zero.
  [[gnu::target("avx2,fma")]] static DoubleDouble4 joined(const Four& large, const Four& small) {
    DoubleDouble4 result;
    result.high = large + small;
    result.low = small - (result.high - large);
    return result;
  }
};

/// Those of long double, one number at a time.
template <>
struct ScalarFunctions<DoubleDouble4> {
  using F = ScalarFunctions<long double>;

  static DoubleDouble4 tanh(const DoubleDouble4& z) { return each(z, F::tanh); }
  static DoubleDouble4 sigmoid(const DoubleDouble4& z) { return each(z, F::sigmoid); }
  static DoubleDouble4 relu(const DoubleDouble4& z) { return each(z, F::relu); }
  static DoubleDouble4 relu_slope(const DoubleDouble4& a) { return each(a, F::relu_slope); }

 private:
  static DoubleDouble4 each(const DoubleDouble4& z, long double (*f)(const long double&)) {
    DoubleDouble4 y;
    for (std::size_t k = 0; k < DoubleDouble4::count; ++k) y.set(k, f(z.at(k)));
    return y;
  }
};

}  // namespace bptt
#endif
