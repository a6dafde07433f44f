// A sample of `bptt-verify matrix --diagnosis`: known faults as unknown subjects.
#include "diagnosis/power.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "subjects/faults/fault_models.hpp"

namespace bptt::diagnosis {
namespace {

/// Of these the 24 plain problems of a diagnosis show nothing: they have no 33 units, and not the
/// one exponent.
const std::set<std::string_view> unseen{"unit_33_dropped", "one_exponent_doubled"};

TEST(DiagnosisPower, NamesFaultsFirst) {
  PowerOptions options;
  options.pairs = 0;
  for (std::size_t row = 0; row < fault_count; row += 7) options.rows.push_back(row);
  const DiagnosisPower power = measure_diagnosis(options);
  ASSERT_GT(power.singles.size(), fault_count / 7);
  for (const auto& single : power.singles) {
    const std::string_view id = fault_models[single.truth.front()].id;
    EXPECT_EQ(single.named == Identified::no, unseen.contains(id)) << id << text_of(power);
  }
}

TEST(DiagnosisPower, NamesPairsAmongTheFirstThree) {
  PowerOptions options;
  options.rows = {0};
  options.pairs = 12;
  const DiagnosisPower power = measure_diagnosis(options);
  ASSERT_EQ(power.pairs.size(), 12U);
  EXPECT_GE(DiagnosisPower::named(power.pairs), 0.70 * 12) << text_of(power);
}

// Other implementations round otherwise: the numbers are still told.
TEST(DiagnosisPower, NamesFaultsOfAnotherRounding) {
  PowerOptions options;
  options.pairs = 0;
  options.other_rounding = true;
  for (const std::size_t row : {std::size_t{0}, std::size_t{30}, std::size_t{75}})
    options.rows.push_back(row);
  const DiagnosisPower power = measure_diagnosis(options);
  EXPECT_EQ(DiagnosisPower::named(power.singles), std::ssize(power.singles)) << text_of(power);
}

// A table in which nothing is named is told so: the figures are not made up.
TEST(DiagnosisPower, CountsWhatIsNotNamed) {
  DiagnosisPower power;
  power.singles = {{Cell::rnn, {0}, Identified::itself, {{0}}},
                   {Cell::rnn, {1}, Identified::no, {{0}}}};
  EXPECT_EQ(DiagnosisPower::named(power.singles), 1);
  EXPECT_NE(text_of(power).find("1 of 2 named first (50.0 %)"), std::string::npos)
      << text_of(power);
}

}  // namespace
}  // namespace bptt::diagnosis
