#include "properties/codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include "cells/network.hpp"
#include "properties/generate.hpp"
#include "properties/property.hpp"
#include "properties/shrink.hpp"

namespace bptt::properties {
namespace {

/// Limits of every kind that a property may set.
std::vector<SpecLimits> every_limits() {
  std::vector<SpecLimits> all;
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Index max_size : {1, 2, 3, 5, 8, 10, 20})
      for (const bool wide : {false, true})
        for (const Regimes regimes :
             {finite_regimes, all_regimes, bit(Regime::integers), bit(Regime::unit),
              bit(Regime::integers) | bit(Regime::tiny), bit(Regime::nonfinite)})
          for (unsigned activations = 1; activations < 8; ++activations)
            for (const Index least : {1, 3})
              all.push_back({.cell = cell,
                             .max_size = max_size,
                             .min_m = least,
                             .min_T = least,
                             .wide = wide,
                             .regimes = regimes,
                             .tanh = (activations & 1U) != 0,
                             .relu = (activations & 2U) != 0,
                             .identity = (activations & 4U) != 0});
  return all;
}

bool is_wide_size(Index size) {
  return std::set<Index>{15, 16, 17, 31, 32, 33, 64, 65}.contains(size);
}

void expect_within(const ProblemSpec& spec, const SpecLimits& limits) {
  const Sizes& s = spec.sizes;
  ASSERT_EQ(spec.cell, limits.cell);
  int beyond = 0;
  for (const Index size : {s.n_x, s.n_a, s.m, s.T_x}) {
    ASSERT_GE(size, 1);
    if (size > std::max(limits.max_size, limits.min_T)) {
      ASSERT_TRUE(limits.wide && is_wide_size(size)) << size;
      ++beyond;
    }
  }
  ASSERT_GE(s.m, limits.min_m);
  ASSERT_LE(beyond, 1) << "more than one wide size";
  ASSERT_GE(s.T_da, limits.min_T);
  ASSERT_LE(s.T_da, s.T_x);
  ASSERT_NE(limits.regimes & bit(spec.regime), 0U) << name_of(spec.regime);
  if (spec.cell == Cell::lstm)
    ASSERT_EQ(spec.activation, Activation::tanh);
  else if (spec.activation == Activation::relu)
    ASSERT_TRUE(limits.relu);
  else if (spec.activation == Activation::identity)
    ASSERT_TRUE(limits.identity);
  else
    ASSERT_TRUE(limits.tanh);
  const auto names = drawn_names(spec.cell);
  ASSERT_TRUE((spec.zero_arrays >> names.size()).none());
  for (std::size_t k = 0; k < names.size(); ++k)
    ASSERT_FALSE(names[k] == "da" && spec.zero_arrays.test(k));
  ASSERT_TRUE(spec.digits == 0 || spec.digits == 1 || spec.digits == 2 || spec.digits == 8 ||
              spec.digits == 16);
}

TEST(Codec, AnyBytesAreAProblemWithinTheLimits) {
  std::uint64_t seed = 0;
  for (const SpecLimits& limits : every_limits())
    for (int k = 0; k < 50; ++k) {
      const ProblemSpec spec = decode_spec(random_spec_bytes(++seed), limits);
      ASSERT_NO_FATAL_FAILURE(expect_within(spec, limits)) << to_string(spec);
    }
}

TEST(Codec, ExtremeBytesAreAProblemWithinTheLimits) {
  for (const SpecLimits& limits : every_limits())
    for (const unsigned value : {0U, 1U, 127U, 128U, 223U, 224U, 255U})
      for (std::size_t at = 0; at < spec_bytes; ++at) {
        std::vector<std::uint8_t> bytes(spec_bytes, static_cast<std::uint8_t>(255 - value));
        bytes[at] = static_cast<std::uint8_t>(value);
        ASSERT_NO_FATAL_FAILURE(expect_within(decode_spec(bytes, limits), limits));
      }
}

TEST(Codec, MissingBytesAreZeroAndMoreAreIgnored) {
  const SpecLimits limits;
  auto bytes = random_spec_bytes(3);
  ASSERT_EQ(bytes.size(), spec_bytes);
  const ProblemSpec whole = decode_spec(bytes, limits);
  bytes.push_back(99);
  EXPECT_EQ(decode_spec(bytes, limits), whole);
  for (std::size_t size = 0; size < spec_bytes; ++size) {
    const std::vector<std::uint8_t> cut(bytes.begin(),
                                        bytes.begin() + static_cast<std::ptrdiff_t>(size));
    std::vector<std::uint8_t> padded = cut;
    padded.resize(spec_bytes);
    EXPECT_EQ(decode_spec(cut, limits), decode_spec(padded, limits));
  }
}

TEST(Codec, EncodedSpecsDecodeToThemselves) {
  std::uint64_t seed = 1000000;
  for (const SpecLimits& limits : every_limits())
    for (int k = 0; k < 3; ++k) {
      const ProblemSpec spec = decode_spec(random_spec_bytes(++seed), limits);
      const auto bytes = encode_spec(spec, limits);
      ASSERT_EQ(bytes.size(), spec_bytes);
      ASSERT_EQ(decode_spec(bytes, limits), spec) << to_string(spec);
    }
}

TEST(Codec, EverySeedHasItsBytes) {
  ProblemSpec spec;
  for (const std::uint64_t seed : {std::uint64_t{0x0123456789abcdef}, ~std::uint64_t{0}}) {
    spec.seed = seed;
    EXPECT_EQ(decode_spec(encode_spec(spec, {}), {}).seed, seed);
  }
}

TEST(Codec, RefusesToEncodeWhatNoBytesDecodeTo) {
  const SpecLimits limits;
  const auto refused = [&](auto change) {
    ProblemSpec spec;
    change(spec);
    try {
      (void)encode_spec(spec, limits);
      return std::string("encoded");
    } catch (const FormatError& error) {
      return std::string(error.what());
    }
  };
  EXPECT_EQ(refused([](ProblemSpec&) {}), "encoded");
  EXPECT_EQ(refused([](ProblemSpec& s) { s.sizes.n_a = 11; }),
            "no bytes decode to 'rnn n_x=1 n_a=11 m=1 T_x=1 T_da=1 regime=unit seed=0' within "
            "max_size=10");
  for (const std::string& message :
       {refused([](ProblemSpec& s) { s.sizes.m = 14; }),
        refused([](ProblemSpec& s) { s.sizes.n_a = s.sizes.n_x = 16; }),
        refused([](ProblemSpec& s) { s.regime = Regime::nonfinite; }),
        refused([](ProblemSpec& s) { s.cell = Cell::lstm; }),
        refused([](ProblemSpec& s) { s.zero_arrays = 0b101; }),
        refused([](ProblemSpec& s) { s.digits = 3; })})
    EXPECT_TRUE(message.starts_with("no bytes decode to ")) << message;
}

constexpr int drawn = 20000;

/// How often something is true of problems decoded from random bytes.
template <class Truth>
double share(const SpecLimits& limits, const Truth& truth) {
  int count = 0;
  for (int k = 0; k < drawn; ++k)
    count += truth(decode_spec(random_spec_bytes(static_cast<std::uint64_t>(k)), limits)) ? 1 : 0;
  return static_cast<double>(count) / drawn;
}

TEST(Codec, BytesFavourEdges) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const SpecLimits limits{.cell = cell};
    const auto part = [&](const auto& truth) { return share(limits, truth); };
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.T_x >= 3; }), 0.8);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.T_x == 1; }), 0.03);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.T_x == 2; }), 0.03);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.m % 2 == 1; }), 0.75);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.m % 2 == 0; }), 0.08);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.n_x != p.sizes.n_a; }), 0.97);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.n_x == p.sizes.n_a; }), 0.005);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.T_da < p.sizes.T_x; }), 0.1);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.sizes.T_da == p.sizes.T_x; }), 0.7);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.regime == Regime::unit; }), 0.5);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.zero_arrays.none(); }), 0.7);
    EXPECT_GT(part([](const ProblemSpec& p) { return p.digits == 0; }), 0.7);
    const auto wide = [](const ProblemSpec& p) {
      return std::max({p.sizes.n_x, p.sizes.n_a, p.sizes.m, p.sizes.T_x}) > 10;
    };
    EXPECT_GT(part(wide), 0.1);
    EXPECT_LT(part(wide), 0.15);
  }
}

