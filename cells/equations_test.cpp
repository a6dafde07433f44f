// docs/equations.md, which is derived by hand, against what follows from the cells' lines by rule.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <regex>
#include <set>
#include <sstream>

#include "arithmetic/modular.hpp"
#include "cells/closed_form.hpp"
#include "cells/derive.hpp"
#include "cells/network.hpp"
#include "cells/parse.hpp"
#include "cells/random_walk_test.hpp"

namespace bptt::test {
std::string source_folder();
}

namespace bptt::cells {
namespace {

using ::testing::UnorderedElementsAreArray;
using Lines = std::vector<std::string>;

/// From "## 5." to the next headline.
std::string section(int number) {
  std::ifstream file(test::source_folder() + "/docs/equations.md");
  std::ostringstream all;
  all << file.rdbuf();
  const std::string text = all.str(), begin = "\n## " + std::to_string(number) + ". ";
  const std::size_t first = text.find(begin);
  if (first == std::string::npos)
    throw Error("equations.md has no section " + std::to_string(number));
  return text.substr(first, std::min(text.find("\n##", first + 1), text.size()) - first);
}

/// Lines within ``` and ```.
Lines fenced(const std::string& text) {
  Lines lines;
  std::istringstream in(text);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```"))
      inside = !inside;
    else if (inside)
      lines.push_back(line);
  }
  return lines;
}

std::string replaced(const std::string& text, const std::string& pattern, const std::string& by) {
  return std::regex_replace(text, std::regex(pattern), by);
}

/// A statement of the document, "z = ..", and what the document says behind it.
struct Stated {
  std::string left, text, remarks;
};

/// Statements in lines, several to a line: three spaces or more stand between them and remarks, if
/// no sign stands there.
std::vector<Stated> statements_in(const Lines& lines) {
  static const std::regex form(R"((\w+) (\+?=) (.*))");
  std::vector<Stated> found;
  for (const std::string& line : lines) {
    std::istringstream chunks(
        replaced(replaced(line, R"( +(\+?=|\+|\*) +)", " $1 "), "   +", "\t"));
    for (std::string chunk; std::getline(chunks, chunk, '\t');) {
      std::smatch match;
      if (std::regex_match(chunk, match, form))
        found.push_back({match[1], chunk, ""});
      else if (!found.empty())
        found.back().remarks += " " + chunk;
    }
  }
  return found;
}

TEST(Equations, OfTheRnnAreTheDerivedOnes) {
  const auto derived = reversed_lines(step_of(Cell::rnn, Activation::tanh), Style::plain);
  const std::string slopes = section(2);
  std::smatch slope;
  ASSERT_TRUE(std::regex_search(slopes, slope, std::regex(R"(\| tanh \| `(.*)` \|)")));
  const std::string of_tanh = "(" + replaced(slope[1], R"(\ba\b)", "a_next") + ")";

  Lines stated, expected;
  for (const Stated& s : statements_in(fenced(section(1))))
    if (s.left != "g") stated.push_back(replaced(s.text, R"(\bg\()", "tanh("));
  for (const Reversed& line : derived) expected.push_back(statement(line.forward));
  EXPECT_THAT(stated, UnorderedElementsAreArray(expected));

  stated.clear(), expected.clear();
  std::vector<Formula> formulas;
  for (const Reversed& line : derived)
    for (const Formula& f : line.backward) formulas.push_back(f);
  for (const Formula& f : formulas) expected.push_back(statement(f));
  for (const Stated& s : statements_in(fenced(section(2)))) {
    stated.push_back(replaced(s.text, R"(g'\(z\))", of_tanh));
    for (const Formula& f : formulas) {
      if (f.left != s.left) continue;
      EXPECT_THAT(s.remarks, testing::HasSubstr(f.shape)) << s.text;
      if (f.left == "dz") continue;  // of the step alone
      EXPECT_THAT(s.remarks, testing::HasSubstr(f.adds ? "accumulates" : "overwritten")) << s.text;
    }
  }
  EXPECT_THAT(stated, UnorderedElementsAreArray(expected));
}

TEST(Equations, OfTheLstmAreTheDerivedOnes) {
  const auto derived = reversed_lines(step_of(Cell::lstm, Activation::tanh), Style::plain);
  Lines stated, expected;
  for (const Stated& s : statements_in(fenced(section(4)))) stated.push_back(s.text);
  for (const Reversed& line : derived) expected.push_back(statement(line.forward));
  EXPECT_THAT(stated, UnorderedElementsAreArray(expected));

  // The table of section 5: a number, a forward line, and its reversal, in the order of the way
  // back.
  static const std::regex row(R"(\| (\d+) \| `(.*)` \| (.*) \|)"), code("`([^`]*)`");
  std::istringstream lines(section(5));
  std::size_t rows = 0;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (!std::regex_match(line, match, row)) continue;
    ASSERT_LT(rows, derived.size());
    const Reversed& reversed = derived[derived.size() - ++rows];
    EXPECT_EQ(match[1], std::to_string(rows));
    EXPECT_EQ(match[2], statement(reversed.forward));
    stated.clear(), expected.clear();
    const std::string cell = match[3];
    for (std::sregex_iterator k(cell.begin(), cell.end(), code), end; k != end; ++k)
      // dc is dc_next from where the cell's own way is added.
      if ((*k)[1] != "dc = dc_next") stated.push_back(replaced((*k)[1], R"(\bdc\b)", "dc_next"));
    for (const Formula& f : reversed.backward) expected.push_back(statement(f));
    EXPECT_THAT(stated, UnorderedElementsAreArray(expected)) << "row " << match[1];
  }
  EXPECT_EQ(rows, derived.size());
}

// The closed formulas of section 7, read as lines, give what the reversed lines give.
TEST(Equations, OfTheClosedFormGiveTheSameGradients) {
  std::string text = "cell closed\naxes i: n_a\n", lines;
  text += "input ft[i] it[i] cct[i] ot[i] c[i] c_prev[i] da_next[i] dc_next[i]\noutput";
  int given = 0;
  for (const Stated& s : statements_in(fenced(section(7)))) {
    if (s.left != "e" && s.left != "dc_prev" && !s.left.starts_with("dz"))
      continue;  // sums over gates
    std::string line = replaced(s.text, R"((tanh\(c_next\)|\w+)\^2)", "$1 $1");
    line = replaced(line, R"(\bc_next\b)", "c");
    lines += replaced(line, R"(\b([a-z]\w*)\b(?!\())", "$1[i]") + "\n";
    if (s.left == "e") continue;
    text += " " + s.left + "[i]";
    ++given;
  }
  ASSERT_EQ(given, 5) << lines;
  const Program step = step_of(Cell::lstm, Activation::tanh);
  const Reversal formulas =
      with_formulas(step, reverse(step), parse_formulas(text + "\n" + lines, "section 7"));
  std::mt19937_64 engine(6);
  for (int k = 0; k < 20; ++k) {
    const auto problem = draw<Modular>(step, engine, [&] { return Modular(engine() >> 3U); });
    Walk<Modular> closed(step, formulas, problem.extents, problem.m),
        reversed(step, problem.extents, problem.m);
    static_cast<void>(closed.forward(problem.in));
    static_cast<void>(reversed.forward(problem.in));
    const auto got = closed.backward(problem.up);
    for (const auto& [name, tensor] : reversed.backward(problem.up))
      ASSERT_EQ(got[name].elements(), tensor.elements()) << name << ", problem " << k << "\n"
                                                         << lines;
  }
}

}  // namespace
}  // namespace bptt::cells
