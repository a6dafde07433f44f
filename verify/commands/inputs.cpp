#include "verify/commands/inputs.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include "cells/built_in.hpp"
#include "cells/network.hpp"
#include "cells/parse.hpp"
#include "core/error.hpp"
#include "diagnosis/grade.hpp"
#include "properties/published_cases.hpp"

namespace bptt::verify {

Problem<double> problem_named(const std::string& name, Activation activation) {
  if (std::filesystem::path(name).extension() == ".npz")
    return diagnosis::recorded_problem(name, activation);
  return properties::find_published_case(name).problem;
}

std::string text_given(const std::string& file) {
  if (file.empty() || file == "-") {
    if (::isatty(STDIN_FILENO) == 1)
      std::fputs("paste what was printed, then press Ctrl-D on an empty line:\n", stderr);
    return {std::istreambuf_iterator<char>(std::cin), {}};
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error("cannot read " + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

cells::Definition cell_given(const std::string& name) {
  if (!name.ends_with(".cell")) return cells::definition_of(cells::cell_named(name));
  return cells::parse(text_given(name), std::filesystem::path(name).filename().string());
}

std::vector<Cell> cells_given(const std::vector<std::string>& names) {
  std::vector<Cell> given;
  for (const std::string& name : names) {
    if (name == "all")
      for (const Cell cell : cells::built_in_cells()) given.push_back(cell);
    else
      given.push_back(name.ends_with(".cell") ? cells::add_cell(cell_given(name))
                                              : cells::cell_named(name));
  }
  return given;
}

}  // namespace bptt::verify
