// Products of matrices with any strides, by Eigen, for the CPU's own vectors. Never by optimized/,
// which is judged by them.
#pragma once

#include "core/shape.hpp"

namespace bptt::bounds {

struct Extents3 {
  Index m, n, k;
};

/// An entry (i, j) stands at data[i * rows + j * columns].
template <class T>
struct Strided {
  const T* data;
  Index rows, columns;
};

/// out(i, j) += factor * sum over l of p(i, l) q(l, j); an entry of out stands at
/// out[i * rows + j * columns]. T: float, double; long double in plain loops. Values are products
/// in double: these are checked (product_check.hpp), so that nobody is judged by Eigen's word
/// alone, Eigen itself least of all. Throws CheckerError if one is wrong.
template <class T>
void multiply_add(const Extents3& size, T factor, const Strided<T>& p, const Strided<T>& q, T* out,
                  Index rows, Index columns);

}  // namespace bptt::bounds
