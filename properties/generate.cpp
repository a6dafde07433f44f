#include "properties/generate.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "properties/draw.hpp"
#include "properties/lengths.hpp"

namespace bptt::properties {
namespace {

/// The value with its mantissa cut to so many bits; 0 keeps it as it is.
double shortened(double value, int digits) {
  if (digits == 0 || value == 0 || !std::isfinite(value)) return value;
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::trunc(std::ldexp(fraction, digits)), exponent - digits);
}

/// A weight of a matrix; of one axis it is a bias.
bool is_matrix(const CellArray& array) {
  return array.role == Role::weight && array.axes.size() > 1;
}

/// A square weight, with which a state is multiplied at each step, in a cell whose sums are exact.
bool is_recurrent(const CellArray& array) {
  return is_matrix(array) && array.axes[0] == array.axes[1];
}

/// Such a weight in regime integers: a signed permutation, so that states and gradients grow
/// linearly with T.
template <class S>
void draw_signed_permutation(const Draw& draw, Tensor<S>& W) {
  const Index n = W.shape()[0];
  std::vector<Index> column(static_cast<std::size_t>(n));
  std::iota(column.begin(), column.end(), Index{0});
  for (Index i = n - 1; i > 0; --i)
    std::swap(column[static_cast<std::size_t>(i)],
              column[static_cast<std::size_t>(draw.below(i + 1, i, 1))]);
  for (Index i = 0; i < n; ++i)
    W(i, column[static_cast<std::size_t>(i)]) = draw.bits(i, 2) % 2 == 0 ? S(1) : S(-1);
}

/// Scale of one array's values, uniform in [-scale, scale).
template <class S>
double scale_of(const ProblemSpec& spec, const CellArray& array) {
  double fan_in = 0;
  for (const auto& [name, size] : table_of(spec.cell).sizes())
    fan_in += static_cast<double>(spec.sizes.*size);
  const bool matrix = is_matrix(array), weight = array.role == Role::weight;
  // Uniform in [-s, s) has variance s^2 / 3: this keeps W [a; x] of order one.
  const double usual = matrix ? std::sqrt(3 / fan_in) : weight ? 0.5 : 1.0;
  switch (spec.regime) {
    case Regime::tiny: return weight ? usual : 0x1p-20;
    case Regime::saturating: return matrix ? 3 * usual : weight ? 6 : usual;
    case Regime::expanding: return matrix ? 3 * usual : usual;
    case Regime::subnormal:
      return array.is_gradient() ? 4 * static_cast<double>(std::numeric_limits<S>::min()) : usual;
    default: return usual;
  }
}

double special_value(std::uint64_t bits) {
  switch (bits % 4) {
    case 0: return std::numeric_limits<double>::infinity();
    case 1: return -std::numeric_limits<double>::infinity();
    default: return std::numeric_limits<double>::quiet_NaN();
  }
}

template <class S>
S draw_value(const ProblemSpec& spec, const CellArray& array, double scale, const Draw& draw,
             Index i, Index j, Index t) {
  const bool in_range = array.low < array.high, small = in_range || is_matrix(array);
  if (spec.regime == Regime::integers)
    return static_cast<S>(draw.below(small ? 3 : 7, i, j, t) - (small ? 1 : 3));
  const std::uint64_t bits = draw.bits(i, j, t ^ Index{0x5bd1});
  if (spec.regime == Regime::signed_zeros && !in_range && bits % 2 == 0)
    return bits % 4 == 0 ? S(0) : -S(0);
  if (spec.regime == Regime::nonfinite && bits % 64 == 0)
    return static_cast<S>(special_value(bits / 64));
  const double value = in_range ? array.low + (array.high - array.low) * draw.uniform(i, j, t)
                                : draw.symmetric(i, j, t) * scale;
  return static_cast<S>(shortened(value, spec.digits));
}

template <class S>
Tensor<S> draw_array(const ProblemSpec& spec, const std::string& name, std::string_view stream) {
  const CellArray& array = array_of(spec.cell, name);
  Tensor<S> tensor(array.shape(spec.sizes));
  const auto names = drawn_names(spec.cell);
  for (std::size_t k = 0; k < names.size(); ++k)
    if (names[k] == name && spec.zero_arrays.test(k)) return tensor;
  const Draw draw(spec.seed, name + std::string(stream));
  if (is_recurrent(array) && spec.regime == Regime::integers) {
    draw_signed_permutation(draw, tensor);
    return tensor;
  }
  const double scale = scale_of<S>(spec, array);
  for_each_place(tensor.shape(), [&](Index e, Index i, Index j, Index t) {
    tensor.elements()[static_cast<std::size_t>(e)] =
        draw_value<S>(spec, array, scale, draw, i, j, t);
  });
  return tensor;
}

}  // namespace

template <class S>
Problem<S> generate(const ProblemSpec& spec) {
  Problem<S> problem{spec.cell, spec.activation, spec.sizes, {}, {}};
  for (const std::string& name : input_names(spec.cell))
    problem.in.add(name, draw_array<S>(spec, name, ""));
  add_mask(spec, problem.in);
  problem.up = generate_upstream<S>(spec, "");
  return problem;
}

template <class S>
NamedTensors<S> generate_upstream(const ProblemSpec& spec, std::string_view purpose) {
  NamedTensors<S> up;
  for (const std::string& name : upstream_names(spec.cell))
    up.add(name, draw_array<S>(spec, name, purpose));
  if (const CellArray* mask = mask_of(spec.cell)) {
    NamedTensors<S> in;
    add_mask(spec, in);
    silence_behind_the_ends(spec.cell, in[mask->name], up);
  }
  return up;
}

template Problem<float> generate(const ProblemSpec&);
template Problem<double> generate(const ProblemSpec&);
template NamedTensors<float> generate_upstream(const ProblemSpec&, std::string_view);
template NamedTensors<double> generate_upstream(const ProblemSpec&, std::string_view);

}  // namespace bptt::properties