TEST(Codec, EveryChoiceOccurs) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const SpecLimits limits{.cell = cell, .regimes = all_regimes};
    std::set<Index> n_a, n_x, m, T;
    std::map<Regime, int> regimes;
    std::map<Activation, int> activations;
    std::set<int> digits, zeros;
    for (int k = 0; k < drawn; ++k) {
      const auto p = decode_spec(random_spec_bytes(static_cast<std::uint64_t>(k)), limits);
      n_a.insert(p.sizes.n_a), n_x.insert(p.sizes.n_x), m.insert(p.sizes.m), T.insert(p.sizes.T_x);
      ++regimes[p.regime], ++activations[p.activation];
      digits.insert(p.digits);
      for (std::size_t a = 0; a < drawn_names(cell).size(); ++a)
        if (p.zero_arrays.test(a)) zeros.insert(static_cast<int>(a));
    }
    for (const auto* sizes : {&n_a, &n_x, &m, &T}) EXPECT_EQ(sizes->size(), 18U);  // 1-10, 8 wide
    EXPECT_EQ(regimes.size(), cell == Cell::rnn ? 8U : 7U);  // no exact sums in an LSTM
    for (const auto& [regime, count] : regimes) EXPECT_GT(count, drawn / 40) << name_of(regime);
    EXPECT_EQ(activations.size(), cell == Cell::rnn ? 3U : 1U);
    for (const auto& [activation, count] : activations) EXPECT_GT(count, drawn / 5);
    EXPECT_EQ(digits, (std::set<int>{0, 1, 2, 8, 16}));
    EXPECT_EQ(zeros.size(), drawn_names(cell).size() - 1);  // all but da
  }
}

