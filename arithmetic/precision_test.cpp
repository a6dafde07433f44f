#include "arithmetic/precision.hpp"

#include <gtest/gtest.h>

#include "arithmetic/fifty_digits.hpp"

namespace bptt {
namespace {

template <class S>
struct Precision : testing::Test {};
using PrecisionFormats = testing::Types<float, double, long double>;
TYPED_TEST_SUITE(Precision, PrecisionFormats);

TYPED_TEST(Precision, UnitRoundoffIsHalfTheSpacingAtOne) {
  using S = TypeParam;
  const S above_one = std::nextafter(S(1), S(2));
  EXPECT_EQ(unit_roundoff<S>, (above_one - S(1)) / 2);
  EXPECT_EQ(S(1) + unit_roundoff<S>, S(1));  // a tie, which goes to even
}

TYPED_TEST(Precision, UlpIsTheDistanceToTheNextNumber) {
  using S = TypeParam;
  const S smallest_normal = std::numeric_limits<S>::min();
  for (const S x :
       {S(0), smallest_subnormal<S>, smallest_normal / 2, smallest_normal, S(0.75), S(1), S(3),
        S(4), std::nextafter(S(4), S(0)), std::numeric_limits<S>::max() / 2}) {
    EXPECT_EQ(ulp_of<S>(x), std::nextafter(x, std::numeric_limits<S>::infinity()) - x) << x;
    EXPECT_EQ(ulp_of<S>(-x), ulp_of<S>(x)) << x;
  }
}

TYPED_TEST(Precision, UlpOfWhatIsNotFinite) {
  using S = TypeParam;
  EXPECT_EQ(ulp_of<S>(std::numeric_limits<S>::infinity()), std::numeric_limits<S>::infinity());
  EXPECT_TRUE(std::isnan(ulp_of<S>(std::numeric_limits<S>::quiet_NaN())));
}

TEST(PrecisionOfAWiderValue, IsThatOfTheFormatAskedFor) {
  EXPECT_EQ(ulp_of<float>(1.0), std::ldexp(1.0F, -23));
  EXPECT_EQ(ulp_of<float>(1e-300), smallest_subnormal<float>);
  EXPECT_EQ(ulp_of<float>(1e300), std::numeric_limits<float>::infinity());
  EXPECT_EQ(ulp_of<float>(Fifty(5)), std::ldexp(1.0F, -21));
  EXPECT_EQ(ulp_of<double>(Fifty("1e-400")), smallest_subnormal<double>);
  EXPECT_EQ(ulp_of<double>(Fifty(0)), smallest_subnormal<double>);
}

TEST(PrecisionConstants, AreTheOnesOfIeee754) {
  EXPECT_EQ(unit_roundoff<float>, std::ldexp(1.0F, -24));
  EXPECT_EQ(unit_roundoff<double>, std::ldexp(1.0, -53));
  EXPECT_EQ(smallest_subnormal<float>, std::ldexp(1.0F, -149));
  EXPECT_EQ(smallest_subnormal<double>, std::ldexp(1.0, -1074));
  EXPECT_EQ(precision_name<float>, "f32");
  EXPECT_EQ(precision_name<double>, "f64");
}

}  // namespace
}  // namespace bptt
