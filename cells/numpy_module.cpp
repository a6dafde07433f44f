#include <algorithm>

#include "cells/derive.hpp"
#include "cells/reverse.hpp"
#include "cells/signature.hpp"

namespace bptt::cells {
namespace {

/// The course's cells also predict: y = softmax(W a + by), whose gradient is the caller's.
struct Head {
  std::string_view cell, weight;
};
constexpr Head heads[] = {{"rnn", "Wya"}, {"lstm", "Wy"}};

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

/// ("Wf", "bf")
std::string quoted(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "\"" : ", \"") + name + "\"";
  return "(" + text + (names.size() == 1 ? ",)" : ")");
}

/// A value for each of the names: "(x for name in names)" with a comma where there is one.
std::string unpacked(const std::vector<std::string>& names) {
  return list(names) + (names.size() == 1 ? "," : "");
}

class Module {
 public:
  Module(const Definition& cell, const Program& step)
      : cell_(cell),
        step_(step),
        back_(reverse(step)),
        formulas_(back_.program, Style::numpy),
        of_(step),
        kept_(names_of({Role::input, Role::before, Role::local, Role::state, Role::output})),
        weights_(names_of({Role::weight})),
        inputs_(names_of({Role::input})),
        outputs_(names_of({Role::output})) {
    for (const int k : of_.states) states_.push_back(step.arrays[index(k)].name);
    for (const Head& head : heads)
      if (head.cell == cell.name) head_ = head.weight;
  }

  std::string text() {
    line("\"\"\"" + cell_.name + ": " + cell_.title + ".");
    line("");
    line(
        "Arrays are (.., m) a step and (.., m, T) a sequence, biases columns. Each line of the "
        "backward");
    line("is a line of the forward reversed, the last one first.");
    line("\"\"\"");
    line("import numpy as np");
    blank(2);
    line("def sigmoid(z):");
    line("    e = np.exp(-np.abs(z))  # of a negative number: it never overflows");
    line("    return np.where(z < 0, e, 1) / (1 + e)");
    if (!head_.empty()) softmax();
    cell_forward();
    cell_backward();
    forward();
    backward();
    return text_;
  }

 private:
  static std::size_t index(int k) { return static_cast<std::size_t>(k); }

  void line(const std::string& text) { text_ += text + "\n"; }
  void blank(int count) { text_.append(static_cast<std::size_t>(count), '\n'); }

  std::vector<std::string> names_of(std::initializer_list<Role> roles) const {
    std::vector<std::string> names;
    for (const Role role : roles)
      for (const int k : step_.arrays_of(role)) names.push_back(formulas_.name(k));
    return names;
  }

  void softmax() {
    blank(2);
    line("def softmax(z):");
    line("    e = np.exp(z - np.max(z, axis=0))");
    line("    return e / np.sum(e, axis=0)");
  }

  void statements(const std::vector<Formula>& formulas) {
    for (const Formula& f : formulas)  // not in place: the caller's arrays stay as they are
      line("    " + f.left + " = " + (f.adds ? f.left + " + " : "") + f.right);
  }

  /// What is named in the parts of a stack: n_a = a_prev.shape[0].
  void sizes(const std::vector<Formula>& formulas) {
    std::vector<std::string> needed;
    for (const Letter& letter : step_.letters)
      for (const auto& size : letter.extent.sizes)
        for (const Formula& f : formulas)
          if ((f.right.find("[" + size + ":") != std::string::npos ||
               f.right.find(":" + size + ",") != std::string::npos) &&
              std::find(needed.begin(), needed.end(), size) == needed.end())
            needed.push_back(size);
    for (const auto& name : needed) line("    " + name + " = " + size(name, Role::before, ""));
  }

  std::vector<std::string> with_suffix(const std::vector<std::string>& names,
                                       const std::string& suffix) const {
    std::vector<std::string> result;
    for (const auto& name : names) result.push_back(name + suffix);
    return result;
  }

