// What a user names on the command line: a problem, a text.
#pragma once

#include <string>
#include <vector>

#include "cells/program.hpp"
#include "core/problem.hpp"

namespace bptt::verify {

/// A published case by its name, or the inputs in a .npz file, whose RNN has this activation.
/// Throws UnsupportedError with the known names, and what recorded_problem throws.
[[nodiscard]] Problem<double> problem_named(const std::string& name, Activation activation);

/// A file's text; standard input if the name is empty or "-", with a hint on a terminal.
/// Throws Error if the file cannot be read.
[[nodiscard]] std::string text_given(const std::string& file);

/// The cell of a file, or the built-in one of that name.
[[nodiscard]] cells::Definition cell_given(const std::string& name);
/// Cells by names or files, or all built-in ones by the word "all". A file's cell is added.
[[nodiscard]] std::vector<Cell> cells_given(const std::vector<std::string>& names);

}  // namespace bptt::verify
