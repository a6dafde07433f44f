#include "optimized/eigen/rnn.hpp"

#include "core/scalar_functions.hpp"
#include "optimized/eigen/stacked_cell.hpp"
#include "optimized/shapes.hpp"

namespace bptt::optimized::eigen {
namespace {

template <class S>
void activate(Activation g, const Matrix<S>& z, const Matrix<S>& a) {
  const auto apply = [&](auto&& f) {
    for (Index j = 0; j < a.cols; ++j)
      for (Index i = 0; i < a.rows; ++i) a.column(j)[i] = f(z.column(j)[i]);
  };
  switch (g) {
    case Activation::tanh: return apply(ScalarFunctions<S>::tanh);
    case Activation::relu: return apply(ScalarFunctions<S>::relu);
    case Activation::identity: return apply([](const S& value) { return value; });
  }
}

/// dz = g'(z) (da + da_prevt), with g' read from the output a.
template <class S>
void activate_backward(Activation g, const Matrix<const S>& a, const Matrix<const S>& da,
                       const Matrix<const S>& da_prevt, const Matrix<S>& dz) {
  const auto apply = [&](auto&& slope) {
    for (Index j = 0; j < dz.cols; ++j)
      for (Index i = 0; i < dz.rows; ++i)
        // a<t> feeds the loss of step t and, through a<t+1>, every later loss: the two add.
        dz.column(j)[i] = slope(a.column(j)[i]) * (da.column(j)[i] + da_prevt.column(j)[i]);
  };
  switch (g) {
    case Activation::tanh: return apply([](const S& y) { return S(1) - y * y; });
    case Activation::relu: return apply(ScalarFunctions<S>::relu_slope);
    case Activation::identity: return apply([](const S&) { return S(1); });
  }
}

}  // namespace

template <class S>
struct RnnPlan<S>::Impl {
  Impl(Activation activation, const Sizes& sizes, const Options& options)
      : g(activation),
        cell(workspace, 1, sizes, options),
        a_slot(workspace.take(element_count(sizes.n_a, sizes.m))),
        da_slot(workspace.take(element_count(sizes.n_a, sizes.m))) {}

  Activation g;
  Workspace<S> workspace;
  StackedCell<S> cell;
  S *a_slot, *da_slot;
};

template <class S>
RnnPlan<S>::RnnPlan(Activation g, const Sizes& sizes, const Options& options)
    : impl_(make_hidden<Impl>(g, sizes, options)) {}

template <class S>
void RnnPlan<S>::forward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0, View<S> a) {
  Impl& plan = *impl_;
  require_shapes<S>(plan.cell.sizes(), p);
  require_shapes<S>(plan.cell.sizes(), x, a0, a);
  plan.cell.load(0, p.Waa, p.Wax, p.ba);
  plan.cell.forward(x, a0, [&](Index t, const Matrix<S>& z) {
    const Written<S> at(a.at_step(t), plan.a_slot);
    activate(plan.g, z, at.columns());
    at.done();
    return constant(at.columns());
  });
}

template <class S>
void RnnPlan<S>::backward(const RnnParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                          ConstView<S> a, ConstView<S> da, const RnnGradients<S>& out) {
  Impl& plan = *impl_;
  require_shapes<S>(plan.cell.sizes(), p);
  require_shapes<S>(plan.cell.sizes(), x, a0, a);
  require_gradient_shapes<S>(plan.cell.sizes(), da, out);
  plan.cell.load(0, p.Waa, p.Wax, p.ba);
  plan.cell.backward(x, a0, a, out.dx, out.da0,
                     [&](Index t, const Matrix<const S>& da_prevt, const Matrix<S>& dz) {
                       const auto at = read_columns(a.at_step(t), plan.a_slot);
                       const auto dat = read_columns(da.at_step(t), plan.da_slot);
                       activate_backward(plan.g, at, dat, da_prevt, dz);
                     });
  plan.cell.add_gradients(0, out.dWaa, out.dWax, out.dba);
}

template <class S>
std::size_t RnnPlan<S>::workspace_bytes() const {
  return impl_->workspace.bytes();
}

template class RnnPlan<float>;
template class RnnPlan<double>;

}  // namespace bptt::optimized::eigen
