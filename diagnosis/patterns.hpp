// Where in an array the wrong entries are, and what they are instead: patterns that hold in every
// case in which the array is wrong.
#pragma once

#include <string>
#include <vector>

#include "diagnosis/evidence.hpp"

namespace bptt::diagnosis {

/// Cases that share a moment, and in which something may be wrong.
using Cases = std::vector<const CaseEvidence*>;

/// "only the last step of dx is right", "dWf, dWi: only the columns of the state are wrong": of
/// steps, units, samples and columns. A pattern is told if it holds in all of at least two cases
/// that can show it, or in the only one.
[[nodiscard]] std::vector<std::string> places(const Cases& cases, Moment moment);

/// "dba is the right value times m", "dWaa is transposed", "dbi holds what belongs to dbf": within
/// what rounding does to an array of that size.
[[nodiscard]] std::vector<std::string> relations(const Cases& cases, Moment moment);

/// "dx, da0 and dba".
[[nodiscard]] std::string listed(const std::vector<std::string>& names);

/// Names of arrays of a moment that are wrong in some of the cases, in the order of the trace.
[[nodiscard]] std::vector<std::string> wrong_arrays(const Cases& cases, Moment moment);

}  // namespace bptt::diagnosis
