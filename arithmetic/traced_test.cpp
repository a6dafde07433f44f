#include "arithmetic/traced.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace bptt {
namespace {

using TracedFunctions = ScalarFunctions<Traced>;
using Indices = std::vector<std::size_t>;

TEST(Traced, ConstantsDependOnNothingAndInputsOnThemselves) {
  EXPECT_EQ(Traced(3.0).inputs(), Indices{});
  EXPECT_EQ(Traced{}.value, 0.0);
  for (const std::size_t index : {0U, 1U, 63U, 64U, 65U, 4000U}) {
    const Traced x = Traced::input(1.0, index);
    EXPECT_EQ(x.inputs(), Indices{index});
    EXPECT_TRUE(x.depends_on(index));
    EXPECT_FALSE(x.depends_on(index + 1));
    EXPECT_FALSE(x.depends_on(index + 64));
  }
}

TEST(Traced, EveryOperationUnites) {
  const Traced x = Traced::input(2.0, 3), y = Traced::input(5.0, 100);
  const Indices both{3, 100};
  EXPECT_EQ((x + y).inputs(), both);
  EXPECT_EQ((x - y).inputs(), both);
  EXPECT_EQ((x * y).inputs(), both);
  EXPECT_EQ((x / y).inputs(), both);
  EXPECT_EQ(TracedFunctions::larger(x, y).inputs(), both);
  EXPECT_EQ((-x).inputs(), Indices{3});
  for (const auto function :
       {TracedFunctions::tanh, TracedFunctions::sigmoid, TracedFunctions::exp, TracedFunctions::log,
        TracedFunctions::relu, TracedFunctions::relu_slope})
    EXPECT_EQ(function(x).inputs(), Indices{3});
  Traced sum(0);
  sum += x;
  sum -= y;
  EXPECT_EQ(sum.inputs(), both);
  EXPECT_EQ(sum.value, -3.0);
}

TEST(Traced, DependenceIsStructural) {
  const Traced x = Traced::input(2.0, 3);
  EXPECT_EQ((Traced(0) * x).inputs(), Indices{3});
  EXPECT_EQ((x - x).inputs(), Indices{3});
  EXPECT_EQ(TracedFunctions::relu_slope(TracedFunctions::relu(-x)).inputs(), Indices{3});
}

TEST(Traced, AgreesWithStdSetOnRandomPrograms) {
  std::mt19937_64 draw(3);
  std::vector<Traced> numbers;
  std::vector<std::set<std::size_t>> expected;
  for (std::size_t k = 0; k < 300; ++k) {
    numbers.push_back(Traced::input(1.0, 7 * k));
    expected.push_back({7 * k});
  }
  for (int k = 0; k < 2000; ++k) {
    const std::size_t i = draw() % numbers.size(), j = draw() % numbers.size();
    numbers.push_back(numbers[i] + numbers[j]);
    auto set = expected[i];
    set.insert(expected[j].begin(), expected[j].end());
    expected.push_back(std::move(set));
  }
  for (std::size_t k = 0; k < numbers.size(); ++k)
    EXPECT_EQ(numbers[k].inputs(), Indices(expected[k].begin(), expected[k].end()));
}

TEST(Traced, ValuesAreThoseOfDouble) {
  // The compiler folds tanh(-0.7) to the nearest double, the library may not reach it: volatile.
  const volatile double argument = -0.7;
  const double x = argument;
  const Traced a(0.3), b(x);
  EXPECT_EQ((a * b + a / b - b).value, 0.3 * x + 0.3 / x - x);
  EXPECT_EQ(TracedFunctions::tanh(b).value, ScalarFunctions<double>::tanh(x));
  EXPECT_EQ(TracedFunctions::sigmoid(b).value, ScalarFunctions<double>::sigmoid(x));
  EXPECT_EQ(TracedFunctions::larger(a, b).value, 0.3);
}

}  // namespace
}  // namespace bptt
