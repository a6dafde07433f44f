#include <optional>

#include "cells/built_in.hpp"
#include "cells/derive.hpp"
#include "cells/functions.hpp"
#include "cells/page.hpp"
#include "core/error.hpp"
#include "subjects/foreign/derived_library.hpp"
#include "verify/commands/command.hpp"
#include "verify/commands/inputs.hpp"

namespace bptt::verify {
namespace {

cells::Program step_of(const cells::Definition& cell, const std::string& activation) {
  if (cell.activation_name.empty()) {
    if (!activation.empty())
      throw UnsupportedError("the cell " + cell.name + " leaves no function to be chosen");
    return cell.step;
  }
  if (activation.empty()) return cell.with(cell.activations.front());
  const auto function = cells::function_named(activation);
  if (!function) throw UnsupportedError("there is no function " + activation);
  return cell.with(*function);
}

}  // namespace

void add_derive(CLI::App& app, Arguments& a) {
  app.add_option("CELL", a.what, "A built-in cell, or a file; or all")
      ->required()
      ->type_name("NAME|FILE.cell");
  app.add_option("--activation", a.activation,
                 "The function of a cell that leaves it open; its first")
      ->type_name("NAME");
  CLI::Option_group* form = app.add_option_group("form", "Instead of plain text");
  form->add_flag("--numpy", a.as_numpy, "A Python module that runs");
  form->add_flag("--c++", a.as_cpp, "A C++ file: functions in plain loops, and a library to check");
  form->add_flag("--latex", a.as_latex, "align* environments");
  form->add_flag("--markdown", a.as_markdown,
                 "Its arrays too, with what they are for and their shapes; of all cells, a page");
  form->require_option(0, 1);
  std::string names;
  for (const auto& cell : cells::built_in()) names += " " + cell.name;
  app.footer(
      "Prints each line of the forward step with the lines that it gives backward.\n"
      "Cells:" +
      names +
      "\n"
      "Examples:\n"
      "  bptt-verify derive lstm\n"
      "  bptt-verify derive gru --latex\n"
      "  bptt-verify derive gru_both_x2 --markdown\n"
      "  bptt-verify derive lstm --numpy > mine.py && bptt-verify check mine.py\n"
      "  bptt-verify derive lstm --c++ > lstm.cpp && g++ -O2 -shared -fPIC lstm.cpp -o lstm.so && "
      "bptt-verify check ./lstm.so");
}

int run_derive(const Arguments& a) {
  if (!a.as_markdown && a.what == "all")
    throw UnsupportedError(
        "derive all --markdown writes a page of every built-in cell; all takes no other form");
  if (a.what == "all") {
    print(cells::page_of_built_in_cells());
    return all_held;
  }
  const cells::Definition cell = cell_given(a.what);
  const cells::Program step = step_of(cell, a.activation);
  print(a.as_numpy      ? cells::numpy_module(cell, step)
        : a.as_cpp      ? cells::cpp_source(cell, step) + foreign::c_interface_of(cell, step)
        : a.as_markdown ? cells::section_of(cell, step)
        : a.as_latex    ? cells::derivation_latex(cell, step)
                        : cells::derivation_text(cell, step));
  return all_held;
}

}  // namespace bptt::verify
