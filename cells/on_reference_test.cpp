// The lines of the RNN and the LSTM against the reference's loops: two derivations of the same
// gradients, which over a finite field must agree exactly.
#include <gtest/gtest.h>

#include <random>

#include "arithmetic/bounded_test.hpp"
#include "arithmetic/modular.hpp"
#include "arithmetic/on_reference_test.hpp"
#include "cells/closed_form.hpp"
#include "cells/network.hpp"
#include "cells/parse.hpp"
#include "cells/walk.hpp"
#include "reference/truncated.hpp"

namespace bptt::cells {
namespace {

template <class S>
NamedTensors<S> by_the_reference(const Problem<S>& p) {
  auto cache = bptt::forward(p);
  auto out = make_tensors<S>(p.cell, gradient_names(p.cell), p.sizes);
  const auto in = views_of(p.in), up = views_of(p.up), states = views_of(std::as_const(cache));
  const auto to = views_of(out);
  if (p.cell == Cell::rnn)
    reference::rnn_backward<S>(p.activation, rnn_parameters<S>(in), in["x"], in["a0"], states["a"],
                               up["da"], rnn_gradients<S>(to));
  else
    reference::lstm_backward<S>(lstm_parameters<S>(in), in["x"], in["a0"], in["c0"],
                                lstm_states<const S>(states), up["da"], up["dc_T"],
                                lstm_gradients<S>(to));
  for (const auto& name : state_names(p.cell)) out.add(name, cache[name]);
  return out;
}

template <class S>
NamedTensors<S> by_the_lines(const Problem<S>& p) {
  Walk<S> walk(step_of(p.cell, p.activation), extents_of(p.cell, p.sizes), p.sizes.m);
  const auto states = walk.forward(p.in);
  auto out = walk.backward(p.up);
  for (const auto& [name, tensor] : states) out.add(name, tensor);
  return out;
}

TEST(Lines, AreTheReferenceOverAFiniteField) {
  std::mt19937_64 engine(1);
  const auto up_to = [&](Index most) {
    return 1 + static_cast<Index>(engine() % static_cast<std::uint64_t>(most));
  };
  int compared = 0;
  for (int k = 0; k < 2000; ++k) {
    Problem<Modular> p;
    p.cell = k % 3 == 0 ? Cell::rnn : Cell::lstm;
    p.activation = k % 2 == 0 ? Activation::tanh : Activation::identity;
    const Index T_x = up_to(5);
    p.sizes = {up_to(5), up_to(5), up_to(4), T_x, up_to(T_x)};
    p.in = make_tensors<Modular>(p.cell, input_names(p.cell), p.sizes);
    p.up = make_tensors<Modular>(p.cell, upstream_names(p.cell), p.sizes);
    for (auto* tensors : {&p.in, &p.up})
      for (auto& [name, tensor] : *tensors)
        for (Modular& entry : tensor.elements()) entry = Modular(engine() >> 3U);
    const auto got = by_the_lines(p), expected = by_the_reference(p);
    ASSERT_EQ(got.size(), expected.size());
    for (const auto& [name, tensor] : expected) {
      ASSERT_EQ(got[name].elements(), tensor.elements()) << name << " of problem " << k;
      compared += static_cast<int>(tensor.elements().size());
    }
  }
  EXPECT_GT(compared, 100000);
}

// Truncated at a lag, and with factors on what step t+1 hands to step t: the same as the loops.
// (That the factors count at all, no mean over them can tell.)
TEST(Lines, AreTheReferenceTruncatedAndRandomised) {
  std::mt19937_64 engine(3);
  const auto number = [&] { return Modular(engine() >> 3U); };
  Problem<Modular> p;
  p.sizes = {2, 3, 2, 5, 4};
  p.in = make_tensors<Modular>(p.cell, input_names(p.cell), p.sizes);
  p.up = make_tensors<Modular>(p.cell, upstream_names(p.cell), p.sizes);
  for (auto* tensors : {&p.in, &p.up})
    for (auto& [name, tensor] : *tensors)
      for (Modular& entry : tensor.elements()) entry = number();
  const std::vector<Modular> xi{number(), number(), number(), number()};
  auto cache = bptt::forward(p);
  const auto in = views_of(std::as_const(p.in)), up = views_of(std::as_const(p.up)),
             states = views_of(std::as_const(cache));
  Walk<Modular> walk(step_of(p.cell, p.activation), extents_of(p.cell, p.sizes), p.sizes.m);
  static_cast<void>(walk.forward(p.in));
  const auto expect_equal = [&](NamedTensors<Modular> got, const NamedTensors<Modular>& expected) {
    for (const auto& [name, tensor] : expected)
      EXPECT_EQ(got[name].elements(), tensor.elements()) << name;
  };
  for (Index lag = 0; lag <= 5; ++lag) {
    auto out = make_tensors<Modular>(p.cell, gradient_names(p.cell), p.sizes);
    reference::rnn_backward_truncated<Modular>(lag, p.activation, rnn_parameters<Modular>(in),
                                               in["x"], in["a0"], states["a"], up["da"],
                                               rnn_gradients<Modular>(views_of(out)));
    expect_equal(walk.backward_truncated(p.up, lag), out);
  }
  auto out = make_tensors<Modular>(p.cell, gradient_names(p.cell), p.sizes);
  reference::rnn_backward_randomised<Modular>(xi, p.activation, rnn_parameters<Modular>(in),
                                              in["x"], in["a0"], states["a"], up["da"],
                                              rnn_gradients<Modular>(views_of(out)));
  expect_equal(walk.backward_randomised(p.up, xi), out);

  const Cell both = cell_named("rnn_both");
  Walk<Modular> ways(step_of(both, p.activation), extents_of(both, p.sizes), p.sizes.m);
  EXPECT_THROW(static_cast<void>(ways.backward_truncated({}, 1)), UnsupportedError);
  EXPECT_THROW(static_cast<void>(ways.backward_randomised({}, xi)), UnsupportedError);
}

// The LSTM's closed formulas, as lines, give what the reversed lines give.
TEST(Lines, OfTheClosedFormulasAreTheReversedOnesOverAFiniteField) {
  std::mt19937_64 engine(2);
  const auto up_to = [&](Index most) {
    return 1 + static_cast<Index>(engine() % static_cast<std::uint64_t>(most));
  };
  const Program step = step_of(Cell::lstm, Activation::tanh);
  const Reversal formulas = with_formulas(step, reverse(step), *closed_form("lstm"));
  for (int k = 0; k < 300; ++k) {
    Problem<Modular> p;
    p.cell = Cell::lstm;
    const Index T_x = up_to(4);
    p.sizes = {up_to(4), up_to(4), up_to(3), T_x, up_to(T_x)};
    p.in = make_tensors<Modular>(p.cell, input_names(p.cell), p.sizes);
    p.up = make_tensors<Modular>(p.cell, upstream_names(p.cell), p.sizes);
    for (auto* tensors : {&p.in, &p.up})
      for (auto& [name, tensor] : *tensors)
        for (Modular& entry : tensor.elements()) entry = Modular(engine() >> 3U);
    Walk<Modular> walk(step, formulas, extents_of(p.cell, p.sizes), p.sizes.m);
    static_cast<void>(walk.forward(p.in));
    const auto got = walk.backward(p.up);
    for (const auto& [name, tensor] : by_the_lines(p)) {
      if (!name.starts_with("d")) continue;
      ASSERT_EQ(got[name].elements(), tensor.elements()) << name << " of problem " << k;
    }
  }
  EXPECT_EQ(closed_form("rnn"), nullptr);
}

using FiftyInterval = Bounded<Fifty>;

/// Entries that are finite and differ by more than the two may be off; `judged` counts all.
int apart(const NamedTensors<FiftyInterval>& got, const NamedTensors<FiftyInterval>& expected,
          int& judged) {
  int count = 0;
  for (const auto& [name, tensor] : expected)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
      const FiftyInterval &g = got[name].elements()[k], &e = tensor.elements()[k];
      EXPECT_TRUE(FiftyInterval::finite(g.bound) && FiftyInterval::finite(e.bound)) << name;
      count += abs(g.value - e.value) > g.bound + e.bound ? 1 : 0;
      ++judged;
    }
  return count;
}

// To the last of fifty digits: each side carries a bound on all of its own rounding errors, 2^-168
// of every sum, product and quotient and what Boost's functions may be off, carried on by the rules
// of bounded_test.hpp. The exact result is within both bounds, and so no further apart are they.
TEST(Lines, AreTheReferenceToTheLastOfFiftyDigits) {
  std::mt19937_64 engine(7);
  const auto up_to = [&](Index most) {
    return 1 + static_cast<Index>(engine() % static_cast<std::uint64_t>(most));
  };
  int judged = 0, problems = 0, seen = 0;
  for (int k = 0; k < 160; ++k) {
    Problem<double> p;
    p.cell = k % 2 == 0 ? Cell::rnn : Cell::lstm;
    p.activation = p.cell == Cell::lstm ? Activation::tanh
                   : k % 3 == 0         ? Activation::tanh
                   : k % 3 == 1         ? Activation::relu
                                        : Activation::identity;
    const Index T_x = up_to(4);
    p.sizes = {up_to(4), up_to(4), up_to(3), T_x, up_to(T_x)};
    p.in = make_tensors<double>(p.cell, input_names(p.cell), p.sizes);
    p.up = make_tensors<double>(p.cell, upstream_names(p.cell), p.sizes);
    std::uniform_real_distribution<double> uniform(-1.0, 1.0);
    const double scale = std::exp2(static_cast<double>(k % 7) - 4.0);  // 1/16 to 4
    for (auto* tensors : {&p.in, &p.up})
      for (auto& [name, tensor] : *tensors)
        for (double& entry : tensor.elements()) entry = scale * uniform(engine);
    auto problem = converted<FiftyInterval>(p);
    const auto expected = by_the_reference(problem);
    EXPECT_EQ(apart(by_the_lines(problem), expected, judged), 0) << "problem " << k;

    // What is off by one part in 10^42 is not taken for the same.
    FiftyInterval& entry = problem.in["x"].elements().front();
    entry.value *= 1 + Fifty("1e-42");
    int again = 0;
    seen += apart(by_the_lines(problem), expected, again) > 0 ? 1 : 0;
    ++problems;
  }
  EXPECT_GT(judged, 10000);
  EXPECT_GT(seen, problems / 2);
}

TEST(Lines, OfFormulasThatReadWhatTheStepDoesNotHaveAreRefused) {
  const Program step = step_of(Cell::rnn, Activation::tanh);
  const Reversal back = reverse(step);
  const auto message = [&](std::string_view text) -> std::string {
    try {
      static_cast<void>(with_formulas(step, back, parse_formulas(text, "f.cell")));
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message("cell f\naxes i: n_a\ninput b[i] da_next[i]\noutput dz[i]\n"
                    "dz[i] = b[i] da_next[i]\n")
                .find("no array named b; there are: a a' x Wax Waa ba z"),
            0U);
  EXPECT_EQ(message("cell f\naxes i: n_a\ninput a[i] da_next[i]\noutput dz[i]\n"
                    "dz[i] = (1 - a[i] a[i]) da_next[i]\n"),
            "");
}

}  // namespace
}  // namespace bptt::cells
