// What a plan promises beside its arithmetic: weight gradients added or replaced, parameters kept
// until they change, shorter passes, threads.
#include <gtest/gtest.h>

#include "optimized/test_support.hpp"

namespace bptt::optimized {
namespace {

const std::vector<Sizes> shapes{{3, 5, 6, 7, 7}, {17, 34, 7, 4, 3}, {4, 65, 3, 40, 40}};

template <class S>
NamedTensors<S> gradients_over(const Problem<S>& problem, const Options& options, S before) {
  Outcome<S> run = blank_run(problem);
  for (auto& [name, tensor] : run.gradients) fill(tensor.view(), before);
  run_optimized<S>(problem, options, views_of(problem.in), views_of(problem.up),
                   views_of(run.states), views_of(run.gradients));
  return std::move(run.gradients);
}

TEST(Plan, ReplacesWeightGradientsIfAskedTo) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Sizes& sizes : shapes)
      for (const int threads : {1, 2, 3})
        for (const Index steps : {0, 1, 3}) {
          const Problem<float> problem = real_problem<float>(cell, sizes);
          Options options{
              .gradient_block_steps = steps, .threads = threads, .least_work_of_a_thread = 0};
          // Added to zeros: the same bits, up to the sign of zero.
          const auto expected = gradients_over(problem, options, 0.0F);
          options.weight_gradients = WeightGradients::overwrite;
          const auto got =
              gradients_over(problem, options, std::numeric_limits<float>::quiet_NaN());
          for (const auto& [name, tensor] : expected)
            EXPECT_EQ(got[name].elements(), tensor.elements())
                << name << " of " << name_of(cell) << ", threads " << threads;
        }
}

template <class Plan, class Forward, class Backward>
std::array<Work, 2> work_of(Plan& plan, const Forward& forward, const Backward& backward) {
  forward();
  const Work once = plan.work();
  backward();
  const Work both = plan.work();
  return {once, {both.multiply_adds - once.multiply_adds, both.waits - once.waits}};
}

std::array<Work, 2> work_of_an_lstm(const Sizes& sizes, const Options& options) {
  const Problem<float> problem = real_problem<float>(Cell::lstm, sizes);
  Outcome<float> run = blank_run(problem);
  const auto in = views_of(problem.in);
  const auto up = views_of(problem.up);
  LstmPlan<float> plan(sizes, options);
  plan.set_parameters(lstm_parameters<float>(in));
  const auto states = lstm_states(views_of(run.states));
  const auto kept = lstm_states(views_of(std::as_const(run.states)));
  return work_of(
      plan, [&] { plan.forward(in["x"], in["a0"], in["c0"], states); },
      [&] {
        plan.backward(in["x"], in["a0"], in["c0"], kept, up["da"], up["dc_T"],
                      lstm_gradients(views_of(run.gradients)));
      });
}

TEST(Plan, CountsItsMultiplyAddsAndWaits) {
  // Whole blocks of units and panels for every instruction set, so that there is no padding.
  const Sizes sizes{64, 128, 20, 7, 7};
  const std::uint64_t products = 7 * 20 * 4 * 128 * (128 + 64);
  for (const int threads : {1, 2}) {
    const auto [forward, backward] =
        work_of_an_lstm(sizes, {.threads = threads, .least_work_of_a_thread = 0});
    EXPECT_EQ(forward.multiply_adds, products) << threads;
    EXPECT_EQ(backward.multiply_adds, 2 * products) << threads;
    EXPECT_EQ(forward.waits, 0U) << threads;
    EXPECT_EQ(backward.waits, threads == 1 ? 0U : 1U) << threads;  // one block of steps
  }
  // One unit more than fits is computed with a whole vector, or a block, of units.
  EXPECT_GT(work_of_an_lstm({64, 129, 20, 7, 7}, {})[0].multiply_adds,
            products + 7 * 20 * 4 * (129 * 129 - 128 * 128 + 64));
  // Divided by units, the threads wait once a step.
  const auto [forward, backward] = work_of_an_lstm(
      {64, 128, 1, 7, 7},
      {.threads = 2, .least_work_of_a_thread = 0, .thresholds = {.work_of_a_step = 0}});
  EXPECT_EQ(forward.waits, 7U);
  EXPECT_EQ(backward.waits, 8U);
}

