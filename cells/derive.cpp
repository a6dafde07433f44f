#include "cells/derive.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cells/reverse.hpp"
#include "core/error.hpp"

namespace bptt::cells {
namespace {

const Array& array_of(const Program& program, int k) {
  return program.arrays[static_cast<std::size_t>(k)];
}

/// Lines first .. last-1, which belong together: one line, or the copies that make a stack.
std::size_t end_of_group(const std::vector<Line>& lines, std::size_t first) {
  std::size_t last = first + 1;
  while (last < lines.size() && lines[last].to.array == lines[first].to.array) ++last;
  return last;
}

Formula formula(const Formulas& formulas, const Line& line, std::size_t number, std::string right,
                bool adds) {
  return {formulas.name(line.to.array), std::move(right), adds,  formulas.shape(line.to.array),
          formulas.summed(line),        line.to.array,    number};
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 1), ' ');
  return text;
}

/// "zf, zi, zc and zo".
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t k = 0; k < names.size(); ++k)
    text += (k == 0 ? "" : k + 1 == names.size() ? " and " : ", ") + names[k];
  return text;
}

/// Why each gradient that is added to is: who reads the array that it is of.
std::string reasons(const Program& step) {
  const Formulas formulas(step, Style::plain);
  std::map<int, std::vector<std::string>> readers;
  for (const Line& line : step.lines) {
    std::set<int> read;
    for (const Term& term : line.terms)
      for (const Place& place : term.reads) read.insert(place.array);
    for (const Place& place : line.arguments) read.insert(place.array);
    for (const int k : read) readers[k].push_back(formulas.name(line.to.array));
  }
  std::string text, weights;
  std::map<std::string, std::vector<std::string>> columns;  // by shape
  for (std::size_t k = 0; k < step.arrays.size(); ++k) {
    const Array& array = step.arrays[k];
    const std::string name = formulas.name(static_cast<int>(k));
    const auto& by = readers[static_cast<int>(k)];
    if (array.role == Role::weight) {
      weights += (weights.empty() ? "d" : ", d") + name;
      if (array.axes.size() == 1)
        columns[formulas.shape(static_cast<int>(k))].push_back("d" + name);
    } else if (array.role == Role::state) {
      const std::string begins = "begins with what the losses of this step and " +
                                 formulas.name(step.find(array.name + "'")) +
                                 " of the next step send back";
      text += "  d" + name +
              (by.empty() ? " " + begins
                          : " accumulates: it " + begins + ",\n  and " + listed(by) +
                                ", which read" + (by.size() == 1 ? "s " : " ") + name +
                                " too, add" + (by.size() == 1 ? "s its own" : " theirs")) +
              ".\n";
    } else if (by.size() > 1) {
      text += "  d" + name + " accumulates: " + listed(by) + " read " + name + ".\n";
    }
  }
  if (!weights.empty())
    text += "  " + weights + " accumulate: the weights are the same at every step.\n";
  for (const auto& [shape, names] : columns)
    text += "  " + listed(names) + (names.size() == 1 ? " is " : " are ") + shape +
            " for every m: the forward repeats a column for each sample,\n"
            "  and the way back of a repetition is a sum.\n";
  return text;
}

}  // namespace

void require_code(const Definition& cell) {
  if (!cell.step.is_causal() || !cell.step.arrays_of(Role::mask).empty())
    throw UnsupportedError(
        "code is derived of cells that go over time once, forwards, with samples of one length; "
        "of " +
        cell.name + " there are the lines: bptt-verify derive " + cell.name);
}

std::string statement(const Formula& f) { return f.left + (f.adds ? " += " : " = ") + f.right; }

