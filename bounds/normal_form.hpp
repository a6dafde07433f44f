// A cell's step and its way back as the lines whose roundings are counted: the form in which a line
// is what the tape of scalars would take for one operation.
//   stacks   are taken apart: W[i,l] concat[l] becomes W[i,j] a'[j] + W[i,n_a+k] x[k]
//   products of three factors become two lines, from left to right
//   sums     that one other sum alone reads, with the factor 1 or -1, become part of it
//   kept     what an implementation does not keep from the forward pass is computed anew on the way
//            back, with errors of its own
// Deliberately without values and sizes.
#pragma once

#include <string>
#include <vector>

#include "cells/program.hpp"

namespace bptt::bounds {

/// What the losses send to the gradient of a state or an output: an array, added by a line.
struct Upstream {
  std::string name;  // "da", of the loss of each step; "da_T", of the state after the last one
  int array = 0;
  bool final = false;  // it enters at the last step alone
  int pass = 0;
};

struct NormalForm {
  /// Lines of one step forwards, then of one step back. No line of a sum has a term of more than
  /// two reads, and each has `adds` unless it is the first that writes to its array. The lines of
  /// the last pass over time come first on the way back.
  cells::Program program;
  std::size_t forward = 0;       // lines of the forward step
  std::vector<int> gradient_of;  // array -> its gradient; -1: there is none
  std::vector<Upstream> upstream;
};

/// What is known of an implementation's way back beside the cell's lines.
struct WayBack {
  /// Names of the arrays that it finds, beside states, inputs and weights; null: all of them.
  const std::vector<std::string>* kept = nullptr;
  const cells::Definition* formulas = nullptr;  // cells/closed_form.hpp
};

/// step: one whose activation is chosen.
[[nodiscard]] NormalForm normal_form(const cells::Program& step, const WayBack& way_back = {});

/// A product with an array of zeros and ones, which rounds nothing.
[[nodiscard]] bool is_selector(const cells::Program& program, int array);

}  // namespace bptt::bounds