TEST(Plan, KeepsItsParametersUntilTheyChange) {
  const Problem<float> first = real_problem<float>(Cell::lstm, shapes[1]);
  Problem<float> second = first;
  for (auto& [name, tensor] : second.in)
    if (name[0] == 'W')
      for (float& value : tensor.elements()) value = -value;
  LstmPlan<float> plan(first.sizes);
  const auto states_of = [&](const Problem<float>& problem, bool give) {
    Outcome<float> run = blank_run(problem);
    const auto in = views_of(problem.in);
    const auto out = lstm_states(views_of(run.states));
    if (give)
      plan.forward(lstm_parameters<float>(in), in["x"], in["a0"], in["c0"], out);
    else
      plan.forward(in["x"], in["a0"], in["c0"], out);
    return run.states["a"].elements();
  };
  plan.set_parameters(lstm_parameters<float>(views_of(first.in)));
  const auto kept = states_of(second, false);  // the second's x, the first's weights
  EXPECT_EQ(kept, states_of(first, true));
  const auto changed = states_of(second, true);
  EXPECT_NE(changed, kept);
  EXPECT_EQ(states_of(first, false), changed) << "a pass that is given parameters keeps them";
}

TEST(Plan, RefusesAPassWithoutParameters) {
  const Problem<float> problem = real_problem<float>(Cell::rnn, shapes[0]);
  RnnPlan<float> plan(Activation::tanh, problem.sizes);
  Outcome<float> run = blank_run(problem);
  const auto in = views_of(problem.in);
  EXPECT_THROW(plan.forward(in["x"], in["a0"], run.states["a"].view()), Error);
  plan.forward(rnn_parameters<float>(in), in["x"], in["a0"], run.states["a"].view());
  // Forward's parameters were packed for forward alone.
  EXPECT_THROW(plan.backward(in["x"], in["a0"], std::as_const(run.states)["a"].view(),
                             views_of(problem.up)["da"], rnn_gradients(views_of(run.gradients))),
               Error);
}

// A pass that is given parameters packs them for its own direction; those of the other one, packed
// before, are perhaps others.
TEST(Plan, ForgetsParametersOfTheOtherDirection) {
  const Sizes& sizes = shapes[0];
  const Problem<float> rnn = real_problem<float>(Cell::rnn, sizes);
  const Problem<float> lstm = real_problem<float>(Cell::lstm, sizes);
  RnnPlan<float> rnn_plan(Activation::tanh, sizes);
  LstmPlan<float> lstm_plan(sizes);
  Outcome<float> rnn_run = blank_run(rnn), lstm_run = blank_run(lstm);
  const auto in = views_of(rnn.in), up = views_of(rnn.up);
  const auto lstm_in = views_of(lstm.in), lstm_up = views_of(lstm.up);
  const auto p = rnn_parameters<float>(in);
  const auto lstm_p = lstm_parameters<float>(lstm_in);
  const View<float> a = rnn_run.states["a"].view();
  const auto states = lstm_states(views_of(lstm_run.states));
  const auto kept = lstm_states(views_of(std::as_const(lstm_run.states)));
  const auto out = rnn_gradients(views_of(rnn_run.gradients));
  const auto lstm_out = lstm_gradients(views_of(lstm_run.gradients));

  rnn_plan.set_parameters(p);
  rnn_plan.forward(p, in["x"], in["a0"], a);
  EXPECT_THROW(rnn_plan.backward(in["x"], in["a0"], a, up["da"], out), Error);
  rnn_plan.set_parameters(p);
  rnn_plan.backward(p, in["x"], in["a0"], a, up["da"], out);
  EXPECT_THROW(rnn_plan.forward(in["x"], in["a0"], a), Error);

  lstm_plan.set_parameters(lstm_p);
  lstm_plan.forward(lstm_p, lstm_in["x"], lstm_in["a0"], lstm_in["c0"], states);
  EXPECT_THROW(lstm_plan.backward(lstm_in["x"], lstm_in["a0"], lstm_in["c0"], kept, lstm_up["da"],
                                  lstm_up["dc_T"], lstm_out),
               Error);
  lstm_plan.set_parameters(lstm_p);
  lstm_plan.backward(lstm_p, lstm_in["x"], lstm_in["a0"], lstm_in["c0"], kept, lstm_up["da"],
                     lstm_up["dc_T"], lstm_out);
  EXPECT_THROW(lstm_plan.forward(lstm_in["x"], lstm_in["a0"], lstm_in["c0"], states), Error);
}

TEST(Plan, TakesNoMoreThreadsThanHelp) {
  EXPECT_EQ(LstmPlan<float>({3, 5, 10, 7, 7}, {.threads = 2}).threads(), 1) << "too little work";
  EXPECT_EQ(LstmPlan<float>({512, 512, 1, 50, 50}, {.threads = 2}).threads(), 2) << "one sample";
  EXPECT_EQ(LstmPlan<float>({64, 64, 32, 100, 100}, {.threads = 2}).threads(), 2);
  EXPECT_THROW(LstmPlan<float>({3, 5, 10, 7, 7}, {.threads = 0}), Error);
}

}  // namespace
}  // namespace bptt::optimized
