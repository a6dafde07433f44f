#include "subjects/faults/faulty_rnn.hpp"

namespace bptt::faults {

template <class S>
FaultyRnn<S>::FaultyRnn(const FaultSet& set, Activation g, const Sizes& sizes)
    : FaultySession<S>(Cell::rnn, set, sizes), g_(g), da_prevt_({sizes.n_a, sizes.m}) {}

template <class S>
void FaultyRnn<S>::run_forward(const NamedViews<const S>& in) {
  const auto [Wax, Waa, ba] = rnn_parameters(in);
  const View<const S> x = in["x"];
  const Sizes& n = this->sizes();
  Tensor<S>& a = this->cache()["a"];

  for (Index t = 0; t < n.T_x; ++t) {
    const View<const S> a_prev = this->walk_.state_before(t, in["a0"], a);
    for (Index j = 0; j < n.m; ++j)
      for (Index i = 0; i < n.n_a; ++i) {
        S z = ba(i, 0);
        if (has("bias_twice")) z += ba(i, 0);
        for (Index k = 0; k < n.n_x; ++k) z += Wax(i, k) * x(k, j, t);
        for (Index k = 0; k < n.n_a; ++k) z += Waa(i, k) * a_prev(k, j);
        a(i, j, t) = activate(z);
      }
  }
}

template <class S>
void FaultyRnn<S>::run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                const NamedViews<S>& grad) {
  const RnnParameters<S> p = rnn_parameters(in);
  const RnnGradients<S> out = rnn_gradients(grad);
  const Sizes& n = this->sizes();
  const FaultyWalk<S>& walk = this->walk_;
  const FaultyProducts<S>& products = this->products_;
  const Tensor<S>& a = this->cache()["a"];

  Tensor<S> da_next({n.n_a, n.m}), dz({n.n_a, n.m}), dz_back({n.n_a, n.m});
  walk.begin_carry(da_prevt_);
  for (Index t = walk.last(up); t >= walk.first(); --t) {
    if (walk.forgets_carry_into(t)) fill(da_prevt_.view(), S(0));
    if (has("da0_one_step_early") && t == 0) copy(std::as_const(da_prevt_).view(), out.da0);
    walk.join_upstream(t, up["da"], in["x"], da_prevt_, da_next);
    pass_activation(a.view().at_step(walk.kept_step(t)), da_next, dz, dz_back);
    walk.finish_samples(dz);
    walk.finish_samples(dz_back);

    Tensor<S> dxt({n.n_x, n.m});
    fill(da_prevt_.view(), S(0));
    products.add_way_back(p.Wax, dz_back, 0, dxt);
    products.add_way_back(p.Waa, dz_back, n.n_a, da_prevt_);
    products.store_input_gradient(dxt, 0, out.dx.at_step(t));

    if (!walk.adds_to_sums(t)) continue;
    if (has("assign_dw"))
      for (const View<S>& sum : {out.dWax, out.dWaa, out.dba}) fill(sum, S(0));
    const Tensor<S> a_prev = walk.state_of_weights(t, in["a0"], a);
    products.add_weight_gradient(dz, walk.input_of_weights(t, in["x"]), 0, out.dWax);
    products.add_weight_gradient(dz, a_prev, n.n_a, out.dWaa);
    products.add_bias_gradient(dz, a_prev, t, out.dba);
  }
  if (!has("da0_one_step_early")) copy(std::as_const(da_prevt_).view(), out.da0);
}

template <class S>
void FaultyRnn<S>::pass_activation(const View<const S>& a_next, const Tensor<S>& da_next,
                                   Tensor<S>& dz, Tensor<S>& dz_back) const {
  for_each_unit(this->sizes(), [&](Index i, Index j) {
    const S s = slope(a_next(i, j));
    S dz_ij = has("slope_without_da_next") ? s : s * da_next(i, j);
    if (has("slope_twice")) dz_ij *= s;
    dz(i, j) = this->functions_.stored(dz_ij);
    dz_back(i, j) = has("slope_missing_in_da_prev") ? da_next(i, j) : dz(i, j);
  });
}

template <class S>
S FaultyRnn<S>::activate(const S& z) const {
  if (g_ == Activation::tanh) return this->functions_.tanh(z);
  return g_ == Activation::relu ? ScalarFunctions<S>::relu(z) : z;
}

template <class S>
S FaultyRnn<S>::slope(const S& a) const {
  if (g_ == Activation::tanh || has("slope_of_tanh_always"))
    return this->functions_.slope_of_tanh(a);
  return g_ == Activation::relu ? ScalarFunctions<S>::relu_slope(a) : S(1);
}

template class FaultyRnn<float>;
template class FaultyRnn<double>;

}  // namespace bptt::faults
