// Recorded gradients, graded: inputs and outputs of an implementation that nobody can run here any
// more, from one .npz file. Every gradient and state in it is compared with the reference on the
// recorded inputs, within the bound that holds for any implementation in that scalar.
//
// Keys are those of the published cases (in.x, in.Wax, in.da, grad.dx, out.a), or bare names (x,
// Wax, da, dx, a), or those of one cell's step (xt, a_prev, da_next, dxt). Deliberately without
// guessing: what is missing is named, and what is not known is not graded.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/problem.hpp"
#include "core/subject.hpp"
#include "properties/verdict.hpp"

namespace bptt::diagnosis {

struct GradeOptions {
  std::optional<Scalar> scalar;  // that was computed in; without it, the one of the gradients
  Activation activation = Activation::tanh;
  /// Largest errors of the recorded implementation's tanh and sigmoid, in units in the last place.
  double tanh_ulp = 2, sigmoid_ulp = 4;
};

struct GradedArray {
  std::string key;   // in the file: "grad.dxt"; the array's own name if it is not in the file
  std::string name;  // "dx"
  Shape shape, expected;
  bool there = false;    // else not graded
  bool sampled = false;  // sampled entries and projections stand for all
  properties::Verdict verdict;
};

struct Grade {
  std::string file;
  Cell cell = Cell::rnn;
  Scalar scalar = Scalar::f64;
  Activation activation = Activation::tanh;
  Sizes sizes;
  std::vector<std::string> assumed_zero;  // inputs that are not in the file: a0, c0, dc_T
  std::vector<GradedArray> arrays;        // gradients, then states that are in the file
  std::vector<std::string> unknown;       // keys that are not graded
};

/// Broken if any array is; else not judged if any is, since the checker's trouble is of all; else
/// inconclusive if any is; else held.
[[nodiscard]] properties::Outcome outcome_of(const Grade& grade);

/// The problem that a file holds, in f64. Throws as grade does.
[[nodiscard]] Problem<double> recorded_problem(const std::filesystem::path& file,
                                               Activation activation);

/// Grades a file. Throws FormatError if it is no .npz or lacks inputs (all that are lacking are
/// named), ShapeError if the inputs disagree with one another, UnsupportedError if it holds nothing
/// to grade. A problem that takes more memory than allowed is not judged.
[[nodiscard]] Grade grade(const std::filesystem::path& file, const GradeOptions& options);

}  // namespace bptt::diagnosis
