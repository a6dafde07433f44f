// Directions in the space of all inputs, and what a gradient says along them.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>

#include "properties/draw.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

using Real = long double;
using Values = NamedTensors<Real>;

/// Random directions in all inputs at once; of x<t> only what the losses see, t < T_da.
[[nodiscard]] inline Values random_direction(const ProblemSpec& spec, std::string_view purpose) {
  Values v;
  for (const auto& name : input_names(spec.cell)) {
    const Draw draw(spec.seed, std::string(purpose) + name);
    const CellArray& array = array_of(spec.cell, name);
    Tensor<Real> tensor(array.shape(spec.sizes));
    const Index seen =
        array.has_steps ? tensor.size() / spec.sizes.T_x * spec.sizes.T_da : tensor.size();
    for_each_place(tensor.shape(), [&](Index e, Index i, Index j, Index t) {
      // Few bits, so that v scaled by a power of two is added exactly.
      if (e < seen)
        tensor.elements()[static_cast<std::size_t>(e)] =
            static_cast<Real>(draw.below(17, i, j, t) - 8) / 8;
    });
    v.add(name, std::move(tensor));
  }
  return v;
}

/// v as weights of the gradients: dx may have fewer steps than x.
[[nodiscard]] inline Values weights_along(const Values& v, const Values& gradients) {
  Values weights;
  for (const auto& [name, direction] : v) {
    Tensor<Real> w(gradients["d" + name].shape());
    std::copy_n(direction.elements().begin(), w.elements().size(), w.elements().begin());
    weights.add("d" + name, std::move(w));
  }
  return weights;
}

inline constexpr Real real_roundoff = 0x1p-64L;  // unit roundoff of Real

/// A sum that carries what each addition rounds off: where additions round to nearest it is off by
/// little more than one unit roundoff of the terms' magnitudes, however many they are. Source:
/// Ogita, Rump & Oishi, Accurate sum and dot product (2005), algorithm 4.1.
template <class N>
class CompensatedSum {
 public:
  void add(const N& term) {
    const N sum = sum_ + term, of_term = sum - sum_;
    rest_ += (sum_ - (sum - of_term)) + (term - of_term);
    sum_ = sum;
  }
  [[nodiscard]] N value() const { return sum_ + rest_; }

 private:
  N sum_{0}, rest_{0};
};

/// What along() and its like may lose of <p, q> in Real: of each product a unit roundoff, of their
/// sum another, and n^2 u^2 of the magnitudes, which is less than a third up to n = 2^31.
[[nodiscard]] inline Real lost_in_sum(const Values& p, const Values& q) {
  Real magnitude = 0;
  for (const auto& [name, tensor] : p) {
    const auto &x = tensor.elements(), &y = q[name].elements();
    for (std::size_t k = 0; k < x.size(); ++k) magnitude += std::abs(x[k] * y[k]);
  }
  return 3 * real_roundoff * magnitude;
}

/// <G, v>, computed in N.
template <class N = Real>
[[nodiscard]] N along(const Values& gradients, const Values& v) {
  CompensatedSum<N> sum;
  for (const auto& [name, direction] : v) {
    const auto& g = gradients["d" + name].elements();
    for (std::size_t k = 0; k < g.size(); ++k) sum.add(N(g[k]) * N(direction.elements()[k]));
  }
  return sum.value();
}

}  // namespace bptt::properties
