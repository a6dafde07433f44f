// The vanilla recurrent network, forward and backward through time, blocked, vectorised, threaded.
// Same meaning as reference/rnn.hpp, same arguments in the same order; sums are taken in another
// order, so results agree within rounding, not in every bit. A plan serves one caller at a time;
// two plans may run in two threads. The same call gives the same bits at any address and for any
// strides.
#pragma once

#include "core/hidden.hpp"
#include "core/network.hpp"
#include "core/problem.hpp"
#include "optimized/options.hpp"
#include "optimized/part.hpp"
#include "optimized/work.hpp"

namespace bptt::optimized {

/// An RNN of one size with all the memory that its passes need: a pass allocates nothing.
template <class S>
class RnnPlan {
 public:
  /// sizes: n_x, n_a, m, T_x >= 1. A pass may have fewer steps than T_x; T_da is not looked at, da
  /// itself says how many it has.
  /// Throws ShapeError if an extent is 0, std::bad_alloc.
  /// Throws also UnsupportedError for a target that is not here, Error for other options.
  RnnPlan(Activation g, const Sizes& sizes, const Options& options = {});

  /// Packs the parameters for both directions and keeps them: passes that are not given any use
  /// these, until the next call here or of a pass that is given some. Throws ShapeError.
  void set_parameters(const RnnParameters<S>& p);

  /// a<t> = g(Wax x<t> + Waa a<t-1> + ba) for all steps.
  /// x (n_x, m, T_x); a0 (n_a, m); a (n_a, m, T_x), overwritten, overlapping nothing else.
  /// Any strides. tanh within 3 ULP. Throws ShapeError, before writing, if a shape disagrees.
  /// Source: Elman 1990; docs/equations.md, section 1.
  void forward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0, View<S> a);
  /// The same with the parameters of set_parameters. Throws Error if there are none.
  void forward(ConstView<S> x, ConstView<S> a0, View<S> a);

  /// The whole sequence backwards, in one pass over the steps T_da-1 .. 0.
  ///   dz = g'(z) (da<t> + da_prevt),  da_prev = Waa^T dz,  dx<t> = Wax^T dz,
  ///   dWax += dz x<t>^T,  dWaa += dz a_prev^T,  dba += sum of dz over the batch
  /// a: what forward wrote. da (n_a, m, T_da), 1 <= T_da <= T_x: the gradient of the loss of each
  /// step alone. out.dx (n_x, m, T_da), out.da0 (n_a, m) are overwritten; out.dWax, out.dWaa,
  /// out.dba accumulate (+=), unless the options say overwrite. Outputs overlap nothing else. Any
  /// strides. Throws ShapeError, before writing, if a shape disagrees. Source: Werbos 1990.
  void backward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> a,
                ConstView<S> da, const RnnGradients<S>& out);
  /// The same with the parameters of set_parameters. Throws Error if there are none.
  void backward(ConstView<S> x, ConstView<S> a0, ConstView<S> a, ConstView<S> da,
                const RnnGradients<S>& out);

  /// One part of a backward pass over a longer sequence: parts follow one another from the last
  /// steps to the first, each with its own slice of x, states, da and dx and the state before it.
  /// What goes from part to part stays in the plan; the last part writes what belongs to the
  /// initial state and delivers the gradients of the weights. No other backward may run in between.
  void backward_part(const Part& part, ConstView<S> x, ConstView<S> a0, ConstView<S> a,
                     ConstView<S> da, const RnnGradients<S>& out);

  /// Bytes held by the plan.
  [[nodiscard]] std::size_t workspace_bytes() const;
  /// Threads that a pass takes: as many as asked for, or fewer.
  [[nodiscard]] int threads() const;
  /// What all passes so far have done.
  [[nodiscard]] Work work() const;

 private:
  struct Impl;
  Hidden<Impl> impl_;
};

extern template class RnnPlan<float>;
extern template class RnnPlan<double>;

/// RnnPlan::forward with a plan for this call alone; the sizes are read from x and Waa.
template <class S>
void rnn_forward(Activation g, const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                 View<S> a) {
  const Sizes sizes{x.extent(0), p.Waa.extent(0), x.extent(1), x.extent(2)};
  RnnPlan<S>(g, sizes).forward(p, x, a0, a);
}

/// RnnPlan::backward with a plan for this call alone; the sizes are read from x and Waa.
template <class S>
void rnn_backward(Activation g, const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                  ConstView<S> a, ConstView<S> da, const RnnGradients<S>& out) {
  const Sizes sizes{x.extent(0), p.Waa.extent(0), x.extent(1), x.extent(2)};
  RnnPlan<S>(g, sizes, {.input_block_steps = 1}).backward(p, x, a0, a, da, out);
}

}  // namespace bptt::optimized
