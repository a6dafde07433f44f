// Each way through the fast kernels is taken by small problems too, where thresholds are tiny.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "optimized/paths.hpp"
#include "properties/draw.hpp"
#include "properties/property.hpp"
#include "properties/run_options.hpp"
#include "subjects/registry.hpp"

namespace bptt::properties {
namespace {

TEST(Paths, EachIsTakenBySmallProblems) {
  const RunOptions options = RunOptions::from_environment();
  std::vector<std::uint64_t> before;
  for (const auto& row : optimized::all_paths())
    before.push_back(optimized::plans_that_took(row.path));
  for (const char* name : {"optimized:thresholds=tiny", "optimized:thresholds=tiny,threads=2"}) {
    const auto subject = make_subject(name);
    for (const char* id : {"equals_reference", "strided_and_guarded"})
      for (const Cell cell : {Cell::rnn, Cell::lstm}) {
        const Property& property = find_property(id);
        const Draw draw(options.seed, id);
        SpecLimits limits = limits_for(property, subject->capabilities(), cell);
        limits.max_size = 40;
        limits.wide = false;
        for (int k = 0; k < std::max(12, options.cases / 4); ++k) {
          ProblemSpec spec = decode_spec(random_spec_bytes(draw.bits(k)), limits);
          if (k % 4 == 0) spec.sizes.m = 1;
          const Verdict verdict = check(property, *subject, Scalar::f64, spec);
          EXPECT_TRUE(verdict.unbroken()) << name << " " << to_string(spec);
        }
      }
  }
  std::size_t k = 0;
  for (const auto& row : optimized::all_paths()) {
    const std::uint64_t plans = optimized::plans_that_took(row.path) - before[k++];
    fmt::print("{:22} {:6} plans: {}\n", row.name, plans, row.description);
    EXPECT_GT(plans, 0U) << row.name << ": " << row.description;
  }
}

}  // namespace
}  // namespace bptt::properties
