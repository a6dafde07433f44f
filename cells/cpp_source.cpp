#include <algorithm>
#include <map>

#include "cells/cpp_arrays.hpp"
#include "cells/cpp_head.hpp"
#include "cells/cpp_loops.hpp"
#include "cells/derive.hpp"

namespace bptt::cells {
namespace {

class CppSource {
 public:
  CppSource(const Definition& cell, const Program& step)
      : cell_(cell), arrays_(step), reversed_(reversed_lines(step, Style::plain)) {
    for (const Line& line : arrays_.back.program.lines) {
      for (const Term& term : line.terms)
        for (const Place& place : term.reads) read_back_.insert(place.array);
      for (const Place& place : line.arguments) read_back_.insert(place.array);
    }
  }

  std::string text() {
    const Program& step = arrays_.step;
    std::set<int> forward_outside = read_back_, backward_outside;
    for (std::size_t k = 0; k < step.arrays.size(); ++k) {
      backward_outside.insert(static_cast<int>(k));
      if (step.arrays[k].role == Role::local) continue;
      forward_outside.insert(static_cast<int>(k));
      backward_outside.insert(arrays_.back.gradient_of[k]);
    }
    const CppLoops forward =
        cpp_loops(arrays_.back.program, arrays_.names, forward_statements(), forward_outside, 2);
    const CppLoops backward =
        cpp_loops(arrays_.back.program, arrays_.names, backward_statements(), backward_outside, 2);
    for (const int k : step.arrays_of(Role::local))
      if (backward.arrays.contains(k)) arrays_.kept.push_back(k);
    std::set<Function> functions = forward.functions;
    functions.insert(backward.functions.begin(), backward.functions.end());

    write_forward(forward);
    write_backward(backward);
    return cpp_head(cell_, arrays_, functions) + text_ + "\n}  // namespace " +
           CppNames::allowed(cell_.name) + "\n";
  }

 private:
  // ---- Lines
  [[nodiscard]] std::vector<CppStatement> forward_statements() const {
    std::vector<CppStatement> statements;
    for (std::size_t k = 0; k < reversed_.size(); ++k) {
      const std::size_t last =
          k + 1 < reversed_.size() ? reversed_[k + 1].forward.line : arrays_.step.lines.size();
      // Entry by entry a line says itself.
      const Formula& f = reversed_[k].forward;
      const bool says_itself = f.summed.empty() && last == f.line + 1;
      for (std::size_t l = f.line; l < last; ++l)
        statements.push_back({arrays_.step.lines[l], says_itself ? "" : statement(f), ""});
    }
    return statements;
  }

  [[nodiscard]] std::vector<CppStatement> backward_statements() const {
    std::vector<CppStatement> statements;
    for (std::size_t k = reversed_.size(); k-- > 0;) {
      const Formula& forward = reversed_[k].forward;
      const std::size_t last =
          k + 1 < reversed_.size() ? reversed_[k + 1].forward.line : arrays_.step.lines.size();
      for (std::size_t l = arrays_.back.of_line[last]; l < arrays_.back.of_line[forward.line];
           ++l) {
        CppStatement one{arrays_.back.program.lines[l], statement(forward), ""};
        for (const Formula& f : reversed_[k].backward)
          if (f.line == l) {
            one.line.adds = f.adds;
            if (!f.summed.empty())
              one.note = "  " + f.left + " " + f.shape + ", summed over " + f.summed;
          }
        statements.push_back(std::move(one));
      }
    }
    return statements;
  }

  // ---- Functions
  void use_size(const std::string& name) {
    if (std::find(used_sizes_.begin(), used_sizes_.end(), name) == used_sizes_.end())
      used_sizes_.push_back(name);
  }
  void use_sizes_of(int k) {
    for (const int letter : arrays_.array(k).axes)
      for (const auto& size :
           arrays_.back.program.letters[static_cast<std::size_t>(letter)].extent.sizes)
        use_size(size);
    if (arrays_.array(k).of_samples) use_size(arrays_.names.samples());
  }
  // ---- Declarations, those of one type together
  void view(bool is_const, int k, const std::string& pointer) {
    declare(is_const ? "const Array<const Real>" : "const Array<Real>",
            arrays_.names.array(k) + "{" + pointer + arrays_.leading(k) + "}");
    use_sizes_of(k);
  }
  void local(int k, const std::string& name = "") {
    std::string all;
    for (const auto& one : arrays_.extents(k)) all += (all.empty() ? "" : ", ") + one;
    declare("const Local<Real>", (name.empty() ? arrays_.names.array(k) : name) + "(" + all + ")");
    use_sizes_of(k);
  }
  void declare(const std::string& type, std::string declarator) {
    if (type != declared_type_) end_declaration();
    declared_type_ = type;
    declarators_.push_back(std::move(declarator));
  }
  void end_declaration() {
    if (!declarators_.empty()) body_ += list(indent_ + declared_type_ + " ", declarators_, ";");
    declarators_.clear();
  }
  /// "head one, two, three end", in as many lines as it takes.
  static std::string list(const std::string& head, const std::vector<std::string>& all,
                          const std::string& end) {
    const std::string hanging(head.find_first_not_of(' ') + 4, ' ');
    std::string text, row = head;
    for (std::size_t k = 0; k < all.size(); ++k) {
      const std::string one = all[k] + (k + 1 < all.size() ? "," : end);
      if (row.size() + one.size() > 100 && row != head) {
        row.pop_back();
        text += row + "\n";
        row = hanging;
      }
      row += one + " ";
    }
    row.pop_back();
    return text + row + "\n";
  }
  void statement_of(const std::string& text) {
    end_declaration();
    body_ += indent_ + text + "\n";
  }

