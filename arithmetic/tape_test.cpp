#include "arithmetic/tape.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "arithmetic/fifty_digits.hpp"

namespace bptt {
namespace {

constexpr std::int32_t none = Tape<Fifty>::none;

/// One operation: its rule on values, and operands between which it is smooth.
struct Case {
  Op op;
  std::function<Fifty(const Fifty&, const Fifty&)> f;
  const char *p, *q;  // q is nullptr for an operation of one operand
};

std::vector<Case> every_operation() {
  using F = ScalarFunctions<Fifty>;
  const auto one = [](Fifty (*f)(const Fifty&)) {
    return [f](const Fifty& p, const Fifty&) { return f(p); };
  };
  return {{Op::add, [](auto& p, auto& q) -> Fifty { return p + q; }, "0.7", "-1.3"},
          {Op::subtract, [](auto& p, auto& q) -> Fifty { return p - q; }, "0.7", "-1.3"},
          {Op::multiply, [](auto& p, auto& q) -> Fifty { return p * q; }, "0.7", "-1.3"},
          {Op::divide, [](auto& p, auto& q) -> Fifty { return p / q; }, "0.7", "-1.3"},
          {Op::negate, [](auto& p, auto&) -> Fifty { return -p; }, "0.7", nullptr},
          {Op::tanh, one(F::tanh), "0.7", nullptr},
          {Op::sigmoid, one(F::sigmoid), "-0.7", nullptr},
          {Op::exp, one(F::exp), "0.7", nullptr},
          {Op::log, one(F::log), "0.7", nullptr},
          {Op::relu, one(F::relu), "0.7", nullptr},
          {Op::relu, one(F::relu), "-0.7", nullptr}};
}

// h = 1e-15: 1e-30 times a third derivative below 5, and 1e-50 / h = 1e-35 of rounding.
TEST(Tape, TheDerivativeOfEveryOperationIsItsDifferenceQuotient) {
  const Fifty h("1e-15");
  for (const Case& c : every_operation()) {
    const Fifty p(c.p), q(c.q == nullptr ? "0" : c.q);
    Tape<Fifty> tape;
    const std::int32_t left = tape.push(Op::leaf, p);
    const std::int32_t right = c.q == nullptr ? none : tape.push(Op::leaf, q);
    const std::int32_t y = tape.push(c.op, c.f(p, q), left, right);
    const Fifty weight("1.25");
    const auto d = tape.gradient({{y, weight}});
    const auto at = [&](std::int32_t k) { return d[static_cast<std::size_t>(k)]; };
    EXPECT_EQ(at(y), weight);
    EXPECT_LE(abs(at(left) - weight * (c.f(p + h, q) - c.f(p - h, q)) / (2 * h)), Fifty("1e-28"))
        << "operation " << static_cast<int>(c.op);
    if (right == none) continue;
    EXPECT_LE(abs(at(right) - weight * (c.f(p, q + h) - c.f(p, q - h)) / (2 * h)), Fifty("1e-28"))
        << "operation " << static_cast<int>(c.op);
  }
}

TEST(Tape, TheSlopeOfReluAtItsKinkIsZero) {
  Tape<double> tape;
  const auto z = tape.push(Op::leaf, 0.0);
  const auto a = tape.push(Op::relu, 0.0, z);
  EXPECT_EQ(tape.gradient({{a, 1.0}})[0], 0.0);
}

// f = 2 p^2 + 3 p q with p = 5, q = 7: all numbers exact.
TEST(Tape, WeightsAndUsesAddUp) {
  Tape<double> tape;
  const auto p = tape.push(Op::leaf, 5.0);
  const auto q = tape.push(Op::leaf, 7.0);
  const auto square = tape.push(Op::multiply, 25.0, p, p);
  const auto product = tape.push(Op::multiply, 35.0, p, q);
  const auto d = tape.gradient({{square, 1.0}, {product, 3.0}, {square, 1.0}, {none, 100.0}});
  EXPECT_EQ(d, (std::vector<double>{2 * 2 * 5 + 3 * 7, 3 * 5, 2, 3}));
}

TEST(Tape, TheGradientOfAnInputIsItsWeight) {
  Tape<double> tape;
  const auto p = tape.push(Op::leaf, 5.0);
  EXPECT_EQ(tape.gradient({{p, 4.0}}), std::vector<double>{4.0});
}

TEST(Tape, ClearForgetsOperations) {
  Tape<double> tape;
  tape.push(Op::leaf, 1.0);
  tape.clear();
  EXPECT_TRUE(tape.nodes().empty());
  EXPECT_EQ(tape.push(Op::leaf, 2.0), 0);
  EXPECT_EQ(tape[0].value, 2.0);
}

TEST(TapeScope, TheInnermostIsActiveAndTheOuterComesBack) {
  Tape<double> outer, inner;
  EXPECT_EQ(Tape<double>::active(), nullptr);
  {
    const TapeScope<double> first(outer);
    EXPECT_EQ(Tape<double>::active(), &outer);
    try {
      const TapeScope<double> second(inner);
      EXPECT_EQ(Tape<double>::active(), &inner);
      EXPECT_EQ(Tape<long double>::active(), nullptr);  // each number type has its own
      throw 1;
    } catch (int) {
    }
    EXPECT_EQ(Tape<double>::active(), &outer);
  }
  EXPECT_EQ(Tape<double>::active(), nullptr);
}

}  // namespace
}  // namespace bptt
