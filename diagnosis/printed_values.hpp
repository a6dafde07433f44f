// Numbers as people paste them: what a notebook printed of its arrays, read back with the precision
// that was printed.
//   gradients["dx"][1][2] = [-0.15028183 -0.34554547  0.02071758  0.01483317]
//   da0[2, 3]: -0.314942375127
//   gradients["dba"].shape = (5, 1)
// Any text may stand around them. Deliberately without arithmetic: whether the numbers are right is
// for others to say.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/shape.hpp"

namespace bptt::diagnosis {

struct PrintedNumber {
  double value = 0;  // may be NaN or infinite
  /// One unit of the last digit that was printed: 1e-8 for -0.15028183.
  double unit = 1;
  int digits = 0;  // significant ones
  std::string text;
};

/// Some of an array's numbers: all entries whose first indices are `index`, the last axis running
/// fastest.
struct PrintedValues {
  std::string array;         // as printed: "dx", "dxt", "a_next"
  std::vector<Index> index;  // from 0
  std::vector<PrintedNumber> numbers;
  int line = 0;  // from 1
};

struct PrintedShape {
  std::string array;
  std::vector<Index> extents;
  int line = 0;
};

struct Printout {
  std::vector<PrintedValues> values;
  std::vector<PrintedShape> shapes;
};

/// Everything in the text that says a value of an array, or its shape. A name counts if it is one
/// of `arrays`, and is in quotes and brackets (gradients["dx"]), has indices, or is followed by =
/// or :. Throws FormatError with the line: an array abbreviated with "...", brackets that do not
/// close, an index that is not a whole number.
[[nodiscard]] Printout read_printout(std::string_view text, const std::vector<std::string>& arrays);

}  // namespace bptt::diagnosis
