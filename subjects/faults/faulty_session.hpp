// What the faulty RNN and the faulty LSTM share: the faults of a call as a whole, what is kept from
// one call to the next and what is written where.
// Plain loops, an implementation of its own: it shares no line with reference/, and without faults
// it gives the same bits.
#pragma once

#include <optional>

#include "core/subject.hpp"
#include "subjects/faults/faulty_functions.hpp"
#include "subjects/faults/faulty_products.hpp"
#include "subjects/faults/faulty_walk.hpp"
#include "subjects/requirements.hpp"

namespace bptt::faults {

template <class S>
class FaultySession : public Session<S> {
 public:
  /// Throws ShapeError unless 1 <= T_da <= T_x.
  FaultySession(Cell cell, const FaultSet& set, const Sizes& sizes);

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) final;
  /// With keeps_callers_states, `out` of the last forward must still be there.
  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) final;

 protected:
  /// Fills cache().
  virtual void run_forward(const NamedViews<const S>& in) = 0;
  virtual void run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                            const NamedViews<S>& grad) = 0;

  [[nodiscard]] bool has(FaultId fault) const { return set_.has(fault); }
  [[nodiscard]] const Sizes& sizes() const { return sizes_; }
  /// What forward keeps for backward: cache_names(cell).
  [[nodiscard]] NamedTensors<S>& cache() { return cache_; }

  FaultyWalk<S> walk_;
  FaultyFunctions<S> functions_;
  FaultyProducts<S> products_;

 private:
  void read_narrow_x(NamedViews<const S>& read);
  [[nodiscard]] NamedViews<const S> forward_reads(const NamedViews<const S>& in);
  [[nodiscard]] NamedViews<const S> backward_reads(const NamedViews<const S>& in);
  [[nodiscard]] NamedTensors<S> backward_is_handed(const NamedViews<const S>& up) const;
  /// The order in which this call of backward sums over the batch.
  [[nodiscard]] bool sums_last_sample_first(const NamedViews<const S>& in);
  void write_states(const NamedViews<const S>& in, const NamedViews<S>& out);
  void write_all_gradients(const NamedViews<const S>& in, const NamedViews<const S>& up,
                           const NamedViews<S>& grad);
  /// The gradients of one call, where nothing keeps anything from another.
  void write_gradients(const NamedViews<const S>& in, const NamedViews<const S>& up,
                       const NamedViews<S>& grad);
  void finish_gradients(const NamedViews<S>& grad) const;
  void write_gradients_of_first_call(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                     const NamedViews<S>& grad);

  Cell cell_;
  FaultSet set_;
  Sizes sizes_;
  NamedTensors<S> cache_, kept_sums_;  // kept_sums_: dW and db over all calls
  Tensor<S> zero_state_, narrow_x_;    // narrow_x_: x, as offsets of 32 bits find it
  bool second_session_;
  Index backward_calls_ = 0, calls_since_forward_ = 0;
  std::optional<Tensor<S>> last_a_, last_a_before_;  // of the last forward, of the one before
  std::optional<NamedTensors<S>> first_in_, first_cache_, first_gradients_;
  View<S> callers_a_;
};

}  // namespace bptt::faults
