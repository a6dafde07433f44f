#include "arithmetic/modular.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

namespace bptt {
namespace {

constexpr std::uint64_t p = Modular::p;
using ModularFunctions = ScalarFunctions<Modular>;

TEST(Modular, ResiduesOfIntegers) {
  EXPECT_EQ(Modular{}.residue(), 0U);
  EXPECT_EQ(Modular(1).residue(), 1U);
  EXPECT_EQ(Modular(-1).residue(), p - 1);
  EXPECT_EQ(Modular(p).residue(), 0U);
  EXPECT_EQ(Modular(-static_cast<long long>(p)).residue(), 0U);
  EXPECT_EQ(Modular(p + 5).residue(), 5U);
  EXPECT_EQ(Modular(std::numeric_limits<std::uint64_t>::max()).residue(), 7U);  // 8 (p + 1) - 1
  EXPECT_EQ(Modular(std::numeric_limits<long long>::min()).residue(), p - 4);   // -4 (p + 1)
}

// By repeated doubling, with the remainder of the language: shares nothing with operator*.
std::uint64_t product_by_doubling(std::uint64_t a, std::uint64_t b) {
  std::uint64_t sum = 0;
  for (; b != 0; b >>= 1, a = 2 * a % p)
    if ((b & 1) != 0) sum = (sum + a) % p;
  return sum;
}

TEST(Modular, AgreesWithSchoolArithmetic) {
  std::mt19937_64 draw(1);
  const std::uint64_t edges[] = {0, 1, 2, p / 2, p / 2 + 1, p - 2, p - 1};
  for (int k = 0; k < 2000; ++k) {
    const std::uint64_t a = k < 49 ? edges[k / 7] : draw() % p,
                        b = k < 49 ? edges[k % 7] : draw() % p;
    EXPECT_EQ((Modular(a) + Modular(b)).residue(), (a + b) % p);
    EXPECT_EQ((Modular(a) - Modular(b)).residue(), (a + p - b) % p);
    EXPECT_EQ((Modular(a) * Modular(b)).residue(), product_by_doubling(a, b)) << a << " * " << b;
    EXPECT_EQ((-Modular(a)).residue(), (p - a) % p);
    if (b != 0) {
      EXPECT_EQ(Modular(a) / Modular(b) * Modular(b), Modular(a));
    }
  }
}

TEST(Modular, RefusesToDivideByZero) { EXPECT_THROW(Modular(3) / Modular(p), Error); }

TEST(Modular, ActivationsDependOnTheInputAloneAndDifferFromEachOther) {
  std::mt19937_64 draw(2);
  for (int k = 0; k < 1000; ++k) {
    const Modular z(draw() % p), next = z + Modular(1);
    EXPECT_EQ(ModularFunctions::tanh(z), ModularFunctions::tanh(z));
    EXPECT_NE(ModularFunctions::tanh(z), ModularFunctions::sigmoid(z));
    EXPECT_NE(ModularFunctions::tanh(z), ModularFunctions::tanh(next));
    EXPECT_NE(ModularFunctions::sigmoid(z), ModularFunctions::sigmoid(next));
    EXPECT_NE(ModularFunctions::tanh(-z), -ModularFunctions::tanh(z));  // no accidental algebra:
    EXPECT_NE(ModularFunctions::sigmoid(z) + ModularFunctions::sigmoid(-z),
              Modular(1));  // not even the functions' own
  }
}

TEST(Modular, ActivationsLookUniform) {
  constexpr int n = 1 << 14;
  int ones[61] = {}, changed[61] = {};
  for (int k = 0; k < n; ++k) {
    const std::uint64_t y = ModularFunctions::tanh(Modular(k)).residue();
    const std::uint64_t flipped = y ^ ModularFunctions::tanh(Modular(k + 1)).residue();
    EXPECT_LT(y, p);
    for (int bit = 0; bit < 61; ++bit) {
      ones[bit] += static_cast<int>(y >> bit & 1);
      changed[bit] += static_cast<int>(flipped >> bit & 1);
    }
  }
  // Binomial with mean n/2 and standard deviation sqrt(n)/2 = 64: six of them.
  for (int bit = 0; bit < 61; ++bit) {
    EXPECT_NEAR(ones[bit], n / 2, 6 * 64) << bit;
    EXPECT_NEAR(changed[bit], n / 2, 6 * 64) << bit;
  }
}

TEST(Modular, HasNoRelu) {
  EXPECT_THROW(ModularFunctions::relu(Modular(1)), UnsupportedError);
  EXPECT_THROW(ModularFunctions::relu_slope(Modular(1)), UnsupportedError);
}

}  // namespace
}  // namespace bptt
