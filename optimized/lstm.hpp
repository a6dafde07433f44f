// The LSTM, forward and backward through time, blocked, vectorised and threaded.
// Same meaning as reference/lstm.hpp, same arguments in the same order; sums are taken in another
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

/// An LSTM of one size with all the memory that its passes need: a pass allocates nothing.
template <class S>
class LstmPlan {
 public:
  /// sizes: n_x, n_a, m, T_x >= 1. A pass may have fewer steps than T_x; T_da is not looked at, da
  /// itself says how many it has.
  /// Throws ShapeError if an extent is 0, std::bad_alloc.
  /// Throws also UnsupportedError for a target that is not here, Error for other options.
  explicit LstmPlan(const Sizes& sizes, const Options& options = {});

  /// Packs the parameters for both directions and keeps them: passes that are not given any use
  /// these, until the next call here or of a pass that is given some. Throws ShapeError.
  void set_parameters(const LstmParameters<S>& p);

  /// ft, it, ot = sigmoid(W concat + b), cct = tanh(Wc concat + bc), concat = [a_prev; xt];
  /// c = ft * c_prev + it * cct, a = ot * tanh(c), for all steps.
  /// x (n_x, m, T_x); a0, c0 (n_a, m); every array of out (n_a, m, T_x), overwritten, overlapping
  /// nothing else. Any strides. tanh within 3 ULP, sigmoid within 2.5.
  /// Throws ShapeError, before writing, if a shape disagrees.
  /// Source: Hochreiter & Schmidhuber 1997, Gers et al. 2000; docs/equations.md, section 4.
  void forward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
               const LstmStates<S>& out);
  /// The same with the parameters of set_parameters. Throws Error if there are none.
  void forward(ConstView<S> x, ConstView<S> a0, ConstView<S> c0, const LstmStates<S>& out);

  /// The whole sequence backwards, in one pass over the steps T_da-1 .. 0.
  /// states: what forward wrote. da (n_a, m, T_da), 1 <= T_da <= T_x: the gradient of the loss of
  /// each step alone. dc_T (n_a, m): the gradient with respect to c after step T_da - 1.
  /// out.dx (n_x, m, T_da), out.da0, out.dc0 (n_a, m) are overwritten; out.dW* (n_a, n_a+n_x),
  /// out.db* (n_a, 1) accumulate (+=), unless the options say overwrite. Outputs overlap nothing
  /// else. Any strides. Throws ShapeError, before writing, if a shape disagrees. Source:
  /// docs/equations.md, section 6.
  void backward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                const LstmStates<const S>& states, ConstView<S> da, ConstView<S> dc_T,
                const LstmGradients<S>& out);
  /// The same with the parameters of set_parameters. Throws Error if there are none.
  void backward(ConstView<S> x, ConstView<S> a0, ConstView<S> c0, const LstmStates<const S>& states,
                ConstView<S> da, ConstView<S> dc_T, const LstmGradients<S>& out);

  /// One part of a backward pass over a longer sequence: parts follow one another from the last
  /// steps to the first, each with its own slice of x, states, da and dx and the state before it.
  /// What goes from part to part stays in the plan; the last part writes what belongs to the
  /// initial state and delivers the gradients of the weights. No other backward may run in between.
  void backward_part(const Part& part, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                     const LstmStates<const S>& states, ConstView<S> da, ConstView<S> dc_T,
                     const LstmGradients<S>& out);

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

extern template class LstmPlan<float>;
extern template class LstmPlan<double>;

/// LstmPlan::forward with a plan for this call alone; the sizes are read from x and Wf.
template <class S>
void lstm_forward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                  const LstmStates<S>& out) {
  const Sizes sizes{x.extent(0), p.Wf.extent(0), x.extent(1), x.extent(2)};
  LstmPlan<S>(sizes).forward(p, x, a0, c0, out);
}

/// LstmPlan::backward with a plan for this call alone; the sizes are read from x and Wf.
template <class S>
void lstm_backward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                   const LstmStates<const S>& states, ConstView<S> da, ConstView<S> dc_T,
                   const LstmGradients<S>& out) {
  const Sizes sizes{x.extent(0), p.Wf.extent(0), x.extent(1), x.extent(2)};
  LstmPlan<S>(sizes, {.input_block_steps = 1}).backward(p, x, a0, c0, states, da, dc_T, out);
}

}  // namespace bptt::optimized
