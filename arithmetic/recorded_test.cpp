#include "arithmetic/recorded.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "arithmetic/fifty_digits.hpp"

namespace bptt {
namespace {

using Real = Recorded<double>;

struct RecordedNumbers : ::testing::Test {
  Tape<double> tape;
  TapeScope<double> scope{tape};
  Real p = Real::input(0.75), q = Real::input(-2.5);

  [[nodiscard]] Op last() const { return tape.nodes().back().op; }
  [[nodiscard]] std::size_t size() const { return tape.nodes().size(); }
};

TEST_F(RecordedNumbers, AnInputIsALeafWithItsValue) {
  EXPECT_EQ(size(), 2U);
  EXPECT_EQ(last(), Op::leaf);
  EXPECT_EQ(p.node(), 0);
  EXPECT_EQ(q.node(), 1);
  EXPECT_EQ(q.value(), -2.5);
}

TEST_F(RecordedNumbers, EachOperationWritesItsRuleItsOperandsAndItsValue) {
  using F = ScalarFunctions<Real>;
  using G = ScalarFunctions<double>;
  const auto expect = [&](const Real& y, Op op, double value, const Real& left, const Real* right) {
    EXPECT_EQ(last(), op);
    EXPECT_EQ(y.node(), static_cast<std::int32_t>(size()) - 1);
    EXPECT_EQ(y.value(), value);
    EXPECT_EQ(tape[y.node()].value, value);
    EXPECT_EQ(tape[y.node()].left, left.node());
    EXPECT_EQ(tape[y.node()].right, right == nullptr ? Tape<double>::none : right->node());
  };
  expect(p + q, Op::add, -1.75, p, &q);
  expect(p - q, Op::subtract, 3.25, p, &q);
  expect(p * q, Op::multiply, -1.875, p, &q);
  expect(p / q, Op::divide, 0.75 / -2.5, p, &q);
  expect(-p, Op::negate, -0.75, p, nullptr);
  expect(F::tanh(p), Op::tanh, G::tanh(0.75), p, nullptr);
  expect(F::sigmoid(q), Op::sigmoid, G::sigmoid(-2.5), q, nullptr);
  expect(F::exp(q), Op::exp, G::exp(-2.5), q, nullptr);
  expect(F::log(p), Op::log, G::log(0.75), p, nullptr);
  expect(F::relu(p), Op::relu, 0.75, p, nullptr);
  Real sum = p;
  expect(sum += q, Op::add, -1.75, p, &q);
  Real difference = p;
  expect(difference -= q, Op::subtract, 3.25, p, &q);
}

TEST_F(RecordedNumbers, ZeroAndOneLeaveNoTrace) {
  const Real zero, one(1);
  for (const Real& same : {p + zero, zero + p, p - zero, p * one, one * p, p / one}) {
    EXPECT_EQ(same.node(), p.node());
    EXPECT_EQ(same.value(), 0.75);
  }
  for (const Real& nothing : {p * zero, zero * p}) {
    EXPECT_EQ(nothing.node(), Tape<double>::none);
    EXPECT_EQ(nothing.value(), 0.0);
  }
  EXPECT_EQ(size(), 2U);

  const Real negative = zero - p;
  EXPECT_EQ(last(), Op::negate);
  EXPECT_EQ(negative.value(), -0.75);
}

TEST_F(RecordedNumbers, OnlyConstantsVanishNotInputsOfTheSameValue) {
  const Real zero = Real::input(0), one = Real::input(1);
  EXPECT_NE((p + zero).node(), p.node());
  EXPECT_NE((p - zero).node(), p.node());
  EXPECT_NE((p * one).node(), p.node());
  EXPECT_NE((p / one).node(), p.node());
  EXPECT_NE((p * zero).node(), Tape<double>::none);
}

TEST_F(RecordedNumbers, OtherConstantsBecomeLeavesWithoutInputs) {
  const Real y = p * Real(3);
  EXPECT_EQ(y.value(), 2.25);
  EXPECT_EQ(tape[tape[y.node()].right].op, Op::leaf);
  EXPECT_EQ(tape[tape[y.node()].right].value, 3.0);
  EXPECT_EQ((-Real(3)).node(), Tape<double>::none);
  EXPECT_EQ((-Real(3)).value(), -3.0);
}

TEST_F(RecordedNumbers, StepsAndMaximaSelectWithoutAnOperation) {
  using F = ScalarFunctions<Real>;
  EXPECT_EQ(F::larger(p, q).node(), p.node());
  EXPECT_EQ(F::larger(q, p).node(), p.node());
  const Real equal = Real::input(0.75);
  EXPECT_EQ(F::larger(p, equal).node(), p.node());  // the first of equals
  const std::size_t before = size();
  EXPECT_EQ(F::relu_slope(p).value(), 1.0);
  EXPECT_EQ(F::relu_slope(q).value(), 0.0);
  EXPECT_EQ(F::relu_slope(Real()).value(), 0.0);
  EXPECT_EQ(F::relu_slope(p).node(), Tape<double>::none);
  EXPECT_EQ(size(), before);
}

/// Every operation and every smooth function once.
template <class S>
S all_operations(const S& x) {
  using F = ScalarFunctions<S>;
  S y = F::tanh(x * x) - F::sigmoid(-x) / (S(2) + F::exp(x));
  y += F::log(x + S(1)) * y;
  y -= F::larger(x, x * x) * F::relu(y + S(1));
  return y;
}

// Central differences in fifty digits: h^2 = 1e-30 times a third derivative of order one.
TEST(Recorded, ReverseModeOfAWholeExpressionIsItsDifferenceQuotient) {
  const Fifty h("1e-15");
  for (const char* text : {"0.15", "0.4", "0.77", "0.9"}) {
    Tape<Fifty> tape;
    const TapeScope<Fifty> scope(tape);
    const Fifty x(text);
    const auto y = all_operations(Recorded<Fifty>::input(x));
    EXPECT_EQ(y.value(), all_operations(x));
    const Fifty difference =
        (all_operations<Fifty>(x + h) - all_operations<Fifty>(x - h)) / (2 * h);
    EXPECT_LE(abs(tape.gradient({{y.node(), Fifty(1)}})[0] - difference), Fifty("1e-27")) << text;
  }
}

}  // namespace
}  // namespace bptt
