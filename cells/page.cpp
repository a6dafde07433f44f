#include "cells/page.hpp"

#include "cells/built_in.hpp"
#include "cells/derive.hpp"
#include "cells/network.hpp"

namespace bptt::cells {
namespace {

constexpr std::string_view head = R"(# The cells

Made by `bptt-verify derive all --markdown`. Each cell is one file in [cells/built_in](../cells/built_in): its
lines in index notation, where a prime is the state before the step and an index that stands only on the right is
summed. All else follows from it: the way back, the error bounds, what is drawn to test it, and `derive CELL` as
text, LaTeX, NumPy and C++. The sample and the step are never written: every array but a weight has a sample axis
behind its own, and at each step one of those axes. A bias is (n, 1).

`bptt-verify check lines --cell gru` puts a cell's own lines to the test. Files and libraries are taken for any of
them, or for one of your own: [your_own_cell.md](your_own_cell.md).

Networks of a cell are cells too, by their names:

| name | what it is |
|---|---|
| `gru_x2` .. `gru_x9` | layers, of any cell that reads one array of features; the arrays of the second are `l2_h`, `l2_Wr`, .. |
| `gru_reverse` | from the last step to the first: `h'` is the state of step t+1, and `dh_T` of a state that no loss of each step reads is that of step 0 |
| `gru_both` | one copy each way; the arrays of the one that goes backwards are `r_h`, `r_Wr`, ..; dx is the sum |
| `gru_both_x2` | two layers of that: the second reads `h` and `r_h` of the first, one above the other |
| `gru_lengths`, `gru_both_x2_lengths` | samples end one by one: a `mask` (m, T_x) is 1 while a sample lasts. Behind its end inputs are not read, states stay what they were (zeros in their place are not held against anyone), outputs are zero, dx is zero; from right to left a sample begins at its own end |

Where every step reads later ones (`reverse`, `both`), losses are of all steps: T_da = T_x.
)";

std::string extent_text(const CellTable& cell, const bptt::Axis& axis) {
  std::string text;
  for (const Size size : axis)
    for (const auto& [name, known] : cell.sizes())
      if (known == size) text += (text.empty() ? "" : " + ") + name;
  return text;
}

/// "(n_h, n_x)", with the sample and the step.
std::string shape_text(const CellTable& cell, const CellArray& array) {
  std::string text;
  const auto add = [&](const std::string& extent) { text += (text.empty() ? "" : ", ") + extent; };
  for (const bptt::Axis& axis : array.axes) add(extent_text(cell, axis));
  if (!array.has_samples && array.axes.size() < 2) add("1");
  if (array.has_samples) add("m");
  if (array.has_steps) add(array.of_losses ? "T_da" : "T_x");
  return "(" + text + ")";
}

/// Arrays of one role and shape stand together.
std::string arrays_table(const CellTable& cell) {
  const auto words = [](const CellArray& array) -> std::string {
    switch (array.role) {
      case bptt::Role::input: return "given at each step";
      case bptt::Role::initial: return "a state before the first step";
      case bptt::Role::weight: return "the same at each step";
      case bptt::Role::state: return "handed on";
      case bptt::Role::output: return "given out";
      case bptt::Role::upstream: return "from the loss of each step";
      case bptt::Role::final_upstream: return "from a loss that reads the last state";
      case bptt::Role::mask: return "1 while a sample lasts, 0 behind its end";
      default: return "";
    }
  };
  std::string text = "| arrays | shape | |\n|---|---|---|\n", names, shape, what;
  const auto end_row = [&] {
    if (!names.empty()) text += "| " + names + " | " + shape + " | " + what + " |\n";
    names.clear();
  };
  for (const CellArray& array : cell.arrays()) {
    if (words(array).empty()) continue;
    if (shape_text(cell, array) != shape || words(array) != what) end_row();
    names += (names.empty() ? "`" : " `") + array.name + "`";
    shape = shape_text(cell, array);
    what = words(array);
    if (array.low < array.high) {
      const auto number = [](double v) {
        std::string digits = std::to_string(v);
        digits.erase(digits.find_last_not_of('0') + 1);
        if (digits.back() == '.') digits.pop_back();
        return digits;
      };
      what += ", in " + number(array.low) + " .. " + number(array.high);
      end_row();
    }
  }
  end_row();
  return text;
}

}  // namespace

std::string section_of(const Definition& cell, const Program& step, std::string_view file) {
  std::string lines = derivation_text(cell, step);
  lines.erase(0, lines.find("\n\n") + 2);  // its title
  const std::string text = file.empty() ? "" : "```\n" + std::string(file) + "```\n\n";
  return "## " + cell.name + "\n\n" + cell.title + ".\n\n" + text + arrays_table(table_of(cell)) +
         "\n```\n" + lines + "```\n";
}

std::string page_of_built_in_cells() {
  std::string page(head);
  for (const EmbeddedFile& file : built_in_files()) {
    const Definition& cell = built_in(file.name);
    const Program step = cell.activations.empty() ? cell.step : cell.with(cell.activations.front());
    page += "\n" + section_of(cell, step, file.text());
  }
  return page;
}

}  // namespace bptt::cells
