// What a user names on the command line: a problem, a text.
#pragma once

#include <string>

#include "core/problem.hpp"

namespace bptt::verify {

/// A published case by its name, or the inputs in a .npz file, whose RNN has this activation.
/// Throws UnsupportedError with the known names, and what recorded_problem throws.
[[nodiscard]] Problem<double> problem_named(const std::string& name, Activation activation);

/// A file's text; standard input if the name is empty or "-", with a hint on a terminal.
/// Throws Error if the file cannot be read.
[[nodiscard]] std::string text_given(const std::string& file);

}  // namespace bptt::verify
