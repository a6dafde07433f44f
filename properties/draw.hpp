// Counter-based random numbers: the value at (seed, name, i, j, t) is a pure function of these, so
// that changing one size of a problem reshuffles nothing else.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/shape.hpp"

namespace bptt::properties {

/// A well-mixed 64-bit function. Source: Steele, Lea & Flood 2014 (SplitMix64).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t z) {
  z += 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// A source of random numbers for one purpose.
class Draw {
 public:
  Draw(std::uint64_t seed, std::string_view purpose) : key_(mix(seed)) {
    for (const char c : purpose) key_ = mix(key_ ^ static_cast<unsigned char>(c));
  }
  [[nodiscard]] std::uint64_t bits(Index i, Index j = 0, Index t = 0) const {
    std::uint64_t z = mix(key_ ^ static_cast<std::uint64_t>(i));
    z = mix(z ^ static_cast<std::uint64_t>(j));
    return mix(z ^ static_cast<std::uint64_t>(t));
  }
  /// Uniform in [0, 1), a multiple of 2^-53.
  [[nodiscard]] double uniform(Index i, Index j = 0, Index t = 0) const {
    return static_cast<double>(bits(i, j, t) >> 11U) * 0x1p-53;
  }
  /// Uniform in [-1, 1).
  [[nodiscard]] double symmetric(Index i, Index j = 0, Index t = 0) const {
    return 2 * uniform(i, j, t) - 1;
  }
  /// A whole number in 0 .. n-1; n >= 1.
  [[nodiscard]] Index below(Index n, Index i, Index j = 0, Index t = 0) const {
    return static_cast<Index>(bits(i, j, t) % static_cast<std::uint64_t>(n));
  }

 private:
  std::uint64_t key_;
};

/// visit(element, i, j, t) for every element of a dense array, with its indices as Draw takes them:
/// that of a fourth axis stands above the one of the third.
template <class Visit>
void for_each_place(const Shape& shape, const Visit& visit) {
  Index element = 0;
  for (Index s = 0; s < shape[3]; ++s)
    for (Index t = 0; t < shape[2]; ++t)
      for (Index j = 0; j < shape[1]; ++j)
        for (Index i = 0; i < shape[0]; ++i) visit(element++, i, j, t + (s << 32U));
}

}  // namespace bptt::properties
