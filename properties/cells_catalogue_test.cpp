// The catalogue is held by the lines of every built-in cell.
#include <gtest/gtest.h>

#include "cells/network.hpp"
#include "properties/codec.hpp"
#include "properties/property.hpp"
#include "properties/replay.hpp"
#include "subjects/registry.hpp"

namespace bptt::properties {
namespace {

class OfCell : public ::testing::TestWithParam<Cell> {};

TEST_P(OfCell, TheLinesHoldTheCatalogue) {
  const Cell cell = GetParam();
  const auto subject = make_subject("lines");
  const Capabilities can = subject->capabilities();
  int asked = 0;
  for (const Property& property : catalogue())
    for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
      if (!applies(property, can, cell, scalar)) continue;
      const SpecLimits limits = limits_for(property, can, cell);
      int held = 0;
      for (std::uint64_t k = 0; k < 12 || (held == 0 && k < 60); ++k) {
        const ProblemSpec spec = decode_spec(random_spec_bytes(k), limits);
        if (!applies(property, can, scalar, spec)) continue;
        const Verdict verdict = check(property, *subject, scalar, spec);
        ASSERT_TRUE(verdict.unbroken())
            << describe(verdict) << "\n"
            << replay_command({"lines", std::string(property.id), scalar, spec});
        held += verdict.outcome == Outcome::held ? 1 : 0;
      }
      EXPECT_GT(held, 0) << property.id << " " << bptt::name_of(scalar) << " is never held";
      ++asked;
    }
  EXPECT_GT(asked, 40);
}

INSTANTIATE_TEST_SUITE_P(Cells, OfCell, ::testing::ValuesIn(cells::built_in_cells()),
                         [](const auto& info) { return std::string(bptt::name_of(info.param)); });

}  // namespace
}  // namespace bptt::properties
