// Loops over results side by side against the same by the letter, at every number of results that
// leaves another rest; and where arrays stand.
#include "bounds/side_by_side.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "bounds/pool.hpp"

namespace bptt::bounds {
namespace {

std::size_t at(Index k) { return static_cast<std::size_t>(k); }

// Small whole numbers: every order of summation gives the same.
template <class T>
std::vector<T> whole(Index size, std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  std::vector<T> numbers(at(size));
  for (T& v : numbers) v = static_cast<T>(engine() % 7) - 3;
  return numbers;
}

template <class T>
class SideBySide : public ::testing::Test {};
using Arithmetics = ::testing::Types<float, double, long double>;
TYPED_TEST_SUITE(SideBySide, Arithmetics);

TYPED_TEST(SideBySide, EachResultIsWhatItIsAlone) {
  using T = TypeParam;
  constexpr Index n = 5;
  for (Index K = 1; K <= 40; ++K)
    for (const Axis& axis : {Axis{n, 0, 1, 2}, Axis{n, 1, 1, 0}, Axis{n, 2, 0, 1}})
      for (const bool with_q : {true, false}) {
        const auto p = whole<T>(K * n, 1), q = whole<T>(2 * n, 2);
        const auto start = whole<T>(2 * K * n, 3);
        auto got = start, expected = start;
        add_beside<T>(axis, K, T(2), got.data(), p.data(), with_q ? q.data() : nullptr);
        for (Index k = 0; k < n; ++k)
          for (Index r = 0; r < K; ++r)
            expected[at(K * k * axis.out + r)] +=
                T(2) * p[at(K * k * axis.p + r)] * (with_q ? q[at(k * axis.q)] : T(1));
        EXPECT_EQ(got, expected) << K << " results, out " << axis.out << ", q " << with_q;
      }
}

TYPED_TEST(SideBySide, SumsOfProductsForSeveralOutputsAreThoseOfEach) {
  using T = TypeParam;
  constexpr Index n = 5;
  for (Index K = 1; K <= 40; ++K)
    for (Index outputs = 1; outputs <= 9; ++outputs) {
      const Axis over{outputs, 2, 0, n}, summed{n, 0, 3, 1};
      const auto p = whole<T>(3 * K * n, 1), q = whole<T>(outputs * n, 2);
      const auto start = whole<T>(2 * K * outputs, 3);
      auto got = start, expected = start;
      multiply_beside<T>(over, summed, K, T(2), got.data(), p.data(), q.data());
      for (Index l = 0; l < outputs; ++l)
        for (Index k = 0; k < n; ++k)
          for (Index r = 0; r < K; ++r)
            expected[at(K * l * 2 + r)] += T(2) * p[at(K * k * 3 + r)] * q[at(l * n + k)];
      EXPECT_EQ(got, expected) << K << " results, " << outputs << " outputs";
    }
}

TYPED_TEST(SideBySide, ErrorsAreCountedByMagnitudeAndBySquare) {
  using T = TypeParam;
  constexpr Index entries = 6;
  for (Index K = 1; K <= 40; ++K) {
    const auto d = whole<T>(K * entries, 1), E = whole<T>(entries, 2), D = whole<T>(entries, 3);
    auto certain = whole<T>(K, 4), variance = whole<T>(K, 5);
    auto expected_certain = certain, expected_variance = variance;
    count_beside<T>(entries, K, d.data(), E.data(), D.data(), certain.data(), variance.data());
    for (Index e = 0; e < entries; ++e)
      for (Index r = 0; r < K; ++r) {
        const T x = d[at(K * e + r)], y = x * D[at(e)];
        expected_certain[at(r)] += std::abs(x) * E[at(e)];
        expected_variance[at(r)] += y * y;
      }
    EXPECT_EQ(certain, expected_certain) << K;
    EXPECT_EQ(variance, expected_variance) << K;
  }
}

TEST(Contraction, OfOneResultLeavesTheOthers) {
  constexpr Index K = 3, n = 4;
  const Contraction alone({{n, 1, 0, 1}}), among = alone.of_one_among(K);
  const auto q = whole<double>(n, 1);
  std::vector<double> out(at(K * n), 0);
  const double* none = nullptr;
  among.run(2.0, out.data() + 1, none, q.data());
  for (Index e = 0; e < n; ++e)
    for (Index r = 0; r < K; ++r)
      EXPECT_EQ(out[at(K * e + r)], r == 1 ? 2 * q[at(e)] : 0) << e << " " << r;
}

TEST(Pool, EveryArrayStartsAtACacheLineAndKeepsItsNumbers) {
  for (const bool tiny : {true, false}) {
    Pool pool(tiny);
    std::vector<Numbers<double>> arrays;
    for (std::size_t size = 1; size < 200; ++size)
      arrays.emplace_back(size, static_cast<double>(size), &pool);
    for (const auto& array : arrays) {
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % line_bytes, 0U);
      EXPECT_EQ(array, Numbers<double>(array.size(), static_cast<double>(array.size())));
    }
  }
}

}  // namespace
}  // namespace bptt::bounds
