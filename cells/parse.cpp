#include "cells/parse.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "cells/functions.hpp"
#include "cells/syntax.hpp"
#include "core/error.hpp"

namespace bptt::cells {
namespace {

const std::map<std::string, Role> declared_roles{{"state", Role::state},
                                                 {"input", Role::input},
                                                 {"weight", Role::weight},
                                                 {"output", Role::output}};

using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Makes a definition line by line. Its lines are those of the text, taken apart.
class Builder {
 public:
  explicit Builder(std::string file) : file_(std::move(file)) {}

  void line(std::string_view text, int number) {
    Syntax s(text, file_ + ":" + std::to_string(number));
    syntax_ = &s;
    if (s.at_end()) {
      const std::size_t sharp = text.find('#');
      if (cell_.name.empty() && cell_.title.empty() && sharp != std::string_view::npos)
        cell_.title = trimmed(text.substr(sharp + 1));
      return;
    }
    const Token first =
        s.word("a name or one of: cell axes state input weight output function range");
    if (first.text == "cell")
      name(first);
    else if (cell_.name.empty())
      s.refuse(first, "expected 'cell NAME' above everything else");
    else if (first.text == "axes")
      axes();
    else if (first.text == "function")
      function();
    else if (first.text == "range")
      range();
    else if (declared_roles.contains(first.text))
      declare(declared_roles.at(first.text));
    else
      assign(first);
    if (!s.at_end()) s.refuse(s.peek(), "'" + s.peek().text + "' is left over");
  }

  Definition finish(int lines) {
    const std::string end = file_ + ":" + std::to_string(lines) + ":1: ";
    if (cell_.name.empty()) throw FormatError(end + "the end of the text; expected 'cell NAME'");
    for (const Array& array : step().arrays) {
      const int k = step().find(array.name);
      const bool made = array.role == Role::state || array.role == Role::output;
      if (made && !given_.contains(k))
        throw FormatError(end + "no line gives " + array.name + " its values");
      const bool read = array.role == Role::input || array.role == Role::weight;
      if (read && !read_.contains(k)) throw FormatError(end + array.name + " is never read");
    }
    return std::move(cell_);
  }

