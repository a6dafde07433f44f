#include "subjects/faults/faulty_lstm.hpp"

#include <utility>

namespace bptt::faults {

template <class S>
FaultyLstm<S>::FaultyLstm(const FaultSet& set, const Sizes& n)
    : FaultyLstmForward<S>(Cell::lstm, set, n) {
  const Shape unit{n.n_a, n.m};
  for (Tensor<S>* tensor : {&da_prevt_, &dc_prevt_, &dc_next_}) *tensor = Tensor<S>(unit);
  dz_.fill(Tensor<S>(unit));
  dz_back_.fill(Tensor<S>(unit));
}

template <class S>
void FaultyLstm<S>::run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                 const NamedViews<S>& grad) {
  const auto W = this->per_gate(in, "W");
  const auto dW = this->per_gate(grad, "dW"), db = this->per_gate(grad, "db");
  const FaultyWalk<S>& walk = this->walk_;

  Tensor<S> da_next({this->sizes().n_a, this->sizes().m});
  walk.begin_carry(da_prevt_);
  copy(up["dc_T"], dc_prevt_.view());
  for (Index t = walk.last(up); t >= walk.first(); --t) {
    receive_carry(t, up["dc_T"]);
    if (has("da0_one_step_early") && t == 0) copy(std::as_const(da_prevt_).view(), grad["da0"]);
    walk.join_upstream(t, up["da"], in["x"], da_prevt_, da_next);
    pass_gates(in, up["dc_T"], t, da_next);
    for (const Gate gate : all_gates) {
      walk.finish_samples(dz_[gate]);
      walk.finish_samples(dz_back_[gate]);
    }
    split_concat(gradient_of_concat(W), grad["dx"].at_step(t));

    if (!walk.adds_to_sums(t)) continue;
    if (has("assign_dw"))
      for (const Gate gate : all_gates) {
        fill(dW[gate], S(0));
        fill(db[gate], S(0));
      }
    const Tensor<S> a_prev = walk.state_of_weights(t, in["a0"], this->cache()["a"]);
    const Tensor<S> xt = walk.input_of_weights(t, in["x"]);
    add_parameter_gradients(stacked<S>(a_prev.view(), xt.view()), t, dW, db);
  }
  const Tensor<S>&da_prevt = da_prevt_, &dc_prevt = dc_prevt_;
  if (!has("da0_one_step_early")) copy(da_prevt.view(), grad["da0"]);
  copy(dc_prevt.view(), grad["dc0"]);
  if (has("da0_dc0_exchanged")) {
    copy(dc_prevt.view(), grad["da0"]);
    copy(da_prevt.view(), grad["dc0"]);
  }
}

template <class S>
void FaultyLstm<S>::receive_carry(Index t, const View<const S>& dc_T) {
  const bool is_last = t == this->sizes().T_da - 1;
  if (this->walk_.forgets_carry_into(t)) {
    fill(da_prevt_.view(), S(0));
    fill(dc_prevt_.view(), S(0));
  }
  if (!is_last && (has("no_carry") || has("dc_not_carried"))) fill(dc_prevt_.view(), S(0));
  dc_next_ = dc_prevt_;
  if (!is_last && has("dc_T_at_every_step"))
    for_each_unit(this->sizes(), [&](Index u, Index j) { dc_next_(u, j) += dc_T(u, j); });
}

// ---- the element-wise lines ---------------------------------------------------------------------

template <class S>
void FaultyLstm<S>::pass_gates(const NamedViews<const S>& in, const View<const S>& dc_T, Index t,
                               const Tensor<S>& da_next) {
  const LstmStates<S> kept = lstm_states(views_of(this->cache()));
  const Index s = this->walk_.kept_step(t);
  const bool overwritten = has("c_next_for_c_prev") || (has("c_prev_overwritten") && t == 0);
  const View<const S> c_prev = overwritten
                                   ? View<const S>(kept.c.at_step(s))
                                   : this->walk_.kept_state_before(t, in["c0"], this->cache()["c"]);

  for_each_unit(this->sizes(), [&](Index u, Index j) {
    S ft = kept.ft(u, j, s), it = kept.it(u, j, s);
    if (has("swapped_f_i")) std::swap(ft, it);
    const S cct = kept.cct(u, j, s), ot = kept.ot(u, j, s), c_next = kept.c(u, j, s);
    const S tanh_c = this->functions_.tanh(c_next), da = da_next(u, j), dc_next = dc_next_(u, j);

    const auto [dc, through_a] = cell_gradient(dc_next, da, ot, c_next, tanh_c);
    // The caller's array is not const itself: a session is only handed a view that promises so.
    if (has("caller_dc_modified") && t == this->sizes().T_da - 1) const_cast<S&>(dc_T(u, j)) = dc;

    const PerGate<S> output{ft, it, cct, ot};
    // What each gate is multiplied by, and the gradient of the product.
    const PerGate<S> partner{c_prev(u, j), has("it_for_cct_in_dit") ? it : cct, it, tanh_c};
    const PerGate<S> reaches{dc, dc, dc, has("dc_for_da_in_dzo") ? dc : da};
    for (const Gate gate : all_gates) {
      S dz = (reaches[gate] * partner[gate]) * slope(gate, output[gate]);
      if (has("missing_parentheses") && gate != o)
        dz = dc_next * partner[gate] + through_a * partner[gate] * slope(gate, output[gate]);
      dz_[gate](u, j) = this->functions_.stored(dz);
      const bool without_slope = has("slope_missing_in_da_prev");
      dz_back_[gate](u, j) = without_slope ? reaches[gate] * partner[gate] : dz_[gate](u, j);
    }

    S factor = ft;
    if (has("dc_prev_without_ft")) factor = S(1);
    if (has("ft_of_step_before_in_carry") && s > 0) factor = kept.ft(u, j, s - 1);
    dc_prevt_(u, j) = dc * factor;
  });
}

