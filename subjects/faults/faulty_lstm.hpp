// The LSTM with switchable faults, the four gates over concat = [a_prev; xt].
#pragma once

#include <array>

#include "subjects/faults/faulty_products.hpp"

namespace bptt::faults {

enum Gate : std::size_t { f, i, c, o };

template <class V>
using PerGate = std::array<V, 4>;  // in the order of Gate

template <class S>
class FaultyLstm final : public FaultySession<S> {
 public:
  FaultyLstm(const FaultSet& set, const Sizes& sizes);

 private:
  using FaultySession<S>::has;

  void run_forward(const NamedViews<const S>& in, const NamedViews<S>& out) override;
  void run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                    const NamedViews<S>& grad) override;
  void forward_step(const NamedViews<const S>& in, Index t);
  /// The element-wise lines of one step: dz_ and dz_back_ from da_next and dc_next_, then
  /// dc_prevt_.
  void pass_gates(const NamedViews<const S>& in, const View<const S>& dc_T, Index t,
                  const Tensor<S>& da_next);
  /// dW and db of all gates, of one step.
  void add_parameter_gradients(const Tensor<S>& concat, Index t, const PerGate<View<S>>& dW,
                               const PerGate<View<S>>& db);
  void split_concat(const Tensor<S>& dconcat, const View<S>& dxt);

  FaultyProducts<S> products_;
  NamedTensors<S> cache_;
  PerGate<Tensor<S>> dz_, dz_back_;  // dz_back_: dz as the way to concat sees it
  Tensor<S> da_prevt_, dc_prevt_, dc_next_;
};

extern template class FaultyLstm<float>;
extern template class FaultyLstm<double>;

}  // namespace bptt::faults
