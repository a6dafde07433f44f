#include "properties/problem_spec.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>

#include "cells/network.hpp"

namespace bptt::properties {
namespace {

constexpr std::array<std::string_view, regime_count> regime_names{
    "integers",  "unit",      "tiny",         "saturating",
    "expanding", "subnormal", "signed_zeros", "nonfinite"};
constexpr Index largest_size = 4096;
constexpr Index largest_array = Index{1} << 24;

template <class N>
N parse_number(std::string_view word, std::string_view digits) {
  N value{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size())
    throw FormatError("'" + std::string(word) + "': '" + std::string(digits) +
                      "' is not a whole number in range");
  return value;
}

Activation parse_activation(std::string_view word, std::string_view value) {
  for (const Activation a : {Activation::tanh, Activation::relu, Activation::identity})
    if (value == bptt::name_of(a)) return a;
  throw FormatError("'" + std::string(word) + "': the activations are tanh relu identity");
}

Regime parse_regime(std::string_view word, std::string_view value) {
  const auto found = std::find(regime_names.begin(), regime_names.end(), value);
  if (found != regime_names.end()) return static_cast<Regime>(found - regime_names.begin());
  std::string known;
  for (const auto name : regime_names) known.append(" ").append(name);
  throw FormatError("'" + std::string(word) + "': the regimes are" + known);
}

ArraySet parse_zero_arrays(Cell cell, std::string_view word, std::string_view list) {
  const auto names = drawn_names(cell);
  ArraySet bits;
  std::string name;
  for (std::istringstream in{std::string(list)}; std::getline(in, name, ',');) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
      throw FormatError("'" + std::string(word) + "': the " + std::string(bptt::name_of(cell)) +
                        " has no array " + name);
    bits.set(static_cast<std::size_t>(found - names.begin()));
  }
  return bits;
}

std::string names_of_sizes(const CellTable& cell) {
  std::string names;
  for (const auto& [name, size] : cell.sizes()) names += name + " ";
  return names;
}

void require_sizes(const ProblemSpec& spec) {
  const Sizes& s = spec.sizes;
  for (const Index extent : {s.n_x, s.n_a, s.n_b, s.n_c, s.m, s.T_x, s.T_da})
    if (extent < 1 || extent > largest_size)
      throw ShapeError("size " + std::to_string(extent) + " is outside 1 .. " +
                       std::to_string(largest_size));
  if (s.T_da > s.T_x)
    throw ShapeError("T_da=" + std::to_string(s.T_da) + " is above T_x=" + std::to_string(s.T_x));
  if (s.T_da < s.T_x && !cells::is_causal(spec.cell))
    throw ShapeError("T_da=" + std::to_string(s.T_da) + " is below T_x=" + std::to_string(s.T_x) +
                     ", but every step of the " + std::string(bptt::name_of(spec.cell)) +
                     " reads later ones");
  Index largest = 0;
  for (const CellArray& array : table_of(spec.cell).arrays())
    largest = std::max(largest, array.shape(s).size());
  if (largest > largest_array)
    throw ShapeError("an array of " + std::to_string(largest) + " entries is above the limit of " +
                     std::to_string(largest_array));
}

}  // namespace

std::string_view name_of(Regime regime) { return regime_names[static_cast<std::size_t>(regime)]; }

std::vector<std::string> drawn_names(Cell cell) {
  std::vector<std::string> names = input_names(cell);
  names.insert(names.end(), upstream_names(cell).begin(), upstream_names(cell).end());
  return names;
}

std::string to_string(const ProblemSpec& spec) {
  const Sizes& s = spec.sizes;
  std::ostringstream out;
  out << bptt::name_of(spec.cell);
  for (const auto& [name, size] : table_of(spec.cell).sizes()) out << ' ' << name << '=' << s.*size;
  out << " m=" << s.m << " T_x=" << s.T_x << " T_da=" << s.T_da
      << " regime=" << name_of(spec.regime) << " seed=" << spec.seed;
  if (spec.activation != Activation::tanh) out << " act=" << bptt::name_of(spec.activation);
  const auto names = drawn_names(spec.cell);
  std::string zero;
  for (std::size_t k = 0; k < names.size(); ++k)
    if (spec.zero_arrays.test(k)) zero += (zero.empty() ? "" : ",") + names[k];
  if (!zero.empty()) out << " zero=" << zero;
  if (spec.digits != 0) out << " digits=" << spec.digits;
  return out.str();
}

ProblemSpec parse_problem_spec(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::string word;
  ProblemSpec spec;
  if (!(in >> word))
    throw FormatError("an empty line has no problem; it begins with a cell, such as rnn or lstm");
  try {
    spec.cell = cells::cell_named(word);
  } catch (const UnsupportedError& error) {
    throw FormatError(error.what());
  }
  const CellTable& cell = table_of(spec.cell);

  bool has_T_da = false;
  std::set<std::string> seen;
  while (in >> word) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos)
      throw FormatError("'" + word + "' is not of the form name=value");
    const std::string_view key = std::string_view(word).substr(0, equals);
    const std::string_view value = std::string_view(word).substr(equals + 1);
    if (!seen.insert(std::string(key)).second)
      throw FormatError("'" + word + "': " + std::string(key) + " is given twice");
    const auto number = [&] { return parse_number<Index>(word, value); };
    const auto own = std::find_if(cell.sizes().begin(), cell.sizes().end(),
                                  [&](const auto& size) { return size.name == key; });
    if (own != cell.sizes().end())
      spec.sizes.*(own->size) = number();
    else if (key == "m")
      spec.sizes.m = number();
    else if (key == "T_x")
      spec.sizes.T_x = number();
    else if (key == "T_da")
      spec.sizes.T_da = number(), has_T_da = true;
    else if (key == "regime")
      spec.regime = parse_regime(word, value);
    else if (key == "seed")
      spec.seed = parse_number<std::uint64_t>(word, value);
    else if (key == "act")
      spec.activation = parse_activation(word, value);
    else if (key == "zero")
      spec.zero_arrays = parse_zero_arrays(spec.cell, word, value);
    else if (key == "digits")
      spec.digits = parse_number<int>(word, value);
    else
      throw FormatError("'" + word + "': the names are " + names_of_sizes(cell) +
                        "m T_x T_da regime seed act zero digits");
  }
  if (!has_T_da) spec.sizes.T_da = spec.sizes.T_x;
  if (spec.digits < 0 || spec.digits > 64)
    throw FormatError("digits=" + std::to_string(spec.digits) + " is outside 0 .. 64");
  require_sizes(spec);
  return spec;
}

}  // namespace bptt::properties