  void cell_forward() {
    auto arguments = inputs_;
    for (const auto& name : with_suffix(states_, "_prev")) arguments.push_back(name);
    blank(2);
    line("def " + cell_.name + "_cell_forward(" + list(arguments) + ", parameters):");
    if (!weights_.empty())
      line("    " + unpacked(weights_) + " = (parameters[name] for name in " + quoted(weights_) +
           ")");
    std::vector<Formula> formulas;
    for (const Reversed& one : reversed_lines(step_, Style::numpy)) formulas.push_back(one.forward);
    statements(formulas);
    auto results = with_suffix(states_, "_next");
    results.insert(results.end(), outputs_.begin(), outputs_.end());
    if (!head_.empty()) {
      line("    yt_pred = softmax(parameters[\"" + head_ + "\"] @ " + results.front() +
           " + parameters[\"by\"])");
      results.emplace_back("yt_pred");
    }
    line("    cache = (" + list(kept_) + ", parameters)");
    line("    return " + list(results) + ", cache");
  }

  std::vector<std::string> losses() const {  // of the arguments of the cell's backward
    auto names = with_suffix(states_, "_next");
    names.insert(names.end(), outputs_.begin(), outputs_.end());
    for (auto& name : names) name = "d" + name;
    return names;
  }

  void cell_backward() {
    blank(2);
    line("def " + cell_.name + "_cell_backward(" + list(losses()) + ", cache):");
    line("    " + list(kept_) + ", parameters = cache");
    if (!weights_.empty())
      line("    " + unpacked(weights_) + " = (parameters[name] for name in " + quoted(weights_) +
           ")");
    const auto reversed = reversed_lines(step_, Style::numpy, true);
    std::vector<Formula> all;
    for (std::size_t k = reversed.size(); k-- > 0;)
      all.insert(all.end(), reversed[k].backward.begin(), reversed[k].backward.end());
    sizes(all);
    for (std::size_t k = reversed.size(); k-- > 0;) {
      line("    # " + reversed[k].forward.left + " = " + reversed[k].forward.right);
      statements(reversed[k].backward);
    }
    std::string entries;
    for (const Role role : {Role::input, Role::before, Role::weight})
      for (const int k : step_.arrays_of(role)) {
        const int d = back_.gradient_of[index(k)];
        const std::string key = "d" + formulas_.plain_name(k);
        entries += (entries.empty() ? "" : ",\n            ") + ("\"" + key + "\": ") +
                   (d >= 0 ? formulas_.name(d) : "np.zeros_like(" + formulas_.name(k) + ")");
      }
    line("    return {" + entries + "}");
  }

  void forward() {
    std::vector<std::string> arguments;
    for (const int k : step_.arrays_of(Role::input))
      arguments.push_back(step_.arrays[index(k)].name);
    const std::string first_input = arguments.front();
    const auto sequences = arguments;
    arguments.push_back(states_.front() + "0");
    arguments.emplace_back("parameters");
    for (std::size_t k = 1; k < states_.size(); ++k) arguments.push_back(states_[k] + "0=None");
    blank(2);
    line("def " + cell_.name + "_forward(" + list(arguments) + "):");
    line("    " + states_.front() + "_next = " + states_.front() + "0");
    for (std::size_t k = 1; k < states_.size(); ++k)
      line("    " + states_[k] + "_next = " + initial(states_[k], sequences));
    auto gathered = states_;
    gathered.insert(gathered.end(), outputs_.begin(), outputs_.end());
    if (!head_.empty()) gathered.insert(gathered.begin() + 1, "y_pred");
    for (const auto& name : gathered) line("    " + name + "_of_steps = []");
    line("    caches = []");
    line("    for t in range(" + first_input + ".shape[-1]):");
    std::vector<std::string> results = with_suffix(states_, "_next"), given;
    results.insert(results.end(), outputs_.begin(), outputs_.end());
    if (!head_.empty()) results.emplace_back("yt_pred");
    for (const auto& name : sequences) given.push_back(name + "[..., t]");
    for (const auto& name : with_suffix(states_, "_next")) given.push_back(name);
    line("        " + list(results) + ", cache = " + cell_.name + "_cell_forward(");
    line("            " + list(given) + ", parameters)");
    for (const auto& name : gathered)
      line("        " + name + "_of_steps.append(" +
           (name == "y_pred"                                                   ? "yt_pred"
            : std::find(states_.begin(), states_.end(), name) != states_.end() ? name + "_next"
                                                                               : name) +
           ")");
    line("        caches.append(cache)");
    std::string stacked;
    for (const auto& name : gathered) stacked += "np.stack(" + name + "_of_steps, axis=-1), ";
    line("    return " + stacked + "caches");
  }

