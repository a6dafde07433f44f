#include "properties/growth.hpp"

#include <fmt/format.h>

#include <cmath>

#include "properties/generate.hpp"
#include "properties/reference_run.hpp"

namespace bptt::properties {
namespace {

/// The largest magnitude of some steps; infinity if there is a NaN.
double largest(const Tensor<double>& states, Index first, Index last) {
  double most = 0;
  const Index steps = states.shape()[states.shape().rank() - 1], block = states.size() / steps;
  for (Index k = first * block; k < last * block; ++k) {
    const double v = std::abs(states.elements()[static_cast<std::size_t>(k)]);
    most = v <= most ? most : std::isnan(v) ? HUGE_VAL : v;
  }
  return most;
}

}  // namespace

std::string remark_on_growth(Cell cell) {
  constexpr Index T = 64, a_few = 8;
  constexpr double much = 0x1p16;
  ProblemSpec spec;
  spec.cell = cell;
  spec.seed = 1;
  for (const auto& size : table_of(cell).sizes()) spec.sizes.*size.size = 4;
  spec.sizes.m = 2;
  spec.sizes.T_x = spec.sizes.T_da = T;
  if (!table_of(cell).activations().empty()) spec.activation = table_of(cell).activations().front();
  const auto problem = generate<double>(spec);
  for (const auto& [name, states] : reference_forward(problem)) {
    const CellArray& array = array_of(cell, name);
    if (array.role != Role::state) continue;
    double begin = largest(states, 0, a_few), end = largest(states, T - a_few, T);
    if (array.backwards) std::swap(begin, end);
    if (end > much * std::max(begin, 1.0))
      return fmt::format(
          "the {} is unstable: on numbers of size one, {} grows from {:.2g} in the first {} steps "
          "to {:.2g} after {}; longer problems overflow, and are inconclusive. A range in its "
          "file, such as 'range l: 0 1', says where numbers lie that keep it near one",
          name_of(cell), name, begin, a_few, end, T);
  }
  return "";
}

}  // namespace bptt::properties
