// Directions in the space of all inputs, and what a gradient says along them.
#pragma once

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

/// <G, v>, and v as weights of the gradients.
[[nodiscard]] inline Real along(const Values& gradients, const Values& v, Values& weights) {
  Real sum = 0;
  for (const auto& [name, direction] : v) {
    const auto& g = gradients["d" + name];
    Tensor<Real> w(g.shape());  // dx may have fewer steps than x
    for (std::size_t k = 0; k < g.elements().size(); ++k) {
      w.elements()[k] = direction.elements()[k];
      sum += g.elements()[k] * direction.elements()[k];
    }
    weights.add("d" + name, std::move(w));
  }
  return sum;
}

}  // namespace bptt::properties
