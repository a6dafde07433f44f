#include "core/problem.hpp"

#include <algorithm>

namespace bptt {

std::string_view name_of(Cell cell) { return cell == Cell::rnn ? "rnn" : "lstm"; }

std::string_view name_of(Activation activation) {
  switch (activation) {
    case Activation::tanh: return "tanh";
    case Activation::relu: return "relu";
    case Activation::identity: return "identity";
  }
  throw Error("unknown activation");
}

namespace {
using Names = std::vector<std::string>;

Names with_d(const Names& names) {
  Names result;
  for (const std::string& name : names) result.push_back("d" + name);
  return result;
}
}  // namespace

const Names& input_names(Cell cell) {
  static const Names rnn{"x", "a0", "Wax", "Waa", "ba"};
  static const Names lstm{"x", "a0", "c0", "Wf", "bf", "Wi", "bi", "Wc", "bc", "Wo", "bo"};
  return cell == Cell::rnn ? rnn : lstm;
}

const Names& state_names(Cell cell) {
  static const Names rnn{"a"};
  static const Names lstm{"a", "c"};
  return cell == Cell::rnn ? rnn : lstm;
}

const Names& cache_names(Cell cell) {
  static const Names lstm{"a", "c", "ft", "it", "cct", "ot"};
  return cell == Cell::rnn ? state_names(Cell::rnn) : lstm;
}

const Names& upstream_names(Cell cell) {
  static const Names rnn{"da"};
  static const Names lstm{"da", "dc_T"};
  return cell == Cell::rnn ? rnn : lstm;
}

const Names& gradient_names(Cell cell) {
  static const Names rnn = with_d(input_names(Cell::rnn));
  static const Names lstm = with_d(input_names(Cell::lstm));
  return cell == Cell::rnn ? rnn : lstm;
}

bool accumulates(std::string_view gradient_name) {
  return gradient_name.starts_with("dW") || gradient_name.starts_with("db");
}

Shape shape_of(Cell cell, std::string_view name, const Sizes& s) {
  const auto is = [&](std::string_view known) { return same_name(known, name); };
  const auto is_one_of = [&](const Names& names) {
    return std::any_of(names.begin(), names.end(), is);
  };
  if (is("dx")) return {s.n_x, s.m, s.T_da};
  if (is("da")) return {s.n_a, s.m, s.T_da};
  if (is("dc_T") && cell == Cell::lstm) return {s.n_a, s.m};
  if (is_one_of(gradient_names(cell))) return shape_of(cell, name.substr(1), s);
  if (is("x")) return {s.n_x, s.m, s.T_x};
  if (is_one_of(cache_names(cell))) return {s.n_a, s.m, s.T_x};
  if (!is_one_of(input_names(cell)))
    throw Error("the " + std::string(name_of(cell)) + " has no array named " + std::string(name));
  if (is("a0") || is("c0")) return {s.n_a, s.m};
  if (name.front() == 'b') return {s.n_a, 1};
  if (is("Wax")) return {s.n_a, s.n_x};
  if (is("Waa")) return {s.n_a, s.n_a};
  return {s.n_a, s.n_a + s.n_x};
}

}  // namespace bptt
