// Forward mode on arrays against dual numbers through the same lines in plain loops.
#include <gtest/gtest.h>

#include <cmath>

#include "arithmetic/dual.hpp"
#include "bounds/drawn_network_test.hpp"
#include "bounds/network_bounds.hpp"
#include "cells/walk.hpp"

namespace bptt::bounds {
namespace {

using N = Dual<long double>;

/// A wrong rule shows in the first digits. Rounding, of some hundred operations in 64 bits each,
/// stays below this part of the largest tangent.
constexpr long double rounding = 0x1p-40L;
/// Without the way back they are formed in double, where the slope 1 - y y of a saturated function,
/// all but nothing, is off by what y y rounds to: two units of 2^-53, times some dozen terms of
/// size one or four.
constexpr long double of_slopes_in_double = 0x1p-46L;

TEST(Tangents, AreThoseOfDualNumbers) {
  std::mt19937_64 engine(7);
  int compared = 0;
  for (const cells::Definition& cell : cells::every_cell())
    for (int k = 0; k < 40; ++k) {
      const auto& gs = cell.activations;
      const cells::Function g = gs.empty() ? cells::Function::tanh : gs[engine() % gs.size()];
      const Question q = draw(cell, g, engine).question;
      NamedTensors<long double> v;
      NamedTensors<N> in;
      std::uniform_real_distribution<double> unit(-1, 1);
      for (const auto& [name, tensor] : q.in) {
        Tensor<long double> direction(tensor.shape());
        Tensor<N> numbers(tensor.shape());
        for (std::size_t i = 0; i < tensor.elements().size(); ++i) {
          direction.elements()[i] = static_cast<long double>(unit(engine));
          numbers.elements()[i] = {tensor.elements()[i], direction.elements()[i]};
        }
        v.add(name, std::move(direction));
        in.add(name, std::move(numbers));
      }
      const auto plan =
          std::make_shared<const Plan>(std::make_shared<const NormalForm>(normal_form(q.step)),
                                       q.extents, q.m, q.T_x, q.T_da, Derivation::one_pass);
      const NetworkBounds run(plan, q.in, q.up, Rounding::of<double>(), true),
          states(plan, q.in, q.up, Rounding::of<double>(), false);
      const auto got = run.tangents({v, {}}), in_double = states.tangents({v});
      cells::Walk<N> walk(q.step, q.extents, q.m);
      for (const auto& [name, tensor] : walk.forward(in)) {
        long double largest = 0;
        bool finite = true;  // not so where the sLSTM divides by zero
        for (const N& n : tensor.elements()) {
          largest = std::max(largest, std::abs(n.tangent));
          finite = finite && std::isfinite(n.tangent) && std::isfinite(n.value);
        }
        if (!finite) continue;
        for (std::size_t i = 0; i < tensor.elements().size(); ++i) {
          const long double expected = tensor.elements()[i].tangent;
          EXPECT_LE(std::abs(got[0][name].elements()[i] - expected), rounding * largest)
              << cell.name << " " << name << "[" << i << "] of problem " << k;
          EXPECT_LE(std::abs(in_double[0][name].elements()[i] - expected),
                    rounding * largest + of_slopes_in_double)
              << cell.name << " " << name << "[" << i << "] of problem " << k << " in double";
          EXPECT_EQ(got[1][name].elements()[i], 0) << "along no direction nothing moves";
          ++compared;
        }
      }
      if (::testing::Test::HasFailure()) return;
    }
  EXPECT_GT(compared, 10000);
}

}  // namespace
}  // namespace bptt::bounds
