// Bounds by arrays against those of the tape of scalars, on which every operation of the same lines
// stands for itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "arithmetic/noise_model.hpp"
#include "arithmetic/recorded.hpp"
#include "bounds/drawn_network_test.hpp"
#include "bounds/network_bounds.hpp"
#include "cells/parse.hpp"
#include "cells/walk.hpp"

namespace bptt::bounds {
namespace {

using R = Recorded<long double>;

NamedTensors<R> on_tape(const NamedTensors<long double>& from, bool zeros_are_constant) {
  NamedTensors<R> to;
  for (const auto& [name, tensor] : from) {
    Tensor<R> numbers(tensor.shape());
    for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
      const long double v = tensor.elements()[k];
      numbers.elements()[k] = zeros_are_constant && v == 0 ? R() : R::input(v);
    }
    to.add(name, std::move(numbers));
  }
  return to;
}

/// A result, and its nodes on the tape.
struct Entries {
  std::string array;
  std::vector<std::int32_t> nodes;
  std::vector<long double> values;
};

/// The tape keeps errors in double, which rounds to multiples of the smallest one.
constexpr long double of_the_tape = 1000 * std::numeric_limits<double>::denorm_min();

/// Where the larger of two is chosen, or a mask lets something through, an array that both could
/// read has one reader left, in some elements this one and in some that: there the tape joins sums
/// that the lines keep apart.
bool chooses(const cells::Program& step) {
  return std::any_of(step.lines.begin(), step.lines.end(), [](const cells::Line& line) {
    return line.function == cells::Function::larger || line.function == cells::Function::where_on;
  });
}

void expect_near(long double got, long double expected, bool chosen, const std::string& what) {
  if (chosen) {
    EXPECT_LE(got, 4 * expected + of_the_tape) << what;
    EXPECT_GE(4 * got + of_the_tape, expected) << what;
    return;
  }
  EXPECT_LE(std::abs(got - expected), 1e-9L * std::abs(expected) + of_the_tape)
      << what << ": " << got << " for " << expected;
}

TEST(BoundsByArrays, AreThoseOfTheTape) {
  std::mt19937_64 engine(1);
  int compared = 0;
  for (const cells::Definition& cell : cells::every_cell())
    for (int k = 0; k < 100; ++k) {
      const auto& gs = cell.activations;
      const cells::Function g = gs.empty() ? cells::Function::tanh : gs[engine() % gs.size()];
      const Drawn d = draw(cell, g, engine);
      const Question& q = d.question;
      const bool chosen = chooses(q.step);

      Tape<long double> tape;
      const TapeScope<long double> scope(tape);
      cells::Walk<R> walk(q.step, q.extents, q.m);
      auto states = walk.forward(on_tape(q.in, false));
      auto gradients = walk.backward(on_tape(q.up, true));
      std::vector<Entries> results;
      bool finite = true;
      std::vector<std::int32_t> nodes;
      for (const auto* arrays : {&states, &gradients})
        for (const auto& [name, tensor] : *arrays) {
          Entries e{name, {}, {}};
          for (const R& v : tensor.elements()) {
            e.nodes.push_back(v.node());
            e.values.push_back(v.value());
            nodes.push_back(v.node());
            finite = finite && std::isfinite(v.value());
          }
          results.push_back(std::move(e));
        }
      // A quotient by zero, or by what one order of summation makes zero, has no bound.
      const auto plan =
          std::make_shared<const Plan>(std::make_shared<const NormalForm>(normal_form(q.step)),
                                       q.extents, q.m, q.T_x, q.T_da, Derivation::one_pass);
      const NetworkBounds run(plan, q.in, q.up, d.rounding, true);
      for (const auto& [name, tensor] : run.values())
        for (const long double v : tensor.elements()) finite = finite && std::isfinite(v);
      if (!finite) continue;
      const NoiseModel model(tape, nodes, d.rounding);

      // To the tape the larger of two numbers is one of them: it knows nothing of a choice.
      if (run.near_kink() && !model.near_kink() && cell.name.starts_with("slstm")) continue;
      EXPECT_EQ(run.near_kink(), model.near_kink());
      EXPECT_EQ(run.may_overflow(), model.may_overflow());
      if (run.may_overflow()) continue;
      ++compared;
      std::vector<Functional> asked;
      std::vector<bptt::Functional> asked_tape;
      std::vector<std::string> names;
      std::vector<long double> differences;
      for (const Entries& e : results) {
        ASSERT_EQ(run.values()[e.array].elements().size(), e.values.size()) << e.array;
        for (std::size_t i = 0; i < e.values.size(); ++i) {
          differences.push_back(std::abs(run.values()[e.array].elements()[i] - e.values[i]));
          asked.push_back({{{e.array, {{static_cast<Index>(i), 1.0}}, {}}}});
          asked_tape.push_back({{e.nodes[i], 1.0}});
          names.push_back(cell.name + " " + e.array + "[" + std::to_string(i) + "]");
        }
        differences.push_back(0);
        asked.push_back({{{e.array, {}, [](Index i) { return i % 3 == 0 ? -1.0 : 1.0; }}}});
        asked_tape.emplace_back();
        for (std::size_t i = 0; i < e.nodes.size(); ++i)
          asked_tape.back().emplace_back(e.nodes[i], i % 3 == 0 ? -1.0 : 1.0);
        names.push_back(cell.name + " " + e.array + ", projected");
      }
      const auto got = run.bounds(asked), expected = model.bounds(asked_tape);
      for (std::size_t i = 0; i < asked.size(); ++i) {
        const std::string what =
            names[i] + " of problem " + std::to_string(k) + " g " + std::string(cells::name_of(g));
        expect_near(got[i].certain, expected[i].certain, chosen, what + ", certain");
        // Both are computed in 64-bit mantissas, in orders of their own.
        EXPECT_LE(differences[i], 2 * 0x1p-64L / d.rounding.u * got[i].certain) << what;
        expect_near(got[i].sigma, expected[i].sigma, chosen, what + ", sigma");
      }
      if (::testing::Test::HasFailure()) return;
    }
  EXPECT_GT(compared, 1600);
}

TEST(BoundsByArrays, WhatIsNeitherAStateNorAGradientHasNone) {
  std::mt19937_64 engine(2);
  int refused = 0;
  for (const cells::Definition& cell : cells::every_cell()) {
    const auto& gs = cell.activations;
    const Question q = draw(cell, gs.empty() ? cells::Function::tanh : gs.front(), engine).question;
    const auto plan =
        std::make_shared<const Plan>(std::make_shared<const NormalForm>(normal_form(q.step)),
                                     q.extents, q.m, q.T_x, q.T_da, Derivation::one_pass);
    const NetworkBounds run(plan, q.in, q.up, Rounding::of<double>(), true);
    for (int k = 0; k < static_cast<int>(plan->program().arrays.size()); ++k)
      if (plan->passing(k)) {
        ++refused;
        EXPECT_THROW((void)run.bounds({{{{plan->array(k).name, {{0, 1.0}}, {}}}}}), Error)
            << cell.name << " " << plan->array(k).name;
      }
  }
  EXPECT_GT(refused, 0);
}

// Of two numbers that are equal but for rounding either may be the larger one; of two that are
// given and equal, or apart, there is no doubt.
TEST(Ties, OfAMaximumAreFound) {
  const auto near_kink = [](const std::string& first, const std::string& second, long double apart,
                            Index n) {
    const auto cell = cells::parse(
        "cell c\naxes i: n_h\nstate h[i]\ninput x[i] y[i]\nweight w[i]\n"
        "p[i] = " +
            first + "\nq[i] = " + second + "\nh[i] = larger(p[i], q[i]) + w[i] h'[i]\n",
        "c");
    cells::Extents extents;
    extents.add("n_h", n);
    NamedTensors<long double> in, up;
    const auto filled = [](const Shape& shape, long double v) {
      Tensor<long double> tensor(shape);
      fill(tensor.view(), v);
      return tensor;
    };
    in.add("x", filled({n, 1, 2}, 0.3L));
    in.add("y", filled({n, 1, 2}, 0.3L));
    in["y"].elements().back() += apart;
    for (std::size_t k = 0; k + 1 < in["y"].elements().size(); ++k)
      in["y"].elements()[k] += 0.1L;  // one entry alone is near
    in.add("w", filled({n}, 0.5L));
    in.add("h0", filled({n, 1}, 0.25L));
    up.add("dh", filled({n, 1, 2}, 1));
    const auto plan =
        std::make_shared<const Plan>(std::make_shared<const NormalForm>(normal_form(cell.step)),
                                     extents, 1, 2, 2, Derivation::one_pass);
    return NetworkBounds(plan, in, up, Rounding::of<double>(), true).near_kink();
  };
  for (const Index n : {Index{3}, Index{600}}) {
    EXPECT_TRUE(near_kink("x[i] + w[i]", "y[i] + w[i]", 0, n)) << n;
    EXPECT_TRUE(near_kink("x[i] + w[i]", "y[i] + w[i]", 1e-16L, n)) << n;
    EXPECT_FALSE(near_kink("x[i] + w[i]", "y[i] + w[i]", 1e-6L, n)) << n;
    EXPECT_FALSE(near_kink("x[i]", "y[i]", 0, n)) << "both are given: " << n;
  }
}

}  // namespace
}  // namespace bptt::bounds
