// What a comparison makes of numbers: what is evidence, what is none, and what accuses.
#include "properties/comparison.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace bptt::properties {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double tiniest = std::numeric_limits<double>::denorm_min();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double u32 = 0x1p-24, u64 = 0x1p-53;

Verdict within(long double got, long double expected, const NoiseBound& bound) {
  Comparison comparison(u64);
  comparison.within("y", got, expected, bound);
  return comparison.verdict();
}

Tensor<double> tensor(const Shape& shape, const std::vector<double>& values) {
  Tensor<double> result(shape);
  result.elements().assign(values.begin(), values.end());
  return result;
}
Verdict bitwise(const std::vector<double>& got, const std::vector<double>& expected) {
  const auto p = tensor({static_cast<Index>(got.size())}, got);
  const auto q = tensor({static_cast<Index>(expected.size())}, expected);
  Comparison comparison(u64);
  comparison.bitwise<double>("y", p.view(), q.view());
  return comparison.verdict();
}

void expect_counts(const Verdict& v, Outcome outcome, long long compared, long long trivial) {
  EXPECT_EQ(v.outcome, outcome) << describe(v);
  EXPECT_EQ(v.compared, compared);
  EXPECT_EQ(v.trivial, trivial);
}

TEST(Tolerance, IsTheSmallerOfTenSigmaAndTheCertainBound) {
  EXPECT_EQ(tolerance_of({100, 1}), 10);
  EXPECT_EQ(tolerance_of({3, 1}), 3);
}

TEST(Comparison, NothingComparedIsInconclusive) {
  const Verdict v = Comparison(u64).verdict();
  expect_counts(v, Outcome::inconclusive, 0, 0);
  EXPECT_EQ(v.reason, "nothing but zeros (or NaNs) met zeros (or NaNs): no evidence");
}

TEST(Comparison, AccusesBeyondTenSigma) {
  expect_counts(within(1 + 9.99, 1, {100, 1}), Outcome::held, 1, 0);
  expect_counts(within(1 + 10.02, 1, {100, 1}), Outcome::broken, 1, 0);
  EXPECT_EQ(within(1 - 10.02, 1, {100, 1}).outcome, Outcome::broken);
}
TEST(Comparison, WhatHoldsStillSaysHowNearItCame) {
  const Verdict v = within(1 + 5, 1, {100, 1});
  EXPECT_NEAR(v.worst_ratio, 0.5, 0.001);
  EXPECT_EQ(v.sigma_ratio, 5);
  EXPECT_EQ(v.worst.array, "y");
}
TEST(Comparison, AccusesBeyondTheCertainBound) {
  EXPECT_EQ(within(1 + 2.99, 1, {3, 1}).outcome, Outcome::held);
  EXPECT_EQ(within(1 + 3.01, 1, {3, 1}).outcome, Outcome::broken);
}
TEST(Comparison, AnExactNumberMayNotBeOffAtAll) {
  expect_counts(within(3, 3, {}), Outcome::held, 1, 0);
  const Verdict v = within(3 + 0x1p-50L, 3, {});
  expect_counts(v, Outcome::broken, 1, 0);
  EXPECT_EQ(v.worst_ratio, inf);
}
TEST(Comparison, ZeroThatShouldBeANumberIsEvidence) {
  expect_counts(within(0, 1, {0x1p-30L, 0x1p-33L}), Outcome::broken, 1, 0);
  expect_counts(within(1, 0, {0x1p-30L, 0x1p-33L}), Outcome::broken, 1, 0);
  expect_counts(within(0x1p-1000L, 0, {}), Outcome::broken, 1, 0);
}
TEST(Comparison, ZerosWithZerosAreNoEvidence) {
  expect_counts(within(0, 0, {1, 1}), Outcome::inconclusive, 0, 1);
  expect_counts(within(-0.0L, 0, {}), Outcome::inconclusive, 0, 1);
}
TEST(Comparison, WhatIsNotFiniteIsBroken) {
  for (const double got : {nan, inf, -inf}) {
    EXPECT_EQ(within(got, 1, {inf, inf}).outcome, Outcome::broken);
    EXPECT_EQ(within(1, got, {inf, inf}).outcome, Outcome::broken);
    EXPECT_EQ(within(got, 1, {1, 1}).worst_ratio, inf);
    EXPECT_NE(within(got, got, {1, 1}).outcome, Outcome::held);
  }
}

