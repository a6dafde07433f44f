// The number types on the real text: the reference's forward and backward passes.
#include <gtest/gtest.h>

#include <ctime>
#include <random>

#include "arithmetic/bounded_test.hpp"
#include "arithmetic/complex_step.hpp"
#include "arithmetic/counted.hpp"
#include "arithmetic/dual.hpp"
#include "arithmetic/fifty_digits.hpp"
#include "arithmetic/modular.hpp"
#include "arithmetic/on_reference_test.hpp"
#include "arithmetic/traced.hpp"
#include "core/problem.hpp"
#include "reference/lstm.hpp"
#include "reference/rnn.hpp"

namespace bptt {
namespace {

template <class S>
struct Outcome {
  NamedTensors<S> states, gradients;
};

template <class S>
Outcome<S> run(const Problem<S>& problem) {
  const Cell cell = problem.cell;
  Outcome<S> out{forward(problem), make_tensors<S>(cell, gradient_names(cell), problem.sizes)};
  const auto in = views_of(problem.in), s = views_of(std::as_const(out.states));
  const auto up = views_of(problem.up);
  if (cell == Cell::rnn)
    reference::rnn_backward<S>(problem.activation, rnn_parameters<S>(in), in["x"], in["a0"], s["a"],
                               up["da"], rnn_gradients<S>(views_of(out.gradients)));
  else
    reference::lstm_backward<S>(lstm_parameters<S>(in), in["x"], in["a0"], in["c0"],
                                {s["a"], s["c"], s["ft"], s["it"], s["cct"], s["ot"]}, up["da"],
                                up["dc_T"], lstm_gradients<S>(views_of(out.gradients)));
  return out;
}

/// A problem whose every element is draw().
template <class S, class Draw>
Problem<S> problem_of(Cell cell, Activation activation, const Sizes& sizes, const Draw& draw) {
  Problem<S> problem{cell, activation, sizes, make_tensors<S>(cell, input_names(cell), sizes),
                     make_tensors<S>(cell, upstream_names(cell), sizes)};
  for (auto* tensors : {&problem.in, &problem.up})
    for (auto& [name, tensor] : *tensors)
      for (S& element : tensor.elements()) element = draw();
  return problem;
}

const Sizes small{.n_x = 3, .n_a = 4, .m = 3, .T_x = 4, .T_da = 3};

template <class V>
void expect_sound(Cell cell, Activation activation, double scale, std::mt19937_64& random,
                  int& tight) {
  std::uniform_real_distribution<double> uniform(-scale, scale);
  const auto problem =
      problem_of<V>(cell, activation, small, [&] { return static_cast<V>(uniform(random)); });
  const auto got = run(converted<Bounded<V>>(problem));
  const auto exact = run(converted<Fifty>(problem));
  const auto compare = [&](const NamedTensors<Bounded<V>>& g, const NamedTensors<Fifty>& e) {
    for (const auto& [name, tensor] : g)
      for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
        const Bounded<V>& element = tensor.elements()[k];
        if (element.bound == std::numeric_limits<V>::infinity()) continue;
        const Fifty& truth = e[name].elements()[k];
        ASSERT_LE(abs(Fifty(element.value) - truth), Fifty(element.bound))
            << name << " [" << k << "] of " << name_of(cell) << ", scale " << scale;
        tight += element.bound <= std::abs(element.value) / 100 ? 1 : 0;
      }
  };
  compare(got.states, exact.states);
  compare(got.gradients, exact.gradients);
}

template <class V>
void expect_sound_everywhere() {
  std::mt19937_64 random(9);
  int tight = 0;
  for (int k = 0; k < 5; ++k)
    for (const double scale : {1e-30, 0.1, 1.0, 4.0, 1e3}) {
      for (const Activation g : {Activation::tanh, Activation::relu, Activation::identity})
        expect_sound<V>(Cell::rnn, g, scale, random, tight);
      expect_sound<V>(Cell::lstm, Activation::tanh, scale, random, tight);
    }
  EXPECT_GT(tight, 5000);  // bounds below a hundredth of the value: not vacuous in few steps
}
TEST(BoundedOnReference, F32) { expect_sound_everywhere<float>(); }
TEST(BoundedOnReference, F64) { expect_sound_everywhere<double>(); }

/// <u, v> over all the arrays of `names`.
template <class S>
S inner(const std::vector<std::string>& names, const std::string& prefix, const NamedTensors<S>& u,
        const NamedTensors<S>& v) {
  S sum(0);
  for (const std::string& name : names)
    for (std::size_t k = 0; k < v[name].elements().size(); ++k)
      sum += u[prefix + name].elements()[k] * v[name].elements()[k];
  return sum;
}

// <da, J v> = <J^T da, v>, J the Jacobian of the forward pass: forward mode against the backward
// written by hand. T_da = T_x, so that dc_T belongs to the last c.
template <class S, class Draw>
std::pair<S, S> both_sides_of_the_adjoint_identity(Cell cell, Activation activation,
                                                   const Draw& draw) {
  const Sizes sizes{.n_x = 3, .n_a = 4, .m = 3, .T_x = 4, .T_da = 4};
  const auto problem = problem_of<S>(cell, activation, sizes, draw);
  const auto direction = problem_of<S>(cell, activation, sizes, draw).in;
  auto moving = converted<Dual<S>>(problem);
  for (auto& [name, tensor] : moving.in)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      tensor.elements()[k].tangent = direction[name].elements()[k];

  const auto states = forward(moving);
  S left(0);
  for (std::size_t k = 0; k < states["a"].elements().size(); ++k)
    left += problem.up["da"].elements()[k] * states["a"].elements()[k].tangent;
  if (cell == Cell::lstm)
    for (Index j = 0; j < sizes.m; ++j)
      for (Index i = 0; i < sizes.n_a; ++i)
        left += problem.up["dc_T"](i, j) * states["c"](i, j, sizes.T_x - 1).tangent;
  return {left, inner(input_names(cell), "d", run(problem).gradients, direction)};
}

TEST(ModularOnReference, TheAdjointIdentityHoldsExactly) {
  std::mt19937_64 random(10);
  const auto draw = [&] { return Modular(random() % Modular::p); };
  for (int k = 0; k < 20; ++k) {
    for (const Activation g : {Activation::tanh, Activation::identity}) {
      const auto [left, right] = both_sides_of_the_adjoint_identity<Modular>(Cell::rnn, g, draw);
      EXPECT_EQ(left, right);
      EXPECT_NE(left, Modular(0));
    }
    const auto [left, right] =
        both_sides_of_the_adjoint_identity<Modular>(Cell::lstm, Activation::tanh, draw);
    EXPECT_EQ(left, right);
  }
  EXPECT_THROW(both_sides_of_the_adjoint_identity<Modular>(Cell::rnn, Activation::relu, draw),
               UnsupportedError);
}

TEST(DualOnReference, TheAdjointIdentityHoldsInFiftyDigits) {
  std::mt19937_64 random(11);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  const auto draw = [&] { return Fifty(uniform(random)); };
  for (const Activation g : {Activation::tanh, Activation::relu, Activation::identity}) {
    const auto [left, right] = both_sides_of_the_adjoint_identity<Fifty>(Cell::rnn, g, draw);
    EXPECT_LE(abs(left - right), Fifty("1e-44"));
  }
  const auto [left, right] =
      both_sides_of_the_adjoint_identity<Fifty>(Cell::lstm, Activation::tanh, draw);
  EXPECT_LE(abs(left - right), Fifty("1e-44"));
}

TEST(ComplexStepOnReference, AgreesWithForwardMode) {
  std::mt19937_64 random(12);
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  const auto draw = [&] { return uniform(random); };
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const auto problem = problem_of<double>(cell, Activation::tanh, small, draw);
    auto stepped = converted<std::complex<double>>(problem);
    auto moving = converted<Dual<Fifty>>(problem);
    for (auto& [name, tensor] : stepped.in)
      for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
        const double direction = draw();
        tensor.elements()[k] += std::complex<double>(0.0, direction * 1e-100);
        moving.in[name].elements()[k].tangent = Fifty(direction);
      }
    const auto got = forward(stepped);
    const auto exact = forward(moving);
    for (std::size_t k = 0; k < got["a"].elements().size(); ++k)
      EXPECT_NEAR(got["a"].elements()[k].imag() / 1e-100,
                  static_cast<double>(exact["a"].elements()[k].tangent), 1e-13);
  }
}

