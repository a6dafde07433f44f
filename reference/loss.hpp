// The loss head: what stands between the states and a number, and the source of da.
//
//   zy = Wya a + by,   y_hat = softmax(zy) over the n_y classes,
//   L  = - sum over classes, samples and steps of y log(y_hat)
//
// Its backward gives da, the upstream gradient of the recurrent network, and dWya, dby.
#pragma once

#include "core/error.hpp"
#include "core/network.hpp"
#include "core/scalar_functions.hpp"
#include "core/tensor.hpp"

namespace bptt::reference {

/// Wya (n_y, n_a), by (n_y, 1).
template <class S>
struct HeadParameters {
  View<const S> Wya, by;
};

/// da (n_a, m, T) is overwritten; dWya (n_y, n_a) and dby (n_y, 1) accumulate (+=).
template <class S>
struct HeadGradients {
  View<S> da, dWya, dby;
};

/// log softmax(Wya a<t> + by) for one sample of one step, (n_y, 1).
/// The column's own maximum is subtracted first, so no exponential overflows: columns of the batch
/// may be any distance apart.
template <class S>
Tensor<S> log_softmax_of_head(const HeadParameters<S>& p, ConstView<S> a, Index j, Index t) {
  using F = ScalarFunctions<S>;
  const Index n_y = p.Wya.extent(0), n_a = p.Wya.extent(1);
  Tensor<S> z({n_y, 1});
  for (Index i = 0; i < n_y; ++i) {
    z(i) = p.by(i, 0);
    for (Index k = 0; k < n_a; ++k) z(i) += p.Wya(i, k) * a(k, j, t);
  }
  S maximum = z(0);
  for (Index i = 1; i < n_y; ++i) maximum = F::larger(maximum, z(i));
  S sum(0);
  for (Index i = 0; i < n_y; ++i) sum += F::exp(z(i) - maximum);
  const S log_sum = F::log(sum);
  for (Index i = 0; i < n_y; ++i) z(i) = z(i) - maximum - log_sum;
  return z;
}

template <class S>
void require_head_shapes(const HeadParameters<S>& p, ConstView<S> a, ConstView<S> y) {
  const Index n_y = p.Wya.extent(0), n_a = a.extent(0);
  if (n_y < 1) throw ShapeError("Wya has shape " + p.Wya.shape().str() + ": no class at all");
  require_shape("Wya", p.Wya.shape(), {n_y, n_a});
  require_shape("by", p.by.shape(), {n_y, 1});
  require_shape("a", a.shape(), {n_a, a.extent(1), a.extent(2)});
  require_shape("y", y.shape(), {n_y, a.extent(1), a.extent(2)});
}

/// y_hat = softmax(Wya a + by). a (n_a, m, T); y_hat (n_y, m, T), overwritten.
template <class S>
void head_forward(const HeadParameters<S>& p, ConstView<S> a, View<S> y_hat) {
  require_head_shapes<S>(p, a, y_hat);
  for (Index t = 0; t < a.extent(2); ++t)
    for (Index j = 0; j < a.extent(1); ++j) {
      const Tensor<S> log_y = log_softmax_of_head(p, a, j, t);
      for (Index i = 0; i < y_hat.extent(0); ++i)
        y_hat(i, j, t) = ScalarFunctions<S>::exp(log_y(i));
    }
}

/// L = - sum of y log(y_hat). y (n_y, m, T): the target distribution, each column summing to 1.
template <class S>
S cross_entropy(const HeadParameters<S>& p, ConstView<S> a, ConstView<S> y) {
  require_head_shapes<S>(p, a, y);
  S loss(0);
  for (Index t = 0; t < a.extent(2); ++t)
    for (Index j = 0; j < a.extent(1); ++j) {
      const Tensor<S> log_y = log_softmax_of_head(p, a, j, t);
      for (Index i = 0; i < y.extent(0); ++i) loss = loss - y(i, j, t) * log_y(i);
    }
  return loss;
}

/// The way back: dzy = y_hat - y,  da = Wya^T dzy,  dWya += dzy a^T,  dby += sum of dzy.
/// Shapes as above; each column of y sums to 1, as for cross_entropy. da must not overlap a. Throws
/// ShapeError if an extent disagrees. Source: Bridle 1990; docs/equations.md, section 9.
template <class S>
void cross_entropy_backward(const HeadParameters<S>& p, ConstView<S> a, ConstView<S> y,
                            const HeadGradients<S>& out) {
  require_head_shapes<S>(p, a, y);
  const Index n_y = p.Wya.extent(0), n_a = a.extent(0);
  require_shape("da", out.da.shape(), a.shape());
  require_shape("dWya", out.dWya.shape(), p.Wya.shape());
  require_shape("dby", out.dby.shape(), p.by.shape());

  for (Index t = 0; t < a.extent(2); ++t)
    for (Index j = 0; j < a.extent(1); ++j) {
      Tensor<S> dzy = log_softmax_of_head(p, a, j, t);
      for (Index i = 0; i < n_y; ++i) dzy(i) = ScalarFunctions<S>::exp(dzy(i)) - y(i, j, t);
      for (Index k = 0; k < n_a; ++k) {
        S sum(0);
        for (Index i = 0; i < n_y; ++i) sum += p.Wya(i, k) * dzy(i);
        out.da(k, j, t) = sum;
      }
      for (Index i = 0; i < n_y; ++i) {
        for (Index k = 0; k < n_a; ++k) out.dWya(i, k) += dzy(i) * a(k, j, t);
        out.dby(i, 0) += dzy(i);
      }
    }
}

}  // namespace bptt::reference
