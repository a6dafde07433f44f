// Small faults in a cell's lines: what somebody who writes them by hand gets wrong in one place.
// The same list for every cell, made from its lines.
#pragma once

#include <string>
#include <vector>

#include "cells/program.hpp"
#include "cells/reverse.hpp"

namespace bptt::cells {

/// A cell's step and its way back, as somebody has them.
struct Written {
  Program step;
  Reversal back;
};

/// One place of them that is wrong.
struct Edit {
  enum class Kind {
    drop_term,    // z = a b + c      for  z = a b + c d
    negate_term,  // z = a b - c d
    drop_read,    // z = a b + c      for  c d
    read_other,   // z = a b + c e    for  c d, where e has the axes of d
    assign,       // z = c d          for  z += c d
    other_function,
    turn  // a pass over time goes the other way
  };
  Kind kind = Kind::drop_term;
  bool forward = false;                      // in the step, whose way back stays as it was
  std::size_t line = 0, term = 0, read = 0;  // of `turn`, line is the pass
  int array = 0;                             // that is read instead
  Function function = Function::sum;         // that is applied instead
};

/// All single edits, in a fixed order: of the step first, line by line. Some change nothing that is
/// computed: a first += on zeros.
[[nodiscard]] std::vector<Edit> single_edits(const Written& right);
[[nodiscard]] Written edited(const Written& right, const Edit& edit);
/// "backward, dzf += dft * ft_slope: without the factor ft_slope".
[[nodiscard]] std::string in_words(const Written& right, const Edit& edit);

}  // namespace bptt::cells
