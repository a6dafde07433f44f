#include "bounds/normal_form.hpp"

#include <algorithm>
#include <map>

#include "cells/closed_form.hpp"
#include "cells/reverse.hpp"

namespace bptt::bounds {
namespace {

using cells::Array;
using cells::Extent;
using cells::Function;
using cells::Line;
using cells::Number;
using cells::Place;
using cells::Program;
using cells::Role;
using cells::Term;

constexpr Number one{}, minus_one{-1, 1};

std::size_t at(int k) { return static_cast<std::size_t>(k); }
bool is_sum(const Line& line) { return line.function == Function::sum; }
bool is_bare(const Term& term) {
  return term.reads.size() == 1 && (term.factor == one || term.factor == minus_one);
}
bool from_the_start(const Place& place) {
  return std::all_of(place.first.begin(), place.first.end(),
                     [](const Extent& first) { return first.sizes.empty(); });
}

/// Every place of a line that is read.
template <class L, class Visit>
void for_each_read(L& line, const Visit& visit) {
  for (auto& term : line.terms)
    for (auto& place : term.reads) visit(place);
  for (auto& place : line.arguments) visit(place);
}

int fresh_letter(Program& program, int like) {
  program.letters.push_back(program.letters[at(like)]);
  return static_cast<int>(program.letters.size()) - 1;
}

void rename(Place& place, int from, int to, const Extent& first) {
  for (std::size_t axis = 0; axis < place.at.size(); ++axis)
    if (place.at[axis] == from) {
      place.at[axis] = to;
      if (!first.sizes.empty()) place.first[axis] = first;
    }
}

// ------------------------------------------------------------------------------------------ stacks

/// The only axis along which the parts of a stack differ, or -1 if the array is none.
int stacked_axis(const Program& program, int array) {
  int axis = -1, parts = 0;
  for (const Line& line : program.lines) {
    if (line.to.array != array) continue;
    if (!is_sum(line) || line.terms.size() != 1 || !is_bare(line.terms[0]) ||
        line.terms[0].factor != one)
      return -1;
    ++parts;
    for (std::size_t k = 0; k < line.to.at.size(); ++k)
      if (line.to.at[k] != program.arrays[at(array)].axes[k]) {
        if (axis >= 0 && axis != static_cast<int>(k)) return -1;
        axis = static_cast<int>(k);
      }
  }
  return parts < 2 ? -1 : axis;
}

/// Each term that reads it sums over the stacked axis, which no other place begins elsewhere.
bool may_be_taken_apart(const Program& program, int array, int axis) {
  for (const Line& line : program.lines) {
    for (const Place& place : line.arguments)
      if (place.array == array) return false;
    for (const Term& term : line.terms) {
      const auto found = std::find_if(term.reads.begin(), term.reads.end(),
                                      [&](const Place& place) { return place.array == array; });
      if (found == term.reads.end()) continue;
      const int letter = found->at[at(axis)];
      if (std::count(found->at.begin(), found->at.end(), letter) != 1 ||
          std::find(line.to.at.begin(), line.to.at.end(), letter) != line.to.at.end())
        return false;
      for (const Place& place : term.reads)
        if (!from_the_start(place) || (&place != &*found && place.array == array)) return false;
    }
  }
  return true;
}

/// The term with one part in the place of the stack.
Term with_part(Program& program, const Term& term, int array, int axis, const Line& part) {
  Term result = term;
  Place source = part.terms[0].reads[0];
  const auto read = std::find_if(result.reads.begin(), result.reads.end(),
                                 [&](const Place& place) { return place.array == array; });
  const int letter = read->at[at(axis)], fresh = fresh_letter(program, part.to.at[at(axis)]);
  // The letters of the part are those of its line; here they are those of this term.
  for (int& l : source.at) {
    const auto k = std::find(part.to.at.begin(), part.to.at.end(), l) - part.to.at.begin();
    l = k == axis ? fresh : read->at[static_cast<std::size_t>(k)];
  }
  *read = source;
  for (Place& place : result.reads) rename(place, letter, fresh, part.to.first[at(axis)]);
  return result;
}

void take_stacks_apart(Program& program) {
  for (int array = 0; array < static_cast<int>(program.arrays.size()); ++array) {
    if (program.arrays[at(array)].role != Role::local) continue;
    const int axis = stacked_axis(program, array);
    if (axis < 0 || !may_be_taken_apart(program, array, axis)) continue;
    std::vector<Line> parts, rest;
    for (Line& line : program.lines) (line.to.array == array ? parts : rest).push_back(line);
    for (Line& line : rest) {
      std::vector<Term> terms;
      for (const Term& term : line.terms) {
        const bool reads = std::any_of(term.reads.begin(), term.reads.end(),
                                       [&](const Place& place) { return place.array == array; });
        if (!reads) terms.push_back(term);
        for (const Line& part : parts)
          if (reads) terms.push_back(with_part(program, term, array, axis, part));
      }
      line.terms = std::move(terms);
    }
    program.lines = std::move(rest);
  }
}

// ------------------------------------------------------------------------------ what is not kept

/// Puts copies of the lines of what is not kept before the way back, which then reads those.
class Recomputation {
 public:
  Recomputation(NormalForm& form, const std::vector<std::string>& kept)
      : form_(form), kept_(kept) {}