TEST(Comparison, RequiredFactsCount) {
  Comparison good(u64), bad(u64);
  good.require(true, "unused");
  expect_counts(good.verdict(), Outcome::held, 1, 0);
  bad.require(true, "unused");
  bad.require(false, "first");
  bad.require(false, "second");
  expect_counts(bad.verdict(), Outcome::broken, 3, 0);
  EXPECT_EQ(bad.verdict().reason, "first");
}

TEST(Comparison, DoubtIsNeitherHeldNorForgiving) {
  Comparison comparison(u64);
  comparison.require(true, "unused");
  comparison.inconclusive("first doubt");
  comparison.inconclusive("second doubt");
  expect_counts(comparison.verdict(), Outcome::inconclusive, 1, 0);
  EXPECT_EQ(comparison.verdict().reason, "first doubt");
  comparison.broken("a fact");
  expect_counts(comparison.verdict(), Outcome::broken, 1, 0);
  EXPECT_EQ(comparison.verdict().reason, "a fact");
}

TEST(Bitwise, EqualBitsHold) {
  expect_counts(bitwise({1, -2, inf, tiniest}, {1, -2, inf, tiniest}), Outcome::held, 4, 0);
}
TEST(Bitwise, OneUnitInTheLastPlaceIsBroken) {
  const Verdict v = bitwise({1, 2, 3}, {1, std::nextafter(2, 3), 3});
  expect_counts(v, Outcome::broken, 3, 0);
  EXPECT_EQ(v.worst.index, std::vector<Index>{1});
  EXPECT_DOUBLE_EQ(v.worst.ulp, 1);
  EXPECT_EQ(v.worst_ratio, inf);
}
TEST(Bitwise, ZerosAndNansAreAlikeButNoEvidence) {
  expect_counts(bitwise({-0.0, 0.0, 0.0, nan}, {0.0, -0.0, 0.0, nan}), Outcome::inconclusive, 0, 4);
  expect_counts(bitwise({-0.0, nan, 1}, {0.0, nan, 1}), Outcome::held, 1, 2);
}
TEST(Bitwise, NanAgainstANumberAndInfinityAgainstANumberAreBroken) {
  expect_counts(bitwise({nan}, {1}), Outcome::broken, 1, 0);
  expect_counts(bitwise({1}, {nan}), Outcome::broken, 1, 0);
  expect_counts(bitwise({0}, {nan}), Outcome::broken, 1, 0);
  expect_counts(bitwise({inf}, {1}), Outcome::broken, 1, 0);
  expect_counts(bitwise({inf}, {-inf}), Outcome::broken, 1, 0);
  expect_counts(bitwise({0}, {tiniest}), Outcome::broken, 1, 0);
}
TEST(Bitwise, EmptyArraysAreNoEvidence) {
  expect_counts(bitwise({}, {}), Outcome::inconclusive, 0, 0);
  const auto empty = tensor({3, 0, 2}, {});
  Comparison comparison(u64);
  comparison.bitwise<double>("y", empty.view(), empty.view());
  expect_counts(comparison.verdict(), Outcome::inconclusive, 0, 0);
}
TEST(Bitwise, ShapesMustAgree) {
  const auto p = tensor({2, 3}, std::vector<double>(6)), q = tensor({3, 2}, std::vector<double>(6));
  Comparison comparison(u64);
  comparison.bitwise<double>("dWaa", p.view(), q.view());
  EXPECT_EQ(comparison.verdict().outcome, Outcome::broken);
  EXPECT_EQ(comparison.verdict().reason, "dWaa has shape (2,3), expected (3,2)");
  EXPECT_EQ(bitwise({1}, {1, 1}).outcome, Outcome::broken);
}
TEST(Bitwise, FindsTheIndexInThreeAxesAndOneArrayOfMany) {
  NamedTensors<float> got, expected;
  for (NamedTensors<float>* tensors : {&got, &expected})
    for (const char* name : {"dx", "da0"}) {
      Tensor<float> t({2, 3, 4});
      for (float& v : t.elements()) v = 1;
      tensors->add(name, t);
    }
  got["da0"](1, 2, 3) = 1.5F;
  Comparison comparison(u32);
  comparison.bitwise(got, expected);
  const Verdict v = comparison.verdict();
  expect_counts(v, Outcome::broken, 48, 0);
  EXPECT_EQ(v.worst.array, "da0");
  EXPECT_EQ(v.worst.index, (std::vector<Index>{1, 2, 3}));
  EXPECT_EQ(v.worst.got, 1.5L);
  EXPECT_EQ(v.worst.expected, 1);
  EXPECT_EQ(v.worst.ulp, 0x1p22);
}

