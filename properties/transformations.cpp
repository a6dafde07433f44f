// Properties 14, 19, 20, 21 and 34: what changing a problem in a known way does to its gradients.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "properties/families.hpp"
#include "properties/parts.hpp"
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
      : fixed_(trial.can.fixed_summation_order),
        comparison_(trial.comparison()),
        expectation_(trial.expect(p)),
        rows_(judged_entry_by_entry(p.cell, p.sizes) ? p.sizes.n_x + p.sizes.n_a : 4) {}

  /// The values at `got` of an axis of `whole` with those at `expected` of the same axis, or of the
  /// array `other`.
  void equal(std::string_view array, const Tensor<S>& whole, Index axis, Index got, Index expected,
             const std::pair<std::string, const Tensor<S>*>& other = {}) {
    const Tensor<S>& from = other.second == nullptr ? whole : *other.second;
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
    const std::string name(array), second = other.second == nullptr ? name : other.first;
    const Index stride = 1 + (p.extent(0) - 1) / rows_;
    std::vector<Probe> probes;
    for (Index e = 0; e < p.size(); ++e) {
      std::vector<Index> at = indices_of(e, p.shape());
      if (at[0] % stride != 0) continue;
      at[static_cast<std::size_t>(axis)] = got;
      probes.push_back({name, element_at(at, whole.shape()), 0});
      at[static_cast<std::size_t>(axis)] = expected;
      probes.push_back({second, element_at(at, from.shape()), 0});
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
  static Index element_at(const std::vector<Index>& at, const Shape& shape) {
    Index element = 0;
    for (Index axis = shape.rank() - 1; axis >= 0; --axis)
      element = element * shape[axis] + at[static_cast<std::size_t>(axis)];
    return element;
  }
  static bool all_equal(const View<const S>& p, const View<const S>& q) {
    std::vector<S> left, right;
    for_each_element(p, [&](const S& v) { left.push_back(v); });
    for_each_element(q, [&](const S& v) { right.push_back(v); });
    return left == right &&
           std::all_of(left.begin(), left.end(), [](S v) { return std::isfinite(v); });
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
    parts.equal("dWax", got["dWax"], 1, feature, 0, {"dba", &got["dba"]});
  } else {
    for (const char* gate : {"f", "i", "c", "o"}) {
      const std::string dW = std::string("dW") + gate, db = std::string("db") + gate;
      parts.equal(dW, got[dW], 1, spec.sizes.n_a + feature, 0, {db, &got[db]});
    }
  }
  return parts.verdict();
}

/// visit(array, axis, where the features begin on it) for each axis of the cell's arrays that has
/// them.
template <class Visit>
void for_each_feature_axis(Cell cell, const Sizes& sizes, const Visit& visit) {
  for (const CellArray& array : table_of(cell).arrays())
    for (std::size_t axis = 0; axis < array.axes.size(); ++axis) {
      Index begin = 0;
      for (const Size size : array.axes[axis]) {
        if (size == &Sizes::n_x) visit(array, static_cast<Index>(axis), begin);
        begin += sizes.*size;
      }
    }
}

/// Features are inputs alone: nothing that the cell gives out runs over them.
bool features_are_inputs(Cell cell) {
  bool alone = true;
  for (const CellArray& array : table_of(cell).arrays())
    for (const Axis& axis : array.axes)
      for (const Size size : axis)
        alone = alone &&
                (size != &Sizes::n_x || (array.role != Role::state && array.role != Role::output));
  return alone;
}

template <class S>
Verdict duplicates(const Subject& subject, const ProblemSpec& spec) {
  const Trial<S> trial(subject, spec);
  Comparison nothing = trial.comparison();
  const Sizes& s = spec.sizes;
  const bool features = s.n_x > 1 && features_are_inputs(spec.cell);
  if (!features && s.m < 2) {
    nothing.inconclusive("one feature and one sample: nothing to repeat");
    return nothing.verdict();
  }
  auto p = trial.problem;
  const auto repeat = [](Tensor<S>& tensor, Index axis, Index from, Index to) {
    copy(View<const S>(tensor.view().slice(axis, from, from + 1)),
         tensor.view().slice(axis, to, to + 1));
  };
  if (features)
    for_each_feature_axis(p.cell, s, [&](const CellArray& array, Index axis, Index begin) {
      if (array.role == Role::input) repeat(p.in[array.name], axis, begin, begin + s.n_x - 1);
    });
  if (s.m > 1)
    for (auto* arrays : {&p.in, &p.up})
      for (auto& [name, tensor] : *arrays)
        if (const CellArray& array = array_of(p.cell, name); array.has_samples)
          repeat(tensor, array.sample_axis(), 0, s.m - 1);
  const auto got = trial.run(p);
  Parts<S> parts(trial, p);
  if (features)
    for_each_feature_axis(p.cell, s, [&](const CellArray& array, Index axis, Index begin) {
      if (array.accumulates())
        parts.equal(array.name, got[array.name], axis, begin + s.n_x - 1, begin);
    });
  if (s.m > 1)
    for (const auto& [name, tensor] : got)
      if (const CellArray& array = array_of(p.cell, name); array.has_samples)
        parts.equal(name, tensor, array.sample_axis(), s.m - 1, 0);
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
  if (trial.can.fixed_summation_order) {
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

/// For each size of a cell but the features the order of its units, and that of the samples.
struct Orders {
  std::vector<std::pair<Size, std::vector<Index>>> units;
  std::vector<Index> samples;

  [[nodiscard]] const std::vector<Index>* of(Size size) const {
    for (const auto& [known, order] : units)
      if (known == size) return &order;
    return nullptr;
  }
};

/// Where each index of an axis comes from.
std::vector<Index> sources(const Axis& axis, const Sizes& sizes, const Orders& orders) {
  std::vector<Index> from;
  for (const Size size : axis) {
    const auto begin = static_cast<Index>(from.size());
    const std::vector<Index>* order = orders.of(size);
    for (Index i = 0; i < sizes.*size; ++i)
      from.push_back(begin + (order == nullptr ? i : (*order)[static_cast<std::size_t>(i)]));
  }
  return from;
}

/// Each index of an axis of units or samples taken from where the orders say.
template <class S>
NamedTensors<S> permuted(Cell cell, const Sizes& sizes, const NamedTensors<S>& from,
                         const Orders& orders) {
  NamedTensors<S> to;
  for (const auto& [name, tensor] : from) {
    const CellArray& array = array_of(cell, name);
    const Shape& shape = tensor.shape();
    std::vector<std::vector<Index>> of_axes;
    for (const Axis& axis : array.axes) of_axes.push_back(sources(axis, sizes, orders));
    if (array.has_samples) of_axes.push_back(orders.samples);
    Tensor<S> moved(shape);
    for (Index e = 0; e < shape.size(); ++e) {
      Index source = 0, stride = 1, rest = e;
      for (Index axis = 0; axis < shape.rank(); ++axis) {
        const Index at = rest % shape[axis];
        rest /= shape[axis];
        const auto k = static_cast<std::size_t>(axis);
        source += stride * (k < of_axes.size() ? of_axes[k][static_cast<std::size_t>(at)] : at);
        stride *= shape[axis];
      }
      moved.elements()[static_cast<std::size_t>(e)] =
          tensor.elements()[static_cast<std::size_t>(source)];
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
  Orders orders{{}, permutation(trial.draw("samples"), spec.sizes.m)}, back;
  back.samples = inverse(orders.samples);
  for (const auto& [name, size] : table_of(spec.cell).sizes()) {
    if (size == &Sizes::n_x) continue;
    const std::string purpose = size == &Sizes::n_a ? "units" : "units of " + name;
    orders.units.emplace_back(size, permutation(trial.draw(purpose), spec.sizes.*size));
    back.units.emplace_back(size, inverse(orders.units.back().second));
  }
  auto p = trial.problem;
  p.in = permuted(p.cell, p.sizes, p.in, orders);
  p.up = permuted(p.cell, p.sizes, p.up, orders);
  const auto got = permuted(p.cell, p.sizes, trial.run(p), back);
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
                 .of = is_rnn_or_lstm,
                 .tanh_only = true,
                 .of_states = true});
  all.push_back({.id = "constant_feature_is_a_bias",
                 .sentence = "A feature that is 1 in every sample has the bias's gradient",
                 .mathematics = "x[k,:,:] = 1: dWax[:,k] = dba",
                 .exactness = Exactness::bitwise,
                 .check_f32 = constant_feature<float>,
                 .check_f64 = constant_feature<double>,
                 .of = is_rnn_or_lstm,
                 .needs = has_all});
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
       .of = is_rnn_or_lstm,
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
