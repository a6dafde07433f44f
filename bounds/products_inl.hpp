// Included by one file for each instruction set, which says what Eigen is called there: code of one
// set must not be taken for that of another.
#include <Eigen/Core>

#include "bounds/products.hpp"

namespace bptt::bounds {
namespace {

template <class T, int Order>
using Matrix = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Order>, 0,
                          Eigen::OuterStride<>>;

/// visit(a matrix that Eigen can read), a copy if neither rows nor columns are dense.
template <class T, class Visit>
void as_matrix(const Strided<T>& s, Index rows, Index columns, const Visit& visit) {
  if (s.rows == 1) {
    visit(Matrix<T, Eigen::ColMajor>(s.data, rows, columns, Eigen::OuterStride<>(s.columns)));
  } else if (s.columns == 1) {
    visit(Matrix<T, Eigen::RowMajor>(s.data, rows, columns, Eigen::OuterStride<>(s.rows)));
  } else {
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> dense(rows, columns);
    for (Index j = 0; j < columns; ++j)
      for (Index i = 0; i < rows; ++i) dense(i, j) = s.data[i * s.rows + j * s.columns];
    visit(Matrix<T, Eigen::ColMajor>(dense.data(), rows, columns, Eigen::OuterStride<>(rows)));
  }
}

template <class T>
void by_eigen(const Extents3& size, T factor, const Strided<T>& p, const Strided<T>& q, T* out,
              Index rows, Index columns) {
  if (rows != 1 && columns == 1) {  // the transposed product
    by_eigen<T>({size.n, size.m, size.k}, factor, {q.data, q.columns, q.rows},
                {p.data, p.columns, p.rows}, out, columns, rows);
    return;
  }
  as_matrix(p, size.m, size.k, [&](const auto& left) {
    as_matrix(q, size.k, size.n, [&](const auto& right) {
      using Out = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
      const bool direct = rows == 1;
      Out dense;
      if (!direct) dense.setZero(size.m, size.n);
      Eigen::Map<Out, 0, Eigen::OuterStride<>>(direct ? out : dense.data(), size.m, size.n,
                                               Eigen::OuterStride<>(direct ? columns : size.m))
          .noalias() += factor * (left * right);
      for (Index j = 0; !direct && j < size.n; ++j)
        for (Index i = 0; i < size.m; ++i) out[i * rows + j * columns] += dense(i, j);
    });
  });
}

}  // namespace
}  // namespace bptt::bounds