/// The expectation of a small LSTM, and numbers to hold against it.
struct AgainstAnExpectation : ::testing::Test {
  ProblemSpec spec{.cell = Cell::lstm, .sizes = {3, 4, 2, 3, 3}, .seed = 3};
  Problem<float> problem = generate_problem();
  Rounding rounding = Rounding::of<float>();
  Expectation expectation{problem, rounding};
  NamedTensors<long double> got = expectation.values();
  std::vector<Probe> probes = choose_probes(spec.cell, spec.sizes, spec.seed);

  [[nodiscard]] Problem<float> generate_problem() const {
    Problem<float> p{spec.cell, Activation::tanh, spec.sizes,
                     make_tensors<float>(spec.cell, input_names(spec.cell), spec.sizes),
                     make_tensors<float>(spec.cell, upstream_names(spec.cell), spec.sizes)};
    float v = 0;
    for (auto* tensors : {&p.in, &p.up})
      for (auto& [name, t] : *tensors)
        for (float& e : t.elements()) e = std::sin(v += 1.1F);
    return p;
  }
  /// Off by so little that only equality is gone.
  [[nodiscard]] static NamedTensors<long double> nearly(NamedTensors<long double> values) {
    for (auto& [name, tensor] : values)
      for (long double& v : tensor.elements()) v *= 1 + 0x1p-62L;
    return values;
  }
  [[nodiscard]] NoiseBound bound(const Probe& probe) const {
    return expectation.bounds({probe}).front();
  }
  /// What the ratio of a known error and sigma may lose: the number that it was added to rounds to
  /// 64 bits, the ratio to 53, two operations each.
  [[nodiscard]] double lost(const Probe& probe, double ratio) const {
    const long double value = got[probe.array].elements()[static_cast<std::size_t>(probe.entry)];
    return static_cast<double>(0x1p-63L * std::abs(value) / bound(probe).sigma) + 0x1p-52 * ratio;
  }
  [[nodiscard]] Verdict judge(const std::vector<Source>& sources) const {
    Comparison comparison(u32);
    comparison.within(probes, got, expectation.values(), sources);
    return comparison.verdict();
  }
  [[nodiscard]] Verdict judge() const { return judge({{&expectation, 1}}); }
};

TEST_F(AgainstAnExpectation, ItsOwnValuesHold) {
  const Verdict v = judge();
  EXPECT_EQ(v.outcome, Outcome::held);
  EXPECT_EQ(v.compared + v.trivial, static_cast<long long>(probes.size()));
  EXPECT_EQ(v.worst_ratio, 0);
  EXPECT_EQ(v.sigma_ratio, 0);
}

