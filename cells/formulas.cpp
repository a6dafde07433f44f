#include "cells/formulas.hpp"

#include <algorithm>

#include "cells/functions.hpp"

namespace bptt::cells {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
  return text;
}

/// Of Python; the gradient of an array "ef" is one.
bool is_keyword(const std::string& name) {
  constexpr std::string_view keywords[] = {
      "and",    "as",         "assert", "async",  "await",  "break",   "class",    "continue",
      "def",    "del",        "elif",   "else",   "except", "finally", "for",      "from",
      "global", "if",         "import", "in",     "is",     "lambda",  "nonlocal", "not",
      "or",     "pass",       "raise",  "return", "try",    "while",   "with",     "yield",
      "np",     "parameters", "cache",  "sigmoid"};
  return std::find(std::begin(keywords), std::end(keywords), name) != std::end(keywords);
}

struct Words {
  const char *times, *matrix_times, *transposed, *open_call, *close_call;
};
constexpr Words words[] = {{" * ", " ", "^T", "(", ")"},
                           {" * ", " @ ", ".T", "(", ")"},
                           {" \\odot ", "\\,", "^{\\top}", "\\left(", "\\right)"}};

}  // namespace

std::string Formulas::plain_name(int k) const {
  const Array& of = program_.arrays[static_cast<std::size_t>(k)];
  std::string name = of.name;
  if (name.ends_with("'")) return name.substr(0, name.size() - 1) + "_prev";
  // A gradient is named by the array that it is of.
  const int base = of.role == Role::gradient ? program_.find(name.substr(1)) : k;
  if (base < 0) return name;
  const Role role = program_.arrays[static_cast<std::size_t>(base)].role;
  if (role == Role::state) return name + "_next";
  if (role == Role::input) return name + "t";
  return name;
}

std::string Formulas::name(int k) const {
  const std::string name = plain_name(k);
  if (style_ == Style::latex) return "\\mathit{" + replaced(name, "_", "\\_") + "}";
  return style_ == Style::numpy && is_keyword(name) ? name + "_" : name;
}

std::string Formulas::read(const Place& place) const {
  const auto found = inlined_.find(place.array);
  if (found != inlined_.end()) {
    const std::string text = right_side(found->second);
    return found->second.function == Function::sum ? "(" + text + ")" : text;
  }
  // A letter that runs over less than the axis reads a part of a stack.
  for (std::size_t axis = 0; axis < place.at.size(); ++axis)
    if (extent(place.at[axis]) != extent(array(place).axes[axis])) return part(place);
  return name(place.array);
}

/// The rows of a stacked array that belong to the place: dconcat[n_a:,:].
std::string Formulas::part(const Place& place) const {
  const auto& axes = array(place).axes;
  std::string text;
  for (std::size_t axis = 0; axis < axes.size(); ++axis) {
    const Extent &first = place.first[axis], &length = extent(place.at[axis]),
                 &whole = extent(axes[axis]);
    Extent last = first;
    last.sizes.insert(last.sizes.end(), length.sizes.begin(), length.sizes.end());
    text += first.str() + ":" + (last == whole ? "" : last.str()) + ",";
  }
  text = "[" + text + ":]";
  return name(place.array) + (style_ == Style::latex ? replaced(text, "_", "\\_") : text);
}

std::string Formulas::stack(const std::vector<Line>& copies) const {
  std::string text;
  for (const Line& line : copies) {
    const std::string separator = style_ == Style::numpy   ? ", "
                                  : style_ == Style::plain ? "; "
                                                           : " \\\\ ";
    text += (text.empty() ? "" : separator) + read(line.terms.front().reads.front());
  }
  if (style_ == Style::numpy) return "np.concatenate((" + text + "))";
  return style_ == Style::plain ? "[" + text + "]" : "\\begin{bmatrix} " + text + " \\end{bmatrix}";
}

