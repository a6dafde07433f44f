// The RNN with switchable faults, a<t> = g(Wax x<t> + Waa a<t-1> + ba).
#pragma once

#include "subjects/faults/faulty_session.hpp"

namespace bptt::faults {

template <class S>
class FaultyRnn final : public FaultySession<S> {
 public:
  FaultyRnn(const FaultSet& set, Activation g, const Sizes& sizes);

 private:
  using FaultySession<S>::has;

  void run_forward(const NamedViews<const S>& in) override;
  void run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                    const NamedViews<S>& grad) override;
  /// dz and, for the ways to a_prev and x, dz as these see it. (n_a, m) each. a_next: of this step.
  void pass_activation(const View<const S>& a_next, const Tensor<S>& da_next, Tensor<S>& dz,
                       Tensor<S>& dz_back) const;
  [[nodiscard]] S activate(const S& z) const;
  [[nodiscard]] S slope(const S& a) const;

  Activation g_;
  Tensor<S> da_prevt_;
};

extern template class FaultyRnn<float>;
extern template class FaultyRnn<double>;

}  // namespace bptt::faults
