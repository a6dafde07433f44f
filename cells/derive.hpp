// How a cell's backward pass is derived, line by line, as text that one reads or runs.
#pragma once

#include <string>
#include <vector>

#include "cells/formulas.hpp"
#include "cells/program.hpp"

namespace bptt::cells {

/// left = right, or left += right.
struct Formula {
  std::string left, right;
  bool adds = false;
  std::string shape;     // of what stands on the left: "(n_a, m)"
  std::string summed;    // what the right side is summed over; empty if nothing
  int array = 0;         // that stands on the left
  std::size_t line = 0;  // of the forward program, its first; of the reversal
};

/// "left = right".
[[nodiscard]] std::string statement(const Formula& formula);

/// A forward line, or the lines that make a stack, and what reversing them gives.
struct Reversed {
  Formula forward;
  std::vector<Formula> backward;
};

/// In the order of the forward's lines; the way back goes through them from the last to the first.
/// Slopes stand inside the line that needs them. `whole`: gradients of weights begin as a step's
/// own
/// (=) instead of accumulating over the steps.
[[nodiscard]] std::vector<Reversed> reversed_lines(const Program& step, Style style,
                                                   bool whole = false);

/// Throws UnsupportedError for a cell of which no code is written: of several directions, or
/// lengths.
void require_code(const Definition& cell);

/// Plain text: every forward line with the lines that it gives backward, last line first, with
/// shapes and sums, and then what accumulates, and why. In matrix notation.
[[nodiscard]] std::string derivation_text(const Definition& cell, const Program& step);
/// The same formulas as an align* environment each way.
[[nodiscard]] std::string derivation_latex(const Definition& cell, const Program& step);
/// A Python module (of a cell that require_code lets pass) with the functions NAME_cell_forward,
/// NAME_forward, NAME_cell_backward and NAME_backward. Those of the RNN and the LSTM have the
/// signatures of the course, so that `bptt-verify check` takes them.
[[nodiscard]] std::string numpy_module(const Definition& cell, const Program& step);
/// A C++20 file (likewise) that needs no other, with the functions forward and backward of a whole
/// sequence in plain loops, in a namespace of the cell's name, over any floating-point type.
[[nodiscard]] std::string cpp_source(const Definition& cell, const Program& step);

}  // namespace bptt::cells
