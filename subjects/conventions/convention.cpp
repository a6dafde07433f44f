#include "subjects/conventions/convention.hpp"

#include <algorithm>

#include "cells/syntax.hpp"
#include "core/error.hpp"

namespace bptt {
namespace {

using cells::Syntax;
using cells::Token;

/// One axis: a 1, or words with + or nothing between them.
ConventionAxis parse_axis(Syntax& s) {
  ConventionAxis axis;
  if (s.is("1")) {
    s.take();
    return axis;
  }
  axis.words.push_back(s.word("an axis").text);
  axis.parts = s.is("+");
  while (s.is("+") || s.at_word()) {
    if (s.is("+") != axis.parts)
      s.refuse(s.peek(), "an axis has + between all of its words or none");
    if (axis.parts) s.take();
    axis.words.push_back(s.word("an axis").text);
  }
  return axis;
}

std::vector<ConventionAxis> parse_axes(Syntax& s) {
  std::vector<ConventionAxis> axes;
  s.expect("[");
  while (!s.is("]")) {
    if (!axes.empty()) s.expect(",");
    axes.push_back(parse_axis(s));
  }
  s.take();
  return axes;
}

ConventionArray array_line(Syntax& s, const Token& name) {
  ConventionArray array{name.text, parse_axes(s), {}, ""};
  s.expect("=");
  std::vector<ConventionAxis> letters;
  bool known = false;
  do {
    if (s.is("0")) {
      s.take();
      array.pieces.emplace_back();
      continue;
    }
    const Token piece = s.word("an array of the cell, or 0");
    if (s.is("[")) {
      letters = parse_axes(s);
      known = true;
    } else if (!known) {
      s.refuse(piece, "expected the axes of " + piece.text + ", such as " + piece.text + "[i]");
    }
    array.pieces.push_back({piece.text, letters});
  } while (!s.at_end());
  return array;
}

}  // namespace

bool ConventionArray::has(std::string_view word) const {
  return std::any_of(axes.begin(), axes.end(), [&](const ConventionAxis& axis) {
    return std::find(axis.words.begin(), axis.words.end(), word) != axis.words.end();
  });
}

const ConventionCell& Convention::cell(std::string_view cell) const {
  std::string known;
  for (const ConventionCell& one : cells) {
    if (one.name == cell) return one;
    known += (known.empty() ? "" : ", ") + one.name;
  }
  throw UnsupportedError("the convention " + name + " has no cell '" + std::string(cell) +
                         "'; they are " + known);
}

Convention parse_convention(std::string_view text, const std::string& file) {
  Convention convention;
  int number = 0;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    const std::string where = file + ":" + std::to_string(++number);
    Syntax s(line, where);
    if (s.at_end()) {
      if (convention.title.empty() && convention.name.empty() && line.starts_with("# "))
        convention.title = line.substr(2);
      continue;
    }
    const Token first = s.word("convention, cell or the name of an array");
    if (first.text == "convention") {
      if (!convention.name.empty())
        s.refuse(first, "the convention has a name already: " + convention.name);
      convention.name = s.word("a name").text;
    } else if (convention.name.empty()) {
      s.refuse(first, "expected 'convention NAME' above everything else");
    } else if (first.text == "cell") {
      const Token name = s.word("a cell");
      for (const ConventionCell& cell : convention.cells)
        if (cell.name == name.text) s.refuse(name, "there is the cell " + name.text + " already");
      convention.cells.push_back({name.text, {}});
    } else if (convention.cells.empty()) {
      s.refuse(first, "expected 'cell NAME' above its arrays");
    } else {
      auto& arrays = convention.cells.back().arrays;
      for (const ConventionArray& array : arrays)
        if (array.name == first.text)
          s.refuse(first, "there is an array " + first.text + " already");
      arrays.push_back(array_line(s, first));
      arrays.back().where = where + ":" + std::to_string(first.column) + ": ";
    }
    if (!s.at_end()) s.refuse(s.peek(), "'" + s.peek().text + "' is left over");
  }
  if (convention.cells.empty())
    throw FormatError(file + ":" + std::to_string(number) +
                      ":1: the end of the text; expected a convention's cells and their arrays");
  return convention;
}

const Convention& convention_named(std::string_view name) {
  static const std::vector<Convention> all = [] {
    std::vector<Convention> conventions;
    for (const EmbeddedFile& file : convention_files())
      conventions.push_back(parse_convention(file.text(), std::string(file.name) + ".convention"));
    return conventions;
  }();
  std::string known;
  for (const Convention& one : all) {
    if (one.name == name) return one;
    known += (known.empty() ? "" : ", ") + one.name;
  }
  throw UnsupportedError("there is no convention '" + std::string(name) + "'; they are " + known);
}

}  // namespace bptt
