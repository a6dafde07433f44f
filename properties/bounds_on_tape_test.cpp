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

void expect_near(long double got, long double expected, const std::string& what) {
  EXPECT_LE(std::abs(got - expected), 1e-9L * std::abs(expected) + of_the_tape)
      << what << ": " << got << " for " << expected;
}

template <class S>
int compare(const ProblemSpec& spec, Derivation derivation) {
  const auto problem = converted<long double>(generate<S>(spec));
  const Rounding rounding = Rounding::of<S>();
  TapeRun tape(problem, rounding, derivation, Passes::both);
  BoundedRun lines(problem, rounding, derivation, Passes::both);
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
    expect_near(got[k].certain, expected[k].certain, what + ", certain");
    expect_near(got[k].sigma, expected[k].sigma, what + ", sigma");
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

}  // namespace
}  // namespace bptt::properties
