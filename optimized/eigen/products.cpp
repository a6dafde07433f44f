#include "optimized/eigen/products.hpp"

#include <Eigen/Core>
#include <algorithm>

namespace bptt::optimized::eigen {
namespace {

namespace internal = Eigen::internal;

// Depth, rows and columns of a packed block. A packed strip of A fits the first-level cache, a
// packed block of A the second.
constexpr Index block_depth = 256, block_rows = 480, block_cols = 1024;
// With fewer columns than this, packing A costs more than it saves: one pass over A a column.
constexpr Index few_columns = 4;

template <class S>
struct Blocking : internal::level3_blocking<S, S> {
  Blocking(Index rows, Index cols, Index depth, S* left, S* right) {
    this->m_kc = std::min(depth, block_depth);
    this->m_mc = std::min(rows, block_rows);
    this->m_nc = std::min(cols, block_cols);
    this->m_blockA = left;
    this->m_blockB = right;
  }
};

// Called below the expression templates, which would choose between a product, a dot product and
// a coefficient-wise sum by size and by address, and allocate packing buffers themselves.
template <class S, int order_A, int order_B>
void add_product(Index depth, const Matrix<const S>& A, const Matrix<const S>& B,
                 const Matrix<S>& C, S* left, S* right) {
  Blocking<S> blocking(C.rows, C.cols, depth, left, right);
  internal::general_matrix_matrix_product<Index, S, order_A, false, S, order_B, false,
                                          Eigen::ColMajor, 1>::run(C.rows, C.cols, depth, A.data,
                                                                   A.ld, B.data, B.ld, C.data, 1,
                                                                   C.ld, S(1), blocking);
}

template <class S, int order_A>
void add_product_by_columns(Index depth, const Matrix<const S>& A, const Matrix<const S>& B,
                            const Matrix<S>& C) {
  using LeftMapper = internal::const_blas_data_mapper<S, Index, order_A>;
  using RightMapper = internal::const_blas_data_mapper<S, Index, Eigen::ColMajor>;
  for (Index j = 0; j < C.cols; ++j)
    internal::general_matrix_vector_product<Index, S, LeftMapper, order_A, false, S, RightMapper,
                                            false>::run(C.rows, depth, LeftMapper(A.data, A.ld),
                                                        RightMapper(B.column(j), 1), C.column(j), 1,
                                                        S(1));
}

}  // namespace

template <class S>
Products<S>::Products(Workspace<S>& workspace, Index rows, Index cols, Index depth)
    : packed_left_(workspace.take(std::min(rows, block_rows) * std::min(depth, block_depth))),
      packed_right_(workspace.take(std::min(cols, block_cols) * std::min(depth, block_depth))) {}

template <class S>
void Products<S>::add_AB(const Matrix<const S>& A, const Matrix<const S>& B,
                         const Matrix<S>& C) const {
  if (C.cols < few_columns)
    add_product_by_columns<S, Eigen::ColMajor>(A.cols, A, B, C);
  else
    add_product<S, Eigen::ColMajor, Eigen::ColMajor>(A.cols, A, B, C, packed_left_, packed_right_);
}

template <class S>
void Products<S>::add_AtB(const Matrix<const S>& A, const Matrix<const S>& B,
                          const Matrix<S>& C) const {
  if (C.cols < few_columns)
    add_product_by_columns<S, Eigen::RowMajor>(A.rows, A, B, C);
  else
    add_product<S, Eigen::RowMajor, Eigen::ColMajor>(A.rows, A, B, C, packed_left_, packed_right_);
}

template <class S>
void Products<S>::add_ABt(const Matrix<const S>& A, const Matrix<const S>& B,
                          const Matrix<S>& C) const {
  add_product<S, Eigen::ColMajor, Eigen::RowMajor>(A.cols, A, B, C, packed_left_, packed_right_);
}

template class Products<float>;
template class Products<double>;

}  // namespace bptt::optimized::eigen
