#include "bounds/products.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "bounds/product_check.hpp"
#include "bounds/products_by_set.hpp"

namespace bptt::bounds {
namespace {

template <class T>
using Multiply = void (*)(const Extents3&, T, const Strided<T>&, const Strided<T>&, T*, Index,
                          Index);

template <class T>
Multiply<T> fastest() {
#if defined(__x86_64__)
#if !defined(BPTT_PRODUCTS_WITHOUT_AVX512)
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0)
    return multiply_add_avx512;
#endif
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0)
    return multiply_add_avx2;
#endif
  return multiply_add_baseline;
}

template <class T>
void multiply_by_eigen(const Extents3& size, T factor, const Strided<T>& p, const Strided<T>& q,
                       T* out, Index rows, Index columns) {
  static const Multiply<T> multiply = fastest<T>();
  multiply(size, factor, p, q, out, rows, columns);
}

}  // namespace

template <>
void multiply_add(const Extents3& size, float factor, const Strided<float>& p,
                  const Strided<float>& q, float* out, Index rows, Index columns) {
  multiply_by_eigen(size, factor, p, q, out, rows, columns);
}

template <>
void multiply_add(const Extents3& size, double factor, const Strided<double>& p,
                  const Strided<double>& q, double* out, Index rows, Index columns) {
  const ProductCheck check(size, factor, p, q, {out, rows, columns});
  multiply_by_eigen(size, factor, p, q, out, rows, columns);
  check.require();
}

namespace {

/// A matrix of 64-bit mantissas as three of whole numbers: p(i, l) is near the sum over s of
/// slice[s](i, l) 2^(exponent[i] - (s + 1) bits). The numbers are so small that products of them,
/// `terms` together, are exact in double.
struct Slices {
  int bits;
  std::vector<int> exponents;  // of rows
  std::vector<bool> zero;      // rows without anything else
  std::array<std::vector<double>, 3> slice;