template <class S>
typename FaultyLstm<S>::CellGradient FaultyLstm<S>::cell_gradient(const S& dc_next,
                                                                  const S& da_next, const S& ot,
                                                                  const S& c_next,
                                                                  const S& tanh_c) const {
  S slope = this->functions_.slope_of_tanh(tanh_c);
  if (has("one_minus_c_squared")) slope = S(1) - c_next * c_next;
  if (has("tanh_slope_missing")) slope = S(1);
  const S through_a = (has("ot_missing_in_dc") ? da_next : da_next * ot) * slope;

  if (has("dc_overwritten")) return {through_a, through_a};
  const S carried = has("dc_doubled") ? dc_next + dc_next : dc_next;
  return {carried + through_a, through_a};
}

template <class S>
S FaultyLstm<S>::slope(Gate gate, const S& y) const {
  constexpr PerGate<FaultId> missing{"slope_missing_for_f", "slope_missing_for_i",
                                     "slope_missing_for_c", "slope_missing_for_o"};
  if (has(missing[gate])) return S(1);
  if (gate == f && has("forget_slope_sign")) return y * (y - S(1));
  if (gate == c && !has("sigmoid_slope_for_cct")) return this->functions_.slope_of_tanh(y);
  return this->functions_.slope_of_sigmoid(y);
}

// ---- the products -------------------------------------------------------------------------------

template <class S>
Tensor<S> FaultyLstm<S>::gradient_of_concat(const PerGate<View<const S>>& W) const {
  const Sizes& n = this->sizes();
  Tensor<S> dconcat({n.n_a + n.n_x, n.m});
  for (const Gate gate : {o, c, i, f}) {
    this->products_.add_way_back(W[gate], dz_back_[gate], n.n_a, dconcat);
    if (gate == o && has("da_prev_without_o")) fill(dconcat.view().slice(0, 0, n.n_a), S(0));
  }
  return dconcat;
}

template <class S>
void FaultyLstm<S>::split_concat(const Tensor<S>& dconcat, const View<S>& dxt) {
  const Sizes& n = this->sizes();
  const bool exchanged = has("concat_split_exchanged");
  const View<const S> hidden = dconcat.view().slice(0, exchanged ? n.n_x : 0, n.n_a + n.n_x);
  for_each_unit(n, [&](Index u, Index j) { da_prevt_(u, j) = hidden(u, j); });
  const bool first = exchanged || has("dx_from_first_columns");
  this->products_.store_input_gradient(dconcat, first ? 0 : n.n_a, dxt);
}

template <class S>
void FaultyLstm<S>::add_parameter_gradients(const Tensor<S>& concat, Index t,
                                            const PerGate<View<S>>& dW,
                                            const PerGate<View<S>>& db) {
  const FaultyProducts<S>& products = this->products_;
  for (const Gate gate : all_gates) {
    const bool from_f = has("dwi_from_dzf") && gate == i;
    products.add_weight_gradient(dz_[from_f ? f : gate], concat, this->sizes().n_a, dW[gate]);

    Gate of_bias = gate;
    if (has("copy_paste_gate_bias") && (gate == i || gate == c)) of_bias = f;
    if (has("dbf_from_dzi") && gate == f) of_bias = i;
    if (has("copy_paste_bias_accumulators") && gate != f) copy(db[f], db[gate]);
    products.add_bias_gradient(dz_[of_bias], concat, t, db[gate]);
  }
}

template class FaultyLstm<float>;
template class FaultyLstm<double>;

}  // namespace bptt::faults
