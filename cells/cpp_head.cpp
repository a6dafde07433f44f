#include "cells/cpp_head.hpp"

namespace bptt::cells {
namespace {

constexpr std::string_view introduction = R"(//
// Forward and backward through time in plain loops. Above the loops of a line stands the line in
// the notation of matrices: * is entry by entry, s_prev the state s before the step and s_next
// after it, xt the input x of the step. The way back goes through the same lines, the last one
// first; below each stands what it gives, with its sums. = overwrites, += adds to what is there.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

)";
constexpr std::string_view array_types = R"(
using Index = std::ptrdiff_t;
using std::exp, std::log, std::tanh;

/// An array whose first index runs fastest; n0, n1, n2 are the extents of all axes but the last.
template <class Real>
struct Array {
  Real* data;
  Index n0 = 1, n1 = 1, n2 = 1;
  Real& operator()(Index i, Index j = 0, Index k = 0, Index l = 0) const {
    return data[i + n0 * (j + n1 * (k + n2 * l))];
  }
};

/// The same with memory of its own, zeros at first.
template <class Real>
struct Local : Array<Real> {
  explicit Local(Index e0, Index e1 = 1, Index e2 = 1, Index e3 = 1)
      : Array<Real>{nullptr, e0, e1, e2}, memory(static_cast<std::size_t>(e0 * e1 * e2 * e3)) {
    this->data = memory.data();
  }
  Local(const Local&) = delete;
  Local& operator=(const Local&) = delete;
  std::vector<Real> memory;
};
)";

struct NumberFunction {
  Function function;
  std::string_view text;
};
// Written so that a NaN stays a NaN.
constexpr NumberFunction number_functions[] = {{Function::sigmoid, R"(
/// exp is taken of a negative number alone, and never overflows.
template <class Real>
Real sigmoid(Real z) {
  const Real e = exp(z < 0 ? z : -z);
  return (z < 0 ? e : Real(1)) / (1 + e);
}
)"},
                                               {Function::relu, R"(
template <class Real>
Real relu(Real z) {
  return z <= 0 ? Real(0) : z;
}
)"},
                                               {Function::step, R"(
/// The slope of relu, from its value: 0 at the kink.
template <class Real>
Real step(Real p) {
  return p <= 0 ? Real(0) : p > 0 ? Real(1) : p;
}
)"},
                                               {Function::larger, R"(
template <class Real>
Real larger(Real p, Real q) {
  return q > p ? q : p;
}
)"},
                                               {Function::is_larger, R"(
/// 1 if larger(p, q) is p, else 0.
template <class Real>
Real is_larger(Real p, Real q) {
  return q > p ? Real(0) : Real(1);
}
)"},
                                               {Function::is_smaller, R"(
/// 1 if larger(p, q) is q, else 0.
template <class Real>
Real is_smaller(Real p, Real q) {
  return q > p ? Real(1) : Real(0);
}
)"}};

class CppHead {
 public:
  explicit CppHead(const CppArrays& arrays) : arrays_(arrays) {}

  std::string text(const Definition& cell, const std::set<Function>& functions) {
    title(cell.name + ": " + cell.title);
    text_ += introduction;
    line("namespace " + CppNames::allowed(cell.name) + " {");
    text_ += array_types;
    for (const NumberFunction& helper : number_functions)
      if (functions.contains(helper.function)) text_ += helper.text;
    structs();
    return std::move(text_);
  }

 private:
  void line(const std::string& text) { text_ += text + "\n"; }

  void title(std::string text) {
    while (text.size() > 97) {
      const std::size_t end = text.rfind(' ', 97);
      if (end == std::string::npos) break;
      line("// " + text.substr(0, end));
      text.erase(0, end + 1);
    }
    line("// " + text);
  }

  void members(const std::vector<std::pair<std::string, std::string>>& named) {
    std::size_t width = 0;
    for (const auto& [name, note] : named) width = std::max(width, name.size());
    for (const auto& [name, note] : named)
      line("  " + name + ";" + std::string(width - name.size(), ' ') + "  // " + note);
    line("};");
  }

  void structs() {
    line("");
    line("/// T_da: how many steps have a loss, 1 <= T_da <= T_x.");
    std::string sizes;
    for (const auto& size : arrays_.names.sizes()) sizes += size + ", ";
    line("struct Sizes {");
    line("  Index " + sizes + arrays_.names.samples() + ", T_x, T_da;");
    line("};");

    line("");
    line("/// What is given.");
    line("template <class Real>");
    line("struct Inputs {");
    std::vector<std::pair<std::string, std::string>> fields;
    for (const int k : arrays_.of.inputs)
      fields.emplace_back("const Real* " + arrays_.member(k), arrays_.shape(k, "T_x"));
    for (const int k : arrays_.of.states)
      fields.emplace_back("const Real* " + arrays_.member(k, "", "0"),
                          arrays_.shape(k) + ", before the first step");
    for (const int k : arrays_.of.weights)
      fields.emplace_back("const Real* " + arrays_.member(k), arrays_.shape(k));
    members(fields);

    line("");
    line("/// What forward gives of all steps: states" +
         std::string(arrays_.of.outputs.empty() ? "" : ", outputs") +
         ", and what backward reads of the rest.");
    line("template <class Real>");
    line("struct Steps {");
    fields.clear();
    for (const auto* all : {&arrays_.of.states, &arrays_.of.outputs})
      for (const int k : *all)
        fields.emplace_back("std::vector<Real> " + arrays_.member(k), arrays_.shape(k, "T_x"));
    for (const int k : arrays_.kept)
      fields.emplace_back("std::vector<Real> " + arrays_.member(k), arrays_.shape(k, "T_x"));
    members(fields);

    line("");
    line("/// Gradients of the losses: of each step's own alone" +
         std::string(arrays_.of.seen_last.empty()
                         ? "."
                         : ", and of one that reads a state after\n"
                           "/// step T_da-1 itself; null if there is none."));
    line("template <class Real>");
    line("struct Losses {");
    fields.clear();
    for (const int k : arrays_.of.seen)
      fields.emplace_back("const Real* " + arrays_.member(k, "d"), arrays_.shape(k, "T_da"));
    for (const int k : arrays_.of.seen_last)
      fields.emplace_back("const Real* " + arrays_.member(k, "d", "_T"), arrays_.shape(k));
    members(fields);

    line("");
    line("/// What backward gives.");
    line("template <class Real>");
    line("struct Gradients {");
    fields.clear();
    for (const int k : arrays_.of.inputs)
      fields.emplace_back("Real* " + arrays_.member(k, "d"),
                          arrays_.shape(k, "T_da") + ", overwritten");
    for (const int k : arrays_.of.states)
      fields.emplace_back("Real* " + arrays_.member(k, "d", "0"),
                          arrays_.shape(k) + ", overwritten");
    for (const int k : arrays_.of.weights)
      fields.emplace_back("Real* " + arrays_.member(k, "d"), arrays_.shape(k) + ", accumulates");
    members(fields);
  }

  const CppArrays& arrays_;
  std::string text_;
};

}  // namespace

std::string cpp_head(const Definition& cell, const CppArrays& arrays,
                     const std::set<Function>& functions) {
  return CppHead(arrays).text(cell, functions);
}

}  // namespace bptt::cells
