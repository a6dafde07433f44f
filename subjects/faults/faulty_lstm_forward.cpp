#include "subjects/faults/faulty_lstm_forward.hpp"

namespace bptt::faults {

template <class S>
void FaultyLstmForward<S>::run_forward(const NamedViews<const S>& in) {
  for (Index t = 0; t < this->sizes().T_x; ++t) forward_step(in, t);
}

template <class S>
void FaultyLstmForward<S>::forward_step(const NamedViews<const S>& in, Index t) {
  const auto W = per_gate(in, "W"), b = per_gate(in, "b");
  const LstmStates<S> now = lstm_states(views_of(this->cache()));
  const View<const S> a_prev = this->walk_.state_before(t, in["a0"], this->cache()["a"]);
  const View<const S> c_prev = this->walk_.state_before(t, in["c0"], this->cache()["c"]);
  const Tensor<S> concat = stacked<S>(a_prev, in["x"].at_step(t));
  const FaultyFunctions<S>& F = this->functions_;

  for_each_unit(this->sizes(), [&](Index u, Index j) {
    PerGate<S> z{};
    for (const Gate gate : all_gates) {
      z[gate] = bias(b, gate, u);
      for (Index k = 0; k < concat.shape()[0]; ++k) z[gate] += W[gate](u, k) * concat(k, j);
    }
    const S ft = F.sigmoid(z[f]), it = F.sigmoid(z[i]), ot = F.sigmoid(z[o]);
    const S cct = has("sigmoid_for_cct") ? F.sigmoid(z[c]) : F.tanh(z[c]);
    const S c_next = ft * c_prev(u, j) + (has("it_plus_cct") ? it + cct : it * cct);
    S tanh_c = F.tanh(has("a_from_previous_c") ? c_prev(u, j) : c_next);
    if (has("no_tanh_on_c")) tanh_c = c_next;

    now.ft(u, j, t) = ft;
    now.it(u, j, t) = it;
    now.cct(u, j, t) = cct;
    now.ot(u, j, t) = ot;
    now.c(u, j, t) = c_next;
    now.a(u, j, t) = ot * tanh_c;
    if (has("a_c_share_buffer")) now.c(u, j, t) = now.a(u, j, t);
  });
}

template <class S>
S FaultyLstmForward<S>::bias(const PerGate<View<const S>>& b, Gate gate, Index u) const {
  const bool of_o = has("bo_for_every_bias") && (gate == f || gate == i);
  S sum = b[of_o ? o : gate](u, 0);
  if (has("bias_twice")) sum += sum;
  if (gate == f && has("forget_bias_ignored")) sum = S(0);
  if (gate == f && has("forget_bias_plus_one")) sum += S(1);
  return sum;
}

template class FaultyLstmForward<float>;
template class FaultyLstmForward<double>;

}  // namespace bptt::faults
