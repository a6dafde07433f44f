// What the mutator gives: within its room, always a problem, always the same for the same seed.
#include "fuzz/problem_mutator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fuzz/catalogue_target.hpp"
#include "fuzz/plans_target.hpp"
#include "subjects/optimized_subjects.hpp"

namespace bptt::fuzz {
namespace {

const CatalogueTarget& catalogue(Cell cell) {
  static const CatalogueTarget rnn(Cell::rnn, optimized_subject_names());
  static const CatalogueTarget lstm(Cell::lstm, optimized_subject_names());
  return cell == Cell::rnn ? rnn : lstm;
}

/// Stands in for the engine's mutator: fills all the room with ones.
std::size_t ones(std::uint8_t* data, std::size_t, std::size_t room) {
  std::fill_n(data, room, std::uint8_t{1});
  return room;
}

/// A buffer of `room` bytes that begins with an input of `size` bytes, mutated.
std::vector<std::uint8_t> mutated(const Target& target, std::size_t size, std::size_t room,
                                  unsigned seed, EngineMutator engine) {
  std::vector<std::uint8_t> buffer(room, 0x5a);
  const auto start = properties::random_spec_bytes(seed);
  std::copy_n(start.begin(), std::min(size, start.size()), buffer.begin());
  const std::size_t now = target.mutate(buffer, size, seed, engine);
  EXPECT_LE(now, room);
  buffer.resize(std::min(now, room));
  return buffer;
}

TEST(problem_mutator, keeps_within_its_room) {
  const auto plans = make_plans_target();
  for (const Target* target :
       {static_cast<const Target*>(&catalogue(Cell::rnn)), static_cast<const Target*>(plans.get())})
    for (const EngineMutator engine : {EngineMutator{nullptr}, EngineMutator{ones}})
      for (unsigned seed = 0; seed < 300; ++seed)
        for (const std::size_t room : {1U, 2U, 5U, 20U, 21U, 22U, 23U, 64U})
          (void)mutated(*target, seed % (room + 1), room, seed, engine);
}

TEST(problem_mutator, is_a_function_of_its_seed) {
  for (unsigned seed = 0; seed < 300; ++seed)
    EXPECT_EQ(mutated(catalogue(Cell::lstm), 21, 40, seed, nullptr),
              mutated(catalogue(Cell::lstm), 21, 40, seed, nullptr));
}

TEST(problem_mutator, changes_the_case_most_of_the_time) {
  const CatalogueTarget& target = catalogue(Cell::rnn);
  const std::vector<std::uint8_t> start(CatalogueTarget::input_bytes, 7);
  int changed = 0;
  for (unsigned seed = 0; seed < 300; ++seed) {
    auto buffer = start;
    (void)target.mutate(buffer, buffer.size(), seed, nullptr);
    changed += to_string(target.decode(buffer)) != to_string(target.decode(start)) ? 1 : 0;
  }
  EXPECT_GT(changed, 200);
}

TEST(problem_mutator, reaches_every_edge_of_every_size_and_every_regime) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const CatalogueTarget& target = catalogue(cell);
    const auto start = target.encode(
        {"optimized", "equals_reference", Scalar::f32,
         properties::parse_problem_spec(std::string(name_of(cell)) +
                                        " n_x=2 n_a=3 m=1 T_x=4 T_da=4 regime=unit seed=1")});
    std::set<Index> n_x, n_a, m, T_x;
    std::set<properties::Regime> regimes;
    for (unsigned seed = 0; seed < 6000; ++seed) {
      auto buffer = start;
      (void)target.mutate(buffer, buffer.size(), seed, nullptr);
      const auto spec = target.decode(buffer).spec;
      n_x.insert(spec.sizes.n_x);
      n_a.insert(spec.sizes.n_a);
      m.insert(spec.sizes.m);
      T_x.insert(spec.sizes.T_x);
      regimes.insert(spec.regime);
    }
    for (const auto& reached : {n_x, n_a, m, T_x}) {
      for (Index size = 1; size <= CatalogueTarget::max_size(cell, true); ++size)
        EXPECT_EQ(reached.count(size), 1U) << name_of(cell) << " " << size;
      for (const Index size : properties::wide_sizes)
        EXPECT_EQ(reached.count(size), 1U) << name_of(cell) << " " << size;
    }
    EXPECT_GE(regimes.size(), 6U);
  }
}

TEST(problem_mutator, leaves_every_fourth_input_to_the_engine) {
  int engines = 0;
  const std::vector<std::uint8_t> all_ones(40, 1);
  for (unsigned seed = 0; seed < 1000; ++seed)
    engines += mutated(catalogue(Cell::rnn), 21, 40, seed, ones) == all_ones ? 1 : 0;
  EXPECT_GT(engines, 150);
  EXPECT_LT(engines, 350);
}

TEST(problem_mutator, a_child_has_each_field_from_a_parent) {
  const std::vector<std::uint8_t> first(25, 1), second(30, 2);
  std::set<std::vector<std::uint8_t>> children;
  for (unsigned seed = 0; seed < 200; ++seed)
    for (const std::size_t room : {0U, 3U, 30U, 50U}) {
      std::vector<std::uint8_t> child(room, 9);
      const std::size_t size = cross_problems(2, first, second, child, seed);
      ASSERT_LE(size, room);
      for (std::size_t k = 0; k < size; ++k)
        ASSERT_TRUE(child[k] == 2 || child[k] == (k < first.size() ? 1 : 0)) << k;
      children.insert(child);
      // The eight bytes of the seed stay together: they are one number.
      for (std::size_t k = 2 + properties::seed_at + 1; k < std::min<std::size_t>(size, 21); ++k)
        ASSERT_EQ(child[k], child[k - 1]);
    }
  EXPECT_GT(children.size(), 100U);
}

TEST(problem_mutator, set_size_gives_the_size) {
  properties::SpecLimits limits;
  limits.max_size = 10;
  std::vector<std::uint8_t> bytes(properties::spec_bytes, 0);
  bytes[properties::twin_at] = 8;  // n_x = n_a is allowed
  const auto size_of = [&](properties::SpecField which) {
    const Sizes s = decode_spec(bytes, limits).sizes;
    const Index sizes[] = {s.n_a, s.n_x, s.m, s.T_x};
    return sizes[which];
  };
  for (const auto which :
       {properties::n_a_at, properties::n_x_at, properties::m_at, properties::T_at}) {
    for (Index size = 1; size <= 10; ++size) {
      set_size(bytes, which, size, limits);
      EXPECT_EQ(size_of(which), size);
    }
    for (const Index size : properties::wide_sizes) {
      set_size(bytes, which, size, limits);
      EXPECT_EQ(size_of(which), size);
    }
    const Index before = size_of(which);
    set_size(bytes, which, 40, limits);  // no bytes mean it
    EXPECT_EQ(size_of(which), before);
  }
}

}  // namespace
}  // namespace bptt::fuzz
