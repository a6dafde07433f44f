// Backpropagation as a rewriting of lines: the whole of it.
//   y[..] = .. + c f[..] g[..] ..      gives      df[..] += c dy[..] g[..]   and   dg[..] += c
//   f[..] dy[..] y = tanh(z)                        gives      dz += dy (1 - y y)
// from the last line to the first. What is read twice gets two lines: it accumulates. The indices
// that f does not have are summed, the sample among them: that is why a bias's gradient is (n_a,
// 1). Source: Linnainmaa 1976; Griewank & Walther, Evaluating Derivatives, 2nd ed., chapter 3.
#pragma once

#include <vector>

#include "cells/program.hpp"

namespace bptt::cells {

/// The way back through one step.
struct Reversal {
  /// The forward's letters and arrays, under the same numbers, then the gradients and what slopes
  /// need; its lines are those of the way back alone. They read what the forward step wrote, and
  /// gradients that begin at zero: but those of states and outputs, which begin with what comes
  /// from the losses and from the next step. The last pass over time comes first, each in the other
  /// direction.
  Program program;
  std::vector<int> gradient_of;  // array -> its gradient; -1 if no loss depends on it
  std::vector<std::size_t>
      of_line;  // forward line k gave program.lines of_line[k+1] .. of_line[k]-1
};

/// Reverses a step. Throws UnsupportedError if it has an activation that is not chosen yet
/// (Definition::with).
[[nodiscard]] Reversal reverse(const Program& forward);

}  // namespace bptt::cells