std::vector<Reversed> reversed_lines(const Program& step, Style style, bool whole) {
  const Reversal back = reverse(step);
  Formulas formulas(back.program, style);
  std::vector<Reversed> result;
  for (std::size_t first = 0; first < step.lines.size();) {
    const std::size_t last = end_of_group(step.lines, first);
    const std::vector<Line> group(step.lines.begin() + static_cast<std::ptrdiff_t>(first),
                                  step.lines.begin() + static_cast<std::ptrdiff_t>(last));
    const bool stack = group.size() > 1;
    result.push_back(
        {formula(formulas, group.front(), first,
                 stack ? formulas.stack(group) : formulas.right_side(group.front()), false),
         {}});
    first = last;
  }

  // Gradients that hold something before the way back begins.
  std::set<int> begun;
  for (std::size_t k = 0; k < step.arrays.size(); ++k) {
    const Role role = step.arrays[k].role;
    if (role == Role::state || role == Role::output || (role == Role::weight && !whole))
      begun.insert(back.gradient_of[k]);
  }
  std::size_t group = result.size();
  for (std::size_t last = step.lines.size(); last > 0;) {
    std::size_t first = last - 1;
    while (first > 0 && step.lines[first - 1].to.array == step.lines[first].to.array) --first;
    Reversed& of = result[--group];
    for (std::size_t k = back.of_line[last]; k < back.of_line[first]; ++k) {
      const Line& line = back.program.lines[k];
      if (array_of(back.program, line.to.array).role == Role::local) {
        formulas.inlined(line);
        continue;
      }
      const bool adds = !begun.insert(line.to.array).second;
      of.backward.push_back(formula(formulas, line, k, formulas.right_side(line), adds));
    }
    last = first;
  }
  return result;
}

std::string derivation_text(const Definition& cell, const Program& step) {
  const auto lines = reversed_lines(step, Style::plain);
  std::size_t width = 0;
  for (const Reversed& line : lines) {
    width = std::max(width, statement(line.forward).size() + 2);
    for (const Formula& f : line.backward) width = std::max(width, statement(f).size() + 6);
  }
  width = std::min<std::size_t>(width, 60);

  std::string text = cell.name + ": " + cell.title + "\n\nForward\n";
  const auto sum = [](const Formula& f) {
    return f.shape + (f.summed.empty() ? "" : ", summed over " + f.summed);
  };
  const auto pass = [&](std::size_t k) { return step.lines[lines[k].forward.line].pass; };
  // What goes over time in one pass, forwards, needs no word of it.
  const auto heading = [&](std::size_t k, std::size_t before, bool back) {
    if (step.is_causal() || (before < lines.size() && pass(k) == pass(before))) return;
    text += "Pass " + std::to_string(pass(k) + 1) + " over time, from the " +
            (step.goes_backwards(pass(k)) != back ? "last step to the first"
                                                  : "first step to the last") +
            "\n";
  };
  for (std::size_t k = 0; k < lines.size(); ++k) {
    heading(k, k == 0 ? lines.size() : k - 1, false);
    text += padded(padded(std::to_string(k + 1), 4) + statement(lines[k].forward), width + 4) +
            sum(lines[k].forward) + "\n";
  }
  text +=
      "\nBackward: the same lines, the last one first. * is entry by entry, ^T a transpose, j the\n"
      "sample; = overwrites, += adds to what is there.\n";
  for (std::size_t k = lines.size(); k-- > 0;) {
    heading(k, k + 1, true);
    text += padded(std::to_string(k + 1), 4) + statement(lines[k].forward) + "\n";
    for (const Formula& f : lines[k].backward)
      text += padded("      " + statement(f), width + 4) + sum(f) + "\n";
  }
  return text + "\nWhat is added to, and why\n" + reasons(step);
}

std::string derivation_latex(const Definition& cell, const Program& step) {
  const auto lines = reversed_lines(step, Style::latex);
  const auto row = [](const Formula& f) {
    return f.left + " &" + (f.adds ? "\\mathrel{+}= " : "= ") + f.right + " \\\\\n";
  };
  std::string text = "% " + cell.name + ": " + cell.title + "\n% forward\n\\begin{align*}\n";
  for (const Reversed& line : lines) text += row(line.forward);
  text +=
      "\\end{align*}\n% backward: the forward's lines reversed, the last one first\n"
      "\\begin{align*}\n";
  for (std::size_t k = lines.size(); k-- > 0;) {
    text += "% " + std::to_string(k + 1) + "\n";
    for (const Formula& f : lines[k].backward) text += row(f);
  }
  return text + "\\end{align*}\n";
}

}  // namespace bptt::cells
