// The constants of a floating-point format, under the names that error analysis gives them.
// Round to nearest with gradual underflow is assumed everywhere (no flush to zero).
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <string_view>

namespace bptt {

/// u: |fl(x op y) - (x op y)| <= u |x op y| unless the result underflows or overflows.
/// 2^-24 for float, 2^-53 for double, 2^-64 for x87's long double.
/// Source: Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 2.2.
template <std::floating_point S>
inline constexpr S unit_roundoff = std::numeric_limits<S>::epsilon() / 2;

/// The smallest positive number, and the spacing of all subnormal ones: 2^-149, 2^-1074, 2^-16445.
template <std::floating_point S>
inline constexpr S smallest_subnormal = std::numeric_limits<S>::denorm_min();

/// "f32", "f64" or "f80".
template <std::floating_point S>
inline constexpr std::string_view precision_name = std::numeric_limits<S>::digits == 24   ? "f32"
                                                   : std::numeric_limits<S>::digits == 53 ? "f64"
                                                                                          : "f80";

/// The unit in the last place: the distance from |x| to the next number of S above it,
///   2^(e - digits + 1) for 2^e <= |x| < 2^(e+1), and not below the smallest subnormal.
/// x may be of a wider type than S. Infinite beyond the range of S, NaN for NaN.
template <std::floating_point S, class X>
[[nodiscard]] S ulp_of(const X& x) {
  using std::ilogb;  // and, for Boost's numbers, the one of their namespace
  using Limits = std::numeric_limits<S>;
  if (x != x) return Limits::quiet_NaN();
  if (x == X(0)) return smallest_subnormal<S>;
  const long long exponent = ilogb(x);  // of an infinity, the largest int
  if (exponent >= Limits::max_exponent) return Limits::infinity();
  const auto clamped = std::max<long long>(exponent, Limits::min_exponent - 1);
  return std::ldexp(S(1), static_cast<int>(clamped) - (Limits::digits - 1));
}

}  // namespace bptt
