// The LSTM with switchable faults: the forward pass of its base, and the way back.
#pragma once

#include "subjects/faults/faulty_lstm_forward.hpp"

namespace bptt::faults {

template <class S>
class FaultyLstm final : public FaultyLstmForward<S> {
 public:
  FaultyLstm(const FaultSet& set, const Sizes& sizes);

 private:
  using FaultySession<S>::has;

  void run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                    const NamedViews<S>& grad) override;
  /// What came back from step t+1: da_prevt_ as it is, dc_next_ from dc_prevt_.
  void receive_carry(Index t, const View<const S>& dc_T);
  /// The element-wise lines of one step: dz_ and dz_back_ from da_next and dc_next_, then
  /// dc_prevt_.
  void pass_gates(const NamedViews<const S>& in, const View<const S>& dc_T, Index t,
                  const Tensor<S>& da_next);
  /// dc, the gradient of c_next by both ways, and the way through a_next alone.
  struct CellGradient {
    S dc, through_a;
  };
  [[nodiscard]] CellGradient cell_gradient(const S& dc_next, const S& da_next, const S& ot,
                                           const S& c_next, const S& tanh_c) const;
  /// The slope of a gate's activation, from its output.
  [[nodiscard]] S slope(Gate gate, const S& y) const;
  /// dconcat (n_a + n_x, m) of one step, from dz_back_.
  [[nodiscard]] Tensor<S> gradient_of_concat(const PerGate<View<const S>>& W) const;
  void split_concat(const Tensor<S>& dconcat, const View<S>& dxt);
  /// dW and db of all gates, of one step.
  void add_parameter_gradients(const Tensor<S>& concat, Index t, const PerGate<View<S>>& dW,
                               const PerGate<View<S>>& db);

  PerGate<Tensor<S>> dz_, dz_back_;  // dz_back_: dz as the way to concat sees it
  Tensor<S> da_prevt_, dc_prevt_, dc_next_;
};

extern template class FaultyLstm<float>;
extern template class FaultyLstm<double>;

}  // namespace bptt::faults
