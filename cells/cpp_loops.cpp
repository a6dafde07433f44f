#include "cells/cpp_loops.hpp"

#include <algorithm>
#include <map>

#include "cells/functions.hpp"

namespace bptt::cells {
namespace {

std::size_t number(int k) { return static_cast<std::size_t>(k); }

class LoopWriter {
 public:
  LoopWriter(const Program& program, const CppNames& names,
             const std::vector<CppStatement>& statements, const std::set<int>& outside, int indent)
      : program_(program), names_(names), statements_(statements), depth_(indent) {
    for (std::size_t first = 0; first < statements.size(); first = ends_.back())
      ends_.push_back(end_of_nest(first));
    find_variables(outside);
  }

  CppLoops run() {
    std::size_t first = 0;
    for (const std::size_t last : ends_) {
      nest(first, last);
      first = last;
    }
    return std::move(result_);
  }

 private:
  [[nodiscard]] bool of_samples(const Place& place) const {
    return program_.arrays[number(place.array)].of_samples;
  }

  static std::vector<const Place*> reads_of(const Line& line) {
    std::vector<const Place*> reads;
    for (const Term& term : line.terms)
      for (const Place& place : term.reads) reads.push_back(&place);
    for (const Place& place : line.arguments) reads.push_back(&place);
    return reads;
  }

  // ---- Which statements share a nest

  /// One of them would meet what the other one writes elsewhere than at the indices of the moment.
  static bool apart(const Line& one, const Line& other) {
    const auto meets = [](const Line& writer, const Line& reader) {
      for (const Place* read : reads_of(reader))
        if (read->array == writer.to.array && *read != writer.to) return true;
      return false;
    };
    return meets(one, other) || meets(other, one) ||
           (one.to.array == other.to.array && one.to != other.to);
  }

  [[nodiscard]] std::size_t end_of_nest(std::size_t first) const {
    std::size_t last = first + 1;
    for (; last < statements_.size(); ++last) {
      const Line& next = statements_[last].line;
      if (program_.letters_of(next.to) != program_.letters_of(statements_[first].line.to)) break;
      bool joins = true;
      for (std::size_t k = first; k < last; ++k) joins = joins && !apart(statements_[k].line, next);
      if (!joins) break;
    }
    return last;
  }

  /// An array that lives in one nest, at the indices of the moment.
  void find_variables(const std::set<int>& outside) {
    std::map<int, const Place*> seen;
    std::map<int, std::size_t> where;
    std::set<int> no;
    std::size_t nest = 0;
    for (std::size_t k = 0; k < statements_.size(); ++k) {
      if (k == ends_[nest]) ++nest;
      const Line& line = statements_[k].line;
      auto places = reads_of(line);
      places.push_back(&line.to);
      for (const Place* place : places) {
        const auto [at, is_new] = seen.emplace(place->array, place);
        where.emplace(place->array, nest);
        if (*at->second != *place || where[place->array] != nest ||
            program_.letters_of(*place) != program_.letters_of(line.to))
          no.insert(place->array);
      }
      ++writes_[line.to.array];
    }
    for (const auto& [array, place] : seen)
      if (!no.contains(array) && !outside.contains(array)) variables_.insert(array);
  }

  // ---- Text

  void line(const std::string& text) {
    const int in = before_.empty() ? depth_ : depth_ - 1;
    result_.text += std::string(2 * number(in), ' ') + before_ + text + "\n";
    before_.clear();
  }

  std::string bound(std::size_t letter) {
    if (letter == program_.sample()) {
      result_.sizes.insert(names_.samples());
    } else {
      for (const auto& size : program_.letters[letter].extent.sizes) result_.sizes.insert(size);
    }
    return names_.extent(letter);
  }

  std::string loop(std::size_t letter) {
    const std::string& name = names_.letter(letter);
    return "for (Index " + name + " = 0; " + name + " < " + bound(letter) + "; ++" + name + ")";
  }

  /// Opens a loop for each letter, the last one outermost: around one statement, which may be a
  /// loop, or around several.
  void open(const std::vector<std::size_t>& letters, bool braces, bool is_loop) {
    for (std::size_t k = letters.size(); k-- > 0; ++depth_) {
      if (k == 0 && !braces && !is_loop)
        before_ = loop(letters[k]) + " ";
      else
        line(loop(letters[k]) + (k == 0 && braces ? " {" : ""));
    }
  }
  void close(const std::vector<std::size_t>& letters, bool braces) {
    depth_ -= static_cast<int>(letters.size());
    if (!braces || letters.empty()) return;
    depth_ += static_cast<int>(letters.size()) - 1;
    line("}");
    depth_ -= static_cast<int>(letters.size()) - 1;
  }

  void remark(const CppStatement& statement) {
    if (!statement.remark.empty() && statement.remark != remark_) line("// " + statement.remark);
    remark_ = statement.remark;
    if (!statement.note.empty()) line("// " + statement.note);
  }

