// Measuring the errors of the kernels' tanh and sigmoid, for the tests.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "optimized/options.hpp"
#include "optimized/passes.hpp"

namespace bptt::optimized {

inline constexpr Index chunk = 1 << 12;
/// One past the last bit pattern of a f32.
inline constexpr std::uint64_t every_float = std::uint64_t(1) << 32;

/// |got - exact| in units in the last place of S at `exact`; subnormal results have those of the
/// smallest normal ones.
template <class S, class Exact>
double ulps(S got, Exact exact) {
  if (std::isnan(exact)) return std::isnan(got) ? 0 : 1e300;
  if (std::isnan(got)) return 1e300;
  constexpr int digits = std::numeric_limits<S>::digits;
  const int exponent = exact == 0 ? std::numeric_limits<S>::min_exponent : std::ilogb(exact) + 1;
  const int last = std::max(exponent, std::numeric_limits<S>::min_exponent) - digits;
  return static_cast<double>(std::ldexp(std::abs(static_cast<Exact>(got) - exact), -last));
}

template <class Exact>
Exact exact_sigmoid(Exact x) {
  const Exact e = std::exp(-std::abs(x));
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
  for (std::size_t k = 0; k < x.size(); ++k) {
    const auto exact = static_cast<Exact>(x[k]);
    largest.tanh = std::max(largest.tanh, ulps(tanh[k], std::tanh(exact)));
    largest.sigmoid = std::max(largest.sigmoid, ulps(sigmoid[k], exact_sigmoid(exact)));
  }
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
