// What the RNN and the LSTM share: G gates stacked into one matrix (G n_a rows), so that a step of
// the recurrence is one product, and everything off the critical path is one product a block.
//   z_t = b + Wx x_t + Wa a_prev,   da_prev = Wa^T dz_t,
//   dWx += sum_t dz_t x_t^T,  dWa += sum_t dz_t a_prev^T,  db += sum_t dz_t,  dx_t = Wx^T dz_t
// The loops over time are here; what a cell does with z_t is its own (rnn.cpp, lstm.cpp).
#pragma once

#include <algorithm>
#include <string>

#include "core/problem.hpp"
#include "optimized/eigen/products.hpp"
#include "optimized/options.hpp"
#include "optimized/shapes.hpp"

namespace bptt::optimized::eigen {

template <class S>
class StackedCell {
 public:
  StackedCell(Workspace<S>& workspace, Index gates, const Sizes& sizes, const Options& options)
      : sizes_(require_positive(sizes)),
        rows_(gates * sizes.n_a),
        input_steps_(steps_or(options.input_block_steps, sizes.T_x)),
        gradient_steps_(
            steps_or(options.gradient_block_steps, std::min(sizes.T_x, 255 / sizes.m + 1))),
        products_(workspace, std::max(rows_, sizes.n_x), widest(sizes),
                  std::max({rows_, sizes.n_x, element_count(sizes.m, gradient_steps_)})) {
    const Index n_x = sizes_.n_x, n_a = sizes_.n_a, m = sizes_.m;
    const Index block_steps = std::max(input_steps_, gradient_steps_);
    Wa_ = take(workspace, rows_, n_a);
    Wx_ = take(workspace, rows_, n_x);
    dWa_ = take(workspace, rows_, n_a);
    dWx_ = take(workspace, rows_, n_x);
    b_ = take(workspace, rows_, 1);
    db_ = take(workspace, rows_, 1);
    da_prev_ = take(workspace, n_a, m);
    z_ = workspace.take(element_count(rows_, m, block_steps));
    x_slot_ = workspace.take(element_count(n_x, m, block_steps));
    a_slot_ = workspace.take(element_count(n_a, m, gradient_steps_));
  }

  [[nodiscard]] const Sizes& sizes() const { return sizes_; }

  /// Copies one gate's weights and bias into the stack: the only place that reads them.
  void load(Index gate, const View<const S>& Wa, const View<const S>& Wx, const View<const S>& b) {
    copy_rows(Wa, Wa_, gate);
    copy_rows(Wx, Wx_, gate);
    copy_rows(b, b_, gate);
  }

  /// For t = 0 .. T_x-1: step(t, z_t), which returns a_t (n_a, m), valid until the next step.
  template <class Step>
  void forward(const View<const S>& x, const View<const S>& a0, Step&& step) const {
    const Index m = sizes_.m;
    Matrix<const S> a_prev = read_columns(a0, a_slot_);
    for (Index first = 0; first < sizes_.T_x; first += input_steps_) {
      const Index last = std::min(first + input_steps_, sizes_.T_x);
      const Matrix<S> z = dense(z_, rows_, m * (last - first));
      for (Index j = 0; j < z.cols; ++j) std::copy_n(b_.data, rows_, z.column(j));
      products_.add_AB(constant(Wx_), read_columns(x.slice(2, first, last), x_slot_), z);
      for (Index t = first; t < last; ++t) {
        const Matrix<S> zt = z.columns(m * (t - first), m);
        products_.add_AB(constant(Wa_), a_prev, zt);
        a_prev = step(t, zt);
      }
    }
  }

