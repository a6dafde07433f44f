// Properties 14, 19, 20, 21 and 34: what changing a problem in a known way does to its gradients.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "properties/families.hpp"
#include "properties/trial.hpp"

namespace bptt::properties {
namespace {

/// Where the hidden units stand in an array: as its rows, and as columns from 0 to n_a - 1.
struct HiddenAxes {
  bool rows, columns;
};
HiddenAxes hidden_axes(std::string_view name) {
  if (name.starts_with("d")) name.remove_prefix(1);
  if (name == "x") return {false, false};
  if (name == "Wax") return {true, false};
  return {true, name.starts_with("W")};  // Waa and the LSTM's W*: the state columns come first
}

bool is_gate_array(std::string_view name) {
  if (name.starts_with("d")) name.remove_prefix(1);
  return name == "Wf" || name == "Wi" || name == "Wo" || name == "bf" || name == "bi" ||
         name == "bo";
}

// ---- 14: the sign gauge -------------------------------------------------------------------------

/// Multiplies by S = diag(s) whatever carries the sign of a hidden unit's state. A gate's
/// pre-activation has no such sign: only the state columns of Wf, Wi, Wo change.
template <class S>
void change_gauge(NamedTensors<S>& arrays, const std::vector<S>& s, Index n_a) {
  for (auto& [name, tensor] : arrays) {
    const HiddenAxes axes = hidden_axes(name);
    const bool rows = axes.rows && !is_gate_array(name);
    for (Index t = 0; t < tensor.shape()[2]; ++t)
      for (Index j = 0; j < tensor.shape()[1]; ++j)
        for (Index i = 0; i < tensor.shape()[0]; ++i) {
          if (rows) tensor(i, j, t) *= s[static_cast<std::size_t>(i)];
          if (axes.columns && j < n_a) tensor(i, j, t) *= s[static_cast<std::size_t>(j)];
        }
  }
}

template <class S>
Verdict sign_gauge(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  std::vector<S> signs;
  for (Index i = 0; i < spec.sizes.n_a; ++i)
    signs.push_back(trial.draw("sign").bits(i) % 2 == 0 ? S(1) : S(-1));
  auto p = trial.problem;
  change_gauge(p.in, signs, spec.sizes.n_a);
  change_gauge(p.up, signs, spec.sizes.n_a);
  auto expected = trial.run();
  change_gauge(expected, signs, spec.sizes.n_a);
  Comparison comparison = trial.comparison();
  comparison.bitwise(trial.run(p), expected);
  return comparison.verdict();
}

// ---- 19, 20: features and samples that repeat ---------------------------------------------------

/// Compares one part of the outputs with another: bitwise where the subject promises one order of
/// summation, else within the bounds of both.
template <class S>
class Parts {
 public:
  explicit Parts(const Trial<S>& trial, const Problem<S>& p)
      : fixed_(trial.subject.capabilities().fixed_summation_order),
        comparison_(trial.comparison()),
        expectation_(trial.expect(p)),
        rows_(judged_entry_by_entry(p.cell, p.sizes) ? p.sizes.n_x + p.sizes.n_a : 4) {}