  void nest(std::size_t first, std::size_t last) {
    const std::vector<std::size_t> letters = program_.letters_of(statements_[first].line.to);
    const bool single = last == first + 1;
    if (first > 0 && statements_[first].remark != remark_) result_.text += "\n";
    if (single) remark(statements_[first]);
    const bool braces = !single || count_of(statements_[first].line, letters) > 1;
    open(letters, braces, is_sum(statements_[first].line, letters));
    for (std::size_t k = first; k < last; ++k) {
      if (!single) remark(statements_[k]);
      write(statements_[k].line, letters);
    }
    close(letters, braces);
  }

  [[nodiscard]] bool is_sum(const Line& of, const std::vector<std::size_t>& outer) const {
    return std::any_of(of.terms.begin(), of.terms.end(),
                       [&](const Term& term) { return !program_.summed(term, outer).empty(); });
  }
  /// How many C++ statements a line takes.
  [[nodiscard]] std::size_t count_of(const Line& of, const std::vector<std::size_t>& outer) const {
    std::size_t sums = 0, others = 0;
    for (const Term& term : of.terms) ++(program_.summed(term, outer).empty() ? others : sums);
    return sums + (!of.adds || others > 0 || sums == 0 ? 1 : 0);
  }

  void write(const Line& of, const std::vector<std::size_t>& outer) {
    const bool is_variable = variables_.contains(of.to.array);
    std::string left = read(of.to), start;
    std::vector<const Term*> sums;
    if (of.function == Function::sum) {
      for (const Term& term : of.terms) {
        if (!program_.summed(term, outer).empty())
          sums.push_back(&term);
        else
          start += signed_term(term, start.empty());
      }
    } else {
      start = call(of);
    }
    const std::string name = left;
    if (is_variable && declared_.insert(of.to.array).second)
      left = (sums.empty() && writes_[of.to.array] == 1 ? "const Real " : "Real ") + left;
    if (of.adds && start.starts_with("-") && of.terms.size() == sums.size() + 1) {
      line(left + " -= " + start.substr(1) + ";");
    } else if (!of.adds || !start.empty() || sums.empty()) {
      line(left + (of.adds ? " += " : " = ") + (start.empty() ? "0" : start) + ";");
    }
    for (const Term* term : sums) {
      const auto inner = program_.summed(*term, outer);
      const bool minus = term->factor.numerator < 0;
      open(inner, false, false);
      line(name + (minus ? " -= " : " += ") + magnitude(*term) + ";");
      close(inner, false);
    }
  }

  std::string read(const Place& place) {
    const std::string& name = names_.array(place.array);
    if (variables_.contains(place.array)) return name;
    result_.arrays.insert(place.array);
    std::string at;
    for (std::size_t axis = 0; axis < place.at.size(); ++axis) {
      at += at.empty() ? "" : ", ";
      for (const auto& size : place.first[axis].sizes) {
        result_.sizes.insert(size);
        at += size + " + ";
      }
      at += names_.letter(number(place.at[axis]));
    }
    if (of_samples(place)) at += (at.empty() ? "" : ", ") + names_.letter(program_.sample());
    return name + "(" + (at.empty() ? "0" : at) + ")";
  }

  /// Weights stand first, then what comes back: Wo(i, l) * dzo(i, s).
  [[nodiscard]] int rank(const Place& place) const {
    const Role role = program_.arrays[number(place.array)].role;
    return role == Role::weight ? 0 : role == Role::gradient ? 1 : 2;
  }

  std::string magnitude(const Term& term) {
    const int size = std::abs(term.factor.numerator);
    std::string text;
    if (size != 1 || term.factor.denominator != 1 || term.reads.empty())
      text = term.factor.denominator == 1 ? std::to_string(size)
                                          : "Real(" + std::to_string(size) + ") / " +
                                                std::to_string(term.factor.denominator);
    std::vector<Place> factors = term.reads;
    std::stable_sort(factors.begin(), factors.end(),
                     [&](const Place& p, const Place& q) { return rank(p) < rank(q); });
    for (const Place& place : factors) text += (text.empty() ? "" : " * ") + read(place);
    return text;
  }

  std::string signed_term(const Term& term, bool first) {
    const bool minus = term.factor.numerator < 0;
    return (first ? (minus ? "-" : "") : (minus ? " - " : " + ")) + magnitude(term);
  }

  std::string call(const Line& of) {
    const std::string p = read(of.arguments.front()), q = read(of.arguments.back());
    result_.functions.insert(of.function);
    if (of.function == Function::identity) return p;
    if (of.function == Function::reciprocal) return "1 / " + p;
    return std::string(name_of(of.function)) + "(" + p +
           (of.arguments.size() == 2 ? ", " + q : "") + ")";
  }

  const Program& program_;
  const CppNames& names_;
  const std::vector<CppStatement>& statements_;
  int depth_;
  std::vector<std::size_t> ends_;  // of the nests
  std::set<int> variables_, declared_;
  std::map<int, int> writes_;
  std::string remark_;  // of the statement before
  std::string before_;  // a loop of one statement: they share a line
  CppLoops result_;
};

}  // namespace

CppLoops cpp_loops(const Program& program, const CppNames& names,
                   const std::vector<CppStatement>& statements, const std::set<int>& outside,
                   int indent) {
  return LoopWriter(program, names, statements, outside, indent).run();
}

}  // namespace bptt::cells
