#include "properties/generate.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>

#include "properties/codec.hpp"
#include "properties/draw.hpp"

namespace bptt::properties {
namespace {

constexpr Sizes sizes{.n_x = 5, .n_a = 7, .m = 3, .T_x = 6, .T_da = 4};

ProblemSpec spec_of(Cell cell, Regime regime, std::uint64_t seed = 11) {
  return {.cell = cell, .sizes = sizes, .regime = regime, .seed = seed};
}

/// Inputs and upstream gradients together.
template <class S>
NamedTensors<S> generated(const ProblemSpec& spec) {
  Problem<S> problem = generate<S>(spec);
  for (auto& [name, tensor] : problem.up) problem.in.add(name, std::move(tensor));
  return std::move(problem.in);
}

/// Calls f(name, value) for every value of both cells in the regime.
template <class S, class F>
void for_every_value(Regime regime, const F& f) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const auto& [name, tensor] : generated<S>(spec_of(cell, regime)))
      for (const S v : tensor.elements()) f(name, v);
}

bool is_weight(const std::string& name) { return name.starts_with("W"); }
bool is_bias(const std::string& name) { return name.starts_with("b"); }
bool is_upstream(const std::string& name) { return name.starts_with("d"); }

/// Equal bits, the sign of zero and NaNs included.
template <class S>
bool same_bits(S p, S q) {
  return (std::isnan(p) && std::isnan(q)) || (p == q && std::signbit(p) == std::signbit(q));
}

TEST(Generate, ShapesAreThoseOfTheSizes) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const auto problem = generate<double>(spec_of(cell, Regime::unit));
    EXPECT_NO_THROW(require_consistent(problem));
    EXPECT_EQ(problem.in.size(), input_names(cell).size());
    EXPECT_EQ(problem.up.size(), upstream_names(cell).size());
    EXPECT_EQ(problem.up["da"].shape(), Shape({7, 3, 4}));  // T_da steps
  }
}

// Growing any size leaves every entry that both problems have as it was. (Weights are scaled by
// their fan-in: for them, the batch and the steps alone.)
TEST(Generate, AValueDependsOnItsNameAndIndicesAlone) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Regime regime :
         {Regime::unit, Regime::tiny, Regime::saturating, Regime::expanding, Regime::subnormal,
          Regime::signed_zeros, Regime::nonfinite, Regime::integers}) {
      const ProblemSpec spec = spec_of(cell, regime);
      const auto small = generated<double>(spec);
      for (Index Sizes::*const size :
           {&Sizes::n_x, &Sizes::n_a, &Sizes::m, &Sizes::T_x, &Sizes::T_da}) {
        ProblemSpec grown = spec;
        grown.sizes.*size += 2;
        const bool fan_in = size == &Sizes::n_x || size == &Sizes::n_a;
        const auto large = generated<double>(grown);
        for (const auto& [name, tensor] : small) {
          if (fan_in && is_weight(name)) continue;
          const Shape& s = tensor.shape();
          for (Index t = 0; t < s[2]; ++t)
            for (Index j = 0; j < s[1]; ++j)
              for (Index i = 0; i < s[0]; ++i)
                ASSERT_TRUE(same_bits(tensor(i, j, t), large[name](i, j, t)))
                    << name << ", regime " << name_of(regime);
        }
      }
    }
}

TEST(Generate, SeedsAndNamesDrawDifferentNumbers) {
  const auto one = generated<double>(spec_of(Cell::lstm, Regime::unit, 1));
  const auto two = generated<double>(spec_of(Cell::lstm, Regime::unit, 2));
  std::set<double> values;
  std::size_t count = 0;
  for (const auto& [name, tensor] : one) {
    EXPECT_NE(tensor.elements(), two[name].elements()) << name;
    values.insert(tensor.elements().begin(), tensor.elements().end());
    count += tensor.elements().size();
  }
  EXPECT_EQ(values.size(), count);  // no number twice, in or across arrays
}

TEST(Generate, AnotherUpstreamOfTheSameProblem) {
  const ProblemSpec spec = spec_of(Cell::lstm, Regime::unit);
  const auto problem = generate<double>(spec);
  const auto same = generate_upstream<double>(spec, "");
  const auto other = generate_upstream<double>(spec, "v");
  for (const auto& [name, tensor] : problem.up) {
    EXPECT_EQ(tensor.elements(), same[name].elements());
    EXPECT_NE(tensor.elements(), other[name].elements());
    EXPECT_EQ(tensor.shape(), other[name].shape());
  }
}