  Slices(const Strided<long double>& p, Index rows, Index terms)
      : bits((52 - std::ilogb(static_cast<double>(terms))) / 2),
        exponents(static_cast<std::size_t>(rows)),
        zero(exponents.size()) {
    for (auto& s : slice) s.resize(static_cast<std::size_t>(rows * terms));
    for (Index i = 0; i < rows; ++i) {
      long double largest = 0;
      for (Index l = 0; l < terms; ++l)
        largest = std::max(largest, std::abs(p.data[i * p.rows + l * p.columns]));
      const int exponent = largest == 0 ? 0 : std::ilogb(largest) + 1;
      exponents[static_cast<std::size_t>(i)] = exponent;
      zero[static_cast<std::size_t>(i)] = largest == 0;
      const long double scale = std::ldexp(1.0L, bits - exponent);
      for (Index l = 0; l < terms; ++l) {
        long double rest = p.data[i * p.rows + l * p.columns] * scale;
        for (auto& s : slice) {
          const long double whole = std::rint(rest);
          s[static_cast<std::size_t>(i * terms + l)] = static_cast<double>(whole);
          rest = std::ldexp(rest - whole, bits);
        }
      }
    }
  }
};

[[nodiscard]] long double sum_of_terms(Index terms, const Strided<long double>& p,
                                       const Strided<long double>& q, Index i, Index j) {
  long double sum = 0;
  for (Index l = 0; l < terms; ++l)
    sum += p.data[i * p.rows + l * p.columns] * q.data[l * q.rows + j * q.columns];
  return sum;
}

/// What may be lost, as a part of the magnitudes of an entry's terms: a sixteenth of what a sum of
/// them in double may be off by. That is no less than u times their number, or 10 sigma: 10 /
/// sqrt(3) u, since n times the sum of squares is no less than the square of the magnitudes' sum.
double may_be_lost(Index terms) { return 0x1p-57 * static_cast<double>(std::min<Index>(terms, 4)); }

/// Ozaki, Ogita, Oishi & Rump, Error-free transformations of matrix multiplication (2012). What is
/// lost is small beside the largest of a row and of a column; where that is not small beside an
/// entry's own terms, the entry is summed by itself.
void multiply_add_by_slices(const Extents3& size, long double factor, const Strided<long double>& p,
                            const Strided<long double>& q, long double* out, Index rows,
                            Index columns) {
  const Slices left(p, size.m, size.k), right({q.data, q.columns, q.rows}, size.n, size.k);
  std::vector<double> product(static_cast<std::size_t>(size.m * size.n));
  const auto in_product = [&](Index i, Index j) -> double& {
    return product[static_cast<std::size_t>(i + j * size.m)];
  };
  // Of the first slices' magnitudes: an entry all of whose terms are small has none here.
  std::vector<double> p_size(left.slice[0].size()), q_size(right.slice[0].size());
  const auto size_of = [](double whole) { return std::abs(whole); };
  std::transform(left.slice[0].begin(), left.slice[0].end(), p_size.begin(), size_of);
  std::transform(right.slice[0].begin(), right.slice[0].end(), q_size.begin(), size_of);
  multiply_add<double>(size, 1.0, {p_size.data(), size.k, 1}, {q_size.data(), 1, size.k},
                       product.data(), 1, size.m);
  // Slice 0 is at most 2^bits, slices 1 and 2 half of that, in units of 2^-bits and 2^-2bits of
  // slice 0's; what is behind them is at most half of the last. So a term loses, in units of a
  // product of slices 0, 2^-bits to what is behind in either factor and half of that to slices 1
  // times 2. The rest of the 2 covers slice 2 times 2, and that slice 0 stands for a magnitude.
  const double lost = 2 * static_cast<double>(size.k) * std::ldexp(1.0, -left.bits);
  const double lost_at_most = may_be_lost(size.k);
  std::vector<bool> by_itself(product.size());
  for (Index j = 0; j < size.n; ++j)
    for (Index i = 0; i < size.m; ++i)  // of zeros nothing is lost
      by_itself[static_cast<std::size_t>(i + j * size.m)] =
          !left.zero[static_cast<std::size_t>(i)] && !right.zero[static_cast<std::size_t>(j)] &&
          lost > lost_at_most * in_product(i, j);
  for (Index j = 0; j < size.n; ++j)
    for (Index i = 0; i < size.m; ++i)
      if (by_itself[static_cast<std::size_t>(i + j * size.m)])
        out[i * rows + j * columns] += factor * sum_of_terms(size.k, p, q, i, j);

  std::vector<long double> of_rows;
  for (const int exponent : left.exponents) of_rows.push_back(std::ldexp(1.0L, exponent));
  for (std::size_t s = 0; s < 3; ++s)
    for (std::size_t t = 0; s + t < 3; ++t) {
      std::fill(product.begin(), product.end(), 0.0);
      multiply_add<double>(size, 1.0, {left.slice[s].data(), size.k, 1},
                           {right.slice[t].data(), 1, size.k}, product.data(), 1, size.m);
      const int slices = left.bits * static_cast<int>(s + t + 2);
      for (Index j = 0; j < size.n; ++j) {
        const long double of_column =
            factor * std::ldexp(1.0L, right.exponents[static_cast<std::size_t>(j)] - slices);
        for (Index i = 0; i < size.m; ++i)
          if (!by_itself[static_cast<std::size_t>(i + j * size.m)])
            out[i * rows + j * columns] +=
                in_product(i, j) * of_rows[static_cast<std::size_t>(i)] * of_column;
      }
    }
}

/// From so many multiplications on slices take less time than loops.
constexpr Index worth_slices = 1 << 16;
/// So many terms at a time: the fewer, the more bits a slice has, and the nearer the largest of a
/// row is to the others.
constexpr Index terms_at_a_time = 256;

}  // namespace

template <>
void multiply_add(const Extents3& size, long double factor, const Strided<long double>& p,
                  const Strided<long double>& q, long double* out, Index rows, Index columns) {
  if (size.m * size.n * size.k >= worth_slices) {
    for (Index first = 0; first < size.k; first += terms_at_a_time)
      multiply_add_by_slices({size.m, size.n, std::min(terms_at_a_time, size.k - first)}, factor,
                             {p.data + first * p.columns, p.rows, p.columns},
                             {q.data + first * q.rows, q.rows, q.columns}, out, rows, columns);
    return;
  }
  for (Index j = 0; j < size.n; ++j)
    for (Index i = 0; i < size.m; ++i)
      out[i * rows + j * columns] += factor * sum_of_terms(size.k, p, q, i, j);
}

}  // namespace bptt::bounds
