#include "arithmetic/counted.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "core/tensor.hpp"

namespace bptt {
namespace {

using CountedFunctions = ScalarFunctions<Counted>;

TEST(Counted, CountsEachOperationOnce) {
  const Counted a(3.0), b(4.0);
  const auto counts_of = [](const auto& action) {
    const CountScope scope;
    action();
    return scope.counts();
  };
  EXPECT_EQ(counts_of([&] { return a * b; }), (Counts{.multiplications = 1}));
  EXPECT_EQ(counts_of([&] { return a + b; }), (Counts{.additions = 1}));
  EXPECT_EQ(counts_of([&] { return a - b; }), (Counts{.additions = 1}));
  EXPECT_EQ(counts_of([&] { return a / b; }), (Counts{.divisions = 1}));
  EXPECT_EQ(counts_of([&] {
              Counted c;
              c += a;
            }),
            (Counts{.additions = 1}));
  EXPECT_EQ(counts_of([&] {
              Counted c;
              c -= a;
            }),
            (Counts{.additions = 1}));
  EXPECT_EQ(counts_of([&] { return -a; }), Counts{});
  for (const auto function : {CountedFunctions::tanh, CountedFunctions::sigmoid,
                              CountedFunctions::exp, CountedFunctions::log, CountedFunctions::relu})
    EXPECT_EQ(counts_of([&] { return function(a); }), (Counts{.activations = 1}));
  EXPECT_EQ(counts_of([&] { return CountedFunctions::larger(CountedFunctions::relu_slope(a), b); }),
            Counts{});
}

TEST(Counted, AnInnerProductIsOneMultiplyAddATerm) {
  const Tensor<Counted> left({17}), right({17});
  const CountScope scope;
  Counted sum(0);
  for (Index k = 0; k < 17; ++k) sum += left(k) * right(k);
  EXPECT_EQ(scope.counts(), (Counts{.multiplications = 17, .additions = 17}));
}

TEST(Counted, ScopesNestAndThreadsCountForThemselves) {
  const CountScope outer;
  Counted(1) * Counted(2);
  {
    const CountScope inner;
    Counted(1) * Counted(2);
    std::thread([] { Counted(1) * Counted(2); }).join();
    EXPECT_EQ(inner.counts().multiplications, 1);
  }
  EXPECT_EQ(outer.counts().multiplications, 2);
}

TEST(Counted, ValuesAreThoseOfDouble) {
  // The compiler folds tanh(-0.7) to the nearest double, the library may not reach it: volatile.
  const volatile double argument = -0.7;
  const double x = argument;
  const Counted a(0.3), b(x);
  EXPECT_EQ((a * b + a / b - b).value, 0.3 * x + 0.3 / x - x);
  EXPECT_EQ(CountedFunctions::tanh(b).value, ScalarFunctions<double>::tanh(x));
  EXPECT_EQ(CountedFunctions::sigmoid(b).value, ScalarFunctions<double>::sigmoid(x));
  EXPECT_EQ(CountedFunctions::relu(b).value, 0.0);
  EXPECT_EQ(CountedFunctions::relu_slope(a).value, 1.0);
  EXPECT_EQ(CountedFunctions::larger(a, b).value, 0.3);
  EXPECT_EQ((-a).value, -0.3);
  EXPECT_EQ(Counted{}.value, 0.0);
}

}  // namespace
}  // namespace bptt