TEST(Generate, FloatsAreTheDoublesRounded) {
  for (int r = 0; r < regime_count; ++r) {
    const auto regime = static_cast<Regime>(r);
    if (regime == Regime::subnormal) continue;
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      const auto wide = generated<double>(spec_of(cell, regime));
      for (const auto& [name, tensor] : generated<float>(spec_of(cell, regime)))
        for (std::size_t k = 0; k < tensor.elements().size(); ++k)
          ASSERT_TRUE(same_bits(tensor.elements()[k], static_cast<float>(wide[name].elements()[k])))
              << name << ", regime " << name_of(regime);
    }
  }
}

TEST(Generate, ZeroArraysAreZerosAndNothingElseChanges) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Regime regime : {Regime::unit, Regime::nonfinite, Regime::integers}) {
      const auto names = drawn_names(cell);
      for (std::size_t zero = 0; zero < names.size(); ++zero) {
        ProblemSpec spec = spec_of(cell, regime);
        const auto before = generated<double>(spec);
        spec.zero_arrays = properties::ArraySet().set(zero);
        for (const auto& [name, tensor] : generated<double>(spec))
          for (std::size_t k = 0; k < tensor.elements().size(); ++k)
            ASSERT_TRUE(same_bits(tensor.elements()[k],
                                  name == names[zero] ? 0.0 : before[name].elements()[k]))
                << name;
      }
    }
}

template <class S>
void expect_short_mantissas(int digits) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Regime regime : {Regime::unit, Regime::tiny, Regime::saturating}) {
      ProblemSpec spec = spec_of(cell, regime);
      const auto full = generated<double>(spec);
      spec.digits = digits;
      for (const auto& [name, tensor] : generated<S>(spec))
        for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
          int exponent = 0;
          const double v = static_cast<double>(tensor.elements()[k]);
          const double scaled = std::ldexp(std::frexp(v, &exponent), digits);
          ASSERT_EQ(scaled, std::trunc(scaled)) << name << " " << v;
          ASSERT_NE(v, 0);
          // Cut, not replaced: within one unit of the last digit.
          ASSERT_NEAR(v, full[name].elements()[k], std::ldexp(1.0, exponent - digits));
        }
    }
}
TEST(Generate, DigitsAreTheMantissasLength) {
  for (const int digits : {1, 2, 8, 16}) {
    expect_short_mantissas<double>(digits);
    expect_short_mantissas<float>(digits);
  }
}

// Uniform in [-s, s), so that the largest of many comes near s.
TEST(Generate, ScalesAreThoseOfTheRegime) {
  const double weight = std::sqrt(3.0 / (sizes.n_a + sizes.n_x));
  const auto expect_scale = [&](Regime regime, double weights, double biases, double inputs,
                                double upstream) {
    double largest[4] = {};
    for_every_value<double>(regime, [&](const std::string& name, double v) {
      const int kind = is_weight(name) ? 0 : is_bias(name) ? 1 : is_upstream(name) ? 3 : 2;
      largest[kind] = std::max(largest[kind], std::abs(v));
    });
    const double scale[4] = {weights, biases, inputs, upstream};
    for (int kind = 0; kind < 4; ++kind) {
      EXPECT_LE(largest[kind], scale[kind]) << name_of(regime) << " " << kind;
      EXPECT_GT(largest[kind], 0.8 * scale[kind]) << name_of(regime) << " " << kind;
    }
  };
  expect_scale(Regime::unit, weight, 0.5, 1, 1);
  expect_scale(Regime::tiny, weight, 0.5, 0x1p-20, 0x1p-20);
  expect_scale(Regime::saturating, 3 * weight, 6, 1, 1);
  expect_scale(Regime::expanding, 3 * weight, 0.5, 1, 1);
  expect_scale(Regime::subnormal, weight, 0.5, 1, 4 * std::numeric_limits<double>::min());
  expect_scale(Regime::signed_zeros, weight, 0.5, 1, 1);
}