  void equal(std::string_view array, const Tensor<S>& whole, Index axis, Index got, Index expected,
             const Tensor<S>* other = nullptr) {
    const Tensor<S>& from = other == nullptr ? whole : *other;
    const auto p = whole.view().slice(axis, got, got + 1);
    const auto q = from.view().slice(axis, expected, expected + 1);
    if (fixed_) {
      comparison_.template bitwise<S>(array, p, q);
      return;
    }
    if (all_equal(p, q)) {  // whatever the bounds are
      for_each_element(p, [&](const S& v) { comparison_.within(array, v, v, {}); });
      return;
    }
    if (comparison_.in_doubt(expectation_)) return;
    const auto position = [](const Tensor<S>& tensor, Index i, Index j, Index t) {
      return i + tensor.shape()[0] * (j + tensor.shape()[1] * t);
    };
    const std::string name(array), other_name = other == nullptr ? name : "db" + name.substr(2);
    const std::string second = other != nullptr && name == "dWax" ? "dba" : other_name;
    std::vector<Probe> probes;
    for (Index t = 0; t < p.extent(2); ++t)
      for (Index j = 0; j < p.extent(1); ++j)
        for (Index i = 0; i < p.extent(0); i += 1 + (p.extent(0) - 1) / rows_) {
          const Index gj = axis == 1 ? got : j, gi = axis == 0 ? got : i;
          const Index ej = axis == 1 ? expected : j, ei = axis == 0 ? expected : i;
          probes.push_back({name, position(whole, gi, gj, t), 0});
          probes.push_back({second, position(from, ei, ej, t), 0});
        }
    const auto bounds = expectation_.bounds(probes);
    for (std::size_t k = 0; k < probes.size(); k += 2) {
      const NoiseBound bound{bounds[k].certain + bounds[k + 1].certain,
                             std::hypot(bounds[k].sigma, bounds[k + 1].sigma)};
      comparison_.within(array, whole.elements()[static_cast<std::size_t>(probes[k].entry)],
                         from.elements()[static_cast<std::size_t>(probes[k + 1].entry)], bound);
    }
  }
  [[nodiscard]] Verdict verdict() const { return comparison_.verdict(); }

 private:
  static bool all_equal(const View<const S>& p, const View<const S>& q) {
    for (Index t = 0; t < p.extent(2); ++t)
      for (Index j = 0; j < p.extent(1); ++j)
        for (Index i = 0; i < p.extent(0); ++i)
          if (!(p(i, j, t) == q(i, j, t) && std::isfinite(p(i, j, t)))) return false;
    return true;
  }