  static std::string of_step(const std::string& all, const std::string& t,
                             const std::string& size) {
    return all + " + " + t + " * " +
           (size.find(' ') == std::string::npos ? size : "(" + size + ")");
  }

  void function(const std::string& head, const CppLoops& loops) {
    for (const auto& size : loops.sizes) use_size(size);
    use_size(arrays_.names.samples());
    text_ += "\ntemplate <class Real>\n" + head;
    std::vector<std::string> sizes;
    auto all = arrays_.names.sizes();
    all.push_back(arrays_.names.samples());
    for (const auto& size : all)
      if (std::find(used_sizes_.begin(), used_sizes_.end(), size) != used_sizes_.end())
        sizes.push_back(size + " = size." + size);
    text_ += list("  const Index ", sizes, ";") + body_;
    body_.clear();
    used_sizes_.clear();
  }

  void begin_steps(const std::string& loop) {
    statement_of(loop + " {");
    indent_ = "    ";
  }
  void lines(const CppLoops& loops) {
    end_declaration();
    body_ += "\n" + loops.text + "  }\n";
    indent_ = "  ";
  }

  void write_forward(const CppLoops& loops) {
    const auto stands = [&](int k) { return loops.arrays.contains(k); };
    std::map<std::string, std::vector<std::string>> of_size;
    for (const auto* all : {&arrays_.of.states, &arrays_.of.outputs, &arrays_.kept})
      for (const int k : *all) {
        of_size[arrays_.count(k)].push_back("&" + kept(k));
        use_sizes_of(k);
      }
    for (const auto& [size, all] : of_size) {
      const std::string resize = "resize(static_cast<std::size_t>(" + size + " * size.T_x));\n";
      body_ += all.size() == 1
                   ? "  " + all.front().substr(1) + "." + resize
                   : list("  for (auto* values : {", all, "})") + "    values->" + resize;
    }
    for (const int k : arrays_.of.weights)
      if (stands(k)) view(true, k, "in." + arrays_.member(k));
    for (const int k : arrays_.step.arrays_of(Role::local))
      if (stands(k) && !arrays_.is_kept(k)) local(k);
    begin_steps("for (Index t = 0; t < size.T_x; ++t)");
    views_of_step(loops, false);
    lines(loops);
    body_ += "}\n";
    function("void forward(const Sizes& size, const Inputs<Real>& in, Steps<Real>& steps) {\n",
             loops);
  }

  /// A member of Steps.
  [[nodiscard]] std::string kept(int k) const { return "steps." + arrays_.member(k); }

  /// What step t reads, and, on the way forward, writes.
  void views_of_step(const CppLoops& loops, bool is_const) {
    for (const int k : arrays_.of.inputs)
      if (loops.arrays.contains(k))
        view(true, k, of_step("in." + arrays_.member(k), "t", arrays_.count(k)));
    for (const int k : arrays_.step.arrays_of(Role::before)) {
      if (!loops.arrays.contains(k)) continue;
      const int state = arrays_.base_of(k);
      view(true, k,
           "t == 0 ? in." + arrays_.member(state, "", "0") + " : " +
               of_step(kept(state) + ".data()", "(t - 1)", arrays_.count(state)));
    }
    for (const auto* all : {&arrays_.of.states, &arrays_.of.outputs, &arrays_.kept})
      for (const int k : *all)
        if (loops.arrays.contains(k))
          view(is_const, k, of_step(kept(k) + ".data()", "t", arrays_.count(k)));
  }

