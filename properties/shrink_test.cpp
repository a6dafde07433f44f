#include "properties/shrink.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>

#include "properties/codec.hpp"

namespace bptt::properties {
namespace {

/// Every array but da, without which all gradients would be zero.
unsigned all_but_da(Cell cell) {
  const auto names = drawn_names(cell);
  unsigned bits = 0;
  for (std::size_t k = 0; k < names.size(); ++k)
    if (names[k] != "da") bits |= 1U << k;
  return bits;
}

/// The simplest problem of all.
ProblemSpec simplest_of(Cell cell) {
  ProblemSpec simplest;
  simplest.cell = cell;
  simplest.zero_arrays = all_but_da(cell);
  simplest.digits = 1;
  return simplest;
}

/// What counts as simpler, one number for each part of a spec: smaller is simpler.
std::array<std::uint64_t, 11> complexity(const ProblemSpec& p) {
  const auto n = [](auto value) { return static_cast<std::uint64_t>(value); };
  const auto arrays = n(drawn_names(p.cell).size());
  return {n(p.sizes.T_x),
          n(p.sizes.m),
          n(p.sizes.n_x),
          n(p.sizes.n_a),
          n(p.sizes.T_da != p.sizes.T_x),
          p.sizes.T_da != p.sizes.T_x ? n(p.sizes.T_da) : 0,
          n(p.activation != Activation::tanh),
          n(p.regime != Regime::unit),
          arrays - n(static_cast<int>(p.zero_arrays.count())),
          p.digits == 0 ? 100 : n(p.digits),
          p.seed};
}

const auto anything = [](const ProblemSpec&) { return true; };
constexpr int no_limit = 1 << 30;

TEST(Shrink, EveryCandidateIsSimplerAndAProblem) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const SpecLimits limits{.cell = seed % 2 == 0 ? Cell::rnn : Cell::lstm, .regimes = all_regimes};
    const ProblemSpec spec = decode_spec(random_spec_bytes(seed), limits);
    for (const ProblemSpec& simpler : shrink_candidates(spec)) {
      const auto before = complexity(spec), after = complexity(simpler);
      ASSERT_NE(after, before) << to_string(simpler) << " from " << to_string(spec);
      for (std::size_t k = 0; k < before.size(); ++k)
        ASSERT_LE(after[k], before[k]) << to_string(simpler) << " from " << to_string(spec);
      ASSERT_EQ(simpler.cell, spec.cell);
      ASSERT_EQ(parse_problem_spec(to_string(simpler)), simpler);  // sizes that fit each other
    }
  }
}

TEST(Shrink, FewerStepsKeepALossThatEndsEarly) {
  ProblemSpec spec;
  spec.sizes.T_x = 8, spec.sizes.T_da = 2;
  std::vector<Index> T_da;  // of T_x = 1, 4, 7
  for (const ProblemSpec& simpler : shrink_candidates(spec))
    if (simpler.sizes.T_x < spec.sizes.T_x) T_da.push_back(simpler.sizes.T_da);
  EXPECT_EQ(T_da, (std::vector<Index>{1, 2, 2}));
}

TEST(Shrink, TheSimplestProblemHasNoCandidates) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const ProblemSpec simplest = simplest_of(cell);
    EXPECT_TRUE(shrink_candidates(simplest).empty());
    const ProblemSpec from = decode_spec(random_spec_bytes(8), {.cell = cell});
    EXPECT_EQ(shrink(from, anything, anything, no_limit), simplest);
  }
}

/// The smallest problem that fails, from many that do.
template <class Fails>
void expect_minimal(Cell cell, const Fails& fails, const ProblemSpec& minimal) {
  int failing = 0;
  for (std::uint64_t seed = 0; seed < 2000 && failing < 100; ++seed) {
    const ProblemSpec from = decode_spec(random_spec_bytes(seed), {.cell = cell});
    if (!fails(from)) continue;
    ++failing;
    ASSERT_EQ(shrink(from, anything, fails, no_limit), minimal) << "from " << to_string(from);
  }
  EXPECT_EQ(failing, 100);
}

TEST(Shrink, FindsTheSmallestSizesThatFail) {
  ProblemSpec minimal = simplest_of(Cell::lstm);
  minimal.sizes = {.n_x = 1, .n_a = 4, .m = 1, .T_x = 3, .T_da = 3};
  expect_minimal(
      Cell::lstm, [](const ProblemSpec& p) { return p.sizes.T_x >= 3 && p.sizes.n_a >= 4; },
      minimal);
}

TEST(Shrink, KeepsWhatIsNeededToFail) {
  ProblemSpec minimal = simplest_of(Cell::rnn);
  minimal.activation = Activation::relu;
  minimal.digits = 2;
  minimal.sizes = {.n_x = 3, .n_a = 1, .m = 2, .T_x = 1, .T_da = 1};
  minimal.zero_arrays = 0b011101;  // all but a0 and da
  expect_minimal(
      Cell::rnn,
      [](const ProblemSpec& p) {
        return p.activation == Activation::relu && !p.zero_arrays.test(1) && p.sizes.m >= 2 &&
               p.sizes.n_x >= 3 && p.digits != 1;
      },
      minimal);
}

TEST(Shrink, StaysWithinWhatIsAllowed) {
  ProblemSpec from = decode_spec(random_spec_bytes(4), {.cell = Cell::rnn});
  from.activation = Activation::relu;
  from.sizes = {.n_x = 9, .n_a = 7, .m = 5, .T_x = 8, .T_da = 8};
  const auto allowed = [](const ProblemSpec& p) {
    return p.activation != Activation::tanh && p.sizes.n_a >= 2;
  };
  bool strayed = false;
  const auto fails = [&](const ProblemSpec& p) {
    strayed = strayed || !allowed(p);
    return true;
  };
  const ProblemSpec smallest = shrink(from, allowed, fails, no_limit);
  EXPECT_FALSE(strayed);
  EXPECT_EQ(smallest.activation, Activation::relu);
  EXPECT_EQ(smallest.sizes.n_a, 2);
}

TEST(Shrink, SpendsNoMoreThanItsBudget) {
  ProblemSpec from;
  from.sizes = {.n_x = 60, .n_a = 60, .m = 60, .T_x = 60, .T_da = 60};
  for (const int budget : {0, 1, 7, 20}) {
    int calls = 0;
    const ProblemSpec got = shrink(
        from, anything,
        [&](const ProblemSpec& p) {
          ++calls;
          return p.sizes.T_x >= 50;
        },
        budget);
    EXPECT_EQ(calls, budget);
    EXPECT_GE(got.sizes.T_x, 50);  // what it returns has failed
  }
}

TEST(Shrink, FindsTheShortestPartOfASequence) {
  ProblemSpec spec;
  spec.sizes = {3, 4, 5, 9, 7};
  const auto is_partial = [](const ProblemSpec& s) { return s.sizes.T_da < s.sizes.T_x; };
  const ProblemSpec least = shrink(
      spec, [](const ProblemSpec&) { return true; }, is_partial);
  EXPECT_EQ(least.sizes.T_x, 2);
  EXPECT_EQ(least.sizes.T_da, 1);
}

}  // namespace
}  // namespace bptt::properties
