// The fuzz targets would see a fault, and reach everything that they should.
#include "fuzz/catalogue_target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <set>

#include "core/error.hpp"
#include "fuzz/finding.hpp"
#include "properties/draw.hpp"
#include "subjects/optimized_subjects.hpp"
#include "subjects/registry.hpp"

namespace bptt::fuzz {
namespace {

/// The inputs of a fuzzer that has learnt nothing yet.
std::vector<std::uint8_t> random_bytes(std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(CatalogueTarget::header_bytes + properties::spec_bytes);
  for (std::size_t k = 0; k < bytes.size(); ++k)
    bytes[k] = static_cast<std::uint8_t>(properties::mix(properties::mix(seed) + k) >> 56U);
  return bytes;
}

/// How many of the first `count` random inputs are broken.
int broken_of(const CatalogueTarget& target, std::uint64_t count) {
  int broken = 0;
  for (std::uint64_t seed = 0; seed < count; ++seed) {
    const auto verdict = target.check(random_bytes(seed));
    broken += verdict.outcome == properties::Outcome::broken ? 1 : 0;
  }
  return broken;
}

// Throughput is measured with these: each property in each scalar, on two of everything.
TEST(CatalogueTarget, SmallInputsAreEveryPropertyOnASmallProblem) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const CatalogueTarget target(cell, optimized_subject_names());
    std::set<std::pair<std::string, Scalar>> met;
    for (const auto& [name, bytes] : target.small_inputs()) {
      const auto replay = target.decode(bytes);
      EXPECT_EQ(replay.subject, "optimized") << name;
      EXPECT_EQ(replay.spec.sizes, (Sizes{2, 2, 2, 2, 2})) << name;
      EXPECT_EQ(name, replay.property + "_" + std::string(name_of(replay.scalar)));
      met.emplace(replay.property, replay.scalar);
    }
    const auto subject = make_subject("optimized");
    std::size_t expected = 0;
    for (const auto& property : properties::catalogue())
      for (const Scalar scalar : {Scalar::f32, Scalar::f64})
        expected += properties::applies(property, subject->capabilities(), cell, scalar) ? 1 : 0;
    EXPECT_EQ(met.size(), expected);
  }
}

struct Fault {
  const char* name;
  Cell cell;
  /// In the names of tests, in place of an address.
  friend std::ostream& operator<<(std::ostream& out, const Fault& fault) {
    return out << fault.name << " " << name_of(fault.cell);
  }
};
class FaultTest : public ::testing::TestWithParam<Fault> {};

TEST_P(FaultTest, is_found_in_60_inputs) {
  const CatalogueTarget faulty(GetParam().cell, {GetParam().name});
  EXPECT_GT(broken_of(faulty, 60), 0) << GetParam().name;
}
INSTANTIATE_TEST_SUITE_P(catalogue_target, FaultTest,
                         ::testing::Values(Fault{"fault:drop_da_prevt", Cell::rnn},
                                           Fault{"fault:drop_da_prevt", Cell::lstm},
                                           Fault{"fault:assign_dw", Cell::rnn},
                                           Fault{"fault:last_chunk_dropped", Cell::rnn},
                                           Fault{"fault:no_carry", Cell::lstm},
                                           Fault{"fault:copy_paste_bias_accumulators", Cell::lstm}),
                         [](const auto& test) {
                           return std::string(test.param.name).substr(sizeof("fault:") - 1) + "_" +
                                  std::string(name_of(test.param.cell));
                         });

TEST(catalogue_target, a_broken_case_is_a_finding_with_the_command_that_replays_it) {
  CatalogueTarget faulty(Cell::rnn, {"fault:drop_da_prevt"});
  const properties::ReplayCase broken{
      "fault:drop_da_prevt", "equals_reference", Scalar::f64,
      properties::parse_problem_spec("rnn n_x=3 n_a=5 m=7 T_x=4 T_da=4 regime=unit seed=1")};
  const auto bytes = faulty.encode(broken);
  try {
    faulty.run(bytes);
    FAIL() << "no finding";
  } catch (const Finding& finding) {
    EXPECT_THAT(finding.what(),
                ::testing::AllOf(
                    ::testing::HasSubstr("must be"),
                    ::testing::EndsWith("bptt-verify replay 'fault:drop_da_prevt equals_reference "
                                        "f64 rnn n_x=3 n_a=5 m=7 T_x=4 T_da=4 regime=unit "
                                        "seed=1'")));
  }
}

