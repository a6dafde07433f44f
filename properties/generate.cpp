#include "properties/generate.hpp"

#include <cmath>
#include <limits>
#include <numeric>

#include "properties/draw.hpp"

namespace bptt::properties {
namespace {

/// The value with its mantissa cut to so many bits; 0 keeps it as it is.
double shortened(double value, int digits) {
  if (digits == 0 || value == 0 || !std::isfinite(value)) return value;
  int exponent = 0;
  const double fraction = std::frexp(value, &exponent);
  return std::ldexp(std::trunc(std::ldexp(fraction, digits)), exponent - digits);
}

bool is_weight(std::string_view name) { return name.starts_with("W"); }
bool is_bias(std::string_view name) { return name.starts_with("b"); }
bool is_upstream(std::string_view name) { return name.starts_with("d"); }

/// Waa in regime integers: a signed permutation, so that states and gradients grow linearly with T.
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
double scale_of(const ProblemSpec& spec, std::string_view name) {
  const auto fan_in = static_cast<double>(spec.sizes.n_a + spec.sizes.n_x);
  // Uniform in [-s, s) has variance s^2 / 3: this keeps W [a; x] of order one.
  const double usual = is_weight(name) ? std::sqrt(3 / fan_in) : is_bias(name) ? 0.5 : 1.0;
  switch (spec.regime) {
    case Regime::tiny: return is_weight(name) || is_bias(name) ? usual : 0x1p-20;
    case Regime::saturating: return is_weight(name) ? 3 * usual : is_bias(name) ? 6 : usual;
    case Regime::expanding: return is_weight(name) ? 3 * usual : usual;
    case Regime::subnormal:
      return is_upstream(name) ? 4 * static_cast<double>(std::numeric_limits<S>::min()) : usual;
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
S draw_value(const ProblemSpec& spec, std::string_view name, double scale, const Draw& draw,
             Index i, Index j, Index t) {
  if (spec.regime == Regime::integers)
    return static_cast<S>(draw.below(is_weight(name) ? 3 : 7, i, j, t) - (is_weight(name) ? 1 : 3));
  const std::uint64_t bits = draw.bits(i, j, t ^ Index{0x5bd1});
  if (spec.regime == Regime::signed_zeros && bits % 2 == 0) return bits % 4 == 0 ? S(0) : -S(0);
  if (spec.regime == Regime::nonfinite && bits % 64 == 0)
    return static_cast<S>(special_value(bits / 64));
  return static_cast<S>(shortened(draw.symmetric(i, j, t) * scale, spec.digits));
}

template <class S>
Tensor<S> draw_array(const ProblemSpec& spec, const std::string& name, std::string_view stream) {
  Tensor<S> tensor(shape_of(spec.cell, name, spec.sizes));
  const auto names = drawn_names(spec.cell);
  for (std::size_t k = 0; k < names.size(); ++k)
    if (names[k] == name && (spec.zero_arrays >> k & 1U) != 0) return tensor;
  const Draw draw(spec.seed, name + std::string(stream));
  if (name == "Waa" && spec.regime == Regime::integers) {
    draw_signed_permutation(draw, tensor);
    return tensor;
  }
  const Shape& shape = tensor.shape();
  const double scale = scale_of<S>(spec, name);
  for (Index t = 0; t < shape[2]; ++t)
    for (Index j = 0; j < shape[1]; ++j)
      for (Index i = 0; i < shape[0]; ++i)
        tensor(i, j, t) = draw_value<S>(spec, name, scale, draw, i, j, t);
  return tensor;
}

}  // namespace

template <class S>
Problem<S> generate(const ProblemSpec& spec) {
  Problem<S> problem{spec.cell, spec.activation, spec.sizes, {}, {}};
  for (const std::string& name : input_names(spec.cell))
    problem.in.add(name, draw_array<S>(spec, name, ""));
  problem.up = generate_upstream<S>(spec, "");
  return problem;
}

template <class S>
NamedTensors<S> generate_upstream(const ProblemSpec& spec, std::string_view purpose) {
  NamedTensors<S> up;
  for (const std::string& name : upstream_names(spec.cell))
    up.add(name, draw_array<S>(spec, name, purpose));
  return up;
}

template Problem<float> generate(const ProblemSpec&);
template Problem<double> generate(const ProblemSpec&);
template NamedTensors<float> generate_upstream(const ProblemSpec&, std::string_view);
template NamedTensors<double> generate_upstream(const ProblemSpec&, std::string_view);

}  // namespace bptt::properties
