// A diagnosis in sentences: which arrays are wrong and which are right, on what that depends, where
// in the arrays, and what stands there instead. Facts about the one on trial alone; which fault it
// may be is in fault_search.hpp.
#pragma once

#include <string>
#include <vector>

#include "diagnosis/evidence.hpp"

namespace bptt::diagnosis {

/// In the order in which one reads them; empty if nothing is wrong.
[[nodiscard]] std::vector<std::string> sentences(const Evidence& evidence);

}  // namespace bptt::diagnosis