TEST_F(AgainstAnExpectation, TheWorstElementIsTheOneFarthestBeyondItsBound) {
  const auto off = [&](const std::string& array, Index i, Index j, Index t, double sigmas) {
    auto& tensor = got[array];
    const Probe probe{array, i + tensor.shape()[0] * (j + tensor.shape()[1] * t), 0};
    tensor(i, j, t) += static_cast<long double>(sigmas) * bound(probe).sigma;
    return lost(probe, std::abs(sigmas));
  };
  const double lost_of_3 = off("dx", 1, 1, 2, 3);
  EXPECT_EQ(judge().outcome, Outcome::held);
  EXPECT_NEAR(judge().sigma_ratio, 3, lost_of_3);
  const double lost_of_30 = off("dWc", 2, 5, 0, -30);
  off("dbo", 1, 0, 0, 20);
  const Verdict v = judge();
  EXPECT_EQ(v.outcome, Outcome::broken);
  EXPECT_EQ(v.worst.array, "dWc");
  EXPECT_EQ(v.worst.index, (std::vector<Index>{2, 5}));
  EXPECT_NEAR(v.sigma_ratio, 30, lost_of_30);
  // Ten sigma, and 2^-10 of them for what 64 bits of the expected number lose.
  EXPECT_NEAR(v.worst_ratio * (1 + 0x1p-10), 3, lost_of_30);
  const long double expected = expectation.values()["dWc"](2, 5);
  EXPECT_EQ(v.worst.expected, expected);
  EXPECT_EQ(v.worst.got, got["dWc"](2, 5));
  const double ulp = std::ldexp(1.0, std::ilogb(expected) - 23);  // of a float
  EXPECT_DOUBLE_EQ(v.worst.ulp, static_cast<double>(std::abs(v.worst.got - expected)) / ulp);
}

// The bounds of two computations add up: certain ones as they are, sigmas in quadrature.
TEST_F(AgainstAnExpectation, SourcesAddUp) {
  const Probe probe{"da0", 3, 0};
  const long double sigma = bound(probe).sigma;
  got["da0"].elements()[3] += 15 * sigma;
  EXPECT_EQ(judge().outcome, Outcome::broken);
  EXPECT_NEAR(judge({{&expectation, 1}, {&expectation, -2}}).sigma_ratio, 15 / std::sqrt(5),
              lost(probe, 15));
  EXPECT_EQ(judge({{&expectation, 1}, {&expectation, -2}}).outcome, Outcome::held);
  EXPECT_NEAR(judge({{&expectation, 3}}).sigma_ratio, 5, lost(probe, 15));
}

TEST_F(AgainstAnExpectation, ProjectionsAreJudgedToo) {
  probes = {{"dWf", -1, 77}};
  EXPECT_EQ(judge().outcome, Outcome::held);
  got["dWf"].elements()[5] += 12 * bound(probes[0]).sigma;
  const Verdict v = judge();
  EXPECT_EQ(v.outcome, Outcome::broken);
  EXPECT_EQ(v.worst.array, "dWf");
  EXPECT_TRUE(v.worst.index.empty());
}

// Numbers that are equal add nothing to the error of a projection, however large they are: summed
// first and compared then, 64 bits of the sums lose 1.
TEST_F(AgainstAnExpectation, WhatIsEqualAddsNoErrorToAProjection) {
  NamedTensors<long double> expected = got;
  for (auto* values : {&got, &expected}) {
    (*values)["dWf"].elements()[0] = 0x1p80L;
    (*values)["dWf"].elements()[5] = 0;
  }
  got["dWf"].elements()[5] += 1;
  const Probe probe{"dWf", -1, 77};
  ASSERT_EQ(read(probe, got["dWf"]), read(probe, expected["dWf"]));
  Comparison comparison(u32);
  comparison.within({probe}, got, expected, {{&expectation, 1}});
  EXPECT_EQ(comparison.verdict().worst.error, 1);
  EXPECT_EQ(comparison.verdict().outcome, Outcome::broken);
}

// A caller may know the difference better than 64 bits of each number do.
TEST(Comparison, ADifferenceMayBeGivenBesideTheNumbers) {
  Comparison comparison(u32);
  comparison.within("y", 1, 1, 3, {2, 2});
  EXPECT_EQ(comparison.verdict().outcome, Outcome::broken);
  EXPECT_EQ(comparison.verdict().worst.error, 3);
  Comparison smaller(u32);
  smaller.within("y", 2, 1, 0.5, {2, 2});
  EXPECT_EQ(smaller.verdict().outcome, Outcome::held);
}

TEST_F(AgainstAnExpectation, ANanOrAnInfinityIsBrokenAndNamed) {
  for (const double value : {nan, inf}) {
    got["dWi"](0, 1) = value;
    const Verdict v = judge();
    EXPECT_EQ(v.outcome, Outcome::broken);
    EXPECT_EQ(v.worst.array, "dWi");
    EXPECT_EQ(v.worst.index, (std::vector<Index>{0, 1}));
  }
}

