// The vanilla recurrent network, forward and backward through time, blocked and vectorised.
// Same meaning as reference/rnn.hpp, same arguments in the same order; sums are taken in another
// order, so results agree within rounding, not in every bit. Single-threaded: one plan serves one
// thread at a time. The same call gives the same bits at any address and for any strides.
#pragma once

#include "core/hidden.hpp"
#include "core/network.hpp"
#include "core/problem.hpp"
#include "optimized/options.hpp"

namespace bptt::optimized::eigen {

/// An RNN of one size with all the memory that its passes need: a pass allocates nothing.
template <class S>
class RnnPlan {
 public:
  /// sizes: n_x, n_a, m, T_x >= 1; T_da is not looked at, da itself says how many steps it has.
  /// Throws ShapeError if an extent is 0, std::bad_alloc.
  RnnPlan(Activation g, const Sizes& sizes, const Options& options = {});

  /// a<t> = g(Wax x<t> + Waa a<t-1> + ba) for all steps.
  /// x (n_x, m, T_x); a0 (n_a, m); a (n_a, m, T_x), overwritten, overlapping nothing else.
  /// Any strides. tanh within 2 ULP. Throws ShapeError, before writing, if a shape disagrees.
  /// Source: Elman 1990; docs/equations.md, section 1.
  void forward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0, View<S> a);

  /// The whole sequence backwards, in one pass over the steps T_da-1 .. 0.
  ///   dz = g'(z) (da<t> + da_prevt),  da_prev = Waa^T dz,  dx<t> = Wax^T dz,
  ///   dWax += dz x<t>^T,  dWaa += dz a_prev^T,  dba += sum of dz over the batch
  /// a: what forward wrote. da (n_a, m, T_da), 1 <= T_da <= T_x: the gradient of the loss of each
  /// step alone. out.dx (n_x, m, T_da), out.da0 (n_a, m) are overwritten; out.dWax, out.dWaa,
  /// out.dba accumulate (+=). Outputs overlap nothing else. Any strides.
  /// Throws ShapeError, before writing, if a shape disagrees. Source: Werbos 1990.
  void backward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0, ConstView<S> a,
                ConstView<S> da, const RnnGradients<S>& out);

  /// Bytes held by the plan.
  [[nodiscard]] std::size_t workspace_bytes() const;

 private:
  struct Impl;
  Hidden<Impl> impl_;
};

extern template class RnnPlan<float>;
extern template class RnnPlan<double>;

}  // namespace bptt::optimized::eigen
