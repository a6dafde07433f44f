#include "verify/commands/inputs.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

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

}  // namespace bptt::verify
