#include "optimized/lstm.hpp"

#include <array>

#include "optimized/plan_base.hpp"

namespace bptt::optimized {
namespace {

// W multiplies concat = [a_prev; xt].
template <class S>
Gate<S> gate(const View<S>& W, const View<S>& b) {
  return {W.slice(1, 0, W.extent(0)), W.slice(1, W.extent(0), W.extent(1)), b};
}
// The order of the gates in the stack: f i c o.
template <class S>
std::array<Gate<const S>, 4> gates_of(const LstmParameters<S>& p) {
  return {gate(p.Wf, p.bf), gate(p.Wi, p.bi), gate(p.Wc, p.bc), gate(p.Wo, p.bo)};
}
template <class S>
std::array<Gate<S>, 4> gates_of(const LstmGradients<S>& g) {
  return {gate(g.dWf, g.dbf), gate(g.dWi, g.dbi), gate(g.dWc, g.dbc), gate(g.dWo, g.dbo)};
}

}  // namespace

template <class S>
struct LstmPlan<S>::Impl : PlanBase<S> {
  using PlanBase<S>::PlanBase;
};

template <class S>
LstmPlan<S>::LstmPlan(const Sizes& sizes, const Options& options)
    : impl_(make_hidden<Impl>(Cell::lstm, sizes, options)) {}

template <class S>
void LstmPlan<S>::set_parameters(const LstmParameters<S>& p) {
  require_shapes<S>(impl_->sizes(), p);
  impl_->pack(gates_of(p), true, true);
}

template <class S>
void LstmPlan<S>::forward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                          ConstView<S> c0, const LstmStates<S>& out) {
  require_shapes<S>(impl_->sizes(), p);
  require_shapes<S>(impl_->sizes_for(x), x, a0, c0, out);
  impl_->pack(gates_of(p), true, false);
  forward(x, a0, c0, out);
}

template <class S>
void LstmPlan<S>::forward(ConstView<S> x, ConstView<S> a0, ConstView<S> c0,
                          const LstmStates<S>& out) {
  Impl& plan = *impl_;
  require_shapes<S>(plan.sizes_for(x), x, a0, c0, out);
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
  impl_->pack(gates_of(p), false, true);
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
  plan.run_backward(gates_of(out), [&](const Scratch<S>& scratch, const WeightTargets<S>& weights) {
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

template <class S>
Work LstmPlan<S>::work() const {
  return impl_->work();
}

template class LstmPlan<float>;
template class LstmPlan<double>;

}  // namespace bptt::optimized