  /// For t = T_da-1 .. 0: step(t, da_prevt, dz_t), which overwrites dz_t (G n_a, m); da_prevt
  /// (n_a, m) is what comes back from step t+1, zero at the last step.
  /// dx and da0 are overwritten; the gradients of the weights stay here for add_gradients.
  template <class Step>
  void backward(const View<const S>& x, const View<const S>& a0, const View<const S>& a,
                const View<S>& dx, const View<S>& da0, Step&& step) const {
    const Index m = sizes_.m, T_da = dx.extent(2);
    for (const Matrix<S>& sum : {dWa_, dWx_, db_, da_prev_}) set_zero(sum);
    const Index last_block = (T_da - 1) / gradient_steps_;
    for (Index block = last_block; block >= 0; --block) {
      const Index first = block * gradient_steps_;
      const Index last = std::min(first + gradient_steps_, T_da);
      const Matrix<S> dz = dense(z_, rows_, m * (last - first));
      for (Index t = last - 1; t >= first; --t) {
        const Matrix<S> dzt = dz.columns(m * (t - first), m);
        step(t, constant(da_prev_), dzt);
        set_zero(da_prev_);
        products_.add_AtB(constant(Wa_), constant(dzt), da_prev_);
      }
      const Matrix<const S> x_block = read_columns(x.slice(2, first, last), x_slot_);
      products_.add_ABt(constant(dz), x_block, dWx_);
      products_.add_ABt(constant(dz), previous_states(a0, a, first, last), dWa_);
      for (Index j = 0; j < dz.cols; ++j)
        for (Index i = 0; i < rows_; ++i) db_.data[i] += dz.column(j)[i];
      // x_block has been read: its slot may now serve dx
      const Written<S> dx_block(dx.slice(2, first, last), x_slot_);
      set_zero(dx_block.columns());
      products_.add_AtB(constant(Wx_), constant(dz), dx_block.columns());
      dx_block.done();
    }
    copy(View<const S>(da_prev_.data, da0.shape()), da0);
  }

  /// dWa += this gate's rows of the stacked gradient, likewise dWx and db.
  void add_gradients(Index gate, const View<S>& dWa, const View<S>& dWx, const View<S>& db) const {
    add_rows(dWa_, gate, dWa);
    add_rows(dWx_, gate, dWx);
    add_rows(db_, gate, db);
  }

 private:
  [[nodiscard]] Index steps_or(Index asked, Index otherwise) const {
    if (asked < 0)
      throw Error("a block of " + std::to_string(asked) + " steps: expected 0 or more");
    return asked == 0 ? otherwise : std::min(asked, sizes_.T_x);
  }
  [[nodiscard]] Index widest(const Sizes& s) const {
    const Index columns = element_count(s.m, std::max(input_steps_, gradient_steps_));
    return std::max({columns, s.n_a, s.n_x});
  }
  static Matrix<S> take(Workspace<S>& workspace, Index rows, Index cols) {
    return dense(workspace.take(element_count(rows, cols)), rows, cols);
  }
  static void set_zero(const Matrix<S>& matrix) {
    for (Index j = 0; j < matrix.cols; ++j) std::fill_n(matrix.column(j), matrix.rows, S(0));
  }
  /// a_prev of the steps first .. last-1: a0 stands before step 0.
  Matrix<const S> previous_states(const View<const S>& a0, const View<const S>& a, Index first,
                                  Index last) const {
    if (first > 0) return read_columns(a.slice(2, first - 1, last - 1), a_slot_);
    const View<S> a_prev(a_slot_, Shape{sizes_.n_a, sizes_.m, last});
    copy(a0, a_prev.at_step(0));
    copy(a.slice(2, 0, last - 1), a_prev.slice(2, 1, last));
    return dense<const S>(a_slot_, sizes_.n_a, sizes_.m * last);
  }
  void copy_rows(const View<const S>& from, const Matrix<S>& stack, Index gate) const {
    const Matrix<S> to = stack.rows_from(gate * sizes_.n_a, sizes_.n_a);
    for (Index k = 0; k < to.cols; ++k)
      for (Index i = 0; i < to.rows; ++i) to.column(k)[i] = from(i, k);
  }
  void add_rows(const Matrix<S>& stack, Index gate, const View<S>& to) const {
    const Matrix<S> from = stack.rows_from(gate * sizes_.n_a, sizes_.n_a);
    for (Index k = 0; k < from.cols; ++k)
      for (Index i = 0; i < from.rows; ++i) to(i, k) += from.column(k)[i];
  }

  Sizes sizes_;
  Index rows_, input_steps_, gradient_steps_;
  Products<S> products_;
  Matrix<S> Wa_, Wx_, b_, dWa_, dWx_, db_, da_prev_;
  S* z_ = nullptr;       // z of an input block forwards, dz of a gradient block backwards
  S* x_slot_ = nullptr;  // x or dx of a block whose strides the products cannot take
  S* a_slot_ = nullptr;  // a0 forwards; a_prev of a gradient block backwards
};

}  // namespace bptt::optimized::eigen
