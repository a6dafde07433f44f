// Every array whose shape disagrees is named with both shapes, before anything is written.
#include <gtest/gtest.h>

#include "core/test_support.hpp"
#include "optimized/test_support.hpp"

namespace bptt::optimized {
namespace {

using test::error_of;

// The plan is made for `sizes`, so that a wrong array cannot make the sizes agree with itself.
std::string error_of_run(const Problem<float>& problem, Outcome<float>& run) {
  return error_of([&] {
    run_optimized<float>(problem, {}, views_of(std::as_const(problem.in)),
                         views_of(std::as_const(problem.up)), views_of(run.states),
                         views_of(run.gradients));
  });
}

template <class Tensors>
void grow(Tensors& tensors, const std::string& name) {
  const Shape& shape = tensors[name].shape();
  tensors[name] = Tensor<float>(shape.rank() == 3 ? Shape{shape[0] + 1, shape[1], shape[2]}
                                                  : Shape{shape[0] + 1, shape[1]});
}

TEST(Shapes, EveryArrayIsChecked) {
  const Sizes sizes{3, 5, 4, 7, 6};
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const Problem<float> good = real_problem<float>(cell, sizes);
    const auto expect_refused = [&](const std::string& name, const Shape& shape,
                                    auto&& tensors_of) {
      Problem<float> problem = good;
      Outcome<float> run = blank_run(good);
      grow(tensors_of(problem, run), name);
      Shape wrong{shape[0] + 1};
      for (Index axis = 1; axis < shape.rank(); ++axis) wrong.append(shape[axis]);
      EXPECT_EQ(error_of_run(problem, run),
                name + " has shape " + wrong.str() + ", expected " + shape.str());
    };
    for (const auto& [name, tensor] : good.in)
      expect_refused(
          name, tensor.shape(), [](auto& problem, auto&) -> auto& { return problem.in; });
    for (const auto& [name, tensor] : good.up)
      expect_refused(
          name, tensor.shape(), [](auto& problem, auto&) -> auto& { return problem.up; });
    const Outcome<float> blank = blank_run(good);
    for (const auto& [name, tensor] : blank.states)
      expect_refused(
          name, tensor.shape(), [](auto&, auto& run) -> auto& { return run.states; });
    for (const auto& [name, tensor] : blank.gradients)
      expect_refused(
          name, tensor.shape(), [](auto&, auto& run) -> auto& { return run.gradients; });
  }
}

// Whatever forward has been given before: a plan keeps no array of its caller's.
TEST(Shapes, BackwardChecksWhatForwardHasReadToo) {
  const Sizes sizes{3, 5, 4, 7, 6};
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const Problem<float> good = real_problem<float>(cell, sizes);
    for (const auto& [name, tensor] : good.in) {
      Problem<float> problem = good;
      grow(problem.in, name);
      Outcome<float> run = blank_run(good);
      const auto right = views_of(good.in), in = views_of(std::as_const(problem.in)),
                 up = views_of(good.up);
      const auto states = views_of(run.states);
      const std::string error = error_of([&] {
        if (cell == Cell::rnn) {
          RnnPlan<float> plan(good.activation, sizes);
          plan.forward(rnn_parameters<float>(right), right["x"], right["a0"], states["a"]);
          plan.backward(rnn_parameters<float>(in), in["x"], in["a0"], states["a"], up["da"],
                        rnn_gradients(views_of(run.gradients)));
        } else {
          LstmPlan<float> plan(sizes);
          plan.forward(lstm_parameters<float>(right), right["x"], right["a0"], right["c0"],
                       lstm_states(states));
          plan.backward(lstm_parameters<float>(in), in["x"], in["a0"], in["c0"],
                        lstm_states(constants(states)), up["da"], up["dc_T"],
                        lstm_gradients(views_of(run.gradients)));
        }
      });
      EXPECT_EQ(error, name + " has shape " + problem.in[name].shape().str() + ", expected " +
                           tensor.shape().str());
    }
  }
}