  void run() {
    auto& lines = form_.program.lines;
    const std::vector<Line> forward(lines.begin(), lines.begin() + end());
    forward_ = &forward;
    std::vector<Line> back(lines.begin() + end(), lines.end());
    for (Line& line : back)
      for_each_read(line, [&](Place& place) { place.array = found_again(place.array); });
    lines = forward;
    lines.insert(lines.end(), anew_.begin(), anew_.end());
    lines.insert(lines.end(), back.begin(), back.end());
  }

 private:
  [[nodiscard]] std::ptrdiff_t end() const { return static_cast<std::ptrdiff_t>(form_.forward); }

  int found_again(int array) {
    if (const auto known = again_.find(array); known != again_.end()) return known->second;
    const Array of = form_.program.arrays[at(array)];
    const bool is_there = std::find(kept_.begin(), kept_.end(), of.name) != kept_.end();
    std::vector<Line> lines;
    for (const Line& line : *forward_)
      if (line.to.array == array) lines.push_back(line);
    int result = array;
    if (of.role == Role::local && !is_there && !lines.empty()) {
      form_.program.arrays.push_back(of);
      form_.program.arrays.back().name += "~";
      form_.gradient_of.push_back(-1);
      result = static_cast<int>(form_.program.arrays.size()) - 1;
      for (Line& line : lines) {
        line.to.array = result;
        for_each_read(line, [&](Place& place) { place.array = found_again(place.array); });
        anew_.push_back(line);
      }
    }
    again_[array] = result;
    return result;
  }

