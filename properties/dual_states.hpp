// The reference on dual numbers: its states, and their derivatives along a direction.
#pragma once

#include <utility>

#include "arithmetic/dual.hpp"
#include "properties/directions.hpp"
#include "properties/reference_run.hpp"

namespace bptt::properties {

/// The states of the problem at x + epsilon v, computed in R.
template <class R>
[[nodiscard]] NamedTensors<Dual<R>> dual_states(const Problem<Real>& p, const Values& v) {
  using N = Dual<R>;
  NamedTensors<N> in;
  for (const auto& [name, tensor] : p.in) {
    Tensor<N> numbers(tensor.shape());
    const auto& values = tensor.elements();
    const Tensor<Real>* tangents = v.contains(name) ? &v[name] : nullptr;  // a mask has none
    for (std::size_t k = 0; k < values.size(); ++k)
      numbers.elements()[k] = {R(values[k]), R(tangents ? tangents->elements()[k] : 0)};
    in.add(name, std::move(numbers));
  }
  return reference_forward(Problem<N>{p.cell, p.activation, p.sizes, std::move(in), {}});
}

}  // namespace bptt::properties