  bool fixed_;
  Comparison comparison_;
  Expectation expectation_;
  Index rows_;  // how many to compare, about
};

template <class S>
Verdict constant_feature(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index feature = trial.draw("feature").below(spec.sizes.n_x, 0);
  auto p = trial.problem;
  fill(p.in["x"].view().slice(0, feature, feature + 1), S(1));
  const auto got = trial.run(p);
  Parts<S> parts(trial, p);
  if (spec.cell == Cell::rnn) {
    parts.equal("dWax", got["dWax"], 1, feature, 0, &got["dba"]);
  } else {
    for (const char* gate : {"f", "i", "c", "o"}) {
      const std::string dW = std::string("dW") + gate, db = std::string("db") + gate;
      parts.equal(dW, got[dW], 1, spec.sizes.n_a + feature, 0, &got[db]);
    }
  }
  return parts.verdict();
}

template <class S>
Verdict duplicates(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison nothing = trial.comparison();
  const Sizes& s = spec.sizes;
  if (s.n_x < 2 && s.m < 2) {
    nothing.inconclusive("one feature and one sample: nothing to repeat");
    return nothing.verdict();
  }
  auto p = trial.problem;
  if (s.n_x > 1)
    copy(View<const S>(p.in["x"].view().slice(0, 0, 1)),
         p.in["x"].view().slice(0, s.n_x - 1, s.n_x));
  if (s.m > 1)
    for (auto* arrays : {&p.in, &p.up})
      for (auto& [name, tensor] : *arrays)
        if (!name.starts_with("W") && !name.starts_with("b"))
          copy(View<const S>(tensor.view().slice(1, 0, 1)), tensor.view().slice(1, s.m - 1, s.m));

  const auto got = trial.run(p);
  Parts<S> parts(trial, p);
  if (s.n_x > 1) {
    if (spec.cell == Cell::rnn) {
      parts.equal("dWax", got["dWax"], 1, s.n_x - 1, 0);
    } else {
      for (const char* dW : {"dWf", "dWi", "dWc", "dWo"})
        parts.equal(dW, got[dW], 1, s.n_a + s.n_x - 1, s.n_a);
    }
  }
  if (s.m > 1)
    for (const auto& [name, tensor] : got)
      if (!accumulates(name)) parts.equal(name, tensor, 1, s.m - 1, 0);
  return parts.verdict();
}

// ---- 21: padding --------------------------------------------------------------------------------

/// Where entry (i, j) of an array stands once `units` hidden units follow the last one: the LSTM's
/// input columns move behind the new state columns.
Index padded_column(std::string_view name, Cell cell, Index j, Index n_a, Index units) {
  const bool concatenated = cell == Cell::lstm && hidden_axes(name).columns;
  return concatenated && j >= n_a ? j + units : j;
}

template <class S>
NamedTensors<S> padded(const NamedTensors<S>& from, Cell cell, Sizes s, Index units) {
  NamedTensors<S> to;
  Sizes wide = s;
  wide.n_a += units;
  for (const auto& [name, tensor] : from) {
    Tensor<S> big(shape_of(cell, name, wide));
    for (Index t = 0; t < tensor.shape()[2]; ++t)
      for (Index j = 0; j < tensor.shape()[1]; ++j)
        for (Index i = 0; i < tensor.shape()[0]; ++i)
          big(i, padded_column(name, cell, j, s.n_a, units), t) = tensor(i, j, t);
    to.add(name, std::move(big));
  }
  return to;
}

template <class S>
bool all_finite(const NamedTensors<S>& tensors) {
  return std::all_of(tensors.begin(), tensors.end(), [](const auto& named) {
    const auto& elements = named.second.elements();
    return std::all_of(elements.begin(), elements.end(), [](S v) { return std::isfinite(v); });
  });
}

template <class S>
Verdict zero_padding(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index units = 1 + trial.draw("units").below(3, 0);
  auto p = trial.problem;
  p.in = padded(p.in, spec.cell, spec.sizes, units);
  p.up = padded(p.up, spec.cell, spec.sizes, units);
  p.sizes.n_a += units;

  const auto plain = trial.run();
  Comparison comparison = trial.comparison();
  // A padded unit's weight of zero times infinity is no number.
  if (!all_finite(plain) && comparison.in_doubt(trial.expect(trial.problem)))
    return comparison.verdict();
  const auto wide = trial.run(p);
  const auto framed = padded(plain, spec.cell, spec.sizes, units);  // zeros where padding is
  NamedTensors<S> inside;
  for (const auto& [name, tensor] : wide) {
    Tensor<S> cut(plain[name].shape());
    Tensor<S> rest = tensor;
    for (Index t = 0; t < cut.shape()[2]; ++t)
      for (Index j = 0; j < cut.shape()[1]; ++j)
        for (Index i = 0; i < cut.shape()[0]; ++i) {
          S& from = rest(i, padded_column(name, spec.cell, j, spec.sizes.n_a, units), t);
          cut(i, j, t) = from;
          from = S(0);
        }
    bool zero = true;
    for (const S v : rest.elements()) zero = zero && v == S(0);
    comparison.require(zero, name + " of a padded unit is not zero");
    inside.add(name, std::move(cut));
  }
  if (subject.capabilities().fixed_summation_order) {
    comparison.bitwise(inside, plain);
  } else {
    const Expectation e = trial.expect(trial.problem);
    comparison.within(trial.probes(), converted<long double>(inside), converted<long double>(plain),
                      {{&e, 1}, {&e, 1}});
  }
  return comparison.verdict();
}

// ---- 34: permutations ---------------------------------------------------------------------------

std::vector<Index> permutation(const Draw& draw, Index n) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  for (Index i = n - 1; i > 0; --i)
    std::swap(order[static_cast<std::size_t>(i)],
              order[static_cast<std::size_t>(draw.below(i + 1, i))]);
  return order;
}

/// Entry (i, j) of the result is entry (units[i], ..) of the hidden axes and samples[j] of the
/// batch.
template <class S>
NamedTensors<S> permuted(const NamedTensors<S>& from, Index n_a, const std::vector<Index>& units,
                         const std::vector<Index>& samples) {
  NamedTensors<S> to;
  for (const auto& [name, tensor] : from) {
    const HiddenAxes axes = hidden_axes(name);
    const std::string_view plain =
        name.starts_with("d") ? std::string_view(name).substr(1) : std::string_view(name);
    const bool batch = !plain.starts_with("W") && !plain.starts_with("b");
    Tensor<S> moved(tensor.shape());
    for (Index t = 0; t < tensor.shape()[2]; ++t)
      for (Index j = 0; j < tensor.shape()[1]; ++j)
        for (Index i = 0; i < tensor.shape()[0]; ++i) {
          const Index row = axes.rows ? units[static_cast<std::size_t>(i)] : i;
          const Index column = batch                     ? samples[static_cast<std::size_t>(j)]
                               : axes.columns && j < n_a ? units[static_cast<std::size_t>(j)]
                                                         : j;
          moved(i, j, t) = tensor(row, column, t);
        }
    to.add(name, std::move(moved));
  }
  return to;
}

std::vector<Index> inverse(const std::vector<Index>& order) {
  std::vector<Index> back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<Index>(i);
  return back;
}

template <class S>
Verdict permutations(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  const Index n_a = spec.sizes.n_a;
  const auto units = permutation(trial.draw("units"), n_a);
  const auto samples = permutation(trial.draw("samples"), spec.sizes.m);
  auto p = trial.problem;
  p.in = permuted(p.in, n_a, units, samples);
  p.up = permuted(p.up, n_a, units, samples);
  const auto got = permuted(trial.run(p), n_a, inverse(units), inverse(samples));
  const Expectation e = trial.expect(trial.problem);
  Comparison comparison = trial.comparison();
  comparison.within(trial.probes(), converted<long double>(got),
                    converted<long double>(trial.run()), {{&e, 1}, {&e, 1}});
  return comparison.verdict();
}

}  // namespace

