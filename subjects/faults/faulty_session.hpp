// What the faulty RNN and the faulty LSTM share: the faults of a call as a whole (what is kept from
// one call to the next, what is written where) and of the walk over the steps.
// Plain loops, an implementation of its own: it shares no line with reference/, and without faults
// it gives the same bits.
#pragma once

#include <optional>

#include "core/subject.hpp"
#include "subjects/faults/fault_models.hpp"
#include "subjects/requirements.hpp"

namespace bptt::faults {

inline constexpr Index chunk = 4;  // steps, samples or units that a blocked loop takes at a time

template <class S>
class FaultySession : public Session<S> {
 public:
  /// Throws ShapeError unless 1 <= T_da <= T_x.
  FaultySession(Cell cell, const FaultSet& set, const Sizes& sizes);

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) final;
  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) final;

 protected:
  virtual void run_forward(const NamedViews<const S>& in, const NamedViews<S>& out) = 0;
  virtual void run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                            const NamedViews<S>& grad) = 0;

  [[nodiscard]] bool has(FaultId fault) const { return set_.has(fault); }
  [[nodiscard]] const FaultSet& set() const { return set_; }
  [[nodiscard]] const Sizes& sizes() const { return sizes_; }

  /// Where the walk back over T_da steps starts.
  [[nodiscard]] Index last_step() const;
  /// Whether what came back from step t+1 is forgotten before step t.
  [[nodiscard]] bool forgets_carry_into(Index t) const;
  /// da_next (n_a, m) = da[:,:,t] + da_prevt.
  void join_upstream(const View<const S>& da, Index t, const Tensor<S>& da_prevt,
                     Tensor<S>& da_next) const;
  /// x[:,:,t] (n_x, m) as the gradients of the weights see it.
  [[nodiscard]] Tensor<S> input_of_step(const View<const S>& x, Index t) const;
  /// The state before step t: `initial` (n_a, m) or states[:,:,t-1].
  [[nodiscard]] static View<const S> before(Index t, const View<const S>& initial,
                                            const Tensor<S>& states);

 private:
  Cell cell_;
  FaultSet set_;
  Sizes sizes_;
  Tensor<S> zero_state_;
  std::optional<Tensor<S>> last_a_;          // of the previous forward
  std::optional<NamedTensors<S>> first_in_;  // of the first forward
  NamedTensors<S> kept_sums_;                // dW and db over all calls
};

/// One (n_a, m) value at a time, as the two cells write their element-wise lines.
template <class F>
void for_each_unit(const Sizes& n, F&& f) {
  for (Index j = 0; j < n.m; ++j)
    for (Index i = 0; i < n.n_a; ++i) f(i, j);
}

}  // namespace bptt::faults