// Runs are kept for a while: a question that differs in anything must not get another's answer.
TEST_F(AgainstAnExpectation, EveryPartOfTheQuestionCounts) {
  const Probe probe{"dWf", 2, 0};
  const NoiseBound alike = Expectation(problem, rounding).bounds({probe}).front();
  EXPECT_EQ(alike.certain, bound(probe).certain);
  EXPECT_EQ(alike.sigma, bound(probe).sigma);

  Rounding coarse = rounding;
  coarse.u *= 2;
  EXPECT_GT(Expectation(problem, coarse).bounds({probe}).front().certain, 1.9L * alike.certain);
  EXPECT_NE(Expectation(problem, rounding, Derivation::split).bounds({probe}).front().certain,
            alike.certain);
  EXPECT_FALSE(Expectation(problem, rounding, Derivation::one_pass, Passes::forward)
                   .values()
                   .contains("dWf"));
  for (auto* tensors : {&problem.in, &problem.up}) {
    for (auto& [name, tensor] : *tensors) {
      const float before = tensor.elements()[0];
      EXPECT_EQ(Expectation(problem, rounding).values()["dx"].elements(),
                expectation.values()["dx"].elements());  // this one is the latest now
      tensor.elements()[0] = 2 * before;
      EXPECT_NE(Expectation(problem, rounding).values()["dx"].elements(),
                expectation.values()["dx"].elements())
          << name;
      tensor.elements()[0] = before;
    }
  }
}

TEST_F(AgainstAnExpectation, SeveralWeightedSumsAreThoseOfOneAtATime) {
  std::vector<NamedTensors<long double>> weights(2);
  weights[0].add("dx", got["dx"]);
  weights[1].add("da0", got["da0"]);
  weights[1].add("a", got["a"]);
  const auto together = expectation.bounds_of(weights);
  for (std::size_t k = 0; k < weights.size(); ++k) {
    EXPECT_GT(together[k].sigma, 0);
    EXPECT_EQ(together[k].certain, expectation.bound_of(weights[k]).certain);
    EXPECT_EQ(together[k].sigma, expectation.bound_of(weights[k]).sigma);
  }
  NamedTensors<long double> one;
  one.add("dx", Tensor<long double>(got["dx"].shape()));
  one["dx"].elements()[5] = 1;
  EXPECT_EQ(expectation.bound_of(one).certain, bound({"dx", 5, 0}).certain);
  EXPECT_EQ(expectation.bound_of(one).sigma, bound({"dx", 5, 0}).sigma);
}

TEST_F(AgainstAnExpectation, AZeroedArrayIsBroken) {
  for (long double& v : got["da0"].elements()) v = 0;
  EXPECT_EQ(judge().outcome, Outcome::broken);
}

TEST_F(AgainstAnExpectation, EqualArraysHoldWhateverTheBoundsAre) {
  rounding.u = 0x1p-3;
  const Expectation coarse(problem, rounding);
  const Verdict v = judge({{&coarse, 1}});
  EXPECT_EQ(v.outcome, Outcome::held);
  EXPECT_EQ(v.compared + v.trivial, static_cast<long long>(probes.size()));
  got["dWo"](1, 1) *= 1 + 0x1p-62L;
  EXPECT_EQ(judge({{&coarse, 1}}).outcome, Outcome::inconclusive);
}

// With three bits, terms of second order are as large as those of first order.
TEST_F(AgainstAnExpectation, WhereTermsOfSecondOrderMatterItIsInconclusive) {
  rounding.u = 0x1p-3;
  const Expectation coarse(problem, rounding);
  Comparison comparison(rounding.u);
  comparison.within(probes, nearly(got), coarse.values(), {{&coarse, 1}});
  const Verdict v = comparison.verdict();
  EXPECT_EQ(v.outcome, Outcome::inconclusive);
  EXPECT_GT(v.inconclusive_entries, 100);
  EXPECT_TRUE(v.reason.starts_with(
      std::to_string(v.inconclusive_entries) +
      " entries have errors whose terms of second order are above a tenth of sigma"))
      << v.reason;
}