TEST(Generate, IntegersAreSmallAndWaaIsASignedPermutation) {
  std::set<double> weights, others;
  for_every_value<double>(Regime::integers, [&](const std::string& name, double v) {
    (is_weight(name) ? weights : others).insert(v);
  });
  EXPECT_EQ(weights, (std::set<double>{-1, 0, 1}));
  EXPECT_EQ(others, (std::set<double>{-3, -2, -1, 0, 1, 2, 3}));
  std::set<std::vector<double>> different;
  std::set<float> signs;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const auto problem = generate<float>(spec_of(Cell::rnn, Regime::integers, seed));
    const Tensor<float>& W = problem.in["Waa"];
    for (Index i = 0; i < sizes.n_a; ++i) {
      int in_row = 0, in_column = 0;
      for (Index k = 0; k < sizes.n_a; ++k) {
        ASSERT_TRUE(W(i, k) == 0 || std::abs(W(i, k)) == 1);
        signs.insert(W(i, k));
        in_row += W(i, k) != 0 ? 1 : 0;
        in_column += W(k, i) != 0 ? 1 : 0;
      }
      ASSERT_EQ(in_row, 1);
      ASSERT_EQ(in_column, 1);
    }
    different.insert({W.elements().begin(), W.elements().end()});
  }
  EXPECT_GT(different.size(), 45U);
  EXPECT_EQ(signs, (std::set<float>{-1, 0, 1}));
}

template <class S>
void expect_upstream_near_the_smallest() {
  int subnormal = 0, normal = 0;
  for_every_value<S>(Regime::subnormal, [&](const std::string& name, S v) {
    if (!is_upstream(name)) return;
    ASSERT_NE(v, S(0));
    ASSERT_LE(std::abs(v), 4 * std::numeric_limits<S>::min());
    ++(std::fpclassify(v) == FP_SUBNORMAL ? subnormal : normal);
  });
  EXPECT_GT(subnormal, 10);
  EXPECT_GT(normal, 10);
}
TEST(Generate, SubnormalUpstreamsAreAtTheLowerEndOfTheirOwnScalar) {
  expect_upstream_near_the_smallest<float>();
  expect_upstream_near_the_smallest<double>();
}

TEST(Generate, SignedZerosHaveBothZeros) {
  int plus = 0, minus = 0, others = 0;
  for_every_value<double>(Regime::signed_zeros, [&](const std::string&, double v) {
    ++(v != 0 ? others : std::signbit(v) ? minus : plus);
  });
  const int all = plus + minus + others;
  EXPECT_NEAR(static_cast<double>(others) / all, 0.5, 0.06);
  EXPECT_NEAR(static_cast<double>(plus) / all, 0.25, 0.06);
  EXPECT_NEAR(static_cast<double>(minus) / all, 0.25, 0.06);
}

TEST(Generate, NonfiniteHasNansAndBothInfinitiesHereAndThere) {
  int nan = 0, plus = 0, minus = 0, finite = 0;
  for_every_value<double>(Regime::nonfinite, [&](const std::string&, double v) {
    ++(std::isnan(v) ? nan : std::isfinite(v) ? finite : v > 0 ? plus : minus);
  });
  EXPECT_GT(nan, 0);
  EXPECT_GT(plus, 0);
  EXPECT_GT(minus, 0);
  EXPECT_GT(finite, 20 * (nan + plus + minus));
  for (int r = 0; r < regime_count; ++r)
    if (static_cast<Regime>(r) != Regime::nonfinite)
      for_every_value<float>(static_cast<Regime>(r), [&](const std::string& name, float v) {
        ASSERT_TRUE(std::isfinite(v)) << name;
      });
}

TEST(Draw, IsUniform) {
  const Draw draw(5, "uniform");
  constexpr int n = 20000;
  double sum = 0, smallest = 1, largest = 0;
  std::vector<int> below(7);
  for (Index k = 0; k < n; ++k) {
    const double u = draw.uniform(k);
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    ASSERT_EQ(draw.symmetric(k), 2 * u - 1);
    sum += u, smallest = std::min(smallest, u), largest = std::max(largest, u);
    ++below[static_cast<std::size_t>(draw.below(7, k, 1))];
  }
  EXPECT_NEAR(sum / n, 0.5, 5 / std::sqrt(12.0 * n));  // five standard deviations
  EXPECT_LT(smallest, 0.001);
  EXPECT_GT(largest, 0.999);
  for (const int count : below) EXPECT_NEAR(count, n / 7.0, 5 * std::sqrt(n / 7.0));
}

TEST(Draw, DependsOnSeedPurposeAndEveryIndex) {
  std::set<std::uint64_t> bits;
  int drawn = 0;
  for (const std::uint64_t seed : {0U, 1U})
    for (const char* purpose : {"", "x", "xx"})
      for (Index i = 0; i < 5; ++i)
        for (Index j = 0; j < 5; ++j)
          for (Index t = 0; t < 5; ++t, ++drawn) bits.insert(Draw(seed, purpose).bits(i, j, t));
  EXPECT_EQ(bits.size(), static_cast<std::size_t>(drawn));
}

}  // namespace
}  // namespace bptt::properties