  /// Zeros, unless it is given.
  std::string initial(const std::string& state, const std::vector<std::string>& sequences) const {
    const auto& axes = step_.arrays[index(step_.find(state))].axes;
    std::string shape;
    for (const int letter : axes)
      shape += size(step_.letters[index(letter)].extent.sizes.front(), Role::state, "0") + ", ";
    return "np.zeros((" + shape + sequences.front() + ".shape[-2])) if " + state +
           "0 is None else " + state + "0";
  }

  /// An expression for a size: the extent of the first state, `suffix` behind its name, an input or
  /// a weight. `of_state`: whose name that state has.
  std::string size(const std::string& name, Role of_state, const std::string& suffix) const {
    for (const Role role : {of_state, Role::input, Role::weight})
      for (const int k : step_.arrays_of(role)) {
        const Array& array = step_.arrays[index(k)];
        if (role == Role::state && array.name != states_.front()) continue;
        const std::string of = role == Role::state       ? array.name + suffix
                               : role == Role::before    ? formulas_.name(k)
                               : role == Role::weight    ? "parameters[\"" + array.name + "\"]"
                               : of_state == Role::state ? array.name
                                                         : formulas_.name(k);
        for (std::size_t axis = 0; axis < array.axes.size(); ++axis)
          if (step_.letters[index(array.axes[axis])].extent.sizes == std::vector{name})
            return of + ".shape[" + std::to_string(axis) + "]";
      }
    return name;
  }

  /// Of a state or an output.
  [[nodiscard]] const std::string& name_of(int k) const { return step_.arrays[index(k)].name; }

  void backward() {
    std::vector<std::string> arguments;
    for (const int k : of_.seen) arguments.push_back("d" + name_of(k));
    arguments.emplace_back("caches");
    for (const int k : of_.seen_last) arguments.push_back("d" + name_of(k) + "_T=None");
    blank(2);
    line("def " + cell_.name + "_backward(" + list(arguments) + "):");
    line("    T = d" + name_of(of_.seen.front()) + ".shape[-1]");
    for (const int k : of_.states) {
      const std::string& name = name_of(k);
      const auto at = std::find(kept_.begin(), kept_.end(), name + "_prev") - kept_.begin();
      const std::string zeros = "np.zeros_like(caches[0][" + std::to_string(at) + "])";
      line("    d" + name + "_prevt = " +
           (of_.is_seen(k) ? zeros : zeros + " if d" + name + "_T is None else d" + name + "_T"));
    }
    for (const auto& name : inputs_) line("    d" + name + "_of_steps = []");
    if (!weights_.empty()) line("    total = {}");
    line("    for t in reversed(range(T)):");
    std::vector<std::string> given;
    for (const int k : of_.states)
      given.push_back("d" + name_of(k) +
                      (of_.is_seen(k) ? "[..., t] + d" + name_of(k) + "_prevt" : "_prevt"));
    for (const auto& name : outputs_) given.push_back("d" + name + "[..., t]");
    line("        gradients = " + cell_.name + "_cell_backward(" + list(given) + ", caches[t])");
    for (const auto& name : states_)
      line("        d" + name + "_prevt = gradients[\"d" + name + "_prev\"]");
    for (const auto& name : inputs_)
      line("        d" + name + "_of_steps.insert(0, gradients[\"d" + name + "\"])");
    if (!weights_.empty()) {
      std::vector<std::string> keys;
      for (const auto& name : weights_) keys.push_back("d" + name);
      line("        for name in " + quoted(keys) + ":");
      line("            total[name] = total.get(name, 0) + gradients[name]");
    }
    std::string entries;
    for (const int k : step_.arrays_of(Role::input))
      entries += "\"d" + step_.arrays[index(k)].name + "\": np.stack(d" + formulas_.name(k) +
                 "_of_steps, axis=-1), ";
    for (const auto& name : states_) entries += "\"d" + name + "0\": d" + name + "_prevt, ";
    line("    return {" + entries + (weights_.empty() ? "}" : "**total}"));
  }

  const Definition& cell_;
  const Program& step_;
  Reversal back_;
  Formulas formulas_;
  Signature of_;
  std::vector<std::string> kept_, weights_, inputs_, outputs_, states_;
  std::string head_, text_;
};

}  // namespace

std::string numpy_module(const Definition& cell, const Program& step) {
  require_code(cell);
  return Module(cell, step).text();
}

}  // namespace bptt::cells
