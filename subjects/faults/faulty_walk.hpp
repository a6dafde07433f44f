// The walk over the steps, with the faults of time and of states: which steps are visited, which
// of the kept arrays each of them reads, and what it is handed.
#pragma once

#include "core/problem.hpp"
#include "core/tensor.hpp"
#include "subjects/faults/fault_models.hpp"

namespace bptt::faults {

inline constexpr Index chunk = 4;  // steps, samples or units that a blocked loop takes at a time

/// One (n_a, m) value at a time, as the two cells write their element-wise lines.
template <class F>
void for_each_unit(const Sizes& n, F&& f) {
  for (Index j = 0; j < n.m; ++j)
    for (Index i = 0; i < n.n_a; ++i) f(i, j);
}

template <class S>
class FaultyWalk {
 public:
  FaultyWalk(const FaultSet& set, const Sizes& sizes) : set_(set), n_(sizes) {}

  /// Forward: the state that step t reads, `initial` (n_a, m) or states[:,:,t-1].
  [[nodiscard]] View<const S> state_before(Index t, const View<const S>& initial,
                                           const Tensor<S>& states) const;

  /// Backward visits the steps last(up), last(up) - 1, .., first().
  [[nodiscard]] Index last(const NamedViews<const S>& up) const;
  [[nodiscard]] Index first() const;
  /// The step whose kept arrays step t reads.
  [[nodiscard]] Index kept_step(Index t) const;
  /// The state that step t read in forward, as backward sees it.
  [[nodiscard]] View<const S> kept_state_before(Index t, const View<const S>& initial,
                                                const Tensor<S>& states) const;
  /// x[:,:,t] (n_x, m) as the gradients of the weights see it.
  [[nodiscard]] Tensor<S> input_of_weights(Index t, const View<const S>& x) const;
  /// a_prev (n_a, m) as the gradients of the weights see it.
  [[nodiscard]] Tensor<S> state_of_weights(Index t, const View<const S>& a0,
                                           const Tensor<S>& a) const;

  /// What da_prevt holds before the last step.
  void begin_carry(Tensor<S>& da_prevt) const;
  /// Whether what came back from step t+1 is forgotten before step t.
  [[nodiscard]] bool forgets_carry_into(Index t) const;
  /// da_next (n_a, m) = da[:,:,t] + da_prevt.
  void join_upstream(Index t, const View<const S>& da, const View<const S>& x,
                     const Tensor<S>& da_prevt, Tensor<S>& da_next) const;
  /// The gradients of the pre-activations, (n_a, m), as they are once all samples are there.
  void finish_samples(Tensor<S>& dz) const;
  /// Whether the terms of step t are added to dW and db.
  [[nodiscard]] bool adds_to_sums(Index t) const;

 private:
  [[nodiscard]] bool has(FaultId fault) const { return set_.has(fault); }
  [[nodiscard]] Index input_step(Index t) const;

  FaultSet set_;
  Sizes n_;
};

extern template class FaultyWalk<float>;
extern template class FaultyWalk<double>;

}  // namespace bptt::faults
