// Where the arithmetic is exact the order of summation does not matter: bitwise the reference.
#include <gtest/gtest.h>

#include "optimized/test_support.hpp"

namespace bptt::optimized {
namespace {

template <class S>
void expect_equal(const NamedTensors<S>& got, const NamedTensors<S>& expected) {
  for (const auto& [name, tensor] : expected) {
    for (const S& value : tensor.elements())
      ASSERT_LT(std::abs(value), S(1 << 23)) << name << ": the problem left the exact integers";
    EXPECT_EQ(got[name].elements(), tensor.elements()) << name;
  }
}

template <class S>
void expect_reference(const Sizes& sizes, const Options& options = {}) {
  for (const Activation g : {Activation::identity, Activation::relu}) {
    SCOPED_TRACE(std::string(name_of(g)) + " n_x " + std::to_string(sizes.n_x) + " n_a " +
                 std::to_string(sizes.n_a) + " m " + std::to_string(sizes.m) + " T_x " +
                 std::to_string(sizes.T_x) + " T_da " + std::to_string(sizes.T_da));
    const Problem<S> problem = integer_problem<S>(sizes, g);
    const Outcome<S> got = optimized_run(problem, options), expected = reference_run(problem);
    expect_equal(got.states, expected.states);
    expect_equal(got.gradients, expected.gradients);
  }
}

TEST(ExactRnn, SmallShapes) {
  for (const Index n_x : {1, 3, 17})
    for (const Index n_a : {1, 5, 16, 34})
      for (const Index m : {1, 2, 3, 4, 5, 10})
        for (const Index T_x : {1, 2, 7}) {
          expect_reference<float>({n_x, n_a, m, T_x, T_x});
          expect_reference<double>({n_x, n_a, m, T_x, (T_x + 1) / 2});
        }
}

TEST(ExactRnn, ShapesBeyondTheBlocksOfTheProducts) {
  expect_reference<float>({300, 520, 7, 4, 4});   // depth > 256, rows > 480
  expect_reference<float>({4, 6, 1100, 3, 2});    // columns > 1024
  expect_reference<double>({520, 270, 1, 3, 3});  // one column: no packing
  expect_reference<double>({5, 4, 3, 200, 180});  // blocks of 86 steps, the last one short
}

// Where a panel is too deep for the second-level cache, its product is formed in parts: beyond 1.5
// times 1024 rows with vectors of 16 floats, 2048 with 8, 16384 with one.
TEST(ExactRnn, ProductsInParts) {
  expect_reference<float>({30000, 3, 2, 2, 2});
  expect_reference<double>({30000, 2, 14, 2, 2});
  expect_reference<float>(
      {2, 3205, 1, 2, 2});  // W^T dz too: whole blocks of units, and a short one
}

// Few samples: as many blocks of units at a time as stay in the first-level cache, and every second
// step from the last one back.
TEST(ExactRnn, MoreBlocksOfUnitsThanAreActivatedTogether) {
  for (const Index n_a : {700, 703}) {
    expect_reference<float>({2, n_a, 11, 3, 3});
    expect_reference<double>({2, n_a, 10, 3, 3});
  }
}

TEST(ExactRnn, AnyDivisionIntoBlocksOfSteps) {
  for (const Index T_da : {1, 4, 5, 12, 13})
    for (const Index input : {0, 1, 5, 100})
      for (const Index gradient : {0, 1, 4, 13})
        expect_reference<float>({3, 9, 5, 13, T_da}, {input, gradient});
}

TEST(ExactRnn, DividedAmongThreads) {
  for (const int threads : {2, 3}) {
    const Options options{.threads = threads, .least_work_of_a_thread = 0};
    expect_reference<float>({4, 130, 3, 9, 7}, options);  // by units: each waits for all at a step
    expect_reference<float>({5, 9, 13, 6, 4}, options);   // by samples
  }
}

TEST(ExactRnn, OneShotFunctionsDoWhatAPlanDoes) {
  const Problem<float> problem = integer_problem<float>({3, 5, 10, 7, 6}, Activation::relu);
  const auto in = views_of(problem.in), up = views_of(problem.up);
  Outcome<float> got = blank_run(problem);
  rnn_forward(problem.activation, rnn_parameters<float>(in), in["x"], in["a0"],
              got.states["a"].view());
  rnn_backward(problem.activation, rnn_parameters<float>(in), in["x"], in["a0"],
               got.states["a"].view(), up["da"], rnn_gradients(views_of(got.gradients)));
  const Outcome<float> expected = reference_run(problem);
  expect_equal(got.states, expected.states);
  expect_equal(got.gradients, expected.gradients);
}

}  // namespace
}  // namespace bptt::optimized
