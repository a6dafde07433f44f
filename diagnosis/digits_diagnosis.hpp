// A diagnosis from printed digits: which known faults, alone or in pairs, print exactly these
// numbers for this problem.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/problem.hpp"
#include "diagnosis/printed_values.hpp"

namespace bptt::diagnosis {

/// A number that the right result prints otherwise.
struct WrongNumber {
  std::string entry;  // "dx[1][2][0]", as the printout names the array
  std::string printed;
  double right = 0;
};

struct DigitsDiagnosis {
  std::string problem;
  int numbers = 0, digits = 0;  // that were read, and are judged; significant digits
  std::vector<WrongNumber> wrong;
  std::vector<std::string> wrong_shapes;  // in NumPy's words
  std::vector<std::string> not_judged;    // arrays that are printed but not computed here
  /// Sets of faults that print every digit: single ones, or pairs if there are none. "a+b".
  std::vector<std::string> fits;
  /// If nothing fits: the single fault that prints most of the numbers, and how many.
  std::string nearest;
  int nearest_numbers = 0;
  int tried = 0;  // sets of faults

  [[nodiscard]] bool right() const { return wrong.empty() && wrong_shapes.empty(); }
};

/// done of all sets of faults have been tried.
using OnTried = std::function<void(int done, int all)>;

/// Arrays whose numbers can be judged, as a notebook names them for a sequence or for one step.
[[nodiscard]] std::vector<std::string> printable_arrays(Cell cell);

/// Judges a printout of the states and gradients of `problem`.
/// A number fits a value v if it is what v is rounded to at the printed precision. v itself may
/// differ by the rounding of another order of summation: at most K u max|v| of its array, with K
/// the terms of the longest sum, T_x m + n_a + n_x, and u = 2^-53. Throws FormatError if the
/// printout holds no number of these arrays, ShapeError for an index that an array does not have or
/// a row of another length.
[[nodiscard]] DigitsDiagnosis diagnose(const std::string& name, const Problem<double>& problem,
                                       const Printout& printout, const OnTried& on_tried = {});

}  // namespace bptt::diagnosis
