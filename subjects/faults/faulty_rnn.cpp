#include "subjects/faults/faulty_rnn.hpp"

#include "core/scalar_functions.hpp"

namespace bptt::faults {

template <class S>
FaultyRnn<S>::FaultyRnn(const FaultSet& set, Activation g, const Sizes& sizes)
    : FaultySession<S>(Cell::rnn, set, sizes),
      g_(g),
      products_(set, sizes),
      a_(shape_of(Cell::rnn, "a", sizes)),
      da_prevt_({sizes.n_a, sizes.m}) {}

template <class S>
void FaultyRnn<S>::run_forward(const NamedViews<const S>& in, const NamedViews<S>& out) {
  const auto [Wax, Waa, ba] = rnn_parameters(in);
  const View<const S> x = in["x"];
  const Sizes& n = this->sizes();

  for (Index t = 0; t < n.T_x; ++t) {
    const View<const S> a_prev = this->before(t, in["a0"], a_);
    for (Index j = 0; j < n.m; ++j)
      for (Index i = 0; i < n.n_a; ++i) {
        S z = ba(i, 0);
        if (has("bias_twice")) z += ba(i, 0);
        for (Index k = 0; k < n.n_x; ++k) z += Wax(i, k) * x(k, j, t);
        for (Index k = 0; k < n.n_a; ++k) z += Waa(i, k) * a_prev(k, j);
        a_(i, j, t) = g_ == Activation::tanh   ? ScalarFunctions<S>::tanh(z)
                      : g_ == Activation::relu ? ScalarFunctions<S>::relu(z)
                                               : z;
      }
  }
  copy(a_.view(), out["a"]);
}

template <class S>
void FaultyRnn<S>::run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                const NamedViews<S>& grad) {
  const RnnParameters<S> p = rnn_parameters(in);
  const RnnGradients<S> out = rnn_gradients(grad);
  const Sizes& n = this->sizes();

  Tensor<S> da_next({n.n_a, n.m}), dz({n.n_a, n.m}), dz_back({n.n_a, n.m}), a_prev({n.n_a, n.m});
  if (!has("stale_carry")) fill(da_prevt_.view(), S(0));
  for (Index t = this->last_step(); t >= 0; --t) {
    if (this->forgets_carry_into(t)) fill(da_prevt_.view(), S(0));
    this->join_upstream(up["da"], t, da_prevt_, da_next);
    pass_activation(t, da_next, dz, dz_back);

    Tensor<S> dxt({n.n_x, n.m});
    fill(da_prevt_.view(), S(0));
    products_.add_way_back(p.Wax, dz_back, 0, dxt);
    products_.add_way_back(p.Waa, dz_back, n.n_a, da_prevt_);
    copy(dxt.view(), out.dx.at_step(t));

    if (has("assign_dw"))
      for (const View<S>& sum : {out.dWax, out.dWaa, out.dba}) fill(sum, S(0));
    copy(this->before(t, in["a0"], a_), a_prev.view());
    products_.add_weight_gradient(dz, this->input_of_step(in["x"], t), out.dWax);
    products_.add_weight_gradient(dz, a_prev, out.dWaa);
    products_.add_bias_gradient(dz, a_prev, t, out.dba);
  }
  copy(da_prevt_.view(), out.da0);
}

template <class S>
void FaultyRnn<S>::pass_activation(Index t, const Tensor<S>& da_next, Tensor<S>& dz,
                                   Tensor<S>& dz_back) const {
  for_each_unit(this->sizes(), [&](Index i, Index j) {
    const S s = slope(a_(i, j, t));
    dz(i, j) = has("slope_without_da_next") ? s : s * da_next(i, j);
    if (has("slope_twice")) dz(i, j) *= s;
    dz_back(i, j) = has("slope_missing_in_da_prev") ? da_next(i, j) : dz(i, j);
  });
}

template <class S>
S FaultyRnn<S>::slope(const S& a) const {
  if (g_ == Activation::tanh || has("slope_of_tanh_always")) return S(1) - a * a;
  return g_ == Activation::relu ? ScalarFunctions<S>::relu_slope(a) : S(1);
}

template class FaultyRnn<float>;
template class FaultyRnn<double>;

}  // namespace bptt::faults
