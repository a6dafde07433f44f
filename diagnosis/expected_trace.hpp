// What a right implementation leaves behind when it is called by a script, and how far from it it
// may be: the reference over recorded numbers, and the bounds that every property is judged by.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "diagnosis/trace.hpp"

namespace bptt::diagnosis {

struct ExpectedArray {
  Moment moment = Moment::first;
  std::string name;
  Tensor<long double> values;
  /// Of each entry; negative where the bound says too little to judge it.
  std::vector<long double> tolerance;
};

struct ExpectedTrace {
  std::vector<ExpectedArray> arrays;
  /// The largest tolerance beside the largest entry of its array: what rounding can do to an array
  /// of this problem as a whole.
  double relative = 0;
  std::string doubt;  // why nothing of this case is judged; empty if it is

  /// Throws Error if there is none.
  [[nodiscard]] const ExpectedArray& of(Moment moment, std::string_view name) const;
};

/// For an implementation with these claims: their rounding, their derivation, the arrays that it
/// gives.
[[nodiscard]] ExpectedTrace expected_trace(const DrawnCase& drawn, const Capabilities& claims);

enum class Mark : std::uint8_t { right, wrong, not_judged };

/// A mark for each entry of each array of the trace; none for a failed one.
[[nodiscard]] std::vector<std::vector<Mark>> judge(const Trace& trace,
                                                   const ExpectedTrace& expected);

/// Largest magnitude among the finite entries.
[[nodiscard]] long double largest_of(const Tensor<double>& tensor);

}  // namespace bptt::diagnosis