// Errors of half the size have a quarter of them.
TEST_F(AgainstAnExpectation, TermsOfSecondOrderGoWithTheSquareOfU) {
  rounding.u = 0x1p-16;
  const Expectation fine(problem, rounding);
  rounding.u = 0x1p-15;
  const Expectation coarse(problem, rounding);
  for (const char* array : {"da0", "dx", "dWf", "a"})
    EXPECT_NEAR(coarse.second_order(array) / fine.second_order(array), 4, 0.1) << array;
}

// Where a certain bound is no longer small beside its array, what is measured of second order is
// granted on top of the bound, and the entry is judged.
TEST_F(AgainstAnExpectation, WhatIsOfSecondOrderIsGranted) {
  probes = {{"da0", 3, 0}};
  const long double size = scale_of(probes[0], expectation.values()["da0"]);
  rounding.u *= static_cast<double>(0.02 * size / bound(probes[0]).certain);
  const Expectation coarse(problem, rounding);
  const double second = coarse.second_order("da0");
  ASSERT_GT(second, 0);
  const Source half{&coarse, -0.5}, whole{&coarse, 1};
  const NoiseBound of = coarse.bounds(probes).front();
  // Four halves and a whole are three; in quadrature the root of two.
  const long double tolerance =
      std::min(3 * of.certain, 10 * std::sqrt(2.0L) * of.sigma) * (1 + 0x1p-10L) +
      10 * std::sqrt(2.0L) * second;
  const long double right = coarse.values()["da0"].elements()[3];
  const auto off_by = [&](long double error) {
    got["da0"].elements()[3] = right + error;
    return judge({whole, half, half, half, half}).outcome;
  };
  EXPECT_EQ(off_by(0.999L * tolerance), Outcome::held);
  EXPECT_EQ(off_by(1.001L * tolerance), Outcome::broken);
}

TEST(Scale, IsTheLargestEntryOrTheSumOfMagnitudes) {
  Tensor<long double> t({3});
  t.elements() = {1, -5, 2};
  EXPECT_EQ(scale_of({"y", 0, 0}, t), 5);
  EXPECT_EQ(scale_of({"y", -1, 0}, t), 8);
}

// Large weights on features that are zero: states are as they were, dx is beyond every float.
TEST_F(AgainstAnExpectation, AnOverflowIsInDoubt) {
  for (float& v : problem.in["x"].elements()) v = 0;
  for (Index k = 4; k < 7; ++k) problem.in["Wc"](0, k) = 1e38F;
  for (float& v : problem.up["da"].elements()) v *= 1e5F;
  const Expectation large(problem, rounding);
  EXPECT_EQ(large.doubt(), "intermediate values come near the largest finite number");
  Comparison comparison(u32);
  comparison.within(probes, nearly(large.values()), large.values(), {{&large, 1}});
  EXPECT_EQ(comparison.verdict().outcome, Outcome::inconclusive);
  EXPECT_EQ(comparison.verdict().reason, large.doubt());
}

TEST(Describe, SaysWhereAndByHowMuch) {
  Verdict v;
  v.reason = "a reason";
  EXPECT_EQ(describe(v), "a reason");
  v.worst = {"dWaa", {1, 2}, 0.5L, 0.25L, 0.125L, 0.25L, 3};
  v.worst_ratio = 2;
  EXPECT_EQ(describe(v),
            "a reason; dWaa[1,2] is 0.5 and must be 0.25 within 0.125 (2 times the bound, 3 ULP)");
  v.reason = "";
  v.worst.index.clear();
  EXPECT_EQ(describe(v),
            "dWaa (a random projection) is 0.5 and must be 0.25 within 0.125 (2 times the bound, "
            "3 ULP)");
}

TEST(Comparison, ABoundThatIsNoNumberSaysNothing) {
  for (const long double bad : {std::numeric_limits<long double>::quiet_NaN(),
                                std::numeric_limits<long double>::infinity()}) {
    Comparison comparison(0x1p-53);
    comparison.within("y", 5, 1, {bad, bad});
    EXPECT_EQ(comparison.verdict().outcome, Outcome::inconclusive);
  }
}

}  // namespace
}  // namespace bptt::properties
