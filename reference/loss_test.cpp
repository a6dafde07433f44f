#include "reference/loss.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "arithmetic/dual.hpp"
#include "arithmetic/fifty_digits.hpp"
#include "reference/backward_passes_test.hpp"

namespace bptt::reference {
namespace {

TEST(LossHead, ByHand) {
  // zy = [ln 1; ln 3], so y_hat = [1/4; 3/4]; the target is [1; 0].
  const Fifty ln3 = log(Fifty(3));
  const auto Wya = tensor_of<Fifty>({2, 1}, {0, ln3 / 2}), by = tensor_of<Fifty>({2, 1}, {0, 0});
  const auto a = tensor_of<Fifty>({1, 1, 1}, {2}), y = tensor_of<Fifty>({2, 1, 1}, {1, 0});
  Tensor<Fifty> y_hat({2, 1, 1}), da({1, 1, 1}), dWya({2, 1}), dby({2, 1});
  const HeadParameters<Fifty> p{Wya.view(), by.view()};
  head_forward<Fifty>(p, a.view(), y_hat.view());
  const Fifty tolerance("1e-48");  // some twenty roundings of 1e-50 of numbers near 1
  EXPECT_LE(abs(y_hat(0) - Fifty(1) / 4), tolerance);
  EXPECT_LE(abs(y_hat(1) - Fifty(3) / 4), tolerance);
  EXPECT_LE(abs(cross_entropy<Fifty>(p, a.view(), y.view()) - log(Fifty(4))), tolerance);

  fill(dby.view(), 7);  // accumulates
  cross_entropy_backward<Fifty>(p, a.view(), y.view(), {da.view(), dWya.view(), dby.view()});
  // dzy = [-3/4; 3/4]
  EXPECT_LE(abs(da(0) - ln3 * 3 / 8), tolerance);
  EXPECT_LE(abs(dWya(0) + Fifty(3) / 2), tolerance);
  EXPECT_LE(abs(dWya(1) - Fifty(3) / 2), tolerance);
  EXPECT_LE(abs(dby(0) - Fifty("6.25")), tolerance);
  EXPECT_LE(abs(dby(1) - Fifty("7.75")), tolerance);
}

TEST(LossHead, EveryColumnOfYHatSumsToOne) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> draw(-3, 3);
  const Index n_y = 9, n_a = 4;
  Tensor<double> Wya({n_y, n_a}), by({n_y, 1}), a({n_a, 6, 5}), y_hat({n_y, 6, 5});
  for (auto* tensor : {&Wya, &by, &a})
    for (double& element : tensor->elements()) element = draw(random);
  fill(y_hat.view(), std::numeric_limits<double>::quiet_NaN());  // overwritten
  head_forward<double>({Wya.view(), by.view()}, a.view(), y_hat.view());

  // y_hat(i) = exp(z(i) - log s), s = sum of exp(z), where the z are the same in both places.
  // Relative errors in units of u = 2^-53: exp 2 (one ULP) and the n_y - 1 additions reach log s;
  // log adds 2 log s, the subtraction |z(i) - log s|, the last exp 2, this sum n_y - 1.
  // Weighted by y_hat, |z(i) - log s| is the entropy: at most log n_y, as log s is.
  const double u = std::ldexp(1.0, -53), log_n = std::log(static_cast<double>(n_y));
  const double tolerance = u * (2 * static_cast<double>(n_y - 1) + 4 + 3 * log_n);
  for (Index t = 0; t < 5; ++t)
    for (Index j = 0; j < 6; ++j) {
      double sum = 0;
      for (Index i = 0; i < n_y; ++i) sum += y_hat(i, j, t);
      EXPECT_NEAR(sum, 1, tolerance) << j << " " << t;
    }
}

TEST(LossHead, ColumnsFarApartStayFinite) {
  // Columns at 0, 800 and -800; within the last column the classes are 800 apart.
  const auto Wya = tensor_of<double>({3, 2}, {1, 1, 1, 0, 0, 1});
  const auto by = tensor_of<double>({3, 1}, {0, 0, 0});
  const auto a = tensor_of<double>({2, 4, 1}, {0, 1, 800, 1, -800, 1, 0, 800});
  const auto y = tensor_of<double>({3, 4, 1}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0});
  Tensor<double> y_hat({3, 4, 1}), da({2, 4, 1}), dWya({3, 2}), dby({3, 1});
  const HeadParameters<double> p{Wya.view(), by.view()};
  head_forward<double>(p, a.view(), y_hat.view());
  // The first three columns differ by a constant, which softmax does not see.
  for (Index i = 0; i < 3; ++i) {
    EXPECT_EQ(y_hat(i, 1), y_hat(i, 0));
    EXPECT_EQ(y_hat(i, 2), y_hat(i, 0));
    EXPECT_EQ(y_hat(i, 3), i == 2 ? 1 : 0);
  }
  EXPECT_EQ(y_hat(0, 0), y_hat(1, 0));

  const double loss = cross_entropy<double>(p, a.view(), y.view());
  EXPECT_TRUE(std::isfinite(loss));
  EXPECT_GT(loss, 800);  // the last target has log-probability -800, not -infinity
  cross_entropy_backward<double>(p, a.view(), y.view(), {da.view(), dWya.view(), dby.view()});
  for (const Tensor<double>* gradient : {&da, &dWya, &dby})
    for (const double value : gradient->elements()) EXPECT_TRUE(std::isfinite(value)) << value;
  EXPECT_EQ(da(0, 3), 0);  // dzy = [-1; 0; 1]
  EXPECT_EQ(da(1, 3), 1);
}

TEST(LossHead, GradientIsTheDerivativeOfTheLoss) {
  using D = Dual<Fifty>;
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> draw(-1, 1);
  const Index n_y = 3, n_a = 2, m = 2, T = 2;
  NamedTensors<Fifty> in, out;
  in.add("a", Tensor<Fifty>({n_a, m, T}));
  in.add("Wya", Tensor<Fifty>({n_y, n_a}));
  in.add("by", Tensor<Fifty>({n_y, 1}));
  for (auto& [name, tensor] : in) {
    for (Fifty& element : tensor.elements()) element = draw(random);
    out.add("d" + name, Tensor<Fifty>(tensor.shape()));
  }
  Tensor<Fifty> y({n_y, m, T});
  for (Index t = 0; t < T; ++t)
    for (Index j = 0; j < m; ++j) {
      y(0, j, t) = Fifty("0.25"), y(1, j, t) = Fifty("0.125") * (j + t), y(2, j, t) = 0;
      y(2, j, t) = 1 - y(0, j, t) - y(1, j, t);
    }
  cross_entropy_backward<Fifty>({in["Wya"].view(), in["by"].view()}, in["a"].view(), y.view(),
                                {out["da"].view(), out["dWya"].view(), out["dby"].view()});

  for (const auto& [name, tensor] : in)
    for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
      NamedTensors<D> dual = converted<D>(in);
      dual[name].elements()[k].tangent = 1;
      const Tensor<D> target = converted<D>(y);
      const D loss = cross_entropy<D>({dual["Wya"].view(), dual["by"].view()}, dual["a"].view(),
                                      target.view());
      // Some hundred operations of 1e-50 on numbers near 1.
      EXPECT_LE(abs(loss.tangent - out["d" + name].elements()[k]), Fifty("1e-47")) << name << k;
    }
}

}  // namespace
}  // namespace bptt::reference
