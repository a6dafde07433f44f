// The reversed lines of every cell against derivatives that know nothing of reversing: forward-mode
// dual numbers over a finite field, where every gradient must be exact, and differences of the
// forward pass in fifty digits, which take no slope from a rule. Networks of several directions,
// and of samples that end one by one, are judged over the field.
#include "cells/reverse.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "arithmetic/dual.hpp"
#include "arithmetic/fifty_digits.hpp"
#include "arithmetic/modular.hpp"
#include "cells/random_walk_test.hpp"

namespace bptt::cells {
namespace {

template <class S>
NamedTensors<S> gradients_of(const Program& step, const Given<S>& given) {
  Walk<S> walk(step, given.extents, given.m);
  static_cast<void>(walk.forward(given.in));
  return walk.backward(given.up);
}

Modular of_tangent(const Dual<Modular>& v) { return v.tangent; }

/// How many entries of the gradients are the derivative of the loss, and how many are not.
struct Count {
  int right = 0, wrong = 0;
};
Count exact(const Program& step, const Given<Modular>& given,
            const NamedTensors<Modular>& gradients) {
  Count count;
  auto in = converted<Dual<Modular>>(given.in);
  Walk<Dual<Modular>> walk(step, given.extents, given.m);
  for (auto& [name, tensor] : in)
    for (std::size_t k = 0; name != "mask" && k < tensor.elements().size(); ++k) {
      tensor.elements()[k].tangent = Modular(1);
      const Modular derivative = loss<Modular, Dual<Modular>>(given, walk.forward(in), of_tangent);
      tensor.elements()[k].tangent = Modular(0);
      derivative == gradient_at(gradients, name, k) ? ++count.right : ++count.wrong;
    }
  return count;
}

bool in_a_field(const Program& step) { return !uses(step, {Function::larger, Function::relu}); }

TEST(Reverse, IsTheDerivativeOverAFiniteField) {
  std::mt19937_64 engine(1);
  for (const Program& step : every_step()) {
    if (!in_a_field(step)) continue;  // those are judged by differences
    for (int k = 0; k < 12; ++k) {
      const auto given = draw<Modular>(step, engine, [&] { return Modular(engine() >> 3U); });
      const Count count = exact(step, given, gradients_of(step, given));
      EXPECT_EQ(count.wrong, 0) << step.arrays.front().name << ", problem " << k;
      EXPECT_GT(count.right, 0);
    }
  }
}

// Each line of the way back is needed.
TEST(Reverse, WithoutAnyOneOfItsLinesItIsNot) {
  std::mt19937_64 engine(2);
  for (const Program& step : every_step()) {
    if (!in_a_field(step)) continue;
    const Reversal whole = reverse(step);
    for (std::size_t line = 0; line < whole.program.lines.size(); ++line) {
      Reversal back = whole;
      back.program.lines.erase(back.program.lines.begin() + static_cast<std::ptrdiff_t>(line));
      int wrong = 0;
      for (int k = 0; k < 20 && wrong == 0; ++k) {
        const auto given = draw<Modular>(step, engine, [&] { return Modular(engine() >> 3U); });
        Walk<Modular> walk(step, back, given.extents, given.m);
        static_cast<void>(walk.forward(given.in));
        wrong += exact(step, given, walk.backward(given.up)).wrong;
      }
      EXPECT_GT(wrong, 0) << step.arrays.front().name << ", line " << line;
    }
  }
}

Fifty of_value(const Fifty& v) { return v; }

// Of order 2: the difference over h/2 is nearer to the limit than to the one over h, unless a kink
// of ReLU or of `larger` lies between, where there is no derivative. What fifty digits lose is
// 1e-34.
TEST(Reverse, IsTheLimitOfDifferences) {
  std::mt19937_64 engine(3);
  const Fifty h("1e-16");
  for (const Program& step : steps_of(built_in())) {
    int judged = 0, kinks = 0;
    for (int k = 0; k < 4; ++k) {
      auto given = draw<Fifty>(step, engine,
                               [&] { return Fifty(static_cast<int>(engine() % 65) - 32) / 32; });
      if (given.in.contains("n0") && uses(step, {Function::reciprocal}))
        for (Fifty& n : given.in["n0"].elements()) n = n * n + 1;  // it divides
      const auto gradients = gradients_of(step, given);
      Walk<Fifty> walk(step, given.extents, given.m);
      const auto at = [&](Fifty& entry, const Fifty& value) {
        entry = value;
        return loss<Fifty, Fifty>(given, walk.forward(given.in), of_value);
      };
      for (auto& [name, tensor] : given.in)
        for (int j = 0; name != "mask" && j < 3; ++j) {
          const std::size_t e = engine() % tensor.elements().size();
          Fifty& entry = tensor.elements()[e];
          const Fifty value = entry;
          const auto difference = [&](const Fifty& d) -> Fifty {
            const Fifty after = at(entry, value + d), before = at(entry, value - d);
            return (after - before) / (2 * d);
          };
          const Fifty wide = difference(h), narrow = difference(h / 2);
          entry = value;
          const Fifty change = abs(narrow - wide),
                      off = abs(gradient_at(gradients, name, e) - narrow);
          if (change > Fifty("1e-20")) {
            ++kinks;
            continue;
          }
          EXPECT_LE(off, change + Fifty("1e-32")) << name << " of " << step.arrays.front().name;
          ++judged;
        }
    }
    EXPECT_GT(judged, 10 * kinks);
    EXPECT_GT(judged, 20);
  }
}

TEST(Reverse, NeedsAnActivation) {
  EXPECT_THROW(static_cast<void>(reverse(built_in("rnn").step)), UnsupportedError);
}

}  // namespace
}  // namespace bptt::cells
