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
  std::array<std::vector<double>, 3> slice;

  Slices(const Strided<long double>& p, Index rows, Index terms)
      : bits((52 - std::ilogb(static_cast<double>(terms))) / 2),
        exponents(static_cast<std::size_t>(rows)) {
    for (auto& s : slice) s.resize(static_cast<std::size_t>(rows * terms));
    for (Index i = 0; i < rows; ++i) {
      long double largest = 0;
      for (Index l = 0; l < terms; ++l)
        largest = std::max(largest, std::abs(p.data[i * p.rows + l * p.columns]));
      const int exponent = largest == 0 ? 0 : std::ilogb(largest) + 1;
      exponents[static_cast<std::size_t>(i)] = exponent;
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

/// Ozaki, Ogita, Oishi & Rump, Error-free transformations of matrix multiplication (2012).
void multiply_add_by_slices(const Extents3& size, long double factor, const Strided<long double>& p,
                            const Strided<long double>& q, long double* out, Index rows,
                            Index columns) {
  const Slices left(p, size.m, size.k), right({q.data, q.columns, q.rows}, size.n, size.k);
  std::vector<double> product(static_cast<std::size_t>(size.m * size.n));
  for (std::size_t s = 0; s < 3; ++s)
    for (std::size_t t = 0; s + t < 3; ++t) {
      std::fill(product.begin(), product.end(), 0.0);
      multiply_add<double>(size, 1.0, {left.slice[s].data(), size.k, 1},
                           {right.slice[t].data(), 1, size.k}, product.data(), 1, size.m);
      const int slices = left.bits * static_cast<int>(s + t + 2);
      for (Index j = 0; j < size.n; ++j) {
        const int of_column = right.exponents[static_cast<std::size_t>(j)] - slices;
        for (Index i = 0; i < size.m; ++i)
          out[i * rows + j * columns] +=
              factor * std::ldexp(static_cast<long double>(
                                      product[static_cast<std::size_t>(i + j * size.m)]),
                                  left.exponents[static_cast<std::size_t>(i)] + of_column);
      }
    }
}

/// From so many multiplications on slices take less time than loops.
constexpr Index worth_slices = 1 << 16;

}  // namespace

template <>
void multiply_add(const Extents3& size, long double factor, const Strided<long double>& p,
                  const Strided<long double>& q, long double* out, Index rows, Index columns) {
  if (size.m * size.n * size.k >= worth_slices)
    return multiply_add_by_slices(size, factor, p, q, out, rows, columns);
  for (Index j = 0; j < size.n; ++j)
    for (Index i = 0; i < size.m; ++i) {
      long double sum = 0;
      for (Index l = 0; l < size.k; ++l)
        sum += p.data[i * p.rows + l * p.columns] * q.data[l * q.rows + j * q.columns];
      out[i * rows + j * columns] += factor * sum;
    }
}

}  // namespace bptt::bounds
