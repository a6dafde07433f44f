// Backpropagation through sequences whose states do not fit into memory: forward keeps some, and
// backward computes the others again, block of steps by block of steps.
//   recompute_gates  the caller's a is read again; kept beside it is c before each block, so an
//   LSTM
//                    costs 4 n_a m bytes a step (f32) and a little instead of 24
//   square_root      a and c before each of about sqrt(3 T) blocks
//   binomial         as few computations as a budget allows (Revolve, optimized/schedule.hpp)
// The gradients are those of a plan with the same blocks of steps, bit for bit: the same sums in
// the same order.
#pragma once

#include <cstddef>
#include "core/hidden.hpp"
#include "core/problem.hpp"
#include "optimized/options.hpp"

namespace bptt::optimized {

enum class Memory { recompute_gates, square_root, binomial };

struct MemoryOptions {
  Memory mode = Memory::recompute_gates;
  /// Of `binomial`: the most that kept_bytes may be.
  std::size_t budget_bytes = 0;
};

template <class S>
class Checkpointed {
 public:
  /// sizes: as for a plan; da has sizes.T_da steps. Of the options the block sizes are not looked
  /// at: a block is what is kept whole at a time. `g` is the RNN's activation.
  /// Throws ShapeError, Error if the budget is too small (and says how small it may be).
  Checkpointed(Cell cell, Activation g, const Sizes& sizes, const MemoryOptions& memory,
               const Options& options = {});

  /// The whole sequence forwards. in: input_names(cell). a (n_a, m, T_x), overwritten. c_T (n_a,
  /// m), overwritten: the LSTM's cell state after the last step; a view of nothing if it is not
  /// wanted. Equation, error bound: as LstmPlan::forward, RnnPlan::forward. Throws ShapeError.
  void forward(const NamedViews<const S>& in, const View<S>& a, const View<S>& c_T = {});

  /// The whole sequence backwards, after forward with the same `in`; any number of times, though
  /// with `binomial` all but the first go forward once more. a: what forward wrote.
  /// up: upstream_names(cell). grad: gradient_names(cell); dx, da0, dc0 are overwritten, gradients
  /// of weights and biases as the options say. Throws ShapeError.
  void backward(const NamedViews<const S>& in, ConstView<S> a, const NamedViews<const S>& up,
                const NamedViews<S>& grad);

  /// Bytes held between forward and backward and the block that is passed backwards, beside the
  /// caller's a.
  [[nodiscard]] std::size_t kept_bytes() const;
  /// Steps that are kept whole at a time.
  [[nodiscard]] Index block_steps() const;
  /// Steps that a backward pass computes forwards again.
  [[nodiscard]] Index recomputed_steps() const;

 private:
  struct Impl;
  Hidden<Impl> impl_;
};

extern template class Checkpointed<float>;
extern template class Checkpointed<double>;

}  // namespace bptt::optimized
