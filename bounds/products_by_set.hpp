// The same products, compiled for each instruction set.
#pragma once

#include "bounds/products.hpp"

// NOLINTBEGIN(bugprone-macro-parentheses): a name is no expression
#define BPTT_PRODUCTS(set)                                                                    \
  void multiply_add_##set(const Extents3& size, float factor, const Strided<float>& p,        \
                          const Strided<float>& q, float* out, Index rows, Index columns) {   \
    by_eigen(size, factor, p, q, out, rows, columns);                                         \
  }                                                                                           \
  void multiply_add_##set(const Extents3& size, double factor, const Strided<double>& p,      \
                          const Strided<double>& q, double* out, Index rows, Index columns) { \
    by_eigen(size, factor, p, q, out, rows, columns);                                         \
  }
#define BPTT_PRODUCTS_DECLARED(set)                                                        \
  void multiply_add_##set(const Extents3& size, float factor, const Strided<float>& p,     \
                          const Strided<float>& q, float* out, Index rows, Index columns); \
  void multiply_add_##set(const Extents3& size, double factor, const Strided<double>& p,   \
                          const Strided<double>& q, double* out, Index rows, Index columns);
// NOLINTEND(bugprone-macro-parentheses)

namespace bptt::bounds {
BPTT_PRODUCTS_DECLARED(baseline)
BPTT_PRODUCTS_DECLARED(avx2)
BPTT_PRODUCTS_DECLARED(avx512)
}  // namespace bptt::bounds
