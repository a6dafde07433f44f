// Measuring the errors of the kernels' tanh and sigmoid, for the tests.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "optimized/options.hpp"
#include "optimized/passes.hpp"

namespace bptt::optimized {

inline constexpr Index chunk = 1 << 12;
/// One past the last bit pattern of a f32.
inline constexpr std::uint64_t every_float = std::uint64_t(1) << 32;

/// 1 / (a unit in the last place of S at `exact`); subnormal results have those of the smallest
/// normal ones. For the f32 of which there are four billion, by the exponent's bits.
template <class S, class Exact>
Exact units_at(Exact exact) {
  using Limits = std::numeric_limits<S>;
  if constexpr (std::is_same_v<Exact, double>) {
    const auto biased = static_cast<int>(std::bit_cast<std::uint64_t>(exact) >> 52U & 0x7ffU);
    const int exponent = std::max(biased - 1022, Limits::min_exponent);
    return std::bit_cast<double>(static_cast<std::uint64_t>(1023 + Limits::digits - exponent)
                                 << 52U);
  } else {
    const int exponent = exact == 0 ? Limits::min_exponent : std::ilogb(exact) + 1;
    return std::ldexp(Exact(1), Limits::digits - std::max(exponent, Limits::min_exponent));
  }
}

/// The largest |got - exact| in units in the last place of S at `exact`. A NaN that stands alone is
/// beyond every limit; one that meets a NaN is right. Without a branch, for there are billions.
class LargestUlps {
 public:
  template <class S, class Exact>
  void add(S got, Exact exact) {
    const Exact error = std::abs(static_cast<Exact>(got) - exact) * units_at<S>(exact);
    alone_ = alone_ | (std::isnan(got) != std::isnan(exact));
    largest_ = error > largest_ ? static_cast<double>(error) : largest_;  // false for a NaN
  }
  [[nodiscard]] double ulps() const { return alone_ ? 1e300 : largest_; }

 private:
  double largest_ = 0;
  bool alone_ = false;
};

// tanh and sigmoid in Exact, to within a few of its roundings. Most f32 are so small or so large
// that there is no need to ask the C library: of |x| < 2^-10 the series leaves out less than 2^-85
// of the value; beyond 44 tanh is within 2^-126 of 1, and sigmoid within 2^-63.
// exp(-800) is less than 2^-1154: nothing in any S.
constexpr double small_argument = 0x1p-10, large_argument = 44, nothing_left = 800;

template <class Exact>
Exact exact_tanh(Exact x) {
  const Exact size = std::abs(x), s = x * x;
  if (size < small_argument)
    return x - x * s * (Exact(1) / 3 - s * (Exact(2) / 15 - s * (Exact(17) / 315)));
  if (size > large_argument) return std::copysign(Exact(1), x);
  return std::tanh(x);
}

template <class Exact>
Exact exact_sigmoid(Exact x) {
  const Exact size = std::abs(x), s = x * x;
  if (size < small_argument)
    return Exact(1) / 2 + x * (Exact(1) / 4 - s * (Exact(1) / 48 -
                                                   s * (Exact(1) / 480 - s * (Exact(17) / 80640))));
  if (x > large_argument) return 1;
  if (x < -nothing_left) return 0;
  const Exact e = std::exp(-size);
  return (x < 0 ? e : Exact(1)) / (1 + e);
}

struct Largest {
  double tanh = 0, sigmoid = 0;
};

/// The errors of one chunk of arguments; Exact carries at least 29 bits more than S or 11.
template <class S, class Exact>
void measure(const Kernels<S>& kernels, const std::vector<S>& x, Largest& largest) {
  static thread_local std::vector<S> tanh(chunk), sigmoid(chunk);
  const auto count = static_cast<Index>(x.size());
  kernels.tanh(x.data(), tanh.data(), count);
  kernels.sigmoid(x.data(), sigmoid.data(), count);
  LargestUlps of_tanh, of_sigmoid;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const auto exact = static_cast<Exact>(x[k]);
    of_tanh.add(tanh[k], exact_tanh(exact));
    of_sigmoid.add(sigmoid[k], exact_sigmoid(exact));
  }
  largest.tanh = std::max(largest.tanh, of_tanh.ulps());
  largest.sigmoid = std::max(largest.sigmoid, of_sigmoid.ulps());
}

/// Every `stride`-th f32 of the bit patterns first .. last-1.
inline Largest over_floats(const Kernels<float>& kernels, std::uint64_t first, std::uint64_t last,
                           std::uint64_t stride) {
  Largest largest;
  std::vector<float> x;
  const auto flush = [&] {
    measure<float, double>(kernels, x, largest);
    x.clear();
  };
  for (std::uint64_t bits = first; bits < last; bits += stride) {
    const auto pattern = static_cast<std::uint32_t>(bits);
    x.push_back(0);
    std::memcpy(&x.back(), &pattern, sizeof pattern);
    if (static_cast<Index>(x.size()) == chunk) flush();
  }
  if (!x.empty()) flush();
  return largest;
}

inline void expect_declared(const Largest& largest, std::string_view target) {
  testing::Test::RecordProperty("tanh_ulp", std::to_string(largest.tanh));
  testing::Test::RecordProperty("sigmoid_ulp", std::to_string(largest.sigmoid));
  EXPECT_LE(largest.tanh, tanh_ulp) << target;
  EXPECT_LE(largest.sigmoid, sigmoid_ulp) << target;
  EXPECT_GT(largest.tanh, 0.5) << "no function is that accurate: nothing was measured";
}

}  // namespace bptt::optimized
