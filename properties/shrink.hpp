// Simpler problems than a given one, the boldest first. Shrinking goes by meaning: time, batch,
// features, units; then structure; then values toward short mantissas and zero.
#pragma once

#include <functional>
#include <vector>

#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// Every candidate is strictly simpler, so that taking one after another ends.
[[nodiscard]] std::vector<ProblemSpec> shrink_candidates(const ProblemSpec& spec);

/// Takes the first candidate that still fails, until none does or `budget` calls are spent.
/// `allowed` keeps to problems that the property is about.
[[nodiscard]] ProblemSpec shrink(const ProblemSpec& failing,
                                 const std::function<bool(const ProblemSpec&)>& allowed,
                                 const std::function<bool(const ProblemSpec&)>& fails,
                                 int budget = 300);

}  // namespace bptt::properties
