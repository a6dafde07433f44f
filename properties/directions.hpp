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

/// Random directions in all inputs at once; only x<t> that the losses see, t < T_da.
[[nodiscard]] inline Values random_direction(const ProblemSpec& spec, std::string_view purpose) {
  Values v;
  for (const auto& name : input_names(spec.cell)) {
    const Draw draw(spec.seed, std::string(purpose) + name);
    Tensor<Real> tensor(shape_of(spec.cell, name, spec.sizes));
    for (Index t = 0; t < (name == "x" ? spec.sizes.T_da : 1); ++t)
      for (Index j = 0; j < tensor.shape()[1]; ++j)
        for (Index i = 0; i < tensor.shape()[0]; ++i)
          // Few bits, so that v scaled by a power of two is added exactly.
          tensor(i, j, t) = static_cast<Real>(draw.below(17, i, j, t) - 8) / 8;
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

/// What a sum of products <p, q> may lose: of n terms at most n u of their magnitudes, u being the
/// unit roundoff of what computes it. Source: Higham, Accuracy and Stability, 2nd ed., section 3.1.
[[nodiscard]] inline Real lost_in_sum(const Values& p, const Values& q, Real u) {
  Real terms = 0, magnitude = 0;
  for (const auto& [name, tensor] : p)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k, ++terms)
      magnitude += std::abs(tensor.elements()[k] * q[name].elements()[k]);
  return terms * u * magnitude;
}

/// <G, v>, computed in N.
template <class N = Real>
[[nodiscard]] N along(const Values& gradients, const Values& v) {
  N sum = 0;
  for (const auto& [name, direction] : v) {
    const auto& g = gradients["d" + name].elements();
    for (std::size_t k = 0; k < g.size(); ++k) sum += N(g[k]) * N(direction.elements()[k]);
  }
  return sum;
}

}  // namespace bptt::properties