void add_transformations(std::vector<Property>& all) {
  all.push_back({.id = "sign_gauge",
                 .sentence = "Changing the sign of hidden units changes signs and nothing else",
                 .mathematics = "Waa -> S Waa S, states -> S states, .. : gradients likewise",
                 .exactness = Exactness::bitwise,
                 .check_f32 = sign_gauge<float>,
                 .check_f64 = sign_gauge<double>,
                 .tanh_only = true,
                 .of_states = true});
  all.push_back({.id = "constant_feature_is_a_bias",
                 .sentence = "A feature that is 1 in every sample has the bias's gradient",
                 .mathematics = "x[k,:,:] = 1: dWax[:,k] = dba",
                 .exactness = Exactness::bitwise,
                 .check_f32 = constant_feature<float>,
                 .check_f64 = constant_feature<double>});
  all.push_back(
      {.id = "duplicates_are_alike",
       .sentence = "Equal features have equal weight gradients, equal samples equal columns",
       .mathematics = "x[k] = x[l]: dWax[:,k] = dWax[:,l]; samples likewise",
       .exactness = Exactness::bitwise,
       .check_f32 = duplicates<float>,
       .check_f64 = duplicates<double>,
       .min_m = 2});
  all.push_back(
      {.id = "zero_padding_changes_nothing",
       .sentence = "Hidden units with zero weights get zero gradients and change no other",
       .mathematics = "G(problem padded by units of zeros) = G(problem) padded by zeros",
       .exactness = Exactness::bitwise,
       .check_f32 = zero_padding<float>,
       .check_f64 = zero_padding<double>,
       .of_states = true});
  all.push_back({.id = "permutations_permute",
                 .sentence = "Permuting samples and hidden units permutes the gradients",
                 .mathematics = "P^-1 G(P problem) = G(problem)",
                 .exactness = Exactness::bounded,
                 .check_f32 = permutations<float>,
                 .check_f64 = permutations<double>,
                 .of_states = true});
}

}  // namespace bptt::properties
