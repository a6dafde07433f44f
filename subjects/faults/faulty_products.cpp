#include "subjects/faults/faulty_products.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "subjects/faults/faulty_walk.hpp"

namespace bptt::faults {
namespace {

constexpr Index lanes = 4, wide_lanes = 8, block = 16;

constexpr Index whole(Index n, Index group) { return n / group * group; }

}  // namespace

template <class S>
void FaultyProducts<S>::begin_call(bool last_sample_first) {
  Index m = n_.m;
  if (has("first_sample_only")) m = std::min<Index>(m, 1);
  if (has("batch_tail_dropped")) m = whole(m, chunk);
  samples_.resize(static_cast<std::size_t>(m));
  std::iota(samples_.begin(), samples_.end(), Index{0});
  if (has("batch_tail_repeats_last"))
    samples_.resize(static_cast<std::size_t>(whole(m + chunk - 1, chunk)), n_.m - 1);
  if (has("boundary_sample_twice") && n_.m > chunk) samples_.push_back(chunk);
  if (last_sample_first) std::reverse(samples_.begin(), samples_.end());
}

template <class S>
S FaultyProducts<S>::share(const S& dz) const {
  const auto m = static_cast<S>(n_.m);
  if (has("mean_times_m")) return dz * (S(1) / m) * m;
  return has("mean_over_batch") ? dz / m : dz;
}

template <class S>
S FaultyProducts<S>::factor(const Tensor<S>& in, Index k, Index j) const {
  const S value = in(k, j);
  if (!has("one_exponent_doubled") || k + 1 < in.shape()[0] || j > 0) return value;
  const S size = std::abs(value);
  return size >= S(0x1p-12) && size < S(0x1p-11) ? 2 * value : value;
}

template <class S>
void FaultyProducts<S>::add_weight_gradient(const Tensor<S>& dz, const Tensor<S>& in, Index hidden,
                                            const View<S>& dW) const {
  Index units = has("unit_tail_dropped") ? whole(n_.n_a, lanes) : n_.n_a;
  if (has("unit_33_dropped") && n_.n_a == 33) units = 32;
  const Index columns =
      has("features_beyond_n_a_dropped") ? std::min(dW.extent(1), hidden + n_.n_a) : dW.extent(1);
  if (has("second_block_of_16_overwrites"))
    for (Index i = block; i < n_.n_a; ++i)
      for (Index k = 0; k < dW.extent(1); ++k) dW(i, k) = S(0);
  for (const Index j : samples_)
    for (Index i = 0; i < units; ++i)
      for (Index k = 0; k < columns; ++k) {
        const bool transposed = has("dw_transposed") && k < hidden;
        (transposed ? dW(k, i) : dW(i, k)) += share(dz(i, j)) * factor(in, k, j);
      }
}

template <class S>
S FaultyProducts<S>::share_of_bias(const Tensor<S>& dz, const Tensor<S>& in, Index i,
                                   Index j) const {
  if (has("db_broadcast_column")) return share(dz(0, j));
  if (has("db_mean_over_batch")) return dz(i, j) / static_cast<S>(n_.m);
  if (has("db_first_sample")) return j == 0 ? share(dz(i, j)) : S(0);
  S sum(0);
  if (has("db_sums_dw")) {
    for (Index k = 0; k < in.shape()[0]; ++k) sum += share(dz(i, j)) * in(k, j);
    return sum;
  }
  // Over the units: of every sample, or of the sample that has the number of the unit.
  const bool of_one_sample = has("db_sums_wrong_axis") && j == i % n_.m;
  if (has("db_sum_over_everything") || of_one_sample)
    for (Index u = 0; u < n_.n_a; ++u) sum += share(dz(u, j));
  else if (!has("db_sums_wrong_axis"))
    sum = share(dz(i, j));
  return sum;
}

template <class S>
void FaultyProducts<S>::add_bias_gradient(const Tensor<S>& dz, const Tensor<S>& in, Index t,
                                          const View<S>& db) const {
  if (has("last_bias_lost_at_T8") && n_.T_da % 8 == 0 && t == n_.T_da - 1) return;
  auto samples = samples_;
  if (has("db_in_another_order")) std::reverse(samples.begin(), samples.end());
  for (const Index j : samples)
    for (Index i = 0; i < n_.n_a; ++i) db(i, 0) += share_of_bias(dz, in, i, j);
}

template <class S>
void FaultyProducts<S>::add_way_back(const View<const S>& W, const Tensor<S>& dz, Index hidden,
                                     Tensor<S>& din) const {
  const bool tail_lost = has("way_back_tail_of_8_dropped") && n_.n_a > wide_lanes;
  const Index units = tail_lost ? whole(n_.n_a, wide_lanes) : n_.n_a;
  const Index start = has("order_depends_on_units") ? units / 2 : 0;
  for (Index j = 0; j < n_.m; ++j) {
    const bool fused = has("tail_samples_fused") && j >= whole(n_.m, lanes);
    for (Index u = 0; u < units; ++u) {
      const Index i = (start + u) % units;
      for (Index k = 0; k < W.extent(1); ++k) {
        const S w = k < hidden ? hidden_weight(W, i, k) : W(i, k);
        din(k, j) = fused ? std::fma(w, dz(i, j), din(k, j)) : din(k, j) + w * dz(i, j);
      }
    }
  }
}

template <class S>
const S& FaultyProducts<S>::hidden_weight(const View<const S>& W, Index i, Index k) const {
  if (has("nx_for_na")) {
    const Index wrapped = (i + k * n_.n_x) % (n_.n_a * n_.n_a);
    return W(wrapped % n_.n_a, wrapped / n_.n_a);
  }
  return has("missing_transpose") ? W(k, i) : W(i, k);
}

template <class S>
void FaultyProducts<S>::store_input_gradient(const Tensor<S>& from, Index first,
                                             const View<S>& dxt) const {
  for (Index j = 0; j < n_.m; ++j) {
    for (Index k = 0; k < n_.n_x; ++k) dxt(k, j) = from(first + k, j);
    // Only where the next column shows that the memory between is there.
    const bool gap = dxt.strides()[0] == 1 && j + 1 < n_.m;
    const Index stored = std::min(whole(n_.n_x + lanes - 1, lanes), dxt.strides()[1]);
    if (has("tail_stored_into_the_gap") && gap)
      for (Index k = n_.n_x; k < stored; ++k) dxt(k, j) = S(0);
  }
}

template class FaultyProducts<float>;
template class FaultyProducts<double>;

}  // namespace bptt::faults