// A plan that has its parameters already, and parameters on their own.
TEST(Shapes, APlansForwardAndItsParametersAreChecked) {
  const Sizes sizes{3, 5, 4, 7, 6};
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const Problem<float> good = real_problem<float>(cell, sizes);
    const auto expect_refused = [&](const std::string& name, const Problem<float>& problem,
                                    Outcome<float>& run) {
      const auto in = views_of(std::as_const(problem.in));
      const auto states = views_of(run.states);
      const std::string error = error_of([&] {
        if (cell == Cell::rnn) {
          RnnPlan<float> plan(good.activation, sizes);
          plan.set_parameters(rnn_parameters<float>(in));
          plan.forward(in["x"], in["a0"], states["a"]);
        } else {
          LstmPlan<float> plan(sizes);
          plan.set_parameters(lstm_parameters<float>(in));
          plan.forward(in["x"], in["a0"], in["c0"], lstm_states(states));
        }
      });
      EXPECT_TRUE(error.starts_with(name + " has shape ")) << name << ": " << error;
    };
    for (const auto& [name, tensor] : good.in) {
      Problem<float> problem = good;
      grow(problem.in, name);
      Outcome<float> run = blank_run(good);
      expect_refused(name, problem, run);
    }
    const Outcome<float> blank = blank_run(good);
    for (const auto& [name, tensor] : blank.states) {
      Outcome<float> run = blank_run(good);
      grow(run.states, name);
      expect_refused(name, good, run);
    }
  }
}

TEST(Shapes, NothingIsWrittenBeforeAnArrayIsRefused) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const Problem<float> problem = real_problem<float>(cell, {3, 5, 4, 7, 6});
    Outcome<float> run = blank_run(problem);
    grow(run.gradients, gradient_names(cell).back());
    EXPECT_NE(error_of_run(problem, run), "no error");
    for (const auto& [name, tensor] : run.gradients)
      if (name != gradient_names(cell).back()) {
        for (const float value : tensor.elements()) ASSERT_EQ(value, 3.0F) << name;
      }
  }
}

TEST(Shapes, BetweenOneAndAllStepsHaveAnUpstreamGradient) {
  const auto error_with = [](Index T_da) {
    const Problem<float> problem = real_problem<float>(Cell::lstm, {3, 5, 4, 7, T_da});
    Outcome<float> run = blank_run(problem);
    return error_of_run(problem, run);
  };
  EXPECT_EQ(error_with(0), "da covers 0 steps, x has 7: 1 <= T_da <= T_x is required");
  EXPECT_EQ(error_with(8), "da covers 8 steps, x has 7: 1 <= T_da <= T_x is required");
  EXPECT_EQ(error_with(1), "no error");
  EXPECT_EQ(error_with(7), "no error");
}

TEST(Shapes, EmptyExtentsAreRefused) {
  const auto rnn = [](const Sizes& sizes) {
    return error_of([&] { RnnPlan<float>(Activation::tanh, sizes); });
  };
  EXPECT_EQ(rnn({0, 5, 4, 7}),
            "x has shape (0,4,7), expected extents of at least 1 and at most 1099511627776");
  EXPECT_EQ(rnn({3, 5, 0, 7}),
            "x has shape (3,0,7), expected extents of at least 1 and at most 1099511627776");
  EXPECT_EQ(rnn({3, 5, 4, 0}),
            "x has shape (3,4,0), expected extents of at least 1 and at most 1099511627776");
  EXPECT_EQ(rnn({3, 0, 4, 7}),
            "a0 has shape (0,4), expected extents of at least 1 and at most 1099511627776");
  EXPECT_EQ(error_of([] {
              LstmPlan<double>({3, 0, 4, 7});
            }),
            "a0 has shape (0,4), expected extents of at least 1 and at most 1099511627776");
}

TEST(Shapes, SizesBeyondTheAddressSpaceAreRefused) {
  const Index huge = Index(1) << 40;
  EXPECT_EQ(error_of([&] {
              RnnPlan<float>(Activation::tanh, {huge, huge, 1, 1});
            }),
            "an array of 1099511627776 x 1099511627776 x 1 elements exceeds the address space");
}

TEST(Shapes, ABlockOfSteps) {
  EXPECT_THROW(LstmPlan<float>({3, 5, 4, 7}, {.input_block_steps = -1}), Error);
  const auto bytes = [](Index T_x, Index block_steps) {
    return LstmPlan<float>({3, 5, 4, T_x}, {.input_block_steps = block_steps}).workspace_bytes();
  };
  EXPECT_EQ(bytes(700, 0), bytes(700000, 0)) << "a plan of its own choice grows with T";
  EXPECT_EQ(bytes(64, 64), bytes(700, 64));
  EXPECT_LT(bytes(700, 64), bytes(700, 700) / 2);
}

}  // namespace
}  // namespace bptt::optimized
