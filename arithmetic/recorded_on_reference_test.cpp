// Reverse mode of the whole forward pass against the backward pass written by hand: two derivations
// of the same gradients that share nothing but the forward's text.
#include <gtest/gtest.h>

#include <random>

#include "arithmetic/fifty_digits.hpp"
#include "arithmetic/on_reference_test.hpp"
#include "arithmetic/recorded.hpp"
#include "core/problem.hpp"
#include "reference/lstm.hpp"
#include "reference/rnn.hpp"

namespace bptt {
namespace {

using RecordedFifty = Recorded<Fifty>;

NamedTensors<Fifty> backward_by_hand(const Problem<Fifty>& problem) {
  auto cache = forward(problem);
  auto gradients = make_tensors<Fifty>(problem.cell, gradient_names(problem.cell), problem.sizes);
  const auto in = views_of(problem.in), up = views_of(problem.up);
  const auto states = views_of(std::as_const(cache));
  const auto out = views_of(gradients);
  if (problem.cell == Cell::rnn)
    reference::rnn_backward<Fifty>(problem.activation, rnn_parameters<Fifty>(in), in["x"], in["a0"],
                                   states["a"], up["da"], rnn_gradients<Fifty>(out));
  else
    reference::lstm_backward<Fifty>(
        lstm_parameters<Fifty>(in), in["x"], in["a0"], in["c0"],
        {states["a"], states["c"], states["ft"], states["it"], states["cct"], states["ot"]},
        up["da"], up["dc_T"], lstm_gradients<Fifty>(out));
  return gradients;
}

/// The gradient of L = <da, a over the first T_da steps> + <dc_T, c of step T_da - 1>.
NamedTensors<Fifty> reverse_mode(const Problem<Fifty>& problem) {
  Tape<Fifty> tape;
  const TapeScope<Fifty> scope(tape);
  Problem<RecordedFifty> recorded{problem.cell, problem.activation, problem.sizes, {}, {}};
  for (const auto& [name, tensor] : problem.in) {
    auto& inputs = recorded.in.add(name, Tensor<RecordedFifty>(tensor.shape()));
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      inputs.elements()[k] = RecordedFifty::input(tensor.elements()[k]);
  }
  const auto states = forward(recorded);
  const Sizes& s = problem.sizes;
  std::vector<std::pair<std::int32_t, Fifty>> loss;
  for (Index j = 0; j < s.m; ++j)
    for (Index i = 0; i < s.n_a; ++i) {
      for (Index t = 0; t < s.T_da; ++t)
        loss.emplace_back(states["a"](i, j, t).node(), problem.up["da"](i, j, t));
      if (problem.cell == Cell::lstm)
        loss.emplace_back(states["c"](i, j, s.T_da - 1).node(), problem.up["dc_T"](i, j));
    }
  const auto derivative = tape.gradient(loss);
  NamedTensors<Fifty> gradients;
  for (const auto& [name, tensor] : recorded.in) {
    auto& gradient = gradients.add("d" + name, Tensor<Fifty>(tensor.shape()));
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      gradient.elements()[k] = derivative[static_cast<std::size_t>(tensor.elements()[k].node())];
  }
  return gradients;
}

Problem<Fifty> random_problem(Cell cell, Activation activation, std::mt19937_64& random) {
  const auto below = [&](unsigned n) { return static_cast<Index>(random() % n); };
  Sizes s{.n_x = 1 + below(4), .n_a = 1 + below(5), .m = 1 + below(3), .T_x = 1 + below(6)};
  s.T_da = 1 + below(static_cast<unsigned>(s.T_x));
  std::uniform_real_distribution<double> uniform(-1.0, 1.0);
  Problem<Fifty> problem{cell, activation, s, make_tensors<Fifty>(cell, input_names(cell), s),
                         make_tensors<Fifty>(cell, upstream_names(cell), s)};
  for (auto* tensors : {&problem.in, &problem.up})
    for (auto& [name, tensor] : *tensors)
      for (Fifty& element : tensor.elements()) element = Fifty(uniform(random));
  return problem;
}

// cpp_bin_float<50> has u = 2^-168 = 3e-51; some ten thousand operations on numbers of order one
// leave an error below 1e-45 of an array's largest entry.
void expect_agreement(Cell cell, Activation activation, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  bool truncated = false, several_steps = false;
  for (int k = 0; k < 25; ++k) {
    const Problem<Fifty> problem = random_problem(cell, activation, random);
    truncated = truncated || problem.sizes.T_da < problem.sizes.T_x;
    several_steps = several_steps || problem.sizes.T_da >= 3;
    const auto by_hand = backward_by_hand(problem), by_tape = reverse_mode(problem);
    ASSERT_EQ(by_hand.names(), by_tape.names());
    for (const auto& [name, tensor] : by_hand) {
      Fifty largest(0);
      for (const Fifty& v : tensor.elements()) largest = std::max<Fifty>(largest, abs(v));
      for (std::size_t e = 0; e < tensor.elements().size(); ++e)
        ASSERT_LE(abs(tensor.elements()[e] - by_tape[name].elements()[e]), largest * Fifty("1e-45"))
            << name << " [" << e << "] of problem " << k << ", seed " << seed;
    }
  }
  EXPECT_TRUE(truncated);
  EXPECT_TRUE(several_steps);
}

TEST(RecordedOnReference, ReverseModeIsTheRnnsBackwardWithTanh) {
  expect_agreement(Cell::rnn, Activation::tanh, 21);
}
TEST(RecordedOnReference, ReverseModeIsTheRnnsBackwardWithRelu) {
  expect_agreement(Cell::rnn, Activation::relu, 22);
}
TEST(RecordedOnReference, ReverseModeIsTheRnnsBackwardWithIdentity) {
  expect_agreement(Cell::rnn, Activation::identity, 23);
}
TEST(RecordedOnReference, ReverseModeIsTheLstmsBackward) {
  expect_agreement(Cell::lstm, Activation::tanh, 24);
}

}  // namespace
}  // namespace bptt
