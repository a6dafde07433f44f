// What the functions that are written of a cell take and give: its arrays, and which of them the
// losses read.
#pragma once

#include <algorithm>
#include <vector>

#include "cells/program.hpp"

namespace bptt::cells {

struct Signature {
  std::vector<int> inputs, weights, states, outputs;
  /// The loss of each step reads what Program::seen says. Of the other states a loss may read the
  /// last one.
  std::vector<int> seen, seen_last;

  explicit Signature(const Program& step)
      : inputs(step.arrays_of(Role::input)),
        weights(step.arrays_of(Role::weight)),
        states(step.arrays_of(Role::state)),
        outputs(step.arrays_of(Role::output)),
        seen(outputs.empty() ? std::vector{states.front()} : outputs) {
    if (!step.seen.empty()) seen.clear();
    for (const std::string& name : step.seen) seen.push_back(step.array(name));
    for (const int state : states)
      if (!is_seen(state)) seen_last.push_back(state);
  }
  [[nodiscard]] bool is_seen(int array) const {
    return std::find(seen.begin(), seen.end(), array) != seen.end();
  }
};

}  // namespace bptt::cells
