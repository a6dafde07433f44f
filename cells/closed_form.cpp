#include "cells/closed_form.hpp"

#include <map>
#include <string>

#include "cells/parse.hpp"
#include "core/error.hpp"

namespace bptt::cells {
namespace {

std::size_t at(int k) { return static_cast<std::size_t>(k); }

class Substitution {
 public:
  Substitution(const Program& forward, const Reversal& back, const Definition& formulas)
      : forward_(forward), back_(back), formulas_(formulas), result_(back) {}

  Reversal run() {
    result_.program.lines.clear();
    for (const Letter& letter : formulas_.step.letters) {
      letters_.push_back(static_cast<int>(result_.program.letters.size()));
      result_.program.letters.push_back(letter);
    }
    for (const Line& line : formulas_.step.lines) {
      Line translated = line;
      translate(translated.to);
      for (Term& term : translated.terms)
        for (Place& place : term.reads) translate(place);
      for (Place& place : translated.arguments) translate(place);
      result_.program.lines.push_back(std::move(translated));
    }
    for (std::size_t k = forward_.lines.size(); k-- > 0;) {
      result_.of_line[k + 1] = result_.program.lines.size();
      const int d = back_.gradient_of[at(forward_.lines[k].to.array)];
      if (d >= 0 && given_.contains(d))
        for (std::size_t l = back_.of_line[k + 1]; l < back_.of_line[k]; ++l) {
          const Line& line = back_.program.lines[l];
          result_.program.lines.push_back(line);
          given_[line.to.array] = true;
        }
    }
    result_.of_line[0] = result_.program.lines.size();
    return std::move(result_);
  }

 private:
  void translate(Place& place) {
    place.array = array(place.array);
    for (int& letter : place.at) letter = letters_[at(letter)];
  }

  int array(int of_formulas) {
    if (const auto known = arrays_.find(of_formulas); known != arrays_.end()) return known->second;
    const Array& array = formulas_.step.arrays[at(of_formulas)];
    int found = -1;
    if (array.role == Role::local) {
      found = static_cast<int>(result_.program.arrays.size());
      Array local = array;
      for (int& letter : local.axes) letter = letters_[at(letter)];
      while (result_.program.find(local.name) >= 0) local.name += "_";
      result_.program.arrays.push_back(std::move(local));
    } else if (array.role == Role::input && !array.name.ends_with("_next")) {
      found = forward_.array(in_the_step(array.name));
    } else {
      const std::string of = in_the_step(array.name.substr(1));
      found = back_.gradient_of[at(forward_.array(of))];
      if (found < 0) throw Error("no loss reaches " + of);
      if (array.role == Role::output) given_[found] = true;
    }
    arrays_[of_formulas] = found;
    return found;
  }

  /// s_prev is the state before the step, s_next that after it.
  [[nodiscard]] static std::string in_the_step(std::string name) {
    if (name.ends_with("_prev")) return name.substr(0, name.size() - 5) + "'";
    if (name.ends_with("_next")) return name.substr(0, name.size() - 5);
    return name;
  }

  const Program& forward_;
  const Reversal& back_;
  const Definition& formulas_;
  Reversal result_;
  std::vector<int> letters_;
  std::map<int, int> arrays_;
  std::map<int, bool> given_;  // gradients that the formulas, or what follows from them, give
};

}  // namespace

const Definition* closed_form(std::string_view cell) {
  static const std::vector<Definition> all = [] {
    std::vector<Definition> definitions;
    for (const EmbeddedFile& file : closed_form_files())
      definitions.push_back(
          parse_formulas(file.text(), "closed_forms/" + std::string(file.name) + ".cell"));
    return definitions;
  }();
  for (const Definition& definition : all)
    if (definition.name == std::string(cell) + "_closed_form") return &definition;
  return nullptr;
}

Reversal with_formulas(const Program& forward, const Reversal& back, const Definition& formulas) {
  return Substitution(forward, back, formulas).run();
}

}  // namespace bptt::cells
