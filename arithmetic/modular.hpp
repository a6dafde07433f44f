// The integers modulo the prime p = 2^61 - 1: a field where every operation is exact, so that an
// algebraic identity (the adjoint identity, linearity, the sum over paths) either holds to the
// last bit or is broken. Two different polynomials of degree d agree at a random point with
// probability at most d/p (Schwartz 1980, Zippel 1979).
// Deliberately without order, and so without relu, larger, exp and log.
#pragma once

#include <concepts>
#include <cstdint>
#include <ostream>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/scalar_functions.hpp"

namespace bptt {

/// A residue modulo p = 2^61 - 1.
class Modular {
 public:
  static constexpr std::uint64_t p = (std::uint64_t{1} << 61) - 1;

  constexpr Modular() = default;
  /// The residue of an integer; negative ones count down from p.
  template <std::integral I>
  constexpr explicit Modular(I integer) {
    const bool negative = integer < I{0};
    const auto bits = static_cast<std::uint64_t>(integer);
    residue_ = (negative ? 0 - bits : bits) % p;
    if (negative && residue_ != 0) residue_ = p - residue_;
  }

  /// 0 <= residue < p.
  [[nodiscard]] constexpr std::uint64_t residue() const { return residue_; }

  friend constexpr Modular operator+(Modular a, Modular b) {
    return of_less_than_2p(a.residue_ + b.residue_);
  }
  friend constexpr Modular operator-(Modular a, Modular b) {
    return of_less_than_2p(a.residue_ + (p - b.residue_));
  }
  friend constexpr Modular operator*(Modular a, Modular b) {
    // 2^61 = 1 modulo p, so the bits above the 61st are added to those below.
    const Wide product = static_cast<Wide>(a.residue_) * b.residue_;
    return of_less_than_2p(static_cast<std::uint64_t>(product & p) +
                           static_cast<std::uint64_t>(product >> 61));
  }
  /// a b^(p-2), since b^(p-1) = 1 (Fermat). Throws Error if b is zero.
  friend constexpr Modular operator/(Modular a, Modular b) {
    if (b.residue_ == 0)
      throw Error("cannot divide " + std::to_string(a.residue_) + " by 0 modulo 2^61 - 1");
    return a * b.to_the(p - 2);
  }
  friend constexpr Modular operator-(Modular a) { return Modular{} - a; }
  constexpr Modular& operator+=(Modular b) { return *this = *this + b; }
  constexpr Modular& operator-=(Modular b) { return *this = *this - b; }
  friend constexpr bool operator==(Modular, Modular) = default;
  /// There is none: it throws UnsupportedError.
  friend bool operator>(Modular, Modular) { throw no_order("a comparison"); }
  friend std::ostream& operator<<(std::ostream& out, Modular a) { return out << a.residue_; }

  [[nodiscard]] constexpr Modular to_the(std::uint64_t exponent) const {
    Modular power(1), square = *this;
    for (; exponent != 0; exponent >>= 1, square = square * square)
      if ((exponent & 1) != 0) power = power * square;
    return power;
  }

 private:
  friend struct ScalarFunctions<Modular>;
  __extension__ using Wide = unsigned __int128;

  static UnsupportedError no_order(const std::string& what) {
    return UnsupportedError(what + " needs an order, and the integers modulo 2^61 - 1 have none");
  }
  static constexpr Modular of_less_than_2p(std::uint64_t sum) {
    Modular result;
    result.residue_ = sum >= p ? sum - p : sum;
    return result;
  }

  std::uint64_t residue_ = 0;
};

/// tanh, sigmoid, exp and log: a pseudo-random element that depends on the input alone, from a
/// stream of its own for each function. They have no derivative; what takes its place is formed
/// from the output y by the real rules 1 - y^2, y (1 - y) and y, and for log from the input z by 1
/// / z, in the backward pass and in Dual<Modular> alike, so that what relates the two is pure
/// algebra. relu and larger need an order: they throw UnsupportedError, so that tanh and identity
/// remain.
template <>
struct ScalarFunctions<Modular> {
  static constexpr Modular tanh(Modular z) { return drawn(z, 0x243f6a8885a308d3U); }
  static constexpr Modular sigmoid(Modular z) { return drawn(z, 0x13198a2e03707344U); }
  static constexpr Modular exp(Modular z) { return drawn(z, 0xa4093822299f31d0U); }
  static constexpr Modular log(Modular z) { return drawn(z, 0x082efa98ec4e6c89U); }
  [[noreturn]] static Modular relu(Modular) { throw Modular::no_order("relu"); }
  [[noreturn]] static Modular relu_slope(Modular) { throw Modular::no_order("relu"); }
  [[noreturn]] static Modular larger(Modular, Modular) { throw Modular::no_order("larger"); }
  static constexpr Modular where(Modular p, Modular on) { return on == Modular() ? Modular() : p; }

 private:
  /// Source: Steele, Lea & Flood 2014, "Fast splittable pseudorandom number generators".
  static constexpr std::uint64_t splitmix64(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  /// 61 bits at a time until they are below p. Mixed before and after the stream's number comes in,
  /// so that no stream is another one shifted.
  static constexpr Modular drawn(Modular z, std::uint64_t stream) {
    std::uint64_t bits = splitmix64(z.residue()) ^ stream;
    do bits = splitmix64(bits);
    while ((bits >> 3) >= Modular::p);
    return Modular(bits >> 3);
  }
};

}  // namespace bptt
