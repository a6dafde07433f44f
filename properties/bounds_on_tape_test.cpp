// The bounds of the lines against those of the reference's loops on the tape of scalars: two texts
// of one network, two grains of one model, which must agree for every derivation and regime.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "properties/codec.hpp"
#include "properties/generate.hpp"
#include "properties/tape_run_test.hpp"

namespace bptt::properties {
namespace {

/// The tape keeps errors in double, which rounds to multiples of the smallest one.
constexpr long double of_the_tape = 1000 * std::numeric_limits<double>::denorm_min();

void expect_near(long double got, long double expected, long double part, const std::string& what) {
  EXPECT_LE(std::abs(got - expected), part * std::abs(expected) + of_the_tape)
      << what << ": " << got << " for " << expected;
}

/// Bounds in double, which lose digits only where adjoints cancel.
constexpr long double in_double = 1e-9L;
/// Bounds in float: on the way to an adjoint stand 2 T products, each a sum of at most 4 n_a terms
/// that loses that many times 2^-24 of their magnitudes; for n_a = 48 and T = 3, 7e-5, and ten
/// times as much where adjoints cancel.
constexpr long double in_float = 7e-4L;

template <class S>
int compare(const ProblemSpec& spec, Derivation derivation, long double part = in_double) {
  const auto problem = converted<long double>(generate<S>(spec));
  const Rounding rounding = Rounding::of<S>();
  TapeRun tape(problem, rounding, derivation, Passes::both);
  BoundedRun lines(std::make_shared<const Problem<long double>>(problem), rounding, derivation,
                   Passes::both);
  EXPECT_EQ(lines.exact(), tape.exact()) << to_string(spec);
  EXPECT_EQ(lines.noise().near_kink(), tape.noise().near_kink()) << to_string(spec);
  EXPECT_EQ(lines.noise().may_overflow(), tape.noise().may_overflow()) << to_string(spec);
  if (tape.noise().may_overflow()) return 0;
  std::vector<Probe> probes;
  for (const auto& [name, tensor] : tape.values()) {
    EXPECT_TRUE(lines.values()[name].shape() == tensor.shape()) << name;
    const Index step = 1 + tensor.size() / 16;
    for (Index k = 0; k < tensor.size(); k += step) probes.push_back({name, k, 0});
    probes.push_back({name, -1, 7});
  }
  const auto got = lines.bounds(probes), expected = tape.bounds(probes);
  for (std::size_t k = 0; k < probes.size(); ++k) {
    const std::string what = to_string(spec) + " " + probes[k].array + "[" +
                             std::to_string(probes[k].entry) + "] derivation " +
                             std::to_string(static_cast<int>(derivation));
    expect_near(got[k].certain, expected[k].certain, part, what + ", certain");
    expect_near(got[k].sigma, expected[k].sigma, part, what + ", sigma");
  }
  // Of states alone, from values in double.
  BoundedRun alone(std::make_shared<const Problem<long double>>(problem), rounding, derivation,
                   Passes::forward);
  std::vector<Probe> of_states;
  std::vector<NoiseBound> expected_of_states;
  for (std::size_t k = 0; k < probes.size(); ++k)
    if (!probes[k].array.starts_with("d")) {
      of_states.push_back(probes[k]);
      expected_of_states.push_back(expected[k]);
    }
  const auto states = alone.bounds(of_states);
  for (std::size_t k = 0; k < of_states.size(); ++k) {
    const std::string what = to_string(spec) + " " + of_states[k].array + ", states alone";
    expect_near(states[k].certain, expected_of_states[k].certain, part, what);
    expect_near(states[k].sigma, expected_of_states[k].sigma, part, what);
  }
  return 1;
}

TEST(BoundsOfLines, AreThoseOfTheLoopsOnATape) {
  int compared = 0;
  for (std::uint64_t k = 0; k < 600; ++k) {
    SpecLimits limits;
    limits.cell = k % 3 == 0 ? Cell::rnn : Cell::lstm;
    const ProblemSpec spec = decode_spec(random_spec_bytes(k), limits);
    const auto derivation = static_cast<Derivation>(k % 5);
    if (spec.cell == Cell::rnn && derivation == Derivation::closed_form) continue;
    if (spec.sizes.n_a * spec.sizes.m * spec.sizes.T_x > 400) continue;
    compared += k % 2 == 0 ? compare<float>(spec, derivation) : compare<double>(spec, derivation);
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(compared, 300);
}

// Large enough for products of matrices, sweeps in float and results one block after another, which
// smaller problems never take.
TEST(BoundsOfLines, AreThoseOfTheLoopsWhereProductsAreOfMatrices) {
  for (const char* line :
       {"lstm n_x=33 n_a=48 m=24 T_x=3 seed=7", "rnn n_x=20 n_a=50 m=24 T_x=4 seed=7"}) {
    const ProblemSpec spec = parse_problem_spec(line);
    EXPECT_EQ(compare<float>(spec, Derivation::one_pass, in_float), 1);
    EXPECT_EQ(compare<double>(spec, Derivation::one_pass, in_float), 1);
  }
}

}  // namespace
}  // namespace bptt::properties