 private:
  static std::string trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(" \t\r"), end = text.find_last_not_of(" \t\r");
    return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end - begin + 1));
  }

  [[nodiscard]] Program& step() { return cell_.step; }
  [[nodiscard]] Array& array(int k) { return step().arrays[static_cast<std::size_t>(k)]; }
  [[noreturn]] void refuse(const Token& token, const std::string& what) const {
    syntax_->refuse(token, what);
  }

  // ---- Declarations
  void name(const Token& first) {
    if (!cell_.name.empty()) refuse(first, "the cell has a name already: " + cell_.name);
    cell_.name = plain_word("a name").text;
  }

  Token plain_word(std::string_view what) {
    Token token = syntax_->word(what);
    if (token.text.back() == '\'') refuse(token, "no ' belongs to " + token.text);
    return token;
  }

  void axes() {
    do {
      Names letters;
      do {
        const Token token = plain_word("an index");
        if (find_letter(token.text) >= 0 || contains(letters, token.text))
          refuse(token, "the index " + token.text + " is declared already");
        letters.push_back(token.text);
      } while (!syntax_->is(":"));
      syntax_->take();
      Extent extent;
      while (true) {
        extent.sizes.push_back(plain_word("a size, such as n_a").text);
        if (!syntax_->is("+")) break;
        syntax_->take();
      }
      for (const auto& letter : letters) step().letters.push_back({letter, extent});
    } while (!syntax_->at_end());
  }

  void function() {
    const Token name = free_name(plain_word("a name"));
    if (!cell_.activation_name.empty())
      refuse(name, "there is a function already: " + cell_.activation_name);
    syntax_->expect(":");
    do {
      const Token token = syntax_->word("a function");
      const auto known = function_named(token.text);
      if (!known || arity_of(*known) != 1)
        refuse(token, "there is no function '" + token.text + "' of one array");
      cell_.activations.push_back(*known);
    } while (!syntax_->at_end());
    cell_.activation_name = name.text;
  }

  void range() {
    do {
      const Token token = plain_word("an array");
      const int k = step().find(token.text);
      if (k < 0 || array(k).role == Role::output || array(k).role == Role::local)
        refuse(token, "a range is of an input, a state or a weight, declared above it");
      syntax_->expect(":");
      const double low = number(), high = number();
      if (!(low < high))
        refuse(token, "the range of " + token.text + " ends where it begins, or before");
      cell_.ranges.push_back({token.text, low, high});
    } while (!syntax_->at_end());
  }

  double number() {
    const bool minus = syntax_->is("-");
    if (minus) syntax_->take();
    const Factor factor = syntax_->number();
    const double value = static_cast<double>(factor.number.numerator) /
                         static_cast<double>(factor.number.denominator);
    return minus ? -value : value;
  }

  Token free_name(const Token& token) {
    const std::string& name = token.text;
    if (function_named(name) || name == "stack" || name == "cell" || name == "axes" ||
        name == "function" || name == "range" || declared_roles.contains(name))
      refuse(token, "'" + name + "' has a meaning of its own and cannot be a name");
    if (step().find(name) >= 0 || name == cell_.activation_name)
      refuse(token, "there is a " + name + " already");
    return token;
  }

  void declare(Role role) {
    do {
      const Factor written = syntax_->array();
      if (written.name.text.back() == '\'') refuse(written.name, "expected an array without '");
      const std::string name = free_name(written.name).text;
      const std::vector<int> letters = distinct_letters(written);
      step().arrays.push_back({name, role, letters, role != Role::weight});
      if (role == Role::state) step().arrays.push_back({name + "'", Role::before, letters, true});
    } while (!syntax_->at_end());
  }

  // ---- Letters
  [[nodiscard]] int find_letter(const std::string& name) {
    const auto& letters = step().letters;
    for (std::size_t k = 0; k < letters.size(); ++k)
      if (letters[k].name == name) return static_cast<int>(k);
    return -1;
  }

  [[nodiscard]] int letter(const Token& token) {
    const int found = find_letter(token.text);
    if (found >= 0) return found;
    std::string known;
    for (const Letter& letter : step().letters) known += " " + letter.name;
    refuse(token, "the index " + token.text + " is not declared; the axes are:" + known);
  }

  std::vector<int> distinct_letters(const Factor& written) {
    // An array has as many axes as a Shape, less one for samples and one for the steps.
    constexpr std::size_t most = static_cast<std::size_t>(Shape::max_rank) - 2;
    std::vector<int> letters;
    for (const Token& token : written.letters) {
      const int found = letter(token);
      if (std::find(letters.begin(), letters.end(), found) != letters.end())
        refuse(token, "the index " + token.text + " stands twice in " + written.name.text);
      if (letters.size() == most)
        refuse(token, written.name.text + " has more than " + std::to_string(most) + " axes");
      letters.push_back(found);
    }
    return letters;
  }

  [[nodiscard]] Extent extent(int letter) {
    return step().letters[static_cast<std::size_t>(letter)].extent;
  }

  // ---- Lines
  void assign(const Token& first) {
    if (first.text.back() == '\'') refuse(first, "what was before the step cannot be changed");
    const Factor written = syntax_->array(first);
    const std::vector<int> letters = distinct_letters(written);
    const int known = step().find(first.text);
    if (known >= 0) {
      const Role role = array(known).role;
      if (given_.contains(known)) refuse(first, first.text + " has its values already");
      if (role != Role::state && role != Role::output)
        refuse(first, first.text + " is given to the cell, and cannot be assigned");
      require_extents(first, letters, known);
    } else {
      free_name(first);
    }
    syntax_->expect("=");
    const Expression expression = syntax_->expression();
    Names names;
    for (const Token& token : written.letters) names.push_back(token.text);
    root_ = first.text;
    parts_ = 0;
    give(known, names, letters, expression, first);
  }

  void require_extents(const Token& token, const std::vector<int>& letters, int k) {
    const auto& axes = array(k).axes;
    if (axes.size() != letters.size())
      refuse(token, token.text + " has " + std::to_string(axes.size()) + " axes, and " +
                        std::to_string(letters.size()) + " indices stand here");
    for (std::size_t axis = 0; axis < axes.size(); ++axis)
      if (extent(axes[axis]) != extent(letters[axis]))
        refuse(token, "axis " + std::to_string(axis + 1) + " of " + token.text + " runs over " +
                          extent(axes[axis]).str() + ", and " +
                          step().letters[static_cast<std::size_t>(letters[axis])].name + " over " +
                          extent(letters[axis]).str());
  }

  /// The array whose line is about to be written: `known`, or a new local one.
  int target(int known, const std::string& name, const std::vector<int>& letters) {
    if (known < 0) {
      step().arrays.push_back({name, Role::local, letters, true, name == root_});
      known = static_cast<int>(step().arrays.size()) - 1;
    }
    given_.insert(known);
    return known;
  }

  static Place at(int array, const std::vector<int>& letters) {
    return {array, letters, std::vector<Extent>(letters.size())};
  }

  /// Writes array[letters] = expression, with lines for its parts above it; returns the array.
  int give(int known, const Names& names, const std::vector<int>& letters,
           const Expression& expression, const Token& where) {
    const SignedTerm& first = expression.terms.front();
    const bool alone = expression.terms.size() == 1 && !first.minus && first.factors.size() == 1;
    if (alone && first.factors.front().kind == Factor::Kind::call) {
      const Factor& call = first.factors.front();
      if (call.name.text == "stack") return stack(known, letters, call);
      return apply(known, root_name(known, where), names, letters, call);
    }
    std::vector<Term> terms;
    for (const SignedTerm& term : expression.terms) terms.push_back(lowered(term, names));
    const int to = target(known, root_name(known, where), letters);
    step().lines.push_back({at(to, letters), false, Function::sum, std::move(terms), {}});
    return to;
  }

  [[nodiscard]] std::string root_name(int known, const Token& where) {
    return known >= 0 ? array(known).name : where.text;
  }

  Term lowered(const SignedTerm& term, const Names& outside) {
    Term result;
    if (term.minus) result.factor.numerator = -1;
    for (std::size_t k = 0; k < term.factors.size(); ++k) {
      const Factor& factor = term.factors[k];
      Names around = outside;
      for (std::size_t other = 0; other < term.factors.size(); ++other)
        if (other != k) letters_in(term.factors[other], around);
      if (factor.kind == Factor::Kind::number) {
        multiply(result.factor, factor);
        continue;
      }
      Place place = read(factor, around);
      if (factor.divides) {
        const int to = target(-1, part_name(), place.at);
        step().lines.push_back({at(to, place.at), false, Function::reciprocal, {}, {place}});
        place = at(to, place.at);
      }
      result.reads.push_back(std::move(place));
    }
    return result;
  }

  void multiply(Number& number, const Factor& by) {
    Number n = by.number;
    if (by.divides) {
      if (n.numerator == 0) refuse(by.name, "a division by zero");
      std::swap(n.numerator, n.denominator);
    }
    if (__builtin_mul_overflow(number.numerator, n.numerator, &number.numerator) ||
        __builtin_mul_overflow(number.denominator, n.denominator, &number.denominator))
      refuse(by.name, "the numbers of this term are too large");
  }

  /// A factor as an array: what it is, or a new one that a line above gives it. `around`: the
  /// letters that stand elsewhere, which are not summed.
  Place read(const Factor& factor, const Names& around) {
    if (factor.kind == Factor::Kind::array) return read_array(factor);
    Names inside, kept;
    letters_in(factor, inside);
    for (const auto& name : inside)
      if (contains(around, name)) kept.push_back(name);
    const std::vector<int> letters = numbers(kept);
    if (factor.kind == Factor::Kind::call)
      return at(apply(-1, part_name(), kept, letters, factor), letters);
    return at(give(-1, kept, letters, factor.arguments.front(), Token{part_name(), 0}), letters);
  }

  /// -1 for one that is not declared: whatever has it is read, and refused, before this is used.
  std::vector<int> numbers(const Names& names) {
    std::vector<int> letters;
    for (const auto& name : names) letters.push_back(find_letter(name));
    return letters;
  }

  Place read_array(const Factor& factor) {
    const std::vector<int> letters = distinct_letters(factor);
    const int k = step().find(factor.name.text);
    if (k < 0) {
      std::string known;
      for (const Array& array : step().arrays) known += " " + array.name;
      refuse(factor.name, "there is no array " + factor.name.text + " so far; there are:" + known);
    }
    const Role role = array(k).role;
    if ((role == Role::state || role == Role::output) && !given_.contains(k))
      refuse(factor.name,
             factor.name.text + " has no values yet" +
                 (role == Role::state ? "; before the step it is " + factor.name.text + "'" : ""));
    require_extents(factor.name, letters, k);
    read_.insert(k);
    return at(k, letters);
  }

  /// array = function(arguments).
  int apply(int known, const std::string& name, const Names& names, const std::vector<int>& letters,
            const Factor& call) {
    const auto function = call.name.text == cell_.activation_name
                              ? std::optional(Function::activation)
                              : function_named(call.name.text);
    if (!function)
      refuse(call.name, call.name.text == "stack"
                            ? "a stack is a line of its own: y[l] = stack(p[i], q[k])"
                            : "there is no function " + call.name.text + "; there are: " +
                                  names_of_functions() + " " + cell_.activation_name);
    const auto wanted = static_cast<std::size_t>(arity_of(*function));
    if (call.arguments.size() != wanted)
      refuse(call.name, call.name.text + " is of " + std::to_string(wanted) + " arrays, and " +
                            std::to_string(call.arguments.size()) + " stand here");
    std::vector<Place> places;
    for (const Expression& argument : call.arguments)
      places.push_back(argument_of(argument, name, names));
    const int to = target(known, name, letters);
    step().lines.push_back({at(to, letters), false, *function, {}, std::move(places)});
    return to;
  }

  /// An array that stands alone is read as it is, if none of its letters must be summed.
  Place argument_of(const Expression& argument, const std::string& of, const Names& around) {
    const SignedTerm& first = argument.terms.front();
    const bool alone = argument.terms.size() == 1 && !first.minus && first.factors.size() == 1;
    Names inside, kept;
    letters_in(argument, inside);
    for (const auto& name : inside)
      if (contains(around, name)) kept.push_back(name);
    if (alone && first.factors.front().kind == Factor::Kind::array && kept.size() == inside.size())
      return read_array(first.factors.front());
    const std::vector<int> letters = numbers(kept);
    // The argument of tanh or sigmoid is a pre-activation, and they are called z.
    const std::string name = of == root_ ? unused("z" + of) : part_name();
    return at(give(-1, kept, letters, argument, Token{name, 0}), letters);
  }

  /// y[l] = stack(p[i], q[k]): y[0+i] = p[i], y[n_i+k] = q[k].
  int stack(int known, const std::vector<int>& letters, const Factor& call) {
    std::vector<Place> parts;
    for (const Expression& argument : call.arguments) {
      const SignedTerm& first = argument.terms.front();
      if (argument.terms.size() != 1 || first.minus || first.factors.size() != 1 ||
          first.factors.front().kind != Factor::Kind::array)
        refuse(call.name, "stack takes arrays, not sums or products of them");
      parts.push_back(read_array(first.factors.front()));
    }
    // The axis that is stacked is the one on which the letters of the parts differ from those of y.
    std::size_t axis = letters.size();
    for (const Place& part : parts) {
      if (part.at.size() != letters.size())
        refuse(call.name, "stack takes arrays of as many axes as it gives");
      for (std::size_t k = 0; k < letters.size(); ++k) {
        if (part.at[k] == letters[k]) continue;
        if (axis != letters.size() && axis != k)
          refuse(call.name, "stack joins arrays along one axis, and these differ in two");
        axis = k;
      }
    }
    if (axis == letters.size()) refuse(call.name, "stack needs an index of its own on the left");
    Extent all;
    for (const Place& part : parts) {
      const Extent length = extent(part.at[axis]);
      all.sizes.insert(all.sizes.end(), length.sizes.begin(), length.sizes.end());
    }
    if (all != extent(letters[axis]))
      refuse(call.name, "the parts of the stack have " + all.str() + " rows, and " +
                            step().letters[static_cast<std::size_t>(letters[axis])].name +
                            " runs over " + extent(letters[axis]).str());
    const int to = target(known, root_, letters);
    Extent first;
    for (const Place& part : parts) {
      Place place = at(to, part.at);
      place.first[axis] = first;
      const Extent length = extent(part.at[axis]);
      first.sizes.insert(first.sizes.end(), length.sizes.begin(), length.sizes.end());
      step().lines.push_back({place, false, Function::sum, {{{}, {part}}}, {}});
    }
    return to;
  }

  // ---- Names of lines that the text does not name
  std::string part_name() {
    std::string name;
    do name = root_ + "_" + std::to_string(++parts_);
    while (step().find(name) >= 0);
    return name;
  }
  std::string unused(std::string name) {
    while (step().find(name) >= 0) name += "_";
    return name;
  }

  std::string file_;
  Definition cell_;
  Syntax* syntax_ = nullptr;  // of the line at hand
  std::set<int> given_, read_;
  std::string root_;  // the array that the line at hand gives
  int parts_ = 0;
};

}  // namespace

Definition parse_formulas(std::string_view text, const std::string& file) {
  Builder builder(file);
  int number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    builder.line(text.substr(0, end), ++number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return builder.finish(std::max(number, 1));
}

Definition parse(std::string_view text, const std::string& file) {
  Definition cell = parse_formulas(text, file);
  if (cell.step.arrays_of(Role::state).empty()) {
    const auto lines = std::count(text.begin(), text.end(), '\n') + (text.ends_with('\n') ? 0 : 1);
    throw FormatError(file + ":" + std::to_string(std::max<std::ptrdiff_t>(lines, 1)) +
                      ":1: there is no state");
  }
  return cell;
}

}  // namespace bptt::cells
