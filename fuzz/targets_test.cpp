// Every target finds a mistake that is planted, and the table of targets covers the catalogue.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>
#include <sstream>

#include "core/error.hpp"
#include "fuzz/finding.hpp"
#include "fuzz/guidance.hpp"
#include "fuzz/plans_target.hpp"
#include "fuzz/seed_problems.hpp"
#include "fuzz/target.hpp"
#include "properties/codec.hpp"
#include "properties/property_families.hpp"

namespace bptt::fuzz {
namespace {

/// How many of the target's seeds, and of `count` mutations of each, it finds something in.
int findings_of(Target& target, unsigned count) {
  int findings = 0;
  for (const auto& [name, bytes] : target.seeds())
    for (unsigned seed = 0; seed <= count; ++seed) {
      auto input = bytes;
      if (seed > 0) input.resize(target.mutate(input, input.size(), seed, nullptr));
      try {
        target.run(input);
      } catch (const Finding&) {
        ++findings;
      }
    }
  return findings;
}

TEST(families, hold_every_property_once) {
  EXPECT_EQ(properties::misplaced_properties(properties::catalogue()), std::vector<std::string>{});
}

TEST(families, a_property_of_a_new_file_is_noticed) {
  auto catalogue = properties::catalogue();
  catalogue.front().family = "a_new_file";
  EXPECT_EQ(properties::misplaced_properties(catalogue),
            std::vector<std::string>{std::string(catalogue.front().id)});
}

TEST(targets, are_those_that_the_build_makes) {
  std::set<std::string> built, known;
  std::istringstream names(BPTT_FUZZ_TARGETS);
  for (std::string name; names >> name;) built.insert(name);
  for (const TargetRow& row : targets()) known.insert(row.name);
  EXPECT_EQ(built, known);
}

// Each is a file that the build makes, and libFuzzer takes a comma for the end of its path.
TEST(targets, have_seeds_of_different_names_and_the_same_every_time) {
  for (const TargetRow& row : targets()) {
    const NamedInputs seeds = row.make("")->seeds();
    EXPECT_FALSE(seeds.empty()) << row.name;
    std::set<std::string> names;
    for (const auto& [name, bytes] : seeds) {
      EXPECT_TRUE(names.insert(name).second) << row.name << " has two seeds " << name;
      EXPECT_EQ(name.find_first_of("/,"), std::string::npos) << row.name << " " << name;
    }
    EXPECT_EQ(seeds, row.make("")->seeds()) << row.name;
  }
}

TEST(targets, of_the_catalogue_have_a_seed_for_each_property_and_each_problem) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    std::set<std::string> names;
    for (const auto& [name, bytes] : find_target(name_of(cell)).make("")->seeds())
      names.insert(name);
    const Capabilities can = make_subject("optimized")->capabilities();
    for (const auto& property : properties::catalogue())
      if ((property.of == nullptr || property.of(cell)) &&
          (property.needs == nullptr || property.needs(can, cell))) {
        EXPECT_TRUE(names.contains(std::string(property.id)))
            << name_of(cell) << " " << property.id;
      }
    for (const auto& problem : seed_problems(cell))
      EXPECT_TRUE(names.contains(problem.name)) << name_of(cell) << " " << problem.name;
  }
}

TEST(targets, refuse_a_name_or_a_subject_that_is_not_there) {
  EXPECT_THROW((void)find_target("rnn_linear"), UnsupportedError);
  EXPECT_THROW((void)find_target("rnn").make("optimised"), UnsupportedError);
  EXPECT_THROW((void)find_target("npz").make("optimized"), UnsupportedError);
  EXPECT_THROW((void)find_target("networks").make("optimized"), UnsupportedError);
}

/// Each family has a fault that it sees, on either cell, within its seeds and a few mutations.
struct Seen {
  const char *target, *fault;
  /// In the names of tests, in place of an address.
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << seen.target << " " << seen.fault;
  }
};
class SeenTest : public ::testing::TestWithParam<Seen> {};
TEST_P(SeenTest, in_its_seeds_and_their_mutations) {
  const auto target = find_target(GetParam().target).make(GetParam().fault);
  EXPECT_GT(findings_of(*target, 4), 0);
}
INSTANTIATE_TEST_SUITE_P(
    fault, SeenTest,
    ::testing::Values(
        Seen{"rnn_linearity", "fault:drop_da_prevt"}, Seen{"lstm_linearity", "fault:assign_dw"},
        Seen{"rnn_agreement", "fault:drop_da_prevt"}, Seen{"lstm_agreement", "fault:no_carry"},
        Seen{"rnn_derivatives", "fault:drop_da_prevt"},
        Seen{"lstm_derivatives", "fault:drop_da_prevt"},
        Seen{"rnn_structure", "fault:batch_tail_dropped"},
        Seen{"lstm_structure", "fault:copy_paste_bias_accumulators"},
        Seen{"rnn_time", "fault:last_chunk_dropped"}, Seen{"lstm_time", "fault:last_chunk_dropped"},
        Seen{"rnn_memory", "fault:assign_dw"}, Seen{"lstm_memory", "fault:assign_dw"},
        Seen{"rnn_values", "fault:drop_da_prevt"}, Seen{"lstm_values", "fault:no_carry"}),
    [](const auto& test) { return std::string(test.param.target); });

