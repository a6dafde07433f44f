// Texts that are cells, and texts that are none: each is refused where it is wrong, in words.
#include "cells/parse.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <random>
#include <string>

#include "cells/built_in.hpp"
#include "cells/functions.hpp"
#include "core/error.hpp"
#include "core/test_support.hpp"

namespace bptt::cells {
namespace {

constexpr std::string_view head =
    "cell c\naxes i j: n  k: n_x  l: n+n_x\nstate h[i]\ninput x[k]\nweight W[i,k] U[i,j]\n";

std::string error_of(const std::string& text) {
  try {
    static_cast<void>(parse(text, "c.cell"));
  } catch (const FormatError& error) {
    return error.what();
  }
  return "no error";
}

std::string error_of_lines(const std::string& lines) { return error_of(std::string(head) + lines); }

TEST(Parse, RefusesWhatIsWrongAndSaysWhere) {
  EXPECT_EQ(error_of(""), "c.cell:1:1: the end of the text; expected 'cell NAME'");
  EXPECT_EQ(error_of("state h[i]"), "c.cell:1:1: expected 'cell NAME' above everything else");
  EXPECT_EQ(error_of("cell"), "c.cell:1:5: expected a name, found the end of the line");
  EXPECT_EQ(error_of("cell c d"), "c.cell:1:8: 'd' is left over");
  EXPECT_EQ(error_of("cell c\naxes i n"),
            "c.cell:2:9: expected an index, found the end of the line");
  EXPECT_EQ(error_of("cell c\naxes i: n i: m"), "c.cell:2:11: the index i is declared already");
  EXPECT_EQ(error_of("cell c\nstate h[q]"),
            "c.cell:2:9: the index q is not declared; the axes are:");
  EXPECT_EQ(error_of("cell c\naxes i: n\nstate h[i,i]"),
            "c.cell:3:11: the index i stands twice in h");
  EXPECT_EQ(error_of("cell c\naxes i: n\nstate tanh[i]"),
            "c.cell:3:7: 'tanh' has a meaning of its own and cannot be a name");
  EXPECT_EQ(error_of("cell c\naxes i: n\nstate h[i] h[i]"), "c.cell:3:12: there is a h already");
  EXPECT_EQ(error_of("cell c\nfunction g: cosh"),
            "c.cell:2:13: there is no function 'cosh' of one array");

  EXPECT_EQ(error_of_lines("h[i] = W[i,k] x[k] + U[i,j] h[j]"),
            "c.cell:6:29: h has no values yet; before the step it is h'");
  EXPECT_EQ(error_of_lines("h[i] = W[i,j] x[k]"),
            "c.cell:6:8: axis 2 of W runs over n_x, and j over n");
  EXPECT_EQ(error_of_lines("h[i] = W[i] x[k]"),
            "c.cell:6:8: W has 2 axes, and 1 indices stand here");
  EXPECT_EQ(error_of_lines("h[i] = V[i,k] x[k]"),
            "c.cell:6:8: there is no array V so far; there are: h h' x W U");
  EXPECT_EQ(error_of_lines("h[i] = W[i,q] x[q]"),
            "c.cell:6:12: the index q is not declared; the axes are: i j k l");
  EXPECT_EQ(error_of_lines("h[i] = (W[i,q] x[q]) h'[i]"),
            "c.cell:6:13: the index q is not declared; the axes are: i j k l");
  EXPECT_EQ(error_of_lines("h[i] = tanh(W[i,k] x[k], x[k])"),
            "c.cell:6:8: tanh is of 1 arrays, and 2 stand here");
  EXPECT_EQ(error_of_lines("h[i] = cosh(h'[i])"),
            "c.cell:6:8: there is no function cosh; there are: tanh sigmoid exp log relu identity "
            "larger ");
  EXPECT_EQ(
      error_of_lines("h[i] = h'[i] +"),
      "c.cell:6:15: expected a number, an array, a function or '(', found the end of the line");
  EXPECT_EQ(error_of_lines("h[i] = (h'[i]"),
            "c.cell:6:14: expected ')', found the end of the line");
  EXPECT_EQ(error_of_lines("h[i] = h'[i] ? 1"), "c.cell:6:14: '?' has no meaning here");
  EXPECT_EQ(error_of_lines("h[i] = h'[i] \x80"), "c.cell:6:14: the byte 0x80 has no meaning here");
  EXPECT_EQ(error_of_lines("h[i] = 1.2.3"), "c.cell:6:8: '1.2.3' is no number of at most 9 digits");
  EXPECT_EQ(error_of_lines("h[i] = h'[i] / 0"), "c.cell:6:16: a division by zero");
  EXPECT_EQ(error_of_lines("h[i] = 99999 99999"),
            "c.cell:6:14: the numbers of this term are too large");
  EXPECT_EQ(error_of_lines("x[k] = 1"),
            "c.cell:6:1: x is given to the cell, and cannot be assigned");
  EXPECT_EQ(error_of_lines("h'[i] = 1"), "c.cell:6:1: what was before the step cannot be changed");
  EXPECT_EQ(error_of_lines("h[i] = W[i,k] x[k]\nh[i] = h'[i]"),
            "c.cell:7:1: h has its values already");
  EXPECT_EQ(error_of_lines("y[i] = W[i,k] x[k] + U[i,j] h'[j]"),
            "c.cell:6:1: no line gives h its values");
  EXPECT_EQ(error_of_lines("h[i] = W[i,k] x[k]"), "c.cell:6:1: U is never read");
  EXPECT_EQ(error_of_lines("y[l] = stack(x[k], x[k])"),
            "c.cell:6:8: the parts of the stack have n_x+n_x rows, and l runs over n+n_x");
  EXPECT_EQ(error_of_lines("y[l] = 2 stack(h'[j], x[k])"),
            "c.cell:6:10: a stack is a line of its own: y[l] = stack(p[i], q[k])");
  EXPECT_EQ(error_of("cell c\naxes i: n\ninput x[i]\ny[i] = x[i]"),
            "c.cell:4:1: there is no state");
  EXPECT_NE(error_of_lines("h[i] = " + std::string(100, '(')).find("more than 64 parentheses"),
            std::string::npos);
}

/// How a text's lines come out.
std::vector<std::string> functions_of(const std::string& lines) {
  std::vector<std::string> functions;
  for (const Line& line : parse(std::string(head) + lines, "c.cell").step.lines)
    functions.emplace_back(name_of(line.function));
  return functions;
}

TEST(Parse, EachParenthesisAndEachArgumentIsALine) {
  using Names = std::vector<std::string>;
  EXPECT_EQ(functions_of("h[i] = W[i,k] x[k] + U[i,j] h'[j]"), (Names{"sum"}));
  EXPECT_EQ(functions_of("h[i] = tanh(W[i,k] x[k] + U[i,j] h'[j])"), (Names{"sum", "tanh"}));
  EXPECT_EQ(functions_of("p[i] = U[i,j] h'[j]\nh[i] = tanh(p[i]) (1 - p[i]) / W[i,k] x[k]"),
            (Names{"sum", "tanh", "sum", "reciprocal", "sum"}));
  EXPECT_EQ(functions_of("y[l] = stack(h'[j], x[k])\nh[i] = U[i,j] h'[j] + W[i,k] x[k]"),
            (Names{"sum", "sum", "sum"}));
}

TEST(Parse, APreActivationIsCalledZ) {
  const Program step =
      parse(std::string(head) + "h[i] = tanh(W[i,k] x[k] + U[i,j] h'[j])", "c.cell").step;
  EXPECT_EQ(step.arrays[static_cast<std::size_t>(step.lines.front().to.array)].name, "zh");
}

TEST(Parse, NumbersAreRational) {
  const Program step =
      parse(std::string(head) + "h[i] = -2.5 W[i,k] x[k] / 4 + U[i,j] h'[j]", "c.cell").step;
  EXPECT_EQ(step.lines.front().terms.front().factor, (Number{-25, 40}));
}

TEST(Parse, BuiltInCellsAreRead) {
  const std::filesystem::directory_iterator folder(test::source_folder() + "/cells/built_in");
  EXPECT_EQ(static_cast<std::ptrdiff_t>(built_in().size()),
            std::distance(begin(folder), end(folder)));
  for (const Definition& cell : built_in()) EXPECT_FALSE(cell.title.empty()) << cell.name;
  EXPECT_THROW(static_cast<void>(built_in("elman")), UnsupportedError);
  EXPECT_THROW(static_cast<void>(built_in("rnn").with(Function::exp)), UnsupportedError);
}

// Bytes of a cell that are changed, left out or doubled: read or refused, nothing else.
TEST(Parse, AnyBytesAreReadOrRefused) {
  std::mt19937_64 engine(1);
  const auto files = built_in_files();
  int read = 0, refused = 0;
  for (int k = 0; k < 20000; ++k) {
    std::string text(files[engine() % files.size()].text());
    for (std::uint64_t changes = 1 + engine() % 4; changes > 0; --changes) {
      const std::size_t at = engine() % text.size(), length = engine() % 20;
      switch (engine() % 4) {
        case 0: text[at] = static_cast<char>(engine()); break;
        case 1: text.erase(at, length); break;
        case 2: text.insert(at, text.substr(engine() % text.size(), length)); break;
        default: text[at] = "[](),+-*/=:'\n #"[engine() % 15]; break;
      }
      if (text.empty()) text = "#";
    }
    error_of(text) == "no error" ? ++read : ++refused;
  }
  EXPECT_GT(read, 500);
  EXPECT_GT(refused, 5000);
}

}  // namespace
}  // namespace bptt::cells
