#include "cells/functions.hpp"

#include <array>

namespace bptt::cells {
namespace {

constexpr Number minus_one{-1, 1};

void no_rule(Gradients&) {}  // piecewise constant

/// y = tanh(z): dz += dy (1 - y y).
void tanh_rule(Gradients& to) {
  const Place y = to.value();
  to.give(0, {to.sum("slope", {{{}, {}}, {minus_one, {y, y}}})});
}

/// y = sigmoid(z): dz += dy (y (1 - y)).
void sigmoid_rule(Gradients& to) {
  const Place y = to.value();
  const Place rest = to.sum("rest", {{{}, {}}, {minus_one, {y}}});
  to.give(0, {to.sum("slope", {{{}, {y, rest}}})});
}

void exp_rule(Gradients& to) { to.give(0, {to.value()}); }

void log_rule(Gradients& to) {
  to.give(0, {to.apply("slope", Function::reciprocal, {to.argument(0)})});
}

void relu_rule(Gradients& to) { to.give(0, {to.apply("slope", Function::step, {to.value()})}); }

void identity_rule(Gradients& to) { to.give(0, {}); }

/// y = 1/p: dp -= dy y y.
void reciprocal_rule(Gradients& to) {
  const Place y = to.value();
  to.give(0, {y, y}, minus_one);
}

/// The larger one alone has the gradient; the first if they are equal.
void larger_rule(Gradients& to) {
  const std::vector<Place> both{to.argument(0), to.argument(1)};
  to.give(0, {to.apply("first", Function::is_larger, both)});
  to.give(1, {to.apply("second", Function::is_smaller, both)});
}

/// What was let through lets its gradient through. The mask has none.
void where_on_rule(Gradients& to) { to.give_where(0, Function::where_on, to.argument(1)); }
void where_off_rule(Gradients& to) { to.give_where(0, Function::where_off, to.argument(1)); }

struct Entry {
  Function function;
  std::string_view name;
  int arity;
  bool in_files;  // a cell's file may name it
  void (*rule)(Gradients&);
};

constexpr std::array table{
    Entry{Function::tanh, "tanh", 1, true, tanh_rule},
    Entry{Function::sigmoid, "sigmoid", 1, true, sigmoid_rule},
    Entry{Function::exp, "exp", 1, true, exp_rule},
    Entry{Function::log, "log", 1, true, log_rule},
    Entry{Function::relu, "relu", 1, true, relu_rule},
    Entry{Function::identity, "identity", 1, true, identity_rule},
    Entry{Function::larger, "larger", 2, true, larger_rule},
    Entry{Function::reciprocal, "reciprocal", 1, false, reciprocal_rule},
    Entry{Function::step, "step", 1, false, no_rule},
    Entry{Function::is_larger, "is_larger", 2, false, no_rule},
    Entry{Function::is_smaller, "is_smaller", 2, false, no_rule},
    Entry{Function::where_on, "where_on", 2, false, where_on_rule},
    Entry{Function::where_off, "where_off", 2, false, where_off_rule},
    Entry{Function::activation, "activation", 1, false, no_rule},
    Entry{Function::sum, "sum", 0, false, no_rule},
};

const Entry& entry(Function function) {
  for (const Entry& known : table)
    if (known.function == function) return known;
  return table.back();
}

}  // namespace

std::string_view name_of(Function function) { return entry(function).name; }
int arity_of(Function function) { return entry(function).arity; }

std::optional<Function> function_named(std::string_view name) {
  for (const Entry& known : table)
    if (known.in_files && known.name == name) return known.function;
  return {};
}

std::string names_of_functions() {
  std::string names;
  for (const Entry& known : table)
    if (known.in_files) names += (names.empty() ? "" : " ") + std::string(known.name);
  return names;
}

void reverse_function(Function function, Gradients& to) { entry(function).rule(to); }

}  // namespace bptt::cells
