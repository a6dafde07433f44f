// A ProblemSpec is a problem in one line: sizes, regime, seed. The arrays follow from it.
// Deliberately without values: what is small enough to print is small enough to replay.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/problem.hpp"

namespace bptt::properties {

/// What the values of a problem are like.
enum class Regime : std::uint8_t {
  integers,      // small integers; sums are exact with identity and ReLU
  unit,          // weights of usual scale, everything of order one
  tiny,          // inputs and upstream gradients of order 2^-20
  saturating,    // pre-activations up to 30: gates near 0 and 1, tanh near +-1
  expanding,     // recurrent weights that make states and gradients grow with T
  subnormal,     // upstream gradients at the lower end of the scalar's range
  signed_zeros,  // half of all entries are +0 or -0
  nonfinite      // here and there a NaN or an infinity
};
inline constexpr int regime_count = 8;
[[nodiscard]] std::string_view name_of(Regime regime);

/// A set of regimes, one bit each.
using Regimes = unsigned;
[[nodiscard]] constexpr Regimes bit(Regime r) { return 1U << static_cast<unsigned>(r); }
inline constexpr Regimes all_regimes = (1U << regime_count) - 1;
/// Every regime in which values are finite.
inline constexpr Regimes finite_regimes = all_regimes & ~bit(Regime::nonfinite);

/// A set of the arrays that a cell is given.
using ArraySet = std::bitset<CellTable::most_given>;

struct ProblemSpec {
  Cell cell = Cell::rnn;
  Activation activation = Activation::tanh;
  Sizes sizes;
  Regime regime = Regime::unit;
  std::uint64_t seed = 0;
  /// Arrays of input_names(cell), then of upstream_names(cell), that are all zeros: bit k is array
  /// k.
  ArraySet zero_arrays{};
  /// Significant bits of every value, 0 for all that the scalar has; whole numbers stay as they
  /// are.
  int digits = 0;

  friend bool operator==(const ProblemSpec&, const ProblemSpec&) = default;
};

/// "lstm n_x=3 n_a=5 m=2 T_x=4 T_da=4 regime=unit seed=7 [act=relu] [zero=a0,c0] [digits=8]", with
/// the names that the cell's sizes have.
[[nodiscard]] std::string to_string(const ProblemSpec& spec);
/// The inverse. Throws FormatError that names the word it does not understand, and ShapeError for
/// sizes outside 1 .. 4096 or more than 2^24 entries in an array.
[[nodiscard]] ProblemSpec parse_problem_spec(std::string_view text);

/// input_names(cell), then upstream_names(cell): what bit k of zero_arrays means.
[[nodiscard]] std::vector<std::string> drawn_names(Cell cell);

}  // namespace bptt::properties
