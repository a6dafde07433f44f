#include "subjects/faults/faulty_lstm.hpp"

#include <utility>

#include "core/scalar_functions.hpp"

namespace bptt::faults {
namespace {

constexpr PerGate<const char*> weight_names{"Wf", "Wi", "Wc", "Wo"};
constexpr PerGate<const char*> bias_names{"bf", "bi", "bc", "bo"};

template <class S>
PerGate<View<S>> per_gate(const NamedViews<S>& arrays, const PerGate<const char*>& names,
                          const std::string& prefix = "") {
  return {arrays[prefix + names[f]], arrays[prefix + names[i]], arrays[prefix + names[c]],
          arrays[prefix + names[o]]};
}

template <class S>
Tensor<S> stacked(const View<const S>& a_prev, const Tensor<S>& xt) {
  const Index n_a = a_prev.extent(0), n = n_a + xt.shape()[0], m = a_prev.extent(1);
  Tensor<S> concat({n, m});
  for (Index j = 0; j < m; ++j)
    for (Index k = 0; k < n; ++k) concat(k, j) = k < n_a ? a_prev(k, j) : xt(k - n_a, j);
  return concat;
}

}  // namespace

template <class S>
FaultyLstm<S>::FaultyLstm(const FaultSet& set, const Sizes& n)
    : FaultySession<S>(Cell::lstm, set, n),
      products_(set, n),
      cache_(make_tensors<S>(Cell::lstm, cache_names(Cell::lstm), n)) {
  const Shape unit{n.n_a, n.m};
  for (Tensor<S>* tensor : {&da_prevt_, &dc_prevt_, &dc_next_}) *tensor = Tensor<S>(unit);
  dz_.fill(Tensor<S>(unit));
  dz_back_.fill(Tensor<S>(unit));
}

template <class S>
void FaultyLstm<S>::run_forward(const NamedViews<const S>& in, const NamedViews<S>& out) {
  for (Index t = 0; t < this->sizes().T_x; ++t) forward_step(in, t);
  copy(cache_["a"].view(), out["a"]);
  copy(cache_["c"].view(), out["c"]);
}

template <class S>
void FaultyLstm<S>::forward_step(const NamedViews<const S>& in, Index t) {
  using F = ScalarFunctions<S>;
  const auto W = per_gate(in, weight_names), b = per_gate(in, bias_names);
  const LstmStates<S> now = lstm_states(views_of(cache_));
  const View<const S> a_prev = this->before(t, in["a0"], cache_["a"]);
  const View<const S> c_prev = this->before(t, in["c0"], cache_["c"]);
  Tensor<S> xt({this->sizes().n_x, this->sizes().m});
  copy(in["x"].at_step(t), xt.view());
  const Tensor<S> concat = stacked(a_prev, xt);

  for_each_unit(this->sizes(), [&](Index u, Index j) {
    PerGate<S> z{};
    for (const Gate gate : {f, i, c, o}) {
      z[gate] = b[gate](u, 0);
      if (has("bias_twice")) z[gate] += b[gate](u, 0);
      for (Index k = 0; k < concat.shape()[0]; ++k) z[gate] += W[gate](u, k) * concat(k, j);
    }
    const S ft = F::sigmoid(z[f]), it = F::sigmoid(z[i]), cct = F::tanh(z[c]);
    const S ot = F::sigmoid(z[o]);
    const S c_next = ft * c_prev(u, j) + it * cct;

    now.ft(u, j, t) = ft;
    now.it(u, j, t) = it;
    now.cct(u, j, t) = cct;
    now.ot(u, j, t) = ot;
    now.c(u, j, t) = c_next;
    now.a(u, j, t) = ot * F::tanh(c_next);
    if (has("a_c_share_buffer")) now.c(u, j, t) = now.a(u, j, t);
  });
}

template <class S>
void FaultyLstm<S>::run_backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                 const NamedViews<S>& grad) {
  const Sizes& n = this->sizes();
  const auto W = per_gate(in, weight_names);
  const auto dW = per_gate(grad, weight_names, "d"), db = per_gate(grad, bias_names, "d");

  Tensor<S> da_next({n.n_a, n.m});
  if (!has("stale_carry")) fill(da_prevt_.view(), S(0));
  copy(up["dc_T"], dc_prevt_.view());
  for (Index t = this->last_step(); t >= 0; --t) {
    const bool forgets_dc = has("no_carry") && t < n.T_da - 1;
    if (this->forgets_carry_into(t)) fill(da_prevt_.view(), S(0));
    if (this->forgets_carry_into(t) || forgets_dc) fill(dc_prevt_.view(), S(0));
    this->join_upstream(up["da"], t, da_prevt_, da_next);
    dc_next_ = dc_prevt_;
    pass_gates(in, up["dc_T"], t, da_next);

    Tensor<S> dconcat({n.n_a + n.n_x, n.m});
    for (const Gate gate : {o, c, i, f})
      products_.add_way_back(W[gate], dz_back_[gate], n.n_a, dconcat);
    split_concat(dconcat, grad["dx"].at_step(t));

    if (has("assign_dw"))
      for (const Gate gate : {f, i, c, o}) {
        fill(dW[gate], S(0));
        fill(db[gate], S(0));
      }
    const Tensor<S> concat =
        stacked(this->before(t, in["a0"], cache_["a"]), this->input_of_step(in["x"], t));
    add_parameter_gradients(concat, t, dW, db);
  }
  copy((has("da0_dc0_exchanged") ? dc_prevt_ : da_prevt_).view(), grad["da0"]);
  copy((has("da0_dc0_exchanged") ? da_prevt_ : dc_prevt_).view(), grad["dc0"]);
}

