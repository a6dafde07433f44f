// Properties 27, 28 and 38: saturated gates, values that are not finite, states that are bounded.
#include <fmt/format.h>
#include <cmath>

#include "arithmetic/traced.hpp"
#include "properties/families.hpp"
#include "properties/parts.hpp"
#include "properties/reference_run.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

template <class S>
Verdict saturated_gates_keep_the_cell(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  auto p = trial.problem;
  fill(p.in["bf"].view(), S(1000));   // forget gate 1, to the last bit
  fill(p.in["bi"].view(), S(-1000));  // input gate 0
  fill(p.up["da"].view(), S(0));
  const auto got = trial.run(p);
  Comparison comparison = trial.comparison();
  for (Index t = 0; t < p.sizes.T_x; ++t)
    comparison.bitwise<S>(fmt::format("c<{}>", t), std::as_const(got["c"]).view().at_step(t),
                          std::as_const(p.in["c0"]).view());
  comparison.bitwise<S>("dc0", got["dc0"].view(), std::as_const(p.up["dc_T"]).view());
  for (const auto& [name, tensor] : got)
    if (accumulates(spec.cell, name))
      for (const S v : tensor.elements())
        comparison.require(v == S(0), name + " is not zero although every gate is saturated");
  return comparison.verdict();
}

/// Biases of +-1000: every tanh is +-1 and every gate 0 or 1, to the last bit, and no slope is
/// left.
template <class S>
Verdict saturated_units_pass_nothing(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  auto p = trial.problem;
  for (auto& [name, tensor] : p.in)
    if (name.starts_with("b"))
      for (std::size_t i = 0; i < tensor.elements().size(); ++i)
        tensor.elements()[i] =
            trial.draw(name + " sign").bits(static_cast<Index>(i)) % 2 == 0 ? S(1000) : S(-1000);
  const auto is_open = [&](const char* bias, Index i) { return p.in[bias](i) > S(0); };

  const auto got = trial.run(p);
  Comparison comparison = trial.comparison();
  const Sizes& s = spec.sizes;
  Tensor<S> expected = got["a"];
  if (spec.cell == Cell::rnn) {
    for (Index t = 0; t < s.T_x; ++t)
      for (Index j = 0; j < s.m; ++j)
        for (Index i = 0; i < s.n_a; ++i) expected(i, j, t) = is_open("ba", i) ? S(1) : S(-1);
    comparison.bitwise<S>("a", got["a"].view(), std::as_const(expected).view());
  } else {
    for (Index j = 0; j < s.m; ++j)
      for (Index i = 0; i < s.n_a; ++i) {
        S c = p.in["c0"](i, j);
        for (Index t = 0; t < s.T_x; ++t) {
          const S written = is_open("bc", i) ? S(1) : S(-1);
          c = (is_open("bf", i) ? c : S(0)) + (is_open("bi", i) ? written : S(0));
          expected(i, j, t) = c;
        }
      }
    comparison.bitwise<S>("c", got["c"].view(), std::as_const(expected).view());
  }
  for (const auto& [name, tensor] : got) {
    if (array_of(spec.cell, name).role != Role::gradient || name == "dc0") continue;
    for (const S v : tensor.elements())
      comparison.require(v == S(0), name + " is not zero although every unit is saturated");
  }
  return comparison.verdict();
}

template <class S>
Verdict nan_stays_in_its_cone(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Draw draw = trial.draw("poison");
  auto names = drawn_names(spec.cell);
  std::erase_if(names, [&](const std::string& array) { return !trial.takes(array); });
  const std::string& name =
      names[static_cast<std::size_t>(draw.below(static_cast<Index>(names.size()), 0))];
  auto p = trial.problem;
  auto& poisoned = (p.in.contains(name) ? p.in : p.up)[name].elements();
  const auto entry = static_cast<std::size_t>(draw.below(static_cast<Index>(poisoned.size()), 1));
  poisoned[entry] = draw.bits(2) % 2 == 0 ? std::numeric_limits<S>::quiet_NaN()
                                          : std::numeric_limits<S>::infinity();

  // The same entry, traced through the reference.
  const auto traced = [&](const NamedTensors<S>& from) {
    NamedTensors<Traced> to;
    for (const auto& [array, tensor] : from) {
      Tensor<Traced> numbers(tensor.shape());
      for (std::size_t k = 0; k < numbers.elements().size(); ++k) {
        const auto v = static_cast<double>(tensor.elements()[k]);
        const bool is_it = array == name && k == entry;
        numbers.elements()[k] = is_it ? Traced::input(v, 0) : Traced(v);
      }
      to.add(array, std::move(numbers));
    }
    return to;
  };
  const auto cone = reference_outputs(Problem<Traced>{
      spec.cell, spec.activation, spec.sizes, traced(trial.problem.in), traced(trial.problem.up)});
  const auto clean = trial.run(), got = trial.run(p);
  Comparison comparison = trial.comparison();
  for (const auto& [array, tensor] : got)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      if (!cone[array].elements()[k].depends_on(0))
        comparison.require(tensor.elements()[k] == clean[array].elements()[k], [&, &array = array,
                                                                                &tensor = tensor] {
          return fmt::format(
              "{} entry {} became {:g} (was {:g}) although it does not depend on {} entry {}",
              array, k, tensor.elements()[k], clean[array].elements()[k], name, entry);
        });
  if (comparison.verdict().compared == 0)
    comparison.inconclusive("every result depends on the entry that was chosen");
  return comparison.verdict();
}

