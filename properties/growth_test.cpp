#include "properties/growth.hpp"

#include <gmock/gmock.h>

#include "cells/network.hpp"
#include "cells/parse.hpp"

namespace bptt::properties {
namespace {

Cell cell_of(const std::string& name, const std::string& more) {
  return cells::add_cell(cells::parse(
      "cell " + name + "\naxes i: n_h\nstate h[i]\ninput x[i]\nweight l[i]\n" + more + "\n", name));
}

TEST(Growth, OfNoCellThatIsBuiltIn) {
  for (const Cell cell : cells::built_in_cells()) EXPECT_EQ(remark_on_growth(cell), "");
  for (const char* network : {"gru_both_x2", "scan_reverse", "gated_delta_lengths"})
    EXPECT_EQ(remark_on_growth(cells::cell_named(network)), "");
}

TEST(Growth, IsSaidWithItsNumbers) {
  EXPECT_THAT(remark_on_growth(cell_of("doubling", "h[i] = 2 h'[i] + l[i] x[i]")),
              testing::AllOf(testing::StartsWith("the doubling is unstable: on numbers of size one,"
                                                 " h grows from "),
                             testing::HasSubstr("e+19 after 64")));
  EXPECT_THAT(remark_on_growth(cell_of("overflowing", "h[i] = h'[i] h'[i] + 2 + l[i] x[i]")),
              testing::HasSubstr("inf after 64"));
  EXPECT_EQ(remark_on_growth(cell_of("adding", "h[i] = h'[i] + l[i] x[i]")), "");
  EXPECT_EQ(remark_on_growth(cell_of("ranged", "range l: 0.5 1\nh[i] = l[i] h'[i] + x[i]")), "");
}

}  // namespace
}  // namespace bptt::properties
