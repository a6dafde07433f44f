// The three matrix products of backpropagation through time, over buffers of its own.
// Eigen 3.4 does the arithmetic and is visible in products.cpp alone. Its blocking factors are
// fixed here and its packing buffers come from the workspace, so that a product allocates nothing
// and its bits depend on neither the machine's cache sizes nor the addresses of its operands.
// Each output column (row) reads only the operands' own column (row): NaN stays where it belongs.
#pragma once

#include "optimized/matrix.hpp"
#include "optimized/workspace.hpp"

namespace bptt::optimized::eigen {

template <class S>
class Products {
 public:
  /// Takes packing buffers for products of at most rows x cols over at most `depth` terms.
  Products(Workspace<S>& workspace, Index rows, Index cols, Index depth);

  /// C += A B. A (p, k), B (k, q), C (p, q), which overlaps neither.
  void add_AB(const Matrix<const S>& A, const Matrix<const S>& B, const Matrix<S>& C) const;
  /// C += A^T B. A (k, p), B (k, q), C (p, q).
  void add_AtB(const Matrix<const S>& A, const Matrix<const S>& B, const Matrix<S>& C) const;
  /// C += A B^T. A (p, k), B (q, k), C (p, q).
  void add_ABt(const Matrix<const S>& A, const Matrix<const S>& B, const Matrix<S>& C) const;

 private:
  S* packed_left_;
  S* packed_right_;
};

extern template class Products<float>;
extern template class Products<double>;

}  // namespace bptt::optimized::eigen
