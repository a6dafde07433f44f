// The backward passes against forward mode: every entry of every gradient is the derivative of
// <da, a> + <dc_T, c_T> with respect to the entry it is the gradient of.
#include <gtest/gtest.h>

#include <random>

#include "arithmetic/dual.hpp"
#include "arithmetic/fifty_digits.hpp"
#include "arithmetic/modular.hpp"
#include "reference/backward_passes_test.hpp"

namespace bptt::reference {
namespace {

template <class S>
S inner(const View<const S>& p, const View<const S>& q) {
  S sum(0);
  for (Index t = 0; t < p.extent(2); ++t)
    for (Index j = 0; j < p.extent(1); ++j)
      for (Index i = 0; i < p.extent(0); ++i) sum += p(i, j, t) * q(i, j, t);
  return sum;
}

/// The derivative along one entry of one input.
template <class S>
S derivative(const Arrays<S>& s, const std::string& name, std::size_t entry) {
  Arrays<Dual<S>> dual{s.cell,
                       s.activation,
                       converted<Dual<S>>(s.in),
                       converted<Dual<S>>(s.cache),
                       converted<Dual<S>>(s.up),
                       {}};
  dual.in[name].elements()[entry].tangent = S(1);
  forward(dual);
  const auto cache = views_of(std::as_const(dual.cache));
  const auto up = views_of(std::as_const(dual.up));
  const Index T = up["da"].extent(2);
  Dual<S> loss = inner<Dual<S>>(up["da"], cache["a"].slice(2, 0, T));
  if (s.cell == Cell::lstm) loss += inner<Dual<S>>(up["dc_T"], cache["c"].at_step(T - 1));
  return loss.tangent;
}

template <class S>
void expect_derivatives(const Arrays<S>& s, Index T_da, const auto& expect_near) {
  const auto out = gradients_by(backward_passes<S>(s.cell, T_da)["one pass"], s);
  for (const auto& [name, tensor] : s.in) {
    const Tensor<S>& gradient = out["d" + name];
    for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
      // x has steps after the last loss; they have no entry in dx and no influence.
      const bool beyond = k >= gradient.elements().size();
      const S got = beyond ? S(0) : gradient.elements()[k];
      expect_near(got, derivative(s, name, k), "d" + name + " element " + std::to_string(k));
    }
  }
}

const Sizes differentiated{.n_x = 2, .n_a = 3, .m = 2, .T_x = 5, .T_da = 4};

TEST(Derivative, ExactOverTheField) {
  std::mt19937_64 random(9);
  const auto draw = [&] { return Modular(random()); };
  const auto expect_equal = [](Modular got, Modular expected, const std::string& what) {
    EXPECT_EQ(got, expected) << what;
  };
  for (const Activation g : {Activation::tanh, Activation::identity})
    expect_derivatives(passed_forward<Modular>(Cell::rnn, g, differentiated, draw),
                       differentiated.T_da, expect_equal);
  expect_derivatives(passed_forward<Modular>(Cell::lstm, Activation::tanh, differentiated, draw),
                     differentiated.T_da, expect_equal);
}

TEST(Derivative, OfTheRealFunctionsToFortyFiveDigits) {
  std::mt19937_64 random(10);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto draw = [&] { return Fifty(uniform(random)); };
  // Entries are sums of some thousand products, each rounded to 1e-50, of numbers of size 1.
  const auto expect_near = [](const Fifty& got, const Fifty& expected, const std::string& what) {
    EXPECT_LE(abs(got - expected), Fifty("1e-45")) << what;
  };
  for (const Activation g : {Activation::tanh, Activation::relu, Activation::identity})
    expect_derivatives(passed_forward<Fifty>(Cell::rnn, g, differentiated, draw),
                       differentiated.T_da, expect_near);
  expect_derivatives(passed_forward<Fifty>(Cell::lstm, Activation::tanh, differentiated, draw),
                     differentiated.T_da, expect_near);
}

}  // namespace
}  // namespace bptt::reference
