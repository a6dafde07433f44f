// The vanilla recurrent network, forward and backward through time, in plain loops.
//
//   a<t> = g(Wax x<t> + Waa a<t-1> + ba),   g = tanh, ReLU or the identity
//
// This file is the meaning of the words: read it against docs/equations.md. It is templated on its
// arithmetic S, and deliberately neither blocked, vectorised, threaded nor clever.
#pragma once

#include "core/network.hpp"
#include "core/scalar_functions.hpp"
#include "core/tensor.hpp"
#include "reference/rnn_shapes.hpp"

namespace bptt::reference {

template <class S>
S activate(Activation g, const S& z) {
  if (g == Activation::tanh) return ScalarFunctions<S>::tanh(z);
  if (g == Activation::relu) return ScalarFunctions<S>::relu(z);
  return z;
}

/// g'(z), read from the output a = g(z): 1 - a^2, the step function, or 1.
template <class S>
S slope_from_output(Activation g, const S& a) {
  if (g == Activation::tanh) return S(1) - a * a;
  if (g == Activation::relu) return ScalarFunctions<S>::relu_slope(a);
  return S(1);
}

/// One step forwards: a_next = g(Wax xt + Waa a_prev + ba).
/// xt (n_x, m); a_prev (n_a, m); a_next (n_a, m), overwritten, must not overlap a_prev.
/// Throws ShapeError if an extent disagrees. Source: Elman 1990; docs/equations.md, section 1.
template <class S>
void rnn_cell_forward(Activation g, const RnnParameters<S>& p, ConstView<S> xt, ConstView<S> a_prev,
                      View<S> a_next) {
  require_rnn_cell_shapes(p, xt, a_prev, a_next);
  const Index n_x = xt.extent(0), n_a = a_prev.extent(0), m = xt.extent(1);
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < n_a; ++i) {
      S z = p.ba(i, 0);  // ba is broadcast over the batch
      for (Index k = 0; k < n_x; ++k) z += p.Wax(i, k) * xt(k, j);
      for (Index k = 0; k < n_a; ++k) z += p.Waa(i, k) * a_prev(k, j);
      a_next(i, j) = activate(g, z);
    }
}

/// One step backwards: da_next -> gradients of everything the step read.
///   dz = g'(z) * da_next,  dxt = Wax^T dz,  da_prev = Waa^T dz,
///   dWax += dz xt^T,  dWaa += dz a_prev^T,  dba += sum of dz over the batch
/// da_next (n_a, m): dL/da<t>, of this step's loss and of all later ones.
/// out.dx (n_x, m) and out.da0 (n_a, m) receive dxt and da_prev, overwritten; out.dWax (n_a, n_x),
/// out.dWaa (n_a, n_a), out.dba (n_a, 1) accumulate: the caller zeroes them before the last step.
/// Outputs must not overlap inputs. Throws ShapeError if an extent disagrees.
/// Source: Werbos 1990; docs/equations.md, section 2.
template <class S>
void rnn_cell_backward(Activation g, const RnnParameters<S>& p, ConstView<S> xt,
                       ConstView<S> a_prev, ConstView<S> a_next, ConstView<S> da_next,
                       const RnnGradients<S>& out) {
  require_rnn_cell_shapes(p, xt, a_prev, a_next);
  require_rnn_cell_gradient_shapes(p, xt, da_next, out);
  const Index n_x = xt.extent(0), n_a = a_prev.extent(0), m = xt.extent(1);

  Tensor<S> dz({n_a, m});
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < n_a; ++i) dz(i, j) = slope_from_output(g, a_next(i, j)) * da_next(i, j);

  for (Index j = 0; j < m; ++j) {
    for (Index k = 0; k < n_x; ++k) {
      S sum(0);
      for (Index i = 0; i < n_a; ++i) sum += p.Wax(i, k) * dz(i, j);
      out.dx(k, j) = sum;
    }
    for (Index k = 0; k < n_a; ++k) {
      S sum(0);
      for (Index i = 0; i < n_a; ++i) sum += p.Waa(i, k) * dz(i, j);
      out.da0(k, j) = sum;
    }
  }

  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < n_a; ++i) {
      for (Index k = 0; k < n_x; ++k) out.dWax(i, k) += dz(i, j) * xt(k, j);
      for (Index k = 0; k < n_a; ++k) out.dWaa(i, k) += dz(i, j) * a_prev(k, j);
      out.dba(i, 0) += dz(i, j);  // the way back of a broadcast is a sum
    }
}

/// The whole sequence forwards. x (n_x, m, T_x); a0 (n_a, m); a (n_a, m, T_x), overwritten.
/// Throws ShapeError if an extent disagrees. Source: docs/equations.md, section 1.
template <class S>
void rnn_forward(Activation g, const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                 View<S> a) {
  require_rnn_shapes(p, x, a0, a);
  for (Index t = 0; t < x.extent(2); ++t) {
    const ConstView<S> a_prev = t == 0 ? a0 : ConstView<S>(a.at_step(t - 1));
    rnn_cell_forward(g, p, x.at_step(t), a_prev, a.at_step(t));
  }
}

/// The whole sequence backwards, in one pass over the steps.
/// a: what the forward pass wrote. da (n_a, m, T_da), T_da <= T_x: da[:,:,t] is the gradient of
/// the loss of step t alone. out.dx (n_x, m, T_da) and out.da0 (n_a, m) are overwritten; out.dWax,
/// out.dWaa, out.dba accumulate (+=). Outputs must not overlap inputs.
/// Throws ShapeError if an extent disagrees. Source: Werbos 1990; docs/equations.md, section 3.
template <class S>
void rnn_backward(Activation g, const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                  ConstView<S> a, ConstView<S> da, const RnnGradients<S>& out) {
  require_rnn_shapes(p, x, a0, a);
  require_rnn_gradient_shapes(p, x, da, out);
  const Index n_a = a0.extent(0), m = a0.extent(1), T = da.extent(2);

  Tensor<S> da_next({n_a, m}), da_prevt({n_a, m});
  for (Index t = T - 1; t >= 0; --t) {
    // a<t> feeds the loss of step t and, through a<t+1>, every later loss: the two gradients add.
    for (Index j = 0; j < m; ++j)
      for (Index i = 0; i < n_a; ++i) da_next(i, j) = da(i, j, t) + da_prevt(i, j);

    const ConstView<S> a_prev = t == 0 ? a0 : a.at_step(t - 1);
    rnn_cell_backward<S>(g, p, x.at_step(t), a_prev, a.at_step(t), da_next.view(),
                         {out.dx.at_step(t), da_prevt.view(), out.dWax, out.dWaa, out.dba});
  }
  copy(da_prevt.view(), out.da0);
}

}  // namespace bptt::reference
