// Lines as C++: a nest of loops for each, with neighbours that run over the same indices in one
// nest, where an array that nothing else reads is a variable. Deliberately without time and without
// declarations: cpp_source.cpp puts functions around it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cells/cpp_names.hpp"
#include "cells/program.hpp"

namespace bptt::cells {

/// A line that is to be written.
struct CppStatement {
  Line line;           // whose `adds` says what the text says
  std::string remark;  // stands above the first of the statements that have it
  std::string note;    // what the line is, if its remark does not say it
};

/// The loops of some statements.
struct CppLoops {
  std::string text;
  std::set<int> arrays;          // that are read or written as arrays
  std::set<std::string> sizes;   // that bound the loops
  std::set<Function> functions;  // that are called
};

/// `outside`: arrays that something else reads or writes too. `indent`: how far the text stands in.
[[nodiscard]] CppLoops cpp_loops(const Program& program, const CppNames& names,
                                 const std::vector<CppStatement>& statements,
                                 const std::set<int>& outside, int indent);

}  // namespace bptt::cells
