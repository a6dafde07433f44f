// Whatever is kept, the gradients are those of a plan with the same blocks, bit for bit; and what
// is kept stays within its budget.
#include "optimized/checkpointed.hpp"

#include <gtest/gtest.h>

#include "optimized/test_support.hpp"

namespace bptt::optimized {
namespace {

template <class S>
Outcome<S> checkpointed_run(const Problem<S>& problem, Checkpointed<S>& run, int forwards = 1) {
  Outcome<S> outcome = blank_run(problem);
  for (auto& [name, tensor] : outcome.gradients) fill(tensor.view(), S(0));
  const auto in = views_of(problem.in), up = views_of(problem.up);
  for (int pass = 0; pass < forwards; ++pass) run.forward(in, outcome.states["a"].view());
  run.backward(in, outcome.states["a"].view(), up, views_of(outcome.gradients));
  return outcome;
}

template <class S>
void expect_the_plans_bits(const Problem<S>& problem, const MemoryOptions& memory, int threads) {
  const Options options{.threads = threads, .least_work_of_a_thread = 0};
  Checkpointed<S> run(problem.cell, problem.activation, problem.sizes, memory, options);
  Options same_blocks = options;
  same_blocks.input_block_steps = same_blocks.gradient_block_steps = run.block_steps();
  Outcome<S> expected = blank_run(problem);
  for (auto& [name, tensor] : expected.gradients) fill(tensor.view(), S(0));
  run_optimized<S>(problem, same_blocks, views_of(problem.in), views_of(problem.up),
                   views_of(expected.states), views_of(expected.gradients));
  // A second use gives the same, and so does a forward pass that no backward pass followed.
  for (const int forwards : {1, 1, 2}) {
    const Outcome<S> got = checkpointed_run(problem, run, forwards);
    EXPECT_EQ(got.states["a"].elements(), expected.states["a"].elements());
    for (const auto& [name, tensor] : expected.gradients)
      EXPECT_EQ(got.gradients[name].elements(), tensor.elements()) << name;
  }
  // The last cell state, of the LSTM.
  if (problem.cell == Cell::lstm) {
    Tensor<S> a(expected.states["a"].shape()), c_T({problem.sizes.n_a, problem.sizes.m});
    run.forward(views_of(problem.in), a.view(), c_T.view());
    const auto c = std::as_const(expected.states)["c"].view().at_step(problem.sizes.T_x - 1);
    for (Index j = 0; j < problem.sizes.m; ++j)
      for (Index i = 0; i < problem.sizes.n_a; ++i) EXPECT_EQ(c_T(i, j), c(i, j)) << i << " " << j;
  }
  // Backward again without a forward: what was kept must still be there, or be made again.
  Outcome<S> again = blank_run(problem);
  for (auto& [name, tensor] : again.gradients) fill(tensor.view(), S(0));
  run.backward(views_of(problem.in), std::as_const(expected.states)["a"].view(),
               views_of(problem.up), views_of(again.gradients));
  for (const auto& [name, tensor] : expected.gradients)
    EXPECT_EQ(again.gradients[name].elements(), tensor.elements()) << name << " again";
}

TEST(Checkpointed, GivesThePlansBits) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Sizes& sizes :
         {Sizes{3, 5, 2, 1, 1}, Sizes{3, 5, 4, 23, 23}, Sizes{6, 17, 3, 40, 31},
          Sizes{2, 9, 1, 50, 2}, Sizes{3, 5, 40, 13, 11}})  // also gates: four blocks of four steps
      for (const int threads : {1, 2}) {
        SCOPED_TRACE(std::string(name_of(cell)) + " T_x " + std::to_string(sizes.T_x) + " T_da " +
                     std::to_string(sizes.T_da) + " threads " + std::to_string(threads));
        const Problem<float> problem = real_problem<float>(cell, sizes);
        expect_the_plans_bits(problem, {Memory::recompute_gates}, threads);
        expect_the_plans_bits(problem, {Memory::square_root}, threads);
        const auto state = static_cast<std::size_t>(sizes.n_a * sizes.m) * sizeof(float);
        for (const std::size_t states : {10U, 14U, 40U})
          expect_the_plans_bits(problem, {Memory::binomial, states * state}, threads);
      }
}