template <class S>
void FaultyLstm<S>::pass_gates(const NamedViews<const S>& in, const View<const S>& dc_T, Index t,
                               const Tensor<S>& da_next) {
  const auto slope_of_sigmoid = [&](const S& s) {
    return has("sigmoid_for_slope") ? s : s * (S(1) - s);
  };
  const LstmStates<S> now = lstm_states(views_of(cache_));
  const View<const S> c_prev = has("c_prev_overwritten") && t == 0
                                   ? View<const S>(now.c.at_step(0))
                                   : this->before(t, in["c0"], cache_["c"]);

  for_each_unit(this->sizes(), [&](Index u, Index j) {
    S ft = now.ft(u, j, t), it = now.it(u, j, t);
    if (has("swapped_f_i")) std::swap(ft, it);
    const S cct = now.cct(u, j, t), ot = now.ot(u, j, t), c_next = now.c(u, j, t);
    const S tanh_c = ScalarFunctions<S>::tanh(c_next);
    const S squared = has("one_minus_c_squared") ? c_next * c_next : tanh_c * tanh_c;

    // Two ways lead back to c_next: dc_next from later steps, and the one through a_next.
    const S through_a = (da_next(u, j) * ot) * (S(1) - squared);
    const S dc = has("dc_overwritten") ? through_a : dc_next_(u, j) + through_a;
    // The caller's array is not const itself: a session is only handed a view that promises so.
    if (has("caller_dc_modified") && t == this->sizes().T_da - 1) const_cast<S&>(dc_T(u, j)) = dc;

    const PerGate<S> slope{slope_of_sigmoid(ft), slope_of_sigmoid(it), S(1) - cct * cct,
                           slope_of_sigmoid(ot)};
    const PerGate<S> partner{c_prev(u, j), cct, it, tanh_c};  // what each gate is multiplied by
    for (const Gate gate : {f, i, c, o}) {
      const S reaches = gate == o ? da_next(u, j) : dc;
      S dz = (reaches * partner[gate]) * slope[gate];
      if (has("missing_parentheses") && gate != o)
        dz = dc_next_(u, j) * partner[gate] + through_a * partner[gate] * slope[gate];
      dz_[gate](u, j) = dz;
      dz_back_[gate](u, j) = has("slope_missing_in_da_prev") ? reaches * partner[gate] : dz;
    }
    dc_prevt_(u, j) = dc * ft;
  });
}

template <class S>
void FaultyLstm<S>::add_parameter_gradients(const Tensor<S>& concat, Index t,
                                            const PerGate<View<S>>& dW,
                                            const PerGate<View<S>>& db) {
  for (const Gate gate : {f, i, c, o}) {
    products_.add_weight_gradient(dz_[gate], concat, dW[gate]);
    const bool forget_delta = has("copy_paste_gate_bias") && (gate == i || gate == c);
    if (has("copy_paste_bias_accumulators") && gate != f) copy(db[f], db[gate]);
    products_.add_bias_gradient(dz_[forget_delta ? f : gate], concat, t, db[gate]);
  }
}

template <class S>
void FaultyLstm<S>::split_concat(const Tensor<S>& dconcat, const View<S>& dxt) {
  const Index n_a = this->sizes().n_a, n_x = this->sizes().n_x;
  const Index hidden = has("concat_split_exchanged") ? n_x : 0;
  const Index input = has("concat_split_exchanged") || has("dx_from_first_columns") ? 0 : n_a;
  for (Index j = 0; j < this->sizes().m; ++j) {
    for (Index k = 0; k < n_a; ++k) da_prevt_(k, j) = dconcat(hidden + k, j);
    for (Index k = 0; k < n_x; ++k) dxt(k, j) = dconcat(input + k, j);
  }
}

template class FaultyLstm<float>;
template class FaultyLstm<double>;

}  // namespace bptt::faults
