#include "core/shape.hpp"

#include <gtest/gtest.h>

#include "core/test_support.hpp"

namespace bptt {
namespace {

using test::error_of;

TEST(Shape, PrintsAsNumPyDoes) {
  EXPECT_EQ((Shape{5, 1}).str(), "(5,1)");
  EXPECT_EQ((Shape{5}).str(), "(5,)");
  EXPECT_EQ(Shape{}.str(), "()");
  EXPECT_EQ((Shape{3, 10, 7}).str(), "(3,10,7)");
}

TEST(Shape, SizeIsTheProductOfTheExtents) {
  EXPECT_EQ(Shape{}.size(), 1);
  EXPECT_EQ((Shape{3, 10, 7}).size(), 210);
  EXPECT_EQ((Shape{3, 0, 7}).size(), 0);
}

TEST(Shape, RefusesNegativeExtentsAndRankFive) {
  EXPECT_EQ(error_of([] { return Shape{2, -1}; }), "extent -1 is negative");
  EXPECT_EQ(error_of([] {
              return Shape{1, 2, 3, 4, 5};
            }),
            "cannot append extent 5 to shape (1,2,3,4): rank 4 is the highest supported");
}

TEST(Broadcast, FollowsNumPy) {
  EXPECT_EQ(broadcast_shapes({5, 1}, {5, 5}), (Shape{5, 5}));
  EXPECT_EQ(broadcast_shapes({5, 1}, {1, 7}), (Shape{5, 7}));
  EXPECT_EQ(broadcast_shapes({4}, {3, 4}), (Shape{3, 4}));
  EXPECT_EQ(broadcast_shapes({3, 1, 2}, {4, 1}), (Shape{3, 4, 2}));
  EXPECT_EQ(broadcast_shapes({}, {2, 3}), (Shape{2, 3}));
  EXPECT_EQ(broadcast_shapes({0, 1}, {1, 3}), (Shape{0, 3}));
  EXPECT_EQ(error_of([] {
              return broadcast_shapes({5, 2}, {5, 3});
            }),
            "operands could not be broadcast together with shapes (5,2) (5,3)");
}

TEST(Broadcast, InPlaceAdditionCannotGrowItsDestination) {
  EXPECT_EQ(error_of([] {
              require_addable("dba", {5, 1}, {5, 5});
            }),
            "cannot add shape (5,5) into dba with shape (5,1)");
  EXPECT_EQ(error_of([] {
              require_addable("dba", {5, 1}, {5});
            }),
            "cannot add shape (5,) into dba with shape (5,1)");
  EXPECT_EQ(error_of([] {
              require_addable("dba", {5, 1}, {4, 1});
            }),
            "cannot add shape (4,1) into dba with shape (5,1)");
  EXPECT_EQ(error_of([] { require_addable("dba", {5, 5}, {5, 1}); }), "no error");
}

TEST(RequireShape, NamesTheArrayAndBothShapes) {
  EXPECT_EQ(error_of([] {
              require_shape("dba", {5}, {5, 1});
            }),
            "dba has shape (5,), expected (5,1)");
}

}  // namespace
}  // namespace bptt