TEST(targets, find_nothing_in_code_without_a_fault) {
  for (const char* name : {"rnn", "lstm"})
    EXPECT_EQ(findings_of(*find_target(name).make("fault:none"), 1), 0) << name;
}

TEST(targets, of_networks_see_a_single_fault_in_their_lines) {
  const auto networks = find_target("networks").make("");
  EXPECT_GT(networks->seeds().size(), 150U);
  for (const auto& [name, bytes] : networks->small_inputs())
    EXPECT_NO_THROW(networks->run(bytes)) << name;
  for (const char* fault : {"lines:gru:17", "lines:gru_both:40", "lines:gated_delta:9"})
    EXPECT_GT(findings_of(*find_target("networks").make(fault), 2), 0) << fault;
}

TEST(targets, oneDNN_differs_from_a_fault) {
  const auto known = targets();
  if (std::none_of(known.begin(), known.end(),
                   [](const auto& row) { return row.name == "onednn"; }))
    GTEST_SKIP() << "this build has no oneDNN";
  EXPECT_GT(findings_of(*find_target("onednn").make("fault:drop_da_prevt"), 0), 0);
  EXPECT_EQ(findings_of(*find_target("onednn").make(""), 0), 0);
}

TEST(targets, plans_see_what_is_kept_and_what_is_not_added) {
  EXPECT_EQ(findings_of(*make_plans_target(), 4), 0);
  EXPECT_GT(findings_of(*make_plans_target(PlantedPlanFault::keeps_first_parameters), 0), 0);
  EXPECT_GT(findings_of(*make_plans_target(PlantedPlanFault::forgets_accumulation), 0), 0);
}

TEST(targets, random_bytes_are_no_findings) {
  for (const char* name :
       {"plans", "npz", "replay_line", "printout", "worker_protocol", "c_interface"}) {
    const auto target = find_target(name).make("");
    EXPECT_NO_THROW(target->run({})) << name;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      std::vector<std::uint8_t> bytes;
      for (std::uint64_t part = 0; part < 1 + seed % 4; ++part)
        for (const auto byte : properties::random_spec_bytes(4 * seed + part))
          bytes.push_back(byte);
      EXPECT_NO_THROW(target->run(bytes)) << name << " " << seed;
    }
  }
}

TEST(guidance, levels_are_half_octaves_around_the_bound) {
  EXPECT_EQ(guidance_level(0), -1);
  EXPECT_EQ(guidance_level(std::nan("")), -1);
  EXPECT_EQ(guidance_level(1), 48);
  EXPECT_EQ(guidance_level(0.99), 47);
  EXPECT_EQ(guidance_level(0.5), 46);
  EXPECT_EQ(guidance_level(0x1p-24), 0);
  EXPECT_EQ(guidance_level(1e-30), 0);
  EXPECT_EQ(guidance_level(1e30), 63);
  EXPECT_EQ(guidance_level(INFINITY), 63);
}

int counted() {
  const auto counters = guidance_counters();
  return std::accumulate(counters.begin(), counters.end(), 0);
}

TEST(guidance, counts_the_level_of_a_case_unless_it_is_off) {
  const auto counters = guidance_counters();
  std::fill(counters.begin(), counters.end(), std::uint8_t{0});
  guide(1, 0.5);
  EXPECT_EQ(counters[guidance_levels + 46], 1);
  guide(1 + guidance_slots, 0.5);  // the same slot
  guide(3, 0);                     // nothing was measured
  EXPECT_EQ(counted(), 1);
  set_guidance(false);
  guide(2, 0.25);
  set_guidance(true);
  EXPECT_EQ(counted(), 1);
}

TEST(guidance, the_worst_ratio_is_kept_whether_it_is_on_or_not) {
  const double before = worst_ratio();
  guide(0, std::nan(""));
  EXPECT_EQ(worst_ratio(), before);
  set_guidance(false);
  guide(0, before + 0.25);
  set_guidance(true);
  guide(0, before + 0.125);
  EXPECT_EQ(worst_ratio(), before + 0.25);
}

TEST(guidance, a_case_that_holds_within_a_bound_is_counted) {
  const auto counters = guidance_counters();
  std::fill(counters.begin(), counters.end(), std::uint8_t{0});
  const auto target = find_target("rnn_agreement").make("");
  for (const auto& [name, bytes] : target->seeds())
    if (name == "equals_reference") target->run(bytes);
  EXPECT_EQ(counted(), 1);
  EXPECT_EQ(std::count(counters.begin(), counters.end(), 1), 1);
}

}  // namespace
}  // namespace bptt::fuzz
