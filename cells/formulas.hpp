// Lines in the notation of matrices: Wf concat + bf, ft * c_prev, dzf concat^T. What has no such
// form (an array of three axes) is written with its indices.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cells/program.hpp"

namespace bptt::cells {

enum class Style { plain, numpy, latex };

/// Writes the lines of a program. Names are those of a step: a' is a_prev, the state a is a_next,
/// the input x is xt, and their gradients da_prev, da_next, dxt.
class Formulas {
 public:
  Formulas(const Program& program, Style style) : program_(program), style_(style) {}

  /// From now on the array that the line gives is written as the line's right side.
  void inlined(const Line& line) { inlined_[line.to.array] = line; }

  [[nodiscard]] std::string name(int array) const;
  /// Of the name that `name` gives, before a style marks it.
  [[nodiscard]] std::string plain_name(int array) const;
  /// What stands right of = or +=.
  [[nodiscard]] std::string right_side(const Line& line) const;
  /// [p; q] of lines that copy the parts of a stack.
  [[nodiscard]] std::string stack(const std::vector<Line>& copies) const;
  /// "(n_a, m)".
  [[nodiscard]] std::string shape(int array) const;
  /// What a line sums over: "n_a, the samples"; empty if nothing.
  [[nodiscard]] std::string summed(const Line& line) const;

 private:
  struct Factor {
    const Place* place;
    std::string text;
  };
  [[nodiscard]] const Array& array(const Place& place) const {
    return program_.arrays[static_cast<std::size_t>(place.array)];
  }
  [[nodiscard]] const Extent& extent(int letter) const {
    return program_.letters[static_cast<std::size_t>(letter)].extent;
  }
  [[nodiscard]] std::string read(const Place& place) const;
  [[nodiscard]] std::string part(const Place& place) const;
  [[nodiscard]] std::string term(const Term& term, const Place& to) const;
  [[nodiscard]] std::string product(const std::vector<Factor>& factors, const Place& to) const;
  [[nodiscard]] std::string with_indices(const std::vector<Factor>& factors, const Place& to) const;
  [[nodiscard]] std::string joined(const std::vector<Factor>& factors) const;
  [[nodiscard]] std::string matrix_product(const std::string& p, const std::string& q) const;
  [[nodiscard]] std::string transposed(const std::string& p) const;
  [[nodiscard]] std::string sum_over_samples(const std::string& p, bool alone) const;
  [[nodiscard]] std::string call(const Line& line) const;
  [[nodiscard]] std::string letters(const Place& place, const char* between,
                                    const char* sample) const;

  const Program& program_;
  Style style_;
  std::map<int, Line> inlined_;
};

}  // namespace bptt::cells
