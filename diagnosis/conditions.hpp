// On what it depends whether something is wrong: sizes, values, calls.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "diagnosis/patterns.hpp"

namespace bptt::diagnosis {

/// "only with m > 1 (18 wrong, 6 right)": a condition on the sizes that holds in every case that
/// `is` picks and in no other, or two of them that cannot be told apart; "at every one of 24
/// sizes"; empty if it picks none.
[[nodiscard]] std::string only_where(const Cases& cases,
                                     const std::function<bool(const CaseEvidence&)>& is);

/// What is special about a case that is no plain problem: "with relu", "in f32", "a second
/// backward", "inputs of order 2^-20".
[[nodiscard]] std::string special(const TraceCase& c, Scalar usual);

}  // namespace bptt::diagnosis
