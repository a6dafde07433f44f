// write_cpp_test > cells.hpp: the C++ of every cell, and a function for each that runs it on arrays
// by name, for cpp_source_test.cpp.
#include <iostream>

#include "cells/awkward_cells_test.hpp"
#include "cells/built_in.hpp"
#include "cells/cpp_names.hpp"
#include "cells/derive.hpp"
#include "cells/functions.hpp"
#include "cells/signature.hpp"

namespace bptt::cells {
namespace {

void write(Definition cell, Function activation) {
  const Program step = cell.with(activation);
  if (!cell.activation_name.empty()) cell.name += "_" + std::string(name_of(activation));
  const Signature of(step);
  const auto name = [&](int k) { return step.arrays[static_cast<std::size_t>(k)].name; };
  std::string given, losses, gradients, results, sizes;
  const CppNames names(step);
  for (const auto& size : names.sizes()) sizes += "given.extents[\"" + size + "\"], ";
  const auto add = [&](int k, const std::string& behind, bool over_time) {
    given += "given.at(\"" + name(k) + behind + "\"), ";
    gradients +=
        "given.gradient(\"" + name(k) + behind + "\", " + (over_time ? "true" : "false") + "), ";
  };
  for (const int k : of.inputs) add(k, "", true);
  for (const int k : of.states) add(k, "0", false);
  for (const int k : of.weights) add(k, "", false);
  for (const int k : of.seen) losses += "given.loss(\"d" + name(k) + "\"), ";
  for (const int k : of.seen_last) losses += "given.loss(\"d" + name(k) + "_T\"), ";
  for (const auto* all : {&of.states, &of.outputs})
    for (const int k : *all)
      results += "  given.out[\"" + name(k) + "\"] = steps." + CppNames::allowed(name(k)) + ";\n";
  std::cout << cpp_source(cell, step) << "\ntemplate <class Run>\nvoid run_" << cell.name
            << "(Run& given) {\n  using S = typename Run::Scalar;\n  using namespace "
            << CppNames::allowed(cell.name) << ";\n  const Sizes size{" << sizes
            << "given.m, given.T_x, given.T_da};\n  const Inputs<S> in{" << given
            << "};\n  const Losses<S> losses{" << losses << "};\n  const Gradients<S> out{"
            << gradients
            << "};\n  Steps<S> steps;\n  forward(size, in, steps);\n  backward(size, in, "
            << "steps, losses, out);\n"
            << results << "}\n\n";
}

}  // namespace
}  // namespace bptt::cells

int main() {
  using namespace bptt::cells;
  auto cells = built_in();
  for (const Definition& cell : awkward_cells()) cells.push_back(cell);
  std::string calls;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const bool chosen = !cells[k].activation_name.empty();
    for (const Function g : chosen ? cells[k].activations : std::vector{Function::tanh}) {
      write(cells[k], g);
      calls += "  run(" + std::to_string(k) +
               ", bptt::cells::Function::" + std::string(name_of(g)) + ", [](auto& given) { run_" +
               cells[k].name + (chosen ? "_" + std::string(name_of(g)) : "") + "(given); });\n";
    }
  }
  std::cout << "/// The built-in cells, and then the awkward ones.\n"
               "template <class Each>\nvoid for_every_cell(const Each& run) {\n"
            << calls << "}\n";
}