template <class S>
Verdict states_are_bounded(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const auto got = trial.run();
  Comparison comparison = trial.comparison();
  const Sizes& s = spec.sizes;
  for (Index t = 0; t < s.T_x; ++t)
    for (Index j = 0; j < s.m; ++j)
      for (Index i = 0; i < s.n_a; ++i) {
        const S a = got["a"](i, j, t);
        comparison.require(std::abs(a) <= S(1),
                           [&] { return fmt::format("|a[{},{},{}]| = {:g}", i, j, t, a); });
        if (spec.cell == Cell::rnn) continue;
        const S c = got["c"](i, j, t);
        // |c_t| <= |c_{t-1}| + 1, each step rounding twice by a factor of 1 + u.
        const double steps = static_cast<double>(t + 1);
        const double bound = (std::abs(static_cast<double>(trial.problem.in["c0"](i, j))) + steps) *
                             (1 + 3 * steps * trial.rounding().u);
        comparison.require(std::abs(static_cast<double>(c)) <= bound, [&] {
          return fmt::format("|c[{},{},{}]| = {:g} is above |c0| + t + 1 = {:g}", i, j, t, c,
                             bound);
        });
      }
  return comparison.verdict();
}

/// Whether the functions come to 1 and -1 to the last bit, and never beyond.
bool keeps_limits(const Capabilities& can, Cell) { return can.absolute_error == 0; }
bool has_all_and_keeps_limits(const Capabilities& can, Cell cell) {
  return has_all(can, cell) && keeps_limits(can, cell);
}

}  // namespace

void add_gates(std::vector<Property>& all) {
  all.push_back({.id = "saturated_gates_keep_the_cell",
                 .sentence = "With forget gate 1 and input gate 0 the cell carries all through",
                 .mathematics = "f = 1, i = 0: c_T = c0, dc0 = dc_T, dW = 0",
                 .exactness = Exactness::bitwise,
                 .check_f32 = saturated_gates_keep_the_cell<float>,
                 .check_f64 = saturated_gates_keep_the_cell<double>,
                 .of = is_lstm,
                 .needs = has_all_and_keeps_limits});
  all.push_back({.id = "saturated_units_pass_nothing",
                 .sentence = "Where every activation is saturated, only the cell carries anything",
                 .mathematics = "b = +-1000: a or c as computed by hand, dx = da0 = dW = db = 0",
                 .exactness = Exactness::bitwise,
                 .check_f32 = saturated_units_pass_nothing<float>,
                 .check_f64 = saturated_units_pass_nothing<double>,
                 .of = is_rnn_or_lstm,
                 .tanh_only = true,
                 .needs = has_all_and_keeps_limits});
  all.push_back({.id = "nan_stays_in_its_cone",
                 .sentence = "A NaN or an infinity reaches only what depends on it",
                 .mathematics = "x_k = NaN: y_l unchanged, bit by bit, where dy_l/dx_k = 0",
                 .exactness = Exactness::bitwise,
                 .check_f32 = nan_stays_in_its_cone<float>,
                 .check_f64 = nan_stays_in_its_cone<double>,
                 .of_states = true,
                 .needs = [](const Capabilities& can, Cell) { return can.contains_nan; },
                 .max_size = 6,
                 .cost = 3});
  all.push_back({.id = "states_are_bounded",
                 .sentence = "States never leave the range of the activations",
                 .mathematics = "|a| <= 1, |c_t| <= |c_0| + t",
                 .exactness = Exactness::bounded,
                 .check_f32 = states_are_bounded<float>,
                 .check_f64 = states_are_bounded<double>,
                 .of = is_rnn_or_lstm,
                 .tanh_only = true,
                 .of_states = true,
                 .needs = keeps_limits});
}

}  // namespace bptt::properties
