// Every fault breaks a property on one of a handful of problems: by more than the bounds that the
// suite derives, or by a bit that was promised. A fault that differs by roundings alone would be
// none.
#include <gtest/gtest.h>

#include <algorithm>

#include "properties/property.hpp"
#include "subjects/faults/fault_models.hpp"
#include "subjects/registry.hpp"

namespace bptt {
namespace {

using properties::Outcome;

constexpr std::string_view problems[] = {"n_x=3 n_a=5 m=6 T_x=9 T_da=9 regime=unit seed=1",
                                         "n_x=7 n_a=3 m=1 T_x=8 T_da=8 regime=unit seed=2",
                                         "n_x=2 n_a=4 m=5 T_x=1 T_da=1 regime=tiny seed=3",
                                         "n_x=1 n_a=5 m=3 T_x=5 T_da=3 regime=signed_zeros seed=4",
                                         "n_x=3 n_a=17 m=2 T_x=3 T_da=3 regime=expanding seed=5",
                                         "n_x=3 n_a=4 m=2 T_x=3 T_da=3 regime=subnormal seed=6",
                                         "n_x=3 n_a=5 m=3 T_x=4 T_da=4 regime=unit seed=7",
                                         "n_x=2 n_a=3 m=7 T_x=3 T_da=3 regime=integers seed=8",
                                         // x[1,0,0] is -0x1.e7p-12
                                         "n_x=2 n_a=33 m=2 T_x=2 T_da=2 regime=unit seed=178"};

/// Properties of subjects; those that compare bits first, which is quick.
std::vector<properties::Property> properties_to_ask() {
  std::vector<properties::Property> all = properties::catalogue();
  std::erase_if(all, [](const auto& p) { return p.about == properties::About::specification; });
  std::stable_partition(all.begin(), all.end(), [](const auto& p) {
    return p.exactness != properties::Exactness::bounded;
  });
  return all;
}

bool is_broken(const Subject& subject, Cell cell) {
  static const auto all = properties_to_ask();
  for (const properties::Property& property : all) {
    for (const std::string_view problem : problems)
      for (const std::string_view activation : {"", " act=relu"}) {
        if (cell == Cell::lstm && !activation.empty()) continue;
        const auto spec = properties::parse_problem_spec(
            std::string(name_of(cell)).append(" ").append(problem).append(activation));
        if (!applies(property, subject.capabilities(), Scalar::f64, spec)) continue;
        if (check(property, subject, Scalar::f64, spec).outcome == Outcome::broken) return true;
      }
  }
  return false;
}

TEST(FaultVerdicts, EachIsBrokenInEachOfItsCells) {
  for (const std::string& name : fault_names()) {
    const auto subject = make_subject(name);
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      if (!can_run(subject->capabilities(), cell, Activation::tanh, Scalar::f64)) continue;
      EXPECT_TRUE(is_broken(*subject, cell)) << name << " in the " << name_of(cell);
    }
  }
}

TEST(FaultVerdicts, TheSameCodeWithoutAFaultIsNot) {
  const auto none = make_subject("fault:none");
  EXPECT_FALSE(is_broken(*none, Cell::rnn));
  EXPECT_FALSE(is_broken(*none, Cell::lstm));
}

}  // namespace
}  // namespace bptt