  void write_backward(const CppLoops& loops) {
    const auto stands = [&](int k) { return k >= 0 && loops.arrays.contains(k); };
    for (const int k : arrays_.of.weights)
      if (stands(k)) view(true, k, "in." + arrays_.member(k));
    for (const int k : arrays_.of.weights)
      if (stands(arrays_.gradient_of(k)))
        view(false, arrays_.gradient_of(k), "out." + arrays_.member(k, "d"));
    for (std::size_t k = arrays_.step.arrays.size(); k < arrays_.back.program.arrays.size(); ++k)
      if (const int d = static_cast<int>(k); stands(d) && is_of_the_step(d)) local(d);
    for (const int k : arrays_.of.outputs) local(arrays_.gradient_of(k));
    statement_of(
        "// Gradients of the states after step t, and of those before it, which come back to step "
        "t-1.");
    for (const int k : arrays_.of.states) local(arrays_.gradient_of(k));
    for (const int k : arrays_.step.arrays_of(Role::before))
      arrays_.gradient_of(k) >= 0 ? local(arrays_.gradient_of(k)) : local(k, carried(k));
    for (const int k : arrays_.of.seen_last) {
      const std::string from = "losses." + arrays_.member(k, "d", "_T");
      statement_of("if (" + from + " != nullptr) std::copy_n(" + from + ", " + arrays_.count(k) +
                   ", " + carried(arrays_.before_of(k)) + ".data);");
    }
    begin_steps("for (Index t = size.T_da - 1; t >= 0; --t)");
    views_of_step(loops, true);
    for (const int k : arrays_.of.inputs)
      if (stands(arrays_.gradient_of(k)))
        view(false, arrays_.gradient_of(k),
             of_step("out." + arrays_.member(k, "d"), "t", arrays_.count(k)));
    arriving();
    lines(loops);
    for (const int k : arrays_.of.states)
      statement_of("std::copy_n(" + carried(arrays_.before_of(k)) + ".data, " + arrays_.count(k) +
                   ", out." + arrays_.member(k, "d", "0") + ");");
    body_ += "}\n";
    function(
        "void backward(const Sizes& size, const Inputs<Real>& in, const Steps<Real>& steps,\n"
        "              const Losses<Real>& losses, const Gradients<Real>& out) {\n",
        loops);
  }

  /// Neither of weights, inputs or states, nor given by the losses.
  [[nodiscard]] bool is_of_the_step(int d) const {
    for (std::size_t k = 0; k < arrays_.step.arrays.size(); ++k)
      if (arrays_.back.gradient_of[k] == d) return arrays_.step.arrays[k].role == Role::local;
    return true;
  }

  /// The gradient of a state before the step, which no line may read.
  [[nodiscard]] std::string carried(int before) const {
    const int d = arrays_.gradient_of(before);
    return d >= 0 ? arrays_.names.array(d)
                  : CppNames::allowed("d" + arrays_.formulas.plain_name(before));
  }

  /// What comes to the states and outputs of step t: from its loss, and from the next step.
  void arriving() {
    for (const int k : arrays_.of.states) {
      const std::string to = arrays_.names.array(arrays_.gradient_of(k)),
                        from = carried(arrays_.before_of(k));
      if (arrays_.of.is_seen(k)) {
        statement_of(
            "// " + arrays_.array(k).name +
            "<t> feeds the loss of its step and, by the next step, every later loss: the two add.");
        statement_of("for (Index e = 0; e < " + arrays_.count(k) + "; ++e)");
        statement_of("  " + to + ".data[e] = losses." + arrays_.member(k, "d") + "[t * (" +
                     arrays_.count(k) + ") + e] + " + from + ".data[e];");
      } else {
        statement_of("std::copy_n(" + from + ".data, " + arrays_.count(k) + ", " + to + ".data);");
      }
    }
    for (const int k : arrays_.of.outputs)
      statement_of(
          "std::copy_n(" + of_step("losses." + arrays_.member(k, "d"), "t", arrays_.count(k)) +
          ", " + arrays_.count(k) + ", " + arrays_.names.array(arrays_.gradient_of(k)) + ".data);");
    // What the step does not read has no part in any loss.
    for (const int k : arrays_.of.states)
      if (arrays_.gradient_of(arrays_.before_of(k)) < 0)
        statement_of("std::fill_n(" + carried(arrays_.before_of(k)) + ".data, " + arrays_.count(k) +
                     ", Real(0));");
  }

  const Definition& cell_;
  CppArrays arrays_;
  std::vector<Reversed> reversed_;
  std::set<int> read_back_;
  std::string text_;
  std::string body_, indent_ = "  ";  // of the function at hand
  std::vector<std::string> used_sizes_, declarators_;
  std::string declared_type_;
};

/// Sizes under names that C++ allows.
Program with_sizes_allowed(Program step) {
  const auto allow = [](Extent& extent) {
    for (auto& size : extent.sizes) size = CppNames::allowed(size);
  };
  for (Letter& letter : step.letters) allow(letter.extent);
  for (Line& line : step.lines)
    for (Extent& first : line.to.first) allow(first);  // of a stack
  return step;
}

}  // namespace

std::string cpp_source(const Definition& cell, const Program& step) {
  require_code(cell);
  const Program allowed = with_sizes_allowed(step);
  return CppSource(cell, allowed).text();
}

}  // namespace bptt::cells