  NormalForm& form_;
  const std::vector<std::string>& kept_;
  const std::vector<Line>* forward_ = nullptr;
  std::vector<Line> anew_;
  std::map<int, int> again_;
};

// ---------------------------------------------------------------------------------- the losses

void add_upstream(NormalForm& form) {
  Program& program = form.program;
  std::vector<Line> lines;
  for (const Role role : {Role::state, Role::output})
    for (const int array : program.arrays_of(role))
      for (const bool final : {false, true}) {
        if (final && role == Role::output) continue;
        const int gradient = form.gradient_of[at(array)];
        const std::string name = "d" + program.arrays[at(array)].name + (final ? "_T" : "");
        Array upstream = program.arrays[at(gradient)];
        upstream.name = name + " of the loss";
        upstream.role = Role::local;
        program.arrays.push_back(upstream);
        form.gradient_of.push_back(-1);
        const int number = static_cast<int>(program.arrays.size()) - 1;
        form.upstream.push_back({name, number, final, program.pass_of(array)});
        lines.push_back({program.whole(gradient),
                         true,
                         Function::sum,
                         {{one, {program.whole(number)}}},
                         {},
                         program.pass_of(array)});
      }
  program.lines.insert(program.lines.begin() + static_cast<std::ptrdiff_t>(form.forward),
                       lines.begin(), lines.end());
}

// ---------------------------------------------------------------------------- products and sums

/// Letters of the array's own kind: a weight's place says nothing of samples.
bool of_samples(const Program& program, const Place& place) {
  return program.arrays[at(place.array)].of_samples;
}

/// p q r .. becomes (p q) r .., the product in brackets a line of its own; so does f p q.
void split_products(NormalForm& form) {
  Program& program = form.program;
  std::vector<Line> lines;
  std::size_t forward = 0;
  for (std::size_t k = 0; k < program.lines.size(); ++k) {
    Line line = program.lines[k];
    for (Term& term : line.terms)
      while (term.reads.size() > 2 ||
             (term.reads.size() == 2 && term.factor != one && term.factor != minus_one)) {
        const Place p = term.reads[0], q = term.reads[1];
        std::vector<int> letters;
        const auto join = [&](const std::vector<int>& more) {
          for (const int l : more)
            if (std::find(letters.begin(), letters.end(), l) == letters.end()) letters.push_back(l);
        };
        for (const Place& place : term.reads) join(place.at);
        // As many products as the term has: an implementation may form each of them anew.
        const bool samples = std::any_of(term.reads.begin(), term.reads.end(),
                                         [&](const Place& r) { return of_samples(program, r); });
        program.arrays.push_back(
            {"product" + std::to_string(program.arrays.size()), Role::local, letters, samples});
        form.gradient_of.push_back(-1);
        const Place product = program.whole(static_cast<int>(program.arrays.size()) - 1);
        lines.push_back({product, false, Function::sum, {{one, {p, q}}}, {}, line.pass});
        term.reads.erase(term.reads.begin());
        term.reads[0] = product;
      }
    lines.push_back(std::move(line));
    if (k + 1 == form.forward) forward = lines.size();
  }
  program.lines = std::move(lines);
  form.forward = forward;
}

/// Where arrays are read: how often, and the last line and term.
struct Reading {
  int times = 0;
  std::size_t line = 0, term = 0;
};

std::vector<Reading> readings(const Program& program) {
  std::vector<Reading> of(program.arrays.size());
  for (std::size_t k = 0; k < program.lines.size(); ++k) {
    const Line& line = program.lines[k];
    for (std::size_t q = 0; q < line.terms.size(); ++q)
      for (const Place& place : line.terms[q].reads) {
        Reading& r = of[at(place.array)];
        r = {r.times + 1, k, q};
      }
    for (const Place& place : line.arguments) of[at(place.array)].times += 2;  // stays
  }
  return of;
}

/// The term of y with its letters in the place of those with which y is read.
Term renamed(Program& program, Term term, const Line& y, const Place& read, bool minus) {
  std::map<int, int> to;
  for (std::size_t axis = 0; axis < read.at.size(); ++axis) to[y.to.at[axis]] = read.at[axis];
  for (Place& place : term.reads)
    for (int& letter : place.at) {
      if (!to.contains(letter)) to[letter] = fresh_letter(program, letter);
      letter = to[letter];
    }
  if (minus) term.factor.numerator = -term.factor.numerator;
  return term;
}

/// One array into the sum that reads it, if there is one; tells whether it did.
bool join_one(NormalForm& form) {
  Program& program = form.program;
  const auto reading = readings(program);
  for (int y = 0; y < static_cast<int>(program.arrays.size()); ++y) {
    const Reading& r = reading[at(y)];
    if (r.times != 1) continue;
    const Array& array = program.arrays[at(y)];
    const bool state = std::any_of(form.gradient_of.begin(), form.gradient_of.end(),
                                   [&](int d) { return d == y && array.role == Role::gradient; });
    if (array.role != Role::local && array.role != Role::gradient) continue;
    if (state) {
      // The gradients of what enters and leaves a step have sums that other steps take part in.
      const auto of =
          std::find(form.gradient_of.begin(), form.gradient_of.end(), y) - form.gradient_of.begin();
      if (program.arrays[static_cast<std::size_t>(of)].role != Role::local) continue;
    }
    Line& reader = program.lines[r.line];
    if (reader.pass != program.pass_of(y)) continue;
    if (!is_sum(reader) || !is_bare(reader.terms[r.term])) continue;
    const Place read = reader.terms[r.term].reads[0];
    if (!from_the_start(read) || of_samples(program, read) != of_samples(program, reader.to))
      continue;  // a sum over the samples goes on over those of its terms: not joined here
    bool sums = true;
    std::vector<std::size_t> of_y;
    for (std::size_t k = 0; k < program.lines.size(); ++k)
      if (program.lines[k].to.array == y) {
        of_y.push_back(k);
        sums = sums && is_sum(program.lines[k]) && from_the_start(program.lines[k].to) &&
               program.lines[k].to.at.size() == read.at.size();
      }
    if (!sums || of_y.empty()) continue;
    std::vector<int> distinct = read.at;
    std::sort(distinct.begin(), distinct.end());
    if (std::adjacent_find(distinct.begin(), distinct.end()) != distinct.end()) continue;

    const bool minus = reader.terms[r.term].factor == minus_one;
    reader.terms.erase(reader.terms.begin() + static_cast<std::ptrdiff_t>(r.term));
    for (const std::size_t k : of_y)
      for (const Term& term : program.lines[k].terms)
        program.lines[r.line].terms.push_back(
            renamed(program, term, program.lines[k], read, minus));
    for (auto k = of_y.rbegin(); k != of_y.rend(); ++k) {
      program.lines.erase(program.lines.begin() + static_cast<std::ptrdiff_t>(*k));
      if (*k < form.forward) --form.forward;
    }
    return true;
  }
  return false;
}

}  // namespace

bool is_selector(const Program& program, int array) {
  bool selects = false;
  for (const Line& line : program.lines)
    if (line.to.array == array)
      selects = line.function == Function::step || line.function == Function::is_larger ||
                line.function == Function::is_smaller;
  return selects;
}

NormalForm normal_form(const Program& step, const WayBack& way_back) {
  NormalForm form;
  Program forward = step;
  take_stacks_apart(forward);
  cells::Reversal back = cells::reverse(forward);
  if (way_back.formulas != nullptr) back = cells::with_formulas(forward, back, *way_back.formulas);
  form.program = std::move(back.program);
  form.gradient_of = std::move(back.gradient_of);
  form.gradient_of.resize(form.program.arrays.size(), -1);
  form.forward = forward.lines.size();
  form.program.lines.insert(form.program.lines.begin(), forward.lines.begin(), forward.lines.end());
  if (way_back.kept != nullptr) Recomputation(form, *way_back.kept).run();
  add_upstream(form);
  std::stable_sort(form.program.lines.begin() + static_cast<std::ptrdiff_t>(form.forward),
                   form.program.lines.end(),
                   [](const Line& p, const Line& q) { return p.pass > q.pass; });
  split_products(form);
  while (join_one(form)) {
  }
  return form;
}

}  // namespace bptt::bounds
