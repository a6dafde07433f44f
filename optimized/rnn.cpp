#include "optimized/rnn.hpp"

#include <array>

#include "optimized/plan_base.hpp"

namespace bptt::optimized {
namespace {

template <class S>
std::array<Gate<const S>, 1> gates_of(const RnnParameters<S>& p) {
  return {{{p.Waa, p.Wax, p.ba}}};
}

}  // namespace

template <class S>
struct RnnPlan<S>::Impl : PlanBase<S> {
  Impl(Activation activation, const Sizes& sizes, const Options& options)
      : PlanBase<S>(Cell::rnn, sizes, options), g(activation) {}
  Activation g;
};

template <class S>
RnnPlan<S>::RnnPlan(Activation g, const Sizes& sizes, const Options& options)
    : impl_(make_hidden<Impl>(g, sizes, options)) {}

template <class S>
void RnnPlan<S>::set_parameters(const RnnParameters<S>& p) {
  require_shapes<S>(impl_->sizes(), p);
  impl_->pack(gates_of(p), true, true);
}

template <class S>
void RnnPlan<S>::forward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0, View<S> a) {
  require_shapes<S>(impl_->sizes(), p);
  require_shapes<S>(impl_->sizes_for(x), x, a0, a);
  impl_->pack(gates_of(p), true, false);
  forward(x, a0, a);
}

template <class S>
void RnnPlan<S>::forward(ConstView<S> x, ConstView<S> a0, View<S> a) {
  Impl& plan = *impl_;
  require_shapes<S>(plan.sizes_for(x), x, a0, a);
  plan.run_forward([&](const Scratch<S>& scratch) {
    plan.kernels().rnn_forward(plan.packed(), scratch, {plan.g, x, a0, a});
  });
}

template <class S>
void RnnPlan<S>::backward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                          ConstView<S> a, ConstView<S> da, const RnnGradients<S>& out) {
  require_shapes<S>(impl_->sizes(), p);
  require_shapes<S>(impl_->sizes_for(x), x, a0, a);
  require_gradient_shapes<S>(impl_->sizes_for(x), da, out);
  impl_->pack(gates_of(p), false, true);
  backward(x, a0, a, da, out);
}

template <class S>
void RnnPlan<S>::backward(ConstView<S> x, ConstView<S> a0, ConstView<S> a, ConstView<S> da,
                          const RnnGradients<S>& out) {
  backward_part({}, x, a0, a, da, out);
}

template <class S>
void RnnPlan<S>::backward_part(const Part& part, ConstView<S> x, ConstView<S> a0, ConstView<S> a,
                               ConstView<S> da, const RnnGradients<S>& out) {
  Impl& plan = *impl_;
  require_shapes<S>(plan.sizes_for(x), x, a0, a);
  require_gradient_shapes<S>(plan.sizes_for(x), da, out);
  const std::array<Gate<S>, 1> gates{{{out.dWaa, out.dWax, out.dba}}};
  plan.run_backward(gates, [&](const Scratch<S>& scratch, const WeightTargets<S>& weights) {
    plan.kernels().rnn_backward(plan.packed(), scratch,
                                {plan.g, x, a0, a, da, out.dx, out.da0, weights, part});
  });
}

template <class S>
std::size_t RnnPlan<S>::workspace_bytes() const {
  return impl_->bytes();
}

template <class S>
int RnnPlan<S>::threads() const {
  return impl_->threads();
}

template <class S>
Work RnnPlan<S>::work() const {
  return impl_->work();
}

template class RnnPlan<float>;
template class RnnPlan<double>;

}  // namespace bptt::optimized
