#include "optimized/lstm.hpp"

#include <array>

#include "optimized/plan_base.hpp"

namespace bptt::optimized {
namespace {

// W multiplies concat = [a_prev; xt].
template <class S>
View<S> on_state(const View<S>& W) {
  return W.slice(1, 0, W.extent(0));
}
template <class S>
View<S> on_input(const View<S>& W) {
  return W.slice(1, W.extent(0), W.extent(1));
}

}  // namespace

template <class S>
struct LstmPlan<S>::Impl : PlanBase<S> {
  using PlanBase<S>::PlanBase;
  bool packed_forward = false, packed_backward = false;

  // The order of the gates in the stack: f i c o.
  void pack_forward(const LstmParameters<S>& p) {
    Index gate = 0;
    for (const auto& [W, b] : {std::pair{p.Wf, p.bf}, {p.Wi, p.bi}, {p.Wc, p.bc}, {p.Wo, p.bo}})
      this->kernels().pack_forward(this->packed(), gate++, on_state(W), on_input(W), b);
    packed_forward = true;
  }
  void pack_backward(const LstmParameters<S>& p) {
    Index gate = 0;
    for (const auto& W : {p.Wf, p.Wi, p.Wc, p.Wo})
      this->kernels().pack_backward(this->packed(), gate++, on_state(W), on_input(W));
    packed_backward = true;
  }
};

template <class S>
LstmPlan<S>::LstmPlan(const Sizes& sizes, const Options& options)
    : impl_(make_hidden<Impl>(Cell::lstm, sizes, options)) {}

template <class S>
void LstmPlan<S>::set_parameters(const LstmParameters<S>& p) {
  require_shapes<S>(impl_->sizes(), p);
  impl_->pack_forward(p);
  impl_->pack_backward(p);
}

template <class S>
void LstmPlan<S>::forward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                          ConstView<S> c0, const LstmStates<S>& out) {
  require_shapes<S>(impl_->sizes(), p);
  require_shapes<S>(impl_->sizes_for(x), x, a0, c0, out);
  impl_->pack_forward(p);
  impl_->packed_backward = false;  // of other parameters, perhaps
  forward(x, a0, c0, out);
}

template <class S>
void LstmPlan<S>::forward(ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                          const LstmStates<S>& out) {
  Impl& plan = *impl_;
  require_shapes<S>(plan.sizes_for(x), x, a0, c0, out);
  require_parameters(plan.packed_forward);
  plan.run_forward([&](const Scratch<S>& scratch) {
    plan.kernels().lstm_forward(plan.packed(), scratch, {x, a0, c0, out});
  });
}

template <class S>
void LstmPlan<S>::backward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                           ConstView<S> c0, const LstmStates<const S>& states, ConstView<S> da,
                           ConstView<S> dc_T, const LstmGradients<S>& out) {
  require_shapes<S>(impl_->sizes(), p);
  require_shapes<S>(impl_->sizes_for(x), x, a0, c0, states);
  require_gradient_shapes<S>(impl_->sizes_for(x), da, dc_T, out);
  impl_->pack_backward(p);
  impl_->packed_forward = false;
  backward(x, a0, c0, states, da, dc_T, out);
}

template <class S>
void LstmPlan<S>::backward(ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                           const LstmStates<const S>& states, ConstView<S> da, ConstView<S> dc_T,
                           const LstmGradients<S>& out) {
  backward_part({}, x, a0, c0, states, da, dc_T, out);
}

template <class S>
void LstmPlan<S>::backward_part(const Part& part, ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                                const LstmStates<const S>& states, ConstView<S> da,
                                ConstView<S> dc_T, const LstmGradients<S>& out) {
  Impl& plan = *impl_;
  require_shapes<S>(plan.sizes_for(x), x, a0, c0, states);
  require_gradient_shapes<S>(plan.sizes_for(x), da, dc_T, out);
  require_parameters(plan.packed_backward);
  const std::array<GateGradients<S>, 4> gates{{{on_state(out.dWf), on_input(out.dWf), out.dbf},
                                               {on_state(out.dWi), on_input(out.dWi), out.dbi},
                                               {on_state(out.dWc), on_input(out.dWc), out.dbc},
                                               {on_state(out.dWo), on_input(out.dWo), out.dbo}}};
  plan.run_backward(gates, [&](const Scratch<S>& scratch, const WeightTargets<S>& weights) {
    plan.kernels().lstm_backward(
        plan.packed(), scratch,
        {x, a0, c0, states, da, dc_T, out.dx, out.da0, out.dc0, weights, part});
  });
}

template <class S>
std::size_t LstmPlan<S>::workspace_bytes() const {
  return impl_->bytes();
}

template <class S>
int LstmPlan<S>::threads() const {
  return impl_->threads();
}

template class LstmPlan<float>;
template class LstmPlan<double>;

}  // namespace bptt::optimized
