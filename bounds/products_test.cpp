// Products of matrices against sums in 50 digits, at every layout that an array of a network has.
#include "bounds/products.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "arithmetic/fifty_digits.hpp"
#include "bounds/contraction.hpp"
#include "bounds/product_check.hpp"
#include "core/error.hpp"

namespace bptt::bounds {
namespace {

template <class T>
std::vector<T> drawn(Index count, std::mt19937_64& engine, bool positive = false) {
  std::normal_distribution<double> normal;
  std::vector<T> numbers(static_cast<std::size_t>(count));
  for (T& v : numbers) {
    const auto first = static_cast<T>(normal(engine));
    v = (positive ? T(1) - first / T(100) : first) *
        (T(1) + static_cast<T>(normal(engine)) * T(0x1p-40));
  }
  return numbers;
}

/// The worst error of a product over what a sum of so many terms in T may be off: a standard
/// deviation, as docs/error_bounds.md has it.
template <class T>
double worst_over_sigma(const Extents3& size, int layout, double u, bool positive = false) {
  std::mt19937_64 engine(static_cast<std::uint64_t>(layout) + 1);
  const auto p = drawn<T>(2 * size.m * size.k, engine, positive),
             q = drawn<T>(2 * size.k * size.n, engine, positive);
  const auto start = drawn<T>(2 * size.m * size.n, engine);
  // Rows or columns are dense, or neither is.
  const auto strided = [&](const std::vector<T>& from, Index rows, Index columns, int way) {
    if (way == 0) return Strided<T>{from.data(), 1, rows};
    if (way == 1) return Strided<T>{from.data(), columns, 1};
    return Strided<T>{from.data(), 2, 2 * rows};
  };
  const Strided<T> left = strided(p, size.m, size.k, layout % 3),
                   right = strided(q, size.k, size.n, layout / 3 % 3),
                   of_out = strided(start, size.m, size.n, layout / 9);
  std::vector<T> out = start;
  const T factor = T(-2);
  multiply_add<T>(size, factor, left, right, out.data(), of_out.rows, of_out.columns);
  double worst = 0;
  for (Index i = 0; i < size.m; ++i)
    for (Index j = 0; j < size.n; ++j) {
      const auto at = static_cast<std::size_t>(i * of_out.rows + j * of_out.columns);
      Fifty sum = Fifty(start[at]);
      double squares = static_cast<double>(start[at] * start[at]);
      for (Index l = 0; l < size.k; ++l) {
        const Fifty term = Fifty(factor) * Fifty(left.data[i * left.rows + l * left.columns]) *
                           Fifty(right.data[l * right.rows + j * right.columns]);
        sum += term;
        squares += static_cast<double>(term * term);
      }
      const double sigma = u * std::sqrt((static_cast<double>(size.k) *
                                              std::max(squares, static_cast<double>(sum * sum)) +
                                          squares) /
                                         3);
      worst = std::max(worst, static_cast<double>(abs(Fifty(out[at]) - sum)) / sigma);
    }
  return worst;
}

constexpr int layouts = 27;

TEST(Products, AreThoseOfTheirLayout) {
  for (int layout = 0; layout < layouts; ++layout)
    for (const Extents3& size : {Extents3{17, 9, 33}, Extents3{1, 5, 3}, Extents3{64, 3, 40}}) {
      EXPECT_LT(worst_over_sigma<float>(size, layout, 0x1p-24), 10) << layout;
      EXPECT_LT(worst_over_sigma<double>(size, layout, 0x1p-53), 10) << layout;
      EXPECT_LT(worst_over_sigma<long double>(size, layout, 0x1p-64), 10) << layout;
    }
}

// By slices, for what is judged in f64: a small part of its sigma, with a thousand terms.
TEST(Products, OfSlicesAreFarWiderThanDouble) {
  for (const int layout : {0, 4, 12})
    for (const bool positive : {false, true})  // of one sign, the whole numbers add up to the most
      EXPECT_LT(worst_over_sigma<long double>({9, 8, 1024}, layout, 0x1p-53, positive), 0x1p-6)
          << layout << " " << positive;
}

// What is so small that a slice of another row would lose it keeps its digits: each row has its
// own.
TEST(Products, OfSlicesScaleEachRowAndColumn) {
  const Index m = 16, n = 16, k = 512;
  std::mt19937_64 engine(3);
  auto p = drawn<long double>(m * k, engine), q = drawn<long double>(k * n, engine);
  for (Index l = 0; l < k; ++l) p[static_cast<std::size_t>(3 + l * m)] *= 1e-300L;
  for (Index l = 0; l < k; ++l) q[static_cast<std::size_t>(l + 5 * k)] *= 1e200L;
  std::vector<long double> out(static_cast<std::size_t>(m * n), 0);
  multiply_add<long double>({m, n, k}, 1, {p.data(), 1, m}, {q.data(), 1, k}, out.data(), 1, m);
  for (const Index i : {Index{3}, Index{4}})
    for (const Index j : {Index{5}, Index{6}}) {
      Fifty sum = 0;
      for (Index l = 0; l < k; ++l)
        sum += Fifty(p[static_cast<std::size_t>(i + l * m)]) *
               Fifty(q[static_cast<std::size_t>(l + j * k)]);
      const auto got = Fifty(out[static_cast<std::size_t>(i + j * m)]);
      EXPECT_LT(static_cast<double>(abs(got - sum) / abs(sum)), 1e-15) << i << " " << j;
    }
}

// Where the factors of one row are far apart, an entry of small terms alone keeps its digits, too.
TEST(Products, OfSlicesKeepTheDigitsOfSmallEntries) {
  const Index m = 16, n = 16, k = 512;
  for (const int layout : {0, 1}) {
    std::mt19937_64 engine(4);
    auto p = drawn<long double>(m * k, engine), q = drawn<long double>(k * n, engine);
    std::uniform_int_distribution<int> exponent(-300, 0);
    for (auto* factors : {&p, &q})
      for (std::size_t e = 0; e < factors->size(); ++e)
        // Of layout 0, row and column 3 are large throughout.
        if (layout == 1 || e % 16 != 3) (*factors)[e] = std::ldexp((*factors)[e], exponent(engine));
    std::vector<long double> out(static_cast<std::size_t>(m * n), 0);
    multiply_add<long double>({m, n, k}, 1, {p.data(), 1, m}, {q.data(), n, 1}, out.data(), 1, m);
    for (Index i = 0; i < m; ++i)
      for (Index j = 0; j < n; ++j) {
        Fifty sum = 0, magnitudes = 0;
        for (Index l = 0; l < k; ++l) {
          const Fifty term = Fifty(p[static_cast<std::size_t>(i + l * m)]) *
                             Fifty(q[static_cast<std::size_t>(l * n + j)]);
          sum += term;
          magnitudes += abs(term);
        }
        const auto got = Fifty(out[static_cast<std::size_t>(i + j * m)]);
        EXPECT_LT(static_cast<double>(abs(got - sum) / magnitudes), 0x1p-55) << i << " " << j;
      }
  }
}

/// By the letter: every combination, one after another.
template <class T>
void plain(const std::vector<Axis>& axes, std::size_t level, T factor, T* out, const T* p,
           const T* q) {
  if (level == axes.size()) {
    *out += factor * (p == nullptr ? T(1) : *p) * (q == nullptr ? T(1) : *q);
    return;
  }
  for (Index k = 0; k < axes[level].extent; ++k)
    plain(axes, level + 1, factor, out + k * axes[level].out,
          p == nullptr ? p : p + k * axes[level].p, q == nullptr ? q : q + k * axes[level].q);
}

// Whole numbers, so that every order of summation gives the same.
TEST(Contraction, IsTheSumOverEveryIndexThatIsNotOnTheLeft) {
  std::mt19937_64 engine(5);
  for (int problem = 0; problem < 400; ++problem) {
    std::vector<Axis> axes;
    Index out_size = 1, p_size = 1, q_size = 1;
    const auto count = 1 + engine() % 4;
    for (std::uint64_t a = 0; a < count; ++a) {
      const auto extent = static_cast<Index>(1 + engine() % (problem % 10 == 0 ? 20 : 5));
      const auto has = 1 + engine() % 7;  // of out, p, q, one at least
      Axis axis{extent, 0, 0, 0};
      if ((has & 1U) != 0) axis.out = out_size, out_size *= extent;
      if ((has & 2U) != 0) axis.p = p_size, p_size *= extent;
      if ((has & 4U) != 0) axis.q = q_size, q_size *= extent;
      axes.push_back(axis);
    }
    const Index K = 1 + static_cast<Index>(engine() % 9);
    const auto whole = [&](Index size) {
      std::vector<double> numbers(static_cast<std::size_t>(size));
      for (double& v : numbers) v = static_cast<double>(engine() % 7) - 3;
      return numbers;
    };
    const auto p = whole(p_size), q = whole(q_size), start = whole(out_size);
    for (const int there : {0, 1, 2, 3}) {
      const double *left = (there & 1) != 0 ? p.data() : nullptr,
                   *right = (there & 2) != 0 ? q.data() : nullptr;
      auto expected = start, got = start;
      plain<double>(axes, 0, -2.0, expected.data(), left, right);
      Contraction(axes).run(-2.0, got.data(), left, right);
      EXPECT_EQ(got, expected) << problem << " " << there;
    }
    // Of several results, each with its own p.
    const auto many = whole(p_size * K), many_start = whole(out_size * K);
    auto together = many_start;
    Contraction(axes).run_beside(K, 3.0, together.data(), many.data(), q.data());
    for (Index r = 0; r < K; ++r) {
      std::vector<double> alone, from;
      for (Index e = 0; e < out_size; ++e)
        alone.push_back(many_start[static_cast<std::size_t>(e * K + r)]);
      for (Index e = 0; e < p_size; ++e) from.push_back(many[static_cast<std::size_t>(e * K + r)]);
      plain<double>(axes, 0, 3.0, alone.data(), from.data(), q.data());
      for (Index e = 0; e < out_size; ++e)
        ASSERT_EQ(together[static_cast<std::size_t>(e * K + r)], alone[static_cast<std::size_t>(e)])
            << problem << " result " << r;
    }
  }
}

void expect_seen(const Extents3& size, double error) {
  std::mt19937_64 engine(5);
  const auto p = drawn<double>(size.m * size.k, engine), q = drawn<double>(size.k * size.n, engine),
             start = drawn<double>(size.m * size.n, engine);
  for (const bool by_rows : {true, false}) {
    const Strided<double> left{p.data(), by_rows ? size.k : 1, by_rows ? 1 : size.m},
        right{q.data(), 1, size.k};
    std::vector<double> out = start;
    const ProductCheck check(size, -0.5, left, right, {out.data(), 1, size.m});
    multiply_add(size, -0.5, left, right, out.data(), 1, size.m);
    EXPECT_NO_THROW(check.require());
    for (const std::size_t k : {std::size_t{0}, out.size() / 2, out.size() - 1}) {
      const double right_one = out[k];
      out[k] += error;
      EXPECT_THROW(check.require(), CheckerError) << k;
      out[k] = right_one;
    }
    EXPECT_NO_THROW(check.require());
  }
}

// Beside entries of about the root of k; the larger is a step of the LSTM of 512 units.
TEST(ProductCheck, SeesOneWrongEntry) {
  expect_seen({40, 30, 200}, 1e-9);
  expect_seen({2048, 64, 1024}, 1e-7);
}

}  // namespace
}  // namespace bptt::bounds
