// A pass over a plan allocates nothing, at any size.
#include <gtest/gtest.h>

#include <cstdlib>

#include "optimized/counted_allocations.hpp"
#include "optimized/test_support.hpp"

namespace bptt::optimized {
namespace {

long allocations_of(const auto& action) {
  const long before = allocations_so_far();
  action();
  return allocations_so_far() - before;
}

TEST(Allocation, TheCounterSeesMallocAndNew) {
  void* volatile kept = nullptr;
  EXPECT_EQ(allocations_of([&] { kept = std::malloc(100); }), 1);
  std::free(kept);
  EXPECT_EQ(allocations_of([&] { kept = ::operator new (100, std::align_val_t{64}); }), 1);
  ::operator delete (kept, std::align_val_t{64});
}

template <class S>
void expect_no_allocation(const Sizes& sizes) {
  SCOPED_TRACE("n_a " + std::to_string(sizes.n_a) + " m " + std::to_string(sizes.m));
  {
    const Problem<S> problem = real_problem<S>(Cell::rnn, sizes);
    Outcome<S> run = blank_run(problem);
    const auto in = views_of(problem.in), up = views_of(problem.up);
    const auto p = rnn_parameters<S>(in);
    const auto a = run.states["a"].view();
    const auto x = in["x"], a0 = in["a0"], da = up["da"];
    const auto gradients = rnn_gradients(views_of(run.gradients));
    RnnPlan<S> plan(Activation::tanh, sizes);
    EXPECT_EQ(allocations_of([&] { plan.forward(p, x, a0, a); }), 0);
    EXPECT_EQ(allocations_of([&] { plan.backward(p, x, a0, a, da, gradients); }), 0);
    // strides that the products cannot take as they are
    const auto back = a.reversed(2);
    EXPECT_EQ(allocations_of([&] { plan.forward(p, x.reversed(0), a0, back); }), 0);
    EXPECT_EQ(allocations_of([&] { plan.backward(p, x.reversed(0), a0, back, da, gradients); }), 0);
  }
  {
    const Problem<S> problem = real_problem<S>(Cell::lstm, sizes);
    Outcome<S> run = blank_run(problem);
    const auto in = views_of(problem.in), up = views_of(problem.up);
    const auto p = lstm_parameters<S>(in);
    const auto states = lstm_states(views_of(run.states));
    const auto kept = lstm_states(constants(views_of(run.states)));
    const auto x = in["x"], a0 = in["a0"], c0 = in["c0"], da = up["da"], dc_T = up["dc_T"];
    const auto gradients = lstm_gradients(views_of(run.gradients));
    LstmPlan<S> plan(sizes);
    EXPECT_EQ(allocations_of([&] { plan.forward(p, x, a0, c0, states); }), 0);
    EXPECT_EQ(allocations_of([&] { plan.backward(p, x, a0, c0, kept, da, dc_T, gradients); }), 0);
  }
}

TEST(Allocation, NoneInAPass) {
  expect_no_allocation<float>({3, 5, 10, 7, 7});
  expect_no_allocation<double>({17, 34, 1, 4, 4});
  // Packing buffers beyond Eigen's limit for the stack, 128 KiB
  expect_no_allocation<float>({500, 300, 33, 4, 4});
  expect_no_allocation<double>({300, 500, 64, 3, 3});
}

}  // namespace
}  // namespace bptt::optimized