TEST(CountedOnReference, ForwardCostsWhatTheEquationsSay) {
  const Sizes s{.n_x = 3, .n_a = 4, .m = 5, .T_x = 6, .T_da = 6};
  const auto zero = [] { return Counted(0.0); };
  const long long cells = 5 * 4 * 6, row = 3 + 4;
  {
    const auto problem = problem_of<Counted>(Cell::rnn, Activation::tanh, s, zero);
    const CountScope scope;
    (void)forward(problem);
    EXPECT_EQ(scope.counts(), (Counts{cells * row, cells * row, 0, cells}));
  }
  const auto problem = problem_of<Counted>(Cell::lstm, Activation::tanh, s, zero);
  const CountScope scope;
  (void)forward(problem);
  EXPECT_EQ(scope.counts(), (Counts{cells * (4 * row + 3), cells * (4 * row + 1), 0, cells * 5}));
}

/// Of this thread: seconds that the machine has given it.
double processor_seconds() {
  std::timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

TEST(TracedOnReference, FindsCausalityInATenthOfASecondOfProcessorTime) {
  const Sizes s{.n_x = 4, .n_a = 5, .m = 3, .T_x = 6, .T_da = 6};
  std::size_t next = 0;
  const auto problem = problem_of<Traced>(Cell::lstm, Activation::tanh, s,
                                          [&] { return Traced::input(0.5, next++); });
  const double start = processor_seconds();
  const auto out = run(problem);
  const double spent = processor_seconds() - start;
  EXPECT_GT(next, 400U);
  EXPECT_LT(spent, 0.1);

  // a<t> of sample j reads x<s> of the same sample for s <= t, and nothing else of x.
  for (Index t = 0; t < s.T_x; ++t)
    for (Index j = 0; j < s.m; ++j)
      for (Index ts = 0; ts < s.T_x; ++ts)
        for (Index js = 0; js < s.m; ++js) {
          const std::size_t x = problem.in["x"](0, js, ts).inputs().front();
          EXPECT_EQ(out.states["a"](0, j, t).depends_on(x), js == j && ts <= t);
        }
  // dx<t> reads da<s> of the same sample for s >= t, and nothing else of da.
  for (Index t = 0; t < s.T_da; ++t)
    for (Index ts = 0; ts < s.T_da; ++ts)
      for (Index js = 0; js < s.m; ++js) {
        const std::size_t da = problem.up["da"](0, js, ts).inputs().front();
        EXPECT_EQ(out.gradients["dx"](0, 1, t).depends_on(da), js == 1 && ts >= t);
      }
}

}  // namespace
}  // namespace bptt
