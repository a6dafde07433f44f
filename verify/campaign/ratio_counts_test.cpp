#include "verify/campaign/ratio_counts.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace bptt::verify {
namespace {

TEST(RatioCounts, CountsARatioBelowTheEdgeThatItDoesNotExceed) {
  const auto edges = RatioCounts::edges();
  EXPECT_EQ(edges.front(), std::exp2(-12));
  EXPECT_EQ(edges.back(), 1);
  for (std::size_t k = 0; k < edges.size(); ++k) {
    RatioCounts on, above;
    on.add(edges[k]);
    above.add(std::nextafter(edges[k], 2));
    EXPECT_EQ(on.counts()[k], 1) << edges[k];
    EXPECT_EQ(above.counts()[k + 1], 1) << edges[k];
  }
}

TEST(RatioCounts, AddsAndHasAPlaceForEveryRatio) {
  RatioCounts some, more;
  some.add(0);
  some.add(0.5);
  more.add(std::numeric_limits<double>::infinity());
  more.add(std::numeric_limits<double>::quiet_NaN());
  some += more;
  EXPECT_EQ(some.counts().front(), 1);
  EXPECT_EQ(some.counts()[RatioCounts::edge_count - 3], 1);
  EXPECT_EQ(some.counts().back(), 2);  // beyond the bound, as is what is no number
}

}  // namespace
}  // namespace bptt::verify
