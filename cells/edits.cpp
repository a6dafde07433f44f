#include "cells/edits.hpp"

#include <array>
#include <utility>

#include "cells/formulas.hpp"
#include "cells/functions.hpp"

namespace bptt::cells {
namespace {

constexpr std::array<std::pair<Function, Function>, 8> mistaken{{
    {Function::tanh, Function::sigmoid},
    {Function::sigmoid, Function::tanh},
    {Function::relu, Function::identity},
    {Function::exp, Function::identity},
    {Function::larger, Function::identity},  // its first argument
    {Function::identity, Function::tanh},
    {Function::where_on, Function::identity},  // behind the end of a sample too
    {Function::where_off, Function::identity},
}};

const Program& program_of(const Written& written, bool forward) {
  return forward ? written.step : written.back.program;
}

/// Whether a line could read `other` in the place of `place`: it has the same axes and is known by
/// then, to whoever confuses the two.
bool can_stand_for(const Program& program, const Place& place, int other) {
  const Array &of = program.arrays[static_cast<std::size_t>(place.array)],
              &instead = program.arrays[static_cast<std::size_t>(other)];
  if (other == place.array || of.of_samples != instead.of_samples || !instead.named) return false;
  if (of.axes.size() != instead.axes.size()) return false;
  for (std::size_t axis = 0; axis < of.axes.size(); ++axis)
    if (program.letters[static_cast<std::size_t>(of.axes[axis])].extent !=
        program.letters[static_cast<std::size_t>(instead.axes[axis])].extent)
      return false;
  return true;
}

void add_edits_of(const Program& program, bool forward, std::vector<Edit>& all) {
  for (std::size_t k = 0; k < program.lines.size(); ++k) {
    const Line& line = program.lines[k];
    const auto add = [&](Edit::Kind kind, std::size_t term = 0, std::size_t read = 0, int array = 0,
                         Function function = Function::sum) {
      all.push_back({kind, forward, k, term, read, array, function});
    };
    if (line.adds) add(Edit::Kind::assign);
    for (const auto& [right, wrong] : mistaken)
      if (line.function == right) add(Edit::Kind::other_function, 0, 0, 0, wrong);
    for (std::size_t t = 0; t < line.terms.size(); ++t) {
      const Term& term = line.terms[t];
      add(Edit::Kind::drop_term, t);
      add(Edit::Kind::negate_term, t);
      for (std::size_t r = 0; r < term.reads.size(); ++r) {
        if (term.reads.size() > 1) add(Edit::Kind::drop_read, t, r);
        for (int other = 0; other < static_cast<int>(program.arrays.size()); ++other)
          if (can_stand_for(program, term.reads[r], other))
            add(Edit::Kind::read_other, t, r, other);
      }
    }
  }
  for (std::size_t pass = 0; !program.is_causal() && pass < program.backwards.size(); ++pass)
    all.push_back({Edit::Kind::turn, forward, pass});
}

}  // namespace

std::vector<Edit> single_edits(const Written& right) {
  std::vector<Edit> all;
  add_edits_of(right.step, true, all);
  add_edits_of(right.back.program, false, all);
  return all;
}

Written edited(const Written& right, const Edit& edit) {
  Written wrong = right;
  if (edit.kind == Edit::Kind::turn) {
    (edit.forward ? wrong.step : wrong.back.program).backwards[edit.line].flip();
    return wrong;
  }
  Line& line = (edit.forward ? wrong.step : wrong.back.program).lines[edit.line];
  const auto term = static_cast<std::ptrdiff_t>(edit.term);
  switch (edit.kind) {
    case Edit::Kind::drop_term: line.terms.erase(line.terms.begin() + term); break;
    case Edit::Kind::negate_term:
      line.terms[edit.term].factor.numerator = -line.terms[edit.term].factor.numerator;
      break;
    case Edit::Kind::drop_read: {
      auto& reads = line.terms[edit.term].reads;
      reads.erase(reads.begin() + static_cast<std::ptrdiff_t>(edit.read));
      break;
    }
    case Edit::Kind::read_other: line.terms[edit.term].reads[edit.read].array = edit.array; break;
    case Edit::Kind::assign: line.adds = false; break;
    case Edit::Kind::other_function:
      line.function = edit.function;
      line.arguments.resize(1);
      break;
    case Edit::Kind::turn: break;
  }
  return wrong;
}

std::string in_words(const Written& right, const Edit& edit) {
  const Program& program = program_of(right, edit.forward);
  if (edit.kind == Edit::Kind::turn)
    return std::string(edit.forward ? "forward" : "backward") + ", pass " +
           std::to_string(edit.line + 1) + " over time: the other way round";
  const Line& line = program.lines[edit.line];
  const Formulas formulas(program, Style::plain);
  const auto name = [&](int array) { return formulas.plain_name(array); };
  std::string text = edit.forward ? "forward, " : "backward, ";
  text += name(line.to.array) + (line.adds ? " += " : " = ") + formulas.right_side(line) + ": ";
  const auto term = [&] {
    Line alone = line;
    alone.terms = {line.terms[edit.term]};
    return formulas.right_side(alone);
  };
  switch (edit.kind) {
    case Edit::Kind::drop_term: return text + "without " + term();
    case Edit::Kind::negate_term: return text + "with the other sign of " + term();
    case Edit::Kind::drop_read:
      return text + "without the factor " + name(line.terms[edit.term].reads[edit.read].array);
    case Edit::Kind::read_other:
      return text + name(edit.array) + " in the place of " +
             name(line.terms[edit.term].reads[edit.read].array);
    case Edit::Kind::assign: return text + "= in the place of +=";
    case Edit::Kind::other_function:
      return text + std::string(name_of(edit.function)) + " in the place of " +
             std::string(name_of(line.function));
    case Edit::Kind::turn: break;
  }
  return text;
}

}  // namespace bptt::cells
