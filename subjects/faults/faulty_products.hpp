// The way back of one product z = W in + b, with the faults of sums, transposes, slices and sizes.
// `in` (n, m) is x, a_prev or concat; the first `hidden` columns of W (n_a, n) multiply a_prev.
#pragma once

#include <vector>

#include "core/problem.hpp"
#include "core/tensor.hpp"
#include "subjects/faults/fault_models.hpp"

namespace bptt::faults {

template <class S>
class FaultyProducts {
 public:
  FaultyProducts(const FaultSet& set, const Sizes& sizes) : set_(set), n_(sizes) {}

  /// Before each call of backward.
  void begin_call(bool last_sample_first);

  /// dW (n_a, n) += dz in^T.
  void add_weight_gradient(const Tensor<S>& dz, const Tensor<S>& in, Index hidden,
                           const View<S>& dW) const;
  /// db (n_a, 1) += sum of dz over the batch. t: the step that it belongs to.
  void add_bias_gradient(const Tensor<S>& dz, const Tensor<S>& in, Index t,
                         const View<S>& db) const;
  /// din (n, m) += W^T dz.
  void add_way_back(const View<const S>& W, const Tensor<S>& dz, Index hidden,
                    Tensor<S>& din) const;
  /// dx[:,:,t] (n_x, m) = rows first .. first + n_x - 1 of `from`.
  void store_input_gradient(const Tensor<S>& from, Index first, const View<S>& dxt) const;

 private:
  [[nodiscard]] bool has(FaultId fault) const { return set_.has(fault); }
  [[nodiscard]] S share(const S& dz) const;
  /// in(k, j) as dW takes it.
  [[nodiscard]] S factor(const Tensor<S>& in, Index k, Index j) const;
  [[nodiscard]] S share_of_bias(const Tensor<S>& dz, const Tensor<S>& in, Index i, Index j) const;
  [[nodiscard]] const S& hidden_weight(const View<const S>& W, Index i, Index k) const;

  FaultSet set_;
  Sizes n_;
  std::vector<Index> samples_;  // that a sum over the batch adds up, in this order
};

extern template class FaultyProducts<float>;
extern template class FaultyProducts<double>;

}  // namespace bptt::faults
