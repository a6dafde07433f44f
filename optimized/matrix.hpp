// A column-major matrix whose columns are contiguous: the only layout that the kernels know.
// Views of any strides become such matrices here, as they are where their layout allows it, else
// through a copy in a slot of the workspace. No arithmetic.
#pragma once

#include "core/view.hpp"

namespace bptt::optimized {

/// rows x cols values; column j starts at data + j * ld.
template <class S>
struct Matrix {
  S* data = nullptr;
  Index rows = 0, cols = 0, ld = 0;

  [[nodiscard]] S* column(Index j) const { return data + j * ld; }
  [[nodiscard]] Matrix columns(Index first, Index count) const {
    return {data + first * ld, rows, count, ld};
  }
  [[nodiscard]] Matrix rows_from(Index first, Index count) const {
    return {data + first, count, cols, ld};
  }
};

template <class S>
Matrix<const S> constant(const Matrix<S>& matrix) {
  return {matrix.data, matrix.rows, matrix.cols, matrix.ld};
}

/// A dense matrix over an array of the workspace.
template <class S>
Matrix<S> dense(S* data, Index rows, Index cols) {
  return {data, rows, cols, rows};
}

/// The steps of a view (n, m, steps), or one step (n, m), as columns (j, t) of one matrix: true if
/// the strides allow it without a copy. `columns` is what the kernels then use.
template <class S>
bool as_columns(const View<S>& view, Matrix<S>& columns) {
  const Index n = view.extent(0), m = view.extent(1), steps = view.extent(2);
  const Strides& s = view.strides();
  const Index step_stride = view.shape().rank() > 2 ? s[2] : 0;
  const Index ld = m == 1 && steps > 1 ? step_stride : s[1];
  const bool contiguous = n == 1 || s[0] == 1;
  const bool one_stride = m == 1 || steps == 1 || step_stride == m * s[1];
  columns = {view.data(), n, m * steps, ld};
  return contiguous && one_stride && ld >= 0;
}

/// Columns to read: the view itself or, if its strides forbid, a copy in `slot`, which has room
/// for view.size() elements.
template <class S>
Matrix<const S> read_columns(const View<const S>& view, S* slot) {
  Matrix<const S> columns;
  if (as_columns(view, columns)) return columns;
  copy(view, View<S>(slot, view.shape()));
  return dense<const S>(slot, view.extent(0), view.extent(1) * view.extent(2));
}

/// Columns to overwrite: the view itself or a slot; `done` brings the slot home.
template <class S>
class Written {
 public:
  Written(const View<S>& view, S* slot) : view_(view) {
    in_slot_ = !as_columns(view, columns_);
    if (in_slot_) columns_ = dense(slot, view.extent(0), view.extent(1) * view.extent(2));
  }
  [[nodiscard]] const Matrix<S>& columns() const { return columns_; }
  void done() const {
    if (in_slot_) copy(View<const S>(columns_.data, view_.shape()), view_);
  }

 private:
  View<S> view_;
  Matrix<S> columns_;
  bool in_slot_ = false;
};

}  // namespace bptt::optimized