TEST(Checkpointed, KeepsWithinItsBudgetAndComputesLessTheMoreItMayKeep) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    Index computed_before = std::numeric_limits<Index>::max();
    for (const std::size_t kilobytes : {2U, 4U, 16U, 64U, 1024U}) {
      const MemoryOptions memory{Memory::binomial, kilobytes << 10};
      const Checkpointed<double> run(cell, Activation::tanh, {3, 4, 2, 2000, 2000}, memory);
      EXPECT_LE(run.kept_bytes(), memory.budget_bytes);
      EXPECT_LE(run.recomputed_steps(), computed_before);
      computed_before = run.recomputed_steps();
    }
    EXPECT_EQ(computed_before, 2000) << "all fits: every step is computed once more";
  }
}

TEST(Checkpointed, WithRoomForAllComputesAgainWhatTheLossesReach) {
  const MemoryOptions memory{Memory::binomial, 1U << 20U};
  const Checkpointed<float> run(Cell::rnn, Activation::tanh, {3, 4, 2, 50, 20}, memory);
  EXPECT_EQ(run.recomputed_steps(), 20);
}

TEST(Checkpointed, ALongSequenceInALittleMemory) {
  const Sizes sizes{2, 3, 1, 100000, 100000};
  const MemoryOptions memory{Memory::binomial, 20000};
  Checkpointed<float> run(Cell::lstm, Activation::tanh, sizes, memory);
  EXPECT_LE(run.kept_bytes(), memory.budget_bytes);
  const Problem<float> problem = real_problem<float>(Cell::lstm, sizes);
  const Outcome<float> got = checkpointed_run(problem, run);
  for (const float value : got.gradients["dx"].elements()) ASSERT_TRUE(std::isfinite(value));
  const MemoryOptions roots{Memory::square_root};
  Checkpointed<float> by_root(Cell::lstm, Activation::tanh, sizes, roots);
  EXPECT_LT(by_root.kept_bytes(), 2 * 7 * 12 * 3 * 4 * 100U) << "near 2 sqrt(6 * 2 T) states";
}

template <class Call>
void expect_refusal(const std::string& message, const Call& call) {
  try {
    call();
    ADD_FAILURE() << "expected: " << message;
  } catch (const ShapeError& error) {
    EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
  }
}

TEST(Checkpointed, ArraysOfOtherShapesAreRefusedByName) {
  const Problem<float> problem = real_problem<float>(Cell::lstm, {2, 3, 4, 5, 5});
  Checkpointed<float> run(problem.cell, problem.activation, problem.sizes,
                          {Memory::recompute_gates});
  Outcome<float> outcome = blank_run(problem);
  const auto up = views_of(problem.up);
  const View<const float> a = outcome.states["a"].view();
  const Tensor<float> short_a({3, 4, 4}), long_x({2, 4, 6});
  NamedViews<const float> in;
  for (const auto& [name, tensor] : problem.in)
    in.add(name, name == "x" ? long_x.view() : tensor.view());
  expect_refusal("x has shape (2,4,6)", [&] { run.forward(in, outcome.states["a"].view()); });
  expect_refusal("x has shape (2,4,6)",
                 [&] { run.backward(in, a, up, views_of(outcome.gradients)); });
  expect_refusal("a has shape (3,4,4)", [&] {
    run.backward(views_of(problem.in), short_a.view(), up, views_of(outcome.gradients));
  });
}

TEST(Checkpointed, ABudgetTooSmallIsRefusedWithTheLeast) {
  try {
    Checkpointed<float>(Cell::lstm, Activation::tanh, {3, 5, 2, 9, 9}, {Memory::binomial, 100});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "a budget of 100 bytes holds no step and two states; the least is 400");
  }
  EXPECT_NO_THROW(
      Checkpointed<float>(Cell::lstm, Activation::tanh, {3, 5, 2, 9, 9}, {Memory::binomial, 400}));
}

}  // namespace
}  // namespace bptt::optimized