TEST(catalogue_target, is_silent_where_nothing_is_broken) {
  CatalogueTarget target(Cell::rnn, optimized_subject_names());
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  for (std::uint64_t seed = 0; seed < 20; ++seed) target.run(random_bytes(seed));
  EXPECT_EQ(::testing::internal::GetCapturedStdout() + ::testing::internal::GetCapturedStderr(),
            "");
}

TEST(catalogue_target, code_without_a_fault_is_not_broken) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    EXPECT_EQ(broken_of(CatalogueTarget(cell, {"fault:none"}), 60), 0) << name_of(cell);
}

TEST(catalogue_target, random_bytes_reach_every_property_scalar_and_subject) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const CatalogueTarget target(cell, optimized_subject_names());
    std::set<std::string> reached, expected;
    for (std::uint64_t seed = 0; seed < 20000; ++seed) {
      const auto got = target.decode(random_bytes(seed));
      reached.insert(got.property + " " + std::string(name_of(got.scalar)) + " " + got.subject);
    }
    for (const std::string& subject : optimized_subject_names())
      for (const auto& property : properties::catalogue())
        for (const Scalar scalar : {Scalar::f32, Scalar::f64})
          if (applies(property, make_subject(subject)->capabilities(), cell, scalar))
            expected.insert(std::string(property.id) + " " + std::string(name_of(scalar)) + " " +
                            subject);
    EXPECT_EQ(reached, expected) << name_of(cell);
  }
}

TEST(catalogue_target, bytes_decode_to_small_problems_that_their_property_is_about) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const CatalogueTarget target(cell, optimized_subject_names());
    for (std::uint64_t seed = 0; seed < 5000; ++seed) {
      const auto got = target.decode(random_bytes(seed));
      const Sizes& s = got.spec.sizes;
      int large = 0;
      for (const Index extent : {s.n_x, s.n_a, s.m, s.T_x}) {
        ASSERT_LE(extent, properties::wide_sizes.back()) << to_string(got);
        large += extent > CatalogueTarget::max_size(cell, true) ? 1 : 0;
      }
      ASSERT_LE(large, 1) << to_string(got);
      ASSERT_TRUE(large == 0 || s.n_x * s.n_a * s.m * s.T_x <= 65 * 2 * 2 * 2) << to_string(got);
      ASSERT_TRUE(applies(properties::find_property(got.property),
                          make_subject(got.subject)->capabilities(), got.scalar, got.spec))
          << to_string(got);
    }
  }
}

TEST(catalogue_target, encode_is_the_inverse_of_decode) {
  const CatalogueTarget target(Cell::lstm, optimized_subject_names());
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto wanted = target.decode(random_bytes(seed));
    EXPECT_EQ(to_string(target.decode(target.encode(wanted))), to_string(wanted));
  }
}

TEST(catalogue_target, missing_bytes_are_zeros) {
  const CatalogueTarget target(Cell::rnn, optimized_subject_names());
  const std::vector<std::uint8_t> zeros(64);
  EXPECT_EQ(to_string(target.decode({})), to_string(target.decode(zeros)));
}

TEST(catalogue_target, refuses_what_it_does_not_reach) {
  EXPECT_THROW(CatalogueTarget(Cell::rnn, {}), UnsupportedError);
  EXPECT_THROW(CatalogueTarget(Cell::rnn, {"optimised"}), UnsupportedError);
  const CatalogueTarget target(Cell::rnn, {"optimized"});
  EXPECT_THROW(CatalogueTarget(Cell::rnn, {"optimized"}, "linear"), UnsupportedError);
  auto elsewhere = target.decode({});
  elsewhere.subject = "reference";
  EXPECT_THROW((void)target.encode(elsewhere), FormatError);
}

}  // namespace
}  // namespace bptt::fuzz
