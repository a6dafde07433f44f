#include "core/problem.hpp"

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

namespace {

struct Rule {
  std::string name;
  Shape (*shape)(const Sizes&);
};
using Rules = std::vector<Rule>;

Shape features(const Sizes& s) { return {s.n_x, s.m, s.T_x}; }
Shape features_of_loss(const Sizes& s) { return {s.n_x, s.m, s.T_da}; }
Shape units(const Sizes& s) { return {s.n_a, s.m, s.T_x}; }
Shape units_of_loss(const Sizes& s) { return {s.n_a, s.m, s.T_da}; }
Shape units_of_one_step(const Sizes& s) { return {s.n_a, s.m}; }
Shape bias(const Sizes& s) { return {s.n_a, 1}; }
Shape of_features(const Sizes& s) { return {s.n_a, s.n_x}; }
Shape of_units(const Sizes& s) { return {s.n_a, s.n_a}; }
Shape of_both(const Sizes& s) { return {s.n_a, s.n_a + s.n_x}; }

/// With the gradients of parameters and initial states, which have the same shapes.
Rules with_gradients(Rules rules, const Rules& own) {
  for (const Rule& rule : own) {
    rules.push_back(rule);
    rules.push_back({"d" + rule.name, rule.shape});
  }
  return rules;
}

}  // namespace

Shape shape_of(Cell cell, std::string_view name, const Sizes& sizes) {
  static const Rules rnn = with_gradients(
      {{"x", features}, {"dx", features_of_loss}, {"a", units}, {"da", units_of_loss}},
      {{"a0", units_of_one_step}, {"Wax", of_features}, {"Waa", of_units}, {"ba", bias}});
  static const Rules lstm = with_gradients({{"x", features},
                                            {"dx", features_of_loss},
                                            {"a", units},
                                            {"da", units_of_loss},
                                            {"c", units},
                                            {"dc_T", units_of_one_step},
                                            {"ft", units},
                                            {"it", units},
                                            {"cct", units},
                                            {"ot", units}},
                                           {{"a0", units_of_one_step},
                                            {"c0", units_of_one_step},
                                            {"Wf", of_both},
                                            {"bf", bias},
                                            {"Wi", of_both},
                                            {"bi", bias},
                                            {"Wc", of_both},
                                            {"bc", bias},
                                            {"Wo", of_both},
                                            {"bo", bias}});
  for (const Rule& rule : cell == Cell::rnn ? rnn : lstm)
    if (rule.name == name) return rule.shape(sizes);
  throw Error("the " + std::string(name_of(cell)) + " has no array named " + std::string(name));
}

}  // namespace bptt
