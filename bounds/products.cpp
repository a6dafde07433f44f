#include "bounds/products.hpp"

#include "bounds/products_by_set.hpp"

namespace bptt::bounds {
namespace {

template <class T>
using Multiply = void (*)(const Extents3&, T, const Strided<T>&, const Strided<T>&, T*, Index,
                          Index);

template <class T>
Multiply<T> fastest() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512dq") != 0)
    return multiply_add_avx512;
  if (__builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0)
    return multiply_add_avx2;
#endif
  return multiply_add_baseline;
}

}  // namespace

template <class T>
void multiply_add(const Extents3& size, T factor, const Strided<T>& p, const Strided<T>& q, T* out,
                  Index rows, Index columns) {
  static const Multiply<T> multiply = fastest<T>();
  multiply(size, factor, p, q, out, rows, columns);
}
template void multiply_add(const Extents3&, float, const Strided<float>&, const Strided<float>&,
                           float*, Index, Index);
template void multiply_add(const Extents3&, double, const Strided<double>&, const Strided<double>&,
                           double*, Index, Index);

template <>
void multiply_add(const Extents3& size, long double factor, const Strided<long double>& p,
                  const Strided<long double>& q, long double* out, Index rows, Index columns) {
  for (Index j = 0; j < size.n; ++j)
    for (Index i = 0; i < size.m; ++i) {
      long double sum = 0;
      for (Index l = 0; l < size.k; ++l)
        sum += p.data[i * p.rows + l * p.columns] * q.data[l * q.rows + j * q.columns];
      out[i * rows + j * columns] += factor * sum;
    }
}

}  // namespace bptt::bounds
