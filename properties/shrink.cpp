#include "properties/shrink.hpp"

#include "properties/zeros.hpp"

namespace bptt::properties {
namespace {

/// 1, then half the way, then one less.
std::vector<Index> smaller(Index size) {
  std::vector<Index> values;
  if (size > 1) values.push_back(1);
  if (size > 3) values.push_back(size / 2);
  if (size > 2) values.push_back(size - 1);
  return values;
}

}  // namespace

std::vector<ProblemSpec> shrink_candidates(const ProblemSpec& spec) {
  std::vector<ProblemSpec> candidates;
  const auto with = [&](const auto& change) {
    ProblemSpec simpler = spec;
    change(simpler);
    if (!(simpler == spec)) candidates.push_back(simpler);
  };
  for (const Index T : smaller(spec.sizes.T_x))
    with([&](ProblemSpec& s) {
      s.sizes.T_x = T;
      s.sizes.T_da = std::min(s.sizes.T_da, T);
    });
  if (spec.sizes.T_da < spec.sizes.T_x)
    for (const Index T : smaller(spec.sizes.T_da)) with([&](ProblemSpec& s) { s.sizes.T_da = T; });
  for (const Index m : smaller(spec.sizes.m)) with([&](ProblemSpec& s) { s.sizes.m = m; });
  for (const auto& [name, size] : table_of(spec.cell).sizes())
    for (const Index n : smaller(spec.sizes.*size))
      with([&, size = size](ProblemSpec& s) { s.sizes.*size = n; });

  // All at once: of a network whose sizes are tied to one another none can change alone.
  Index largest = 1;
  for (const auto& [name, size] : table_of(spec.cell).sizes())
    largest = std::max(largest, spec.sizes.*size);
  const bool several = table_of(spec.cell).sizes().size() > 1;
  for (const Index n : several ? smaller(largest) : std::vector<Index>{})
    with([&](ProblemSpec& s) {
      for (const auto& [name, size] : table_of(spec.cell).sizes())
        s.sizes.*size = std::min(s.sizes.*size, n);
    });

  with([&](ProblemSpec& s) { s.sizes.T_da = s.sizes.T_x; });
  with([&](ProblemSpec& s) { s.activation = Activation::tanh; });
  with([&](ProblemSpec& s) { s.regime = Regime::unit; });

  const auto names = drawn_names(spec.cell);
  for (unsigned k = 0; k < names.size(); ++k)
    if (may_be_zero(array_of(spec.cell, names[k])))
      with([&](ProblemSpec& s) { s.zero_arrays.set(k); });
  for (const int digits : {1, 2, 8})
    if (spec.digits == 0 || spec.digits > digits) with([&](ProblemSpec& s) { s.digits = digits; });
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}})
    if (spec.seed > seed) with([&](ProblemSpec& s) { s.seed = seed; });
  return candidates;
}

ProblemSpec shrink(const ProblemSpec& failing,
                   const std::function<bool(const ProblemSpec&)>& allowed,
                   const std::function<bool(const ProblemSpec&)>& fails, int budget) {
  ProblemSpec smallest = failing;
  for (bool progress = true; progress;) {
    progress = false;
    for (const ProblemSpec& candidate : shrink_candidates(smallest)) {
      if (!allowed(candidate)) continue;
      if (budget-- <= 0) return smallest;
      if (!fails(candidate)) continue;
      smallest = candidate;
      progress = true;
      break;
    }
  }
  return smallest;
}

}  // namespace bptt::properties