TEST(Codec, IntegersHaveExactSums) {
  const SpecLimits limits;
  EXPECT_EQ(share(limits,
                  [](const ProblemSpec& p) {
                    return p.regime == Regime::integers && p.activation == Activation::tanh;
                  }),
            0);
}

TEST(Codec, RandomBytesAreAFunctionOfTheirSeed) {
  EXPECT_EQ(random_spec_bytes(5), random_spec_bytes(5));
  EXPECT_NE(random_spec_bytes(5), random_spec_bytes(6));
  std::set<std::uint8_t> first;
  for (std::uint64_t seed = 0; seed < 5000; ++seed) first.insert(random_spec_bytes(seed)[0]);
  EXPECT_EQ(first.size(), 256U);
}

TEST(Codec, KeepsToWhatASubjectTakes) {
  Capabilities cell_only, whole_course;
  cell_only.max_T = 1;
  whole_course.fewer_losses = false;
  whole_course.without = {"c0", "dc0", "dc_T"};
  Property property{};
  for (const Capabilities& can : {cell_only, whole_course}) {
    const SpecLimits limits = limits_for(property, can, Cell::lstm);
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
      const ProblemSpec spec = decode_spec(random_spec_bytes(seed), limits);
      EXPECT_TRUE(takes(can, spec)) << to_string(spec);
      EXPECT_TRUE(applies(property, can, Scalar::f64, spec)) << to_string(spec);
    }
  }
  const ProblemSpec any = decode_spec(random_spec_bytes(1), limits_for(property, {}, Cell::lstm));
  EXPECT_FALSE(takes(cell_only, any) && takes(whole_course, any)) << to_string(any);
}

TEST(Properties, ApplyToWhatASubjectGives) {
  const auto applies_to = [](std::string_view id, const Capabilities& can, Cell cell) {
    return applies(find_property(id), can, cell, Scalar::f64);
  };
  Capabilities forward_only, cell_only, no_cell_ends;
  forward_only.backward = false;
  cell_only.max_T = 1;
  no_cell_ends.without = {"c0", "dc0", "dc_T"};
  EXPECT_TRUE(applies_to("equals_reference", forward_only, Cell::rnn));
  EXPECT_FALSE(applies_to("linear_in_da", forward_only, Cell::rnn));
  EXPECT_FALSE(applies_to("time_in_two_parts", cell_only, Cell::rnn)) << "one step has no parts";
  EXPECT_TRUE(applies_to("time_in_two_parts", no_cell_ends, Cell::rnn));
  EXPECT_FALSE(applies_to("time_in_two_parts", no_cell_ends, Cell::lstm))
      << "c cannot be handed on";
  Capabilities unchecked = forward_only;
  unchecked.backward = true;
  unchecked.checks_shapes = unchecked.strided = unchecked.fewer_losses = false;
  for (const auto* id :
       {"shapes_are_those_of_the_arrays", "time_reversed_twice", "appended_steps_without_loss"}) {
    EXPECT_TRUE(applies_to(id, {}, Cell::rnn)) << id;
    EXPECT_FALSE(applies_to(id, unchecked, Cell::rnn)) << id;
  }
}

// A normaliser that the cell divides by is never zero, nor is it made so by shrinking: behind the
// end of a sample that begins there nothing else would be left of it.
TEST(Codec, LeavesZerosOutWhereACellNeedsOtherNumbers) {
  SpecLimits limits;
  limits.cell = cells::cell_named("slstm_both_lengths");
  const auto names = drawn_names(limits.cell);
  const auto number = [&](const char* name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  int c0 = 0;
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    const ProblemSpec spec = decode_spec(random_spec_bytes(seed), limits);
    EXPECT_FALSE(spec.zero_arrays.test(number("n0")) || spec.zero_arrays.test(number("r_n0")));
    c0 += spec.zero_arrays.test(number("c0")) ? 1 : 0;
  }
  EXPECT_GT(c0, 0);
  bool shrunk = false;
  for (const ProblemSpec& simpler : shrink_candidates(decode_spec(random_spec_bytes(1), limits))) {
    EXPECT_FALSE(simpler.zero_arrays.test(number("n0")));
    shrunk = shrunk || simpler.zero_arrays.test(number("c0"));
  }
  EXPECT_TRUE(shrunk);
}

}  // namespace
}  // namespace bptt::properties
