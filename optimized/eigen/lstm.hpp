// The LSTM, forward and backward through time, blocked and vectorised.
// Same meaning as reference/lstm.hpp, same arguments in the same order; sums are taken in another
// order, so results agree within rounding, not in every bit. Single-threaded: one plan serves one
// thread at a time. The same call gives the same bits at any address and for any strides.
#pragma once

#include "core/hidden.hpp"
#include "core/network.hpp"
#include "core/problem.hpp"
#include "optimized/options.hpp"

namespace bptt::optimized::eigen {

/// An LSTM of one size with all the memory that its passes need: a pass allocates nothing.
template <class S>
class LstmPlan {
 public:
  /// sizes: n_x, n_a, m, T_x >= 1; T_da is not looked at, da itself says how many steps it has.
  /// Throws ShapeError if an extent is 0, std::bad_alloc.
  explicit LstmPlan(const Sizes& sizes, const Options& options = {});

  /// ft, it, ot = sigmoid(W concat + b), cct = tanh(Wc concat + bc), concat = [a_prev; xt];
  /// c = ft * c_prev + it * cct, a = ot * tanh(c), for all steps.
  /// x (n_x, m, T_x); a0, c0 (n_a, m); every array of out (n_a, m, T_x), overwritten, overlapping
  /// nothing else. Any strides. tanh within 2 ULP, sigmoid within 3.
  /// Throws ShapeError, before writing, if a shape disagrees.
  /// Source: Hochreiter & Schmidhuber 1997, Gers et al. 2000; docs/equations.md, section 4.
  void forward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
               const LstmStates<S>& out);

  /// The whole sequence backwards, in one pass over the steps T_da-1 .. 0.
  /// states: what forward wrote. da (n_a, m, T_da), 1 <= T_da <= T_x: the gradient of the loss of
  /// each step alone. dc_T (n_a, m): the gradient with respect to c after step T_da - 1.
  /// out.dx (n_x, m, T_da), out.da0, out.dc0 (n_a, m) are overwritten; out.dW* (n_a, n_a+n_x),
  /// out.db* (n_a, 1) accumulate (+=). Outputs overlap nothing else. Any strides.
  /// Throws ShapeError, before writing, if a shape disagrees. Source: docs/equations.md, section 6.
  void backward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                const LstmStates<const S>& states, ConstView<S> da, ConstView<S> dc_T,
                const LstmGradients<S>& out);

  /// Bytes held by the plan.
  [[nodiscard]] std::size_t workspace_bytes() const;

 private:
  struct Impl;
  Hidden<Impl> impl_;
};

extern template class LstmPlan<float>;
extern template class LstmPlan<double>;

}  // namespace bptt::optimized::eigen
