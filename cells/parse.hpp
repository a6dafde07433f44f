// Cells from text: one file a cell. built_in/ has examples.
#pragma once

#include <string>
#include <string_view>

#include "cells/program.hpp"

namespace bptt::cells {

/// The cell that a text defines:
///   # what it is, and where it comes from
///   cell NAME
///   axes    i j: n_a   k: n_x   l: n_a+n_x      letters, and how far each runs
///   state   a[i]        handed on: a' is the one before the step
///   input   x[k]        given at each step; alpha[] is one number a sample
///   weight  W[i,l]      the same at each step and for all samples
///   output  o[i]        given out, and read by no later step
///   function g: tanh relu identity
///   range   n: 0.5 1.5   where an array's numbers must lie; of a state, before the first step
///   y[i] = expression   each array but inputs and weights once, above where it is read
/// In an expression factors stand side by side, "/" divides by the next one, and
/// stack(a'[j], x[k]) puts arrays one above the other. A letter is summed if it stands in a term
/// and neither on the left nor, for a parenthesis or an argument, elsewhere in the term around it.
/// Each parenthesis and each argument becomes a line of its own, so that a program has sums of
/// products and functions alone; y / z becomes y times reciprocal(z).
/// `file`: its name in messages. Throws FormatError, "file:line:column: what is wrong", with what
/// is there and what was expected; any bytes are either read or refused.
[[nodiscard]] Definition parse(std::string_view text, const std::string& file);
/// The same of formulas that are no cell: they need no state.
[[nodiscard]] Definition parse_formulas(std::string_view text, const std::string& file);

}  // namespace bptt::cells