std::string Formulas::shape(int k) const {
  const Array& of = program_.arrays[static_cast<std::size_t>(k)];
  std::vector<std::string> extents;
  for (const int letter : of.axes) extents.push_back(extent(letter).str());
  if (of.of_samples) extents.emplace_back("m");
  // A weight of one axis is a column, which broadcasts over the samples.
  else if (of.axes.size() == 1)
    extents.emplace_back("1");
  std::string text;
  for (const auto& one : extents) text += (text.empty() ? "" : ", ") + one;
  return "(" + text + ")";
}

std::string Formulas::summed(const Line& line) const {
  std::vector<std::string> over;
  bool samples = false;
  for (const Term& term : line.terms)
    for (const Place& place : term.reads) {
      for (const int letter : place.at) {
        const std::string name = extent(letter).str();
        if (std::find(line.to.at.begin(), line.to.at.end(), letter) == line.to.at.end() &&
            std::find(over.begin(), over.end(), name) == over.end())
          over.push_back(name);
      }
      samples = samples || (array(place).of_samples && !array(line.to).of_samples);
    }
  if (samples) over.push_back("the samples");
  std::string text;
  for (const auto& name : over) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string Formulas::right_side(const Line& line) const {
  if (line.function != Function::sum) return call(line);
  std::string text;
  for (const Term& one : line.terms) {
    const bool minus = one.factor.numerator < 0;
    text += text.empty() ? (minus ? "-" : "") : (minus ? " - " : " + ");
    text += term(one, line.to);
  }
  return text;
}

/// Without its sign.
std::string Formulas::term(const Term& term, const Place& to) const {
  std::vector<Factor> factors;
  for (const Place& place : term.reads) factors.push_back({&place, read(place)});
  // What comes back stands first, as one says it.
  std::stable_sort(factors.begin(), factors.end(), [&](const Factor& p, const Factor& q) {
    return array(*p.place).role == Role::gradient && array(*q.place).role != Role::gradient;
  });
  const int size = std::abs(term.factor.numerator);
  std::string number = std::to_string(size);
  if (term.factor.denominator != 1) number += "/" + std::to_string(term.factor.denominator);
  if (factors.empty()) return number;
  const std::string text = product(factors, to);
  return number == "1" ? text : number + words[static_cast<std::size_t>(style_)].times + text;
}

std::string Formulas::product(const std::vector<Factor>& factors, const Place& to) const {
  const bool of_samples = array(to).of_samples;
  const auto is = [&](const Factor& factor, const std::vector<int>& at, bool samples) {
    return factor.place->at == at && array(*factor.place).of_samples == samples;
  };
  const auto like_left = [&](const Factor& factor) {
    return factor.place->at == to.at || (factor.place->at.empty() && to.at.size() <= 1);
  };
  if (std::all_of(factors.begin(), factors.end(), like_left)) {
    const std::string text = joined(factors);
    const bool any = std::any_of(factors.begin(), factors.end(),
                                 [&](const Factor& f) { return array(*f.place).of_samples; });
    return of_samples || !any ? text : sum_over_samples(text, factors.size() == 1);
  }
  if (factors.size() == 2 && to.at.size() == 1 && of_samples) {
    for (const auto& [matrix, vector] :
         {std::pair{factors[0], factors[1]}, {factors[1], factors[0]}}) {
      if (vector.place->at.size() != 1 || !array(*vector.place).of_samples) continue;
      const int summed = vector.place->at[0];
      if (is(matrix, {to.at[0], summed}, false)) return matrix_product(matrix.text, vector.text);
      if (is(matrix, {summed, to.at[0]}, false))
        return matrix_product(transposed(matrix.text), vector.text);
    }
  }
  if (factors.size() == 2 && to.at.size() == 2 && !of_samples)
    for (const auto& [left, right] : {std::pair{factors[0], factors[1]}, {factors[1], factors[0]}})
      if (is(left, {to.at[0]}, true) && is(right, {to.at[1]}, true))
        return matrix_product(left.text, transposed(right.text));
  return with_indices(factors, to);
}

std::string Formulas::joined(const std::vector<Factor>& factors) const {
  std::string text;
  for (const Factor& factor : factors)
    text += (text.empty() ? "" : words[static_cast<std::size_t>(style_)].times) + factor.text;
  return text;
}

std::string Formulas::matrix_product(const std::string& p, const std::string& q) const {
  return p + words[static_cast<std::size_t>(style_)].matrix_times + q;
}

std::string Formulas::transposed(const std::string& p) const {
  return p + words[static_cast<std::size_t>(style_)].transposed;
}

std::string Formulas::sum_over_samples(const std::string& p, bool alone) const {
  switch (style_) {
    case Style::plain: return "sum over j of " + (alone ? p : "(" + p + ")") + "[:,j]";
    case Style::numpy: return "np.sum(" + p + ", axis=1, keepdims=True)";
    case Style::latex: break;
  }
  return "\\sum_j " + (alone ? p : "(" + p + ")") + "_{:,j}";
}

std::string Formulas::letters(const Place& place, const char* between, const char* sample) const {
  std::string text;
  for (const int letter : place.at)
    text += (text.empty() ? "" : between) + program_.letters[static_cast<std::size_t>(letter)].name;
  if (array(place).of_samples && *sample != 0)
    text += (text.empty() ? "" : between) + std::string(sample);
  return text;
}

std::string Formulas::with_indices(const std::vector<Factor>& factors, const Place& to) const {
  std::string text, indices;
  for (const Factor& factor : factors) {
    if (style_ == Style::numpy) {
      const bool column = !array(*factor.place).of_samples && factor.place->at.size() == 1;
      text += ", " + factor.text + (column ? "[:, 0]" : "");
      indices += (indices.empty() ? "" : ",") + letters(*factor.place, "", "Z");
    } else {
      const std::string at = letters(*factor.place, ",", "");
      text += (text.empty() ? "" : " ") + factor.text +
              (style_ == Style::plain ? "[" + at + "]" : "_{" + at + "}");
    }
  }
  if (style_ != Style::numpy) return text;
  const bool column = !array(to).of_samples && to.at.size() == 1;
  return "np.einsum(\"" + indices + "->" + letters(to, "", "Z") + "\"" + text + ")" +
         (column ? "[:, None]" : "");
}

std::string Formulas::call(const Line& line) const {
  const std::string p = read(line.arguments.front()), q = read(line.arguments.back());
  if (style_ == Style::numpy) switch (line.function) {
      case Function::sigmoid: return "sigmoid(" + p + ")";
      case Function::relu: return "np.maximum(" + p + ", 0)";
      case Function::identity: return p;
      case Function::reciprocal: return "(1 / " + p + ")";
      case Function::step: return "(" + p + " > 0)";
      case Function::larger: return "np.maximum(" + p + ", " + q + ")";
      case Function::is_larger: return "(" + p + " >= " + q + ")";
      case Function::is_smaller: return "(" + q + " > " + p + ")";
      case Function::where_on: return "np.where(" + q + " != 0, " + p + ", 0)";
      case Function::where_off: return "np.where(" + q + " == 0, " + p + ", 0)";
      default: return "np." + std::string(name_of(line.function)) + "(" + p + ")";
    }
  const Words& w = words[static_cast<std::size_t>(style_)];
  std::string function(name_of(line.function));
  if (style_ == Style::latex)
    function = line.function == Function::sigmoid
                   ? "\\sigma"
                   : "\\operatorname{" + replaced(function, "_", "\\_") + "}";
  if (line.function == Function::reciprocal && style_ == Style::plain) return "(1 / " + p + ")";
  return function + w.open_call + p + (line.arguments.size() == 2 ? ", " + q : "") + w.close_call;
}

}  // namespace bptt::cells
