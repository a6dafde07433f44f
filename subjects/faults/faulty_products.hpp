// The way back of one product z = W in + b, with the faults of sums, transposes and slices.
// `in` (n, m) is x, a_prev or concat; the first `hidden` columns of W (n_a, n) multiply a_prev.
#pragma once

#include "subjects/faults/faulty_session.hpp"

namespace bptt::faults {

template <class S>
class FaultyProducts {
 public:
  FaultyProducts(const FaultSet& set, const Sizes& sizes) : set_(set), n_(sizes) {}

  /// dW (n_a, n) += dz in^T.
  void add_weight_gradient(const Tensor<S>& dz, const Tensor<S>& in, const View<S>& dW) const {
    const Index units = has("unit_tail_dropped") ? n_.n_a - n_.n_a % chunk : n_.n_a;
    for (Index j = 0; j < samples(); ++j)
      for (Index i = 0; i < units; ++i)
        for (Index k = 0; k < dW.extent(1); ++k) dW(i, k) += share(dz(i, j)) * in(k, j);
  }

  /// db (n_a, 1) += sum of dz over the batch. t: the step that it belongs to.
  void add_bias_gradient(const Tensor<S>& dz, const Tensor<S>& in, Index t,
                         const View<S>& db) const {
    if (has("last_bias_lost_at_T8") && n_.T_da % 8 == 0 && t == n_.T_da - 1) return;
    for (Index j = 0; j < samples(); ++j)
      for (Index i = 0; i < n_.n_a; ++i) {
        if (has("db_sums_dw"))
          for (Index k = 0; k < in.shape()[0]; ++k) db(i, 0) += share(dz(i, j)) * in(k, j);
        else
          db(i, 0) += share(dz(i, j));
      }
  }

  /// din (n, m) += W^T dz.
  void add_way_back(const View<const S>& W, const Tensor<S>& dz, Index hidden,
                    Tensor<S>& din) const {
    for (Index j = 0; j < n_.m; ++j)
      for (Index i = 0; i < n_.n_a; ++i)
        for (Index k = 0; k < W.extent(1); ++k)
          din(k, j) += (k < hidden ? hidden_weight(W, i, k) : W(i, k)) * dz(i, j);
  }

 private:
  [[nodiscard]] bool has(FaultId fault) const { return set_.has(fault); }

  [[nodiscard]] Index samples() const {
    if (has("first_sample_only")) return n_.m < 1 ? n_.m : 1;
    return has("batch_tail_dropped") ? n_.m - n_.m % chunk : n_.m;
  }

  [[nodiscard]] S share(const S& dz) const {
    return has("mean_over_batch") ? dz / static_cast<S>(n_.m) : dz;
  }

  [[nodiscard]] const S& hidden_weight(const View<const S>& W, Index i, Index k) const {
    if (has("nx_for_na")) {
      const Index wrapped = (i + k * n_.n_x) % (n_.n_a * n_.n_a);
      return W(wrapped % n_.n_a, wrapped / n_.n_a);
    }
    return has("missing_transpose") ? W(k, i) : W(i, k);
  }

  FaultSet set_;
  Sizes n_;
};

}  // namespace bptt::faults
