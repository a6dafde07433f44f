// Where the arithmetic rounds: within a bound of the reference, and the laws that hold bitwise.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "optimized/test_support.hpp"

namespace bptt::optimized {
namespace {

const std::vector<Sizes> small_shapes{{1, 1, 1, 1, 1}, {3, 5, 10, 7, 7},   {17, 34, 7, 2, 2},
                                      {6, 9, 3, 6, 4}, {16, 16, 12, 3, 3}, {34, 17, 4, 1, 1}};

/// Weights are within 1/2 / (n_a + n_x), so that one step magnifies a disturbance by less than 4
/// (|dz| <= 1/2 |da|, slopes <= 1, |c| <= 2). An entry is reached by fewer than 2^10 roundings a
/// step, tanh and sigmoid being two or three of them, and each is at most one unit roundoff of the
/// array's largest value: relative to that, 2^10 T 4^T u. Both implementations may be that far off.
template <class S>
S tolerance(const Sizes& sizes) {
  return 2 * 1024 * static_cast<S>(sizes.T_x) * std::pow(S(4), static_cast<S>(sizes.T_x)) *
         (std::numeric_limits<S>::epsilon() / 2);
}

template <class S>
void expect_close(const NamedTensors<S>& got, const NamedTensors<S>& expected, S relative) {
  ASSERT_LT(relative, S(0.01)) << "the bound says nothing";
  for (const auto& [name, tensor] : expected) {
    S largest = 0;
    for (const S& value : tensor.elements()) largest = std::max(largest, std::abs(value));
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      ASSERT_NEAR(got[name].elements()[k], tensor.elements()[k], relative * largest)
          << name << " element " << k;
  }
}

template <class S>
void expect_reference(Cell cell, const Sizes& sizes, const Options& options = {}) {
  SCOPED_TRACE(std::string(name_of(cell)) + " n_a " + std::to_string(sizes.n_a));
  const Problem<S> problem = real_problem<S>(cell, sizes);
  const Outcome<S> got = optimized_run(problem, options), expected = reference_run(problem);
  expect_close(got.states, expected.states, tolerance<S>(sizes));
  expect_close(got.gradients, expected.gradients, tolerance<S>(sizes));
}

TEST(Rounded, WithinTheBoundOfTheReference) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    for (const Sizes& sizes : small_shapes) expect_reference<double>(cell, sizes);
    // Few samples, and more blocks of units than are activated together.
    expect_reference<double>(cell, {2, 150, 11, 3, 3});
    expect_reference<float>(cell, {3, 5, 10, 2, 2});
    expect_reference<float>(cell, {34, 17, 4, 1, 1});
  }
}

TEST(Rounded, DividedAmongThreads) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const int threads : {2, 3}) {
      const Options options{.threads = threads, .least_work_of_a_thread = 0};
      expect_reference<double>(cell, {2, 70, 3, 5, 5}, options);  // by units
      expect_reference<double>(cell, {3, 5, 13, 4, 3}, options);  // by samples
    }
}

template <class S>
void expect_same_bits(const NamedTensors<S>& got, const NamedTensors<S>& expected) {
  for (const auto& [name, tensor] : expected)
    EXPECT_EQ(std::memcmp(got[name].elements().data(), tensor.elements().data(),
                          tensor.elements().size() * sizeof(S)),
              0)
        << name;
}

TEST(Rounded, APlanGivesTheSameBitsEveryTime) {
  for (const Sizes& sizes : small_shapes) {
    const Problem<float> problem = real_problem<float>(Cell::lstm, sizes);
    LstmPlan<float> plan(sizes);
    const auto in = views_of(problem.in), up = views_of(problem.up);
    const auto once = [&] {
      Outcome<float> run = blank_run(problem);
      const auto states = lstm_states(views_of(run.states));
      plan.forward(lstm_parameters<float>(in), in["x"], in["a0"], in["c0"], states);
      plan.backward(lstm_parameters<float>(in), in["x"], in["a0"], in["c0"],
                    lstm_states(constants(views_of(run.states))), up["da"], up["dc_T"],
                    lstm_gradients(views_of(run.gradients)));
      return run;
    };
    const Outcome<float> first = once(), second = once();
    expect_same_bits(second.states, first.states);
    expect_same_bits(second.gradients, first.gradients);
  }
}

TEST(Rounded, TheGradientIsAnOddFunctionOfTheUpstreamGradient) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Sizes& sizes : small_shapes) {
      Problem<float> problem = real_problem<float>(cell, sizes);
      const auto gradients = [&] {
        Outcome<float> run = blank_run(problem);
        for (auto& [name, tensor] : run.gradients) fill(tensor.view(), 0.0F);
        run_optimized(problem, {}, views_of(std::as_const(problem.in)),
                      views_of(std::as_const(problem.up)), views_of(run.states),
                      views_of(run.gradients));
        return run.gradients;
      };
      const NamedTensors<float> plus = gradients();
      for (auto& [name, tensor] : problem.up)
        for (float& value : tensor.elements()) value = -value;
      NamedTensors<float> minus = gradients();
      for (auto& [name, tensor] : minus) {
        for (float& value : tensor.elements()) value = -value;
        EXPECT_EQ(tensor.elements(), plus[name].elements()) << name;
      }
    }
}

/// True if the values of one sample at the steps first .. last-1 have the same bits.
template <class S>
bool same_sample(const Tensor<S>& p, const Tensor<S>& q, Index j, Index first, Index last) {
  for (Index t = first; t < last; ++t)
    for (Index i = 0; i < p.shape()[0]; ++i)
      if (std::memcmp(&p(i, j, t), &q(i, j, t), sizeof(S)) != 0) return false;
  return true;
}

TEST(Rounded, NaNAndInfinityStayInTheirSampleAndDoNotGoBackInTime) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  for (const float poison : {nan, infinity})
    for (const Cell cell : {Cell::rnn, Cell::lstm})
      for (const Sizes& sizes :
           {Sizes{3, 5, 10, 7, 7}, Sizes{17, 34, 7, 4, 4}, Sizes{64, 65, 3, 4, 4}}) {
        const Problem<float> clean = real_problem<float>(cell, sizes);
        const Outcome<float> expected = optimized_run(clean);
        for (const char* poisoned : {"x", "da"}) {
          Problem<float> problem = clean;
          auto& tensors = poisoned[0] == 'x' ? problem.in : problem.up;
          tensors[poisoned](1, 1, 2) = poison;
          const Outcome<float> got = optimized_run(problem);
          for (Index j = 0; j < sizes.m; ++j) {
            for (const auto& [name, tensor] : expected.states)
              EXPECT_TRUE(same_sample(got.states[name], tensor, j, 0, j == 1 ? 2 : sizes.T_x))
                  << name << " of sample " << j;
            if (j == 1) continue;
            for (const char* name : {"dx", "da0"})
              EXPECT_TRUE(same_sample(got.gradients[name], expected.gradients[name], j, 0,
                                      expected.gradients[name].shape()[2]))
                  << name << " of sample " << j;
          }
          if (std::isnan(poison) && poisoned[0] == 'x') {
            EXPECT_TRUE(std::isnan(got.states["a"](0, 1, 2)));
          }
        }
      }
}

}  // namespace
}  // namespace bptt::optimized
