// What stands above the functions of a cell's C++: types of arrays, functions of numbers, and
// structs of what is given and what comes out.
#pragma once

#include <set>
#include <string>

#include "cells/cpp_arrays.hpp"

namespace bptt::cells {

/// `functions`: that the lines call. The namespace of the cell is left open.
[[nodiscard]] std::string cpp_head(const Definition& cell, const CppArrays& arrays,
                                   const std::set<Function>& functions);

}  // namespace bptt::cells
