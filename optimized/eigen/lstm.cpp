#include "optimized/eigen/lstm.hpp"

#include "core/scalar_functions.hpp"
#include "optimized/eigen/stacked_cell.hpp"
#include "optimized/shapes.hpp"

namespace bptt::optimized::eigen {
namespace {

// The order of the gates in the stack, top to bottom.
enum Gate : Index { f, i, c, o, gates };

/// One step of one sample: pointers to n_a contiguous values each.
template <class S>
struct Unit {
  S *a, *c, *ft, *it, *cct, *ot;
};

template <class S>
void column_forward(Index n_a, const S* z, const S* c_prev, const Unit<S>& out) {
  using F = ScalarFunctions<S>;
  for (Index k = 0; k < n_a; ++k) {
    const S ft = F::sigmoid(z[f * n_a + k]), it = F::sigmoid(z[i * n_a + k]);
    const S cct = F::tanh(z[c * n_a + k]), ot = F::sigmoid(z[o * n_a + k]);
    const S c_next = ft * c_prev[k] + it * cct;
    out.ft[k] = ft;
    out.it[k] = it;
    out.cct[k] = cct;
    out.ot[k] = ot;
    out.c[k] = c_next;
    out.a[k] = ot * F::tanh(c_next);
  }
}

/// dc holds dc_next on entry and dc_prev on return; s.a holds tanh(c).
template <class S>
void column_backward(Index n_a, const S* da, const S* da_prevt, const S* c_prev,
                     const Unit<const S>& s, S* dc, S* dz) {
  const S* __restrict tanh_c = s.a, * __restrict f_t = s.ft, * __restrict i_t = s.it;
  const S* __restrict cc_t = s.cct, * __restrict o_t = s.ot;
  S* __restrict dzf = dz + f * n_a, * __restrict dzi = dz + i * n_a;
  S* __restrict dzc = dz + c * n_a, * __restrict dzo = dz + o * n_a, * __restrict dc_k = dc;
  for (Index k = 0; k < n_a; ++k) {
    // a<t> feeds the loss of step t and, through a<t+1>, every later loss: the two add.
    const S da_next = da[k] + da_prevt[k];
    const S ft = f_t[k], it = i_t[k], cct = cc_t[k], ot = o_t[k], th = tanh_c[k];
    const S dct = dc_k[k] + da_next * ot * (S(1) - th * th);
    dzo[k] = da_next * th * (ot * (S(1) - ot));
    dzf[k] = dct * c_prev[k] * (ft * (S(1) - ft));
    dzi[k] = dct * cct * (it * (S(1) - it));
    dzc[k] = dct * it * (S(1) - cct * cct);
    dc_k[k] = dct * ft;
  }
}

}  // namespace

template <class S>
struct LstmPlan<S>::Impl {
  Impl(const Sizes& sizes, const Options& options) : cell(workspace, gates, sizes, options) {
    const Index step = element_count(sizes.n_a, sizes.m);
    for (S** slot : {&slots.a, &slots.c, &slots.ft, &slots.it, &slots.cct, &slots.ot, &c_prev_slot,
                     &da_slot, &dc})
      *slot = workspace.take(step);
    tanh_c = workspace.take(sizes.n_a);
  }

  void load(const LstmParameters<S>& p) {
    load(f, p.Wf, p.bf);
    load(i, p.Wi, p.bi);
    load(c, p.Wc, p.bc);
    load(o, p.Wo, p.bo);
  }
  void add_gradients(const LstmGradients<S>& out) const {
    add_gradients(f, out.dWf, out.dbf);
    add_gradients(i, out.dWi, out.dbi);
    add_gradients(c, out.dWc, out.dbc);
    add_gradients(o, out.dWo, out.dbo);
  }

  Workspace<S> workspace;
  StackedCell<S> cell;
  Unit<S> slots;  // one step each, for arrays whose strides the kernels cannot take
  S *c_prev_slot, *da_slot, *dc, *tanh_c;

 private:
  // W multiplies concat = [a_prev; xt]
  void load(Gate gate, const View<const S>& W, const View<const S>& b) {
    const Index n_a = W.extent(0);
    cell.load(gate, W.slice(1, 0, n_a), W.slice(1, n_a, W.extent(1)), b);
  }
  void add_gradients(Gate gate, const View<S>& dW, const View<S>& db) const {
    const Index n_a = dW.extent(0);
    cell.add_gradients(gate, dW.slice(1, 0, n_a), dW.slice(1, n_a, dW.extent(1)), db);
  }
};

template <class S>
LstmPlan<S>::LstmPlan(const Sizes& sizes, const Options& options)
    : impl_(make_hidden<Impl>(sizes, options)) {}

template <class S>
void LstmPlan<S>::forward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                          ConstView<S> c0, const LstmStates<S>& out) {
  Impl& plan = *impl_;
  const Index n_a = plan.cell.sizes().n_a;
  require_shapes<S>(plan.cell.sizes(), p);
  require_shapes<S>(plan.cell.sizes(), x, a0, c0, out);
  plan.load(p);
  Matrix<const S> c_prev = read_columns(c0, plan.c_prev_slot);
  plan.cell.forward(x, a0, [&](Index t, const Matrix<S>& z) {
    const Unit<S>& slot = plan.slots;
    const Written<S> a(out.a.at_step(t), slot.a), c(out.c.at_step(t), slot.c);
    const Written<S> ft(out.ft.at_step(t), slot.ft), it(out.it.at_step(t), slot.it);
    const Written<S> cct(out.cct.at_step(t), slot.cct), ot(out.ot.at_step(t), slot.ot);
    for (Index j = 0; j < z.cols; ++j)
      // c_prev may be the slot that c is written to: each value is read before its place is written
      column_forward<S>(n_a, z.column(j), c_prev.column(j),
                        {a.columns().column(j), c.columns().column(j), ft.columns().column(j),
                         it.columns().column(j), cct.columns().column(j), ot.columns().column(j)});
    for (const Written<S>* written : {&a, &c, &ft, &it, &cct, &ot}) written->done();
    c_prev = constant(c.columns());
    return constant(a.columns());
  });
}

template <class S>
void LstmPlan<S>::backward(const LstmParameters<S>& p, ConstView<S> x, ConstView<S> a0,
                           ConstView<S> c0, const LstmStates<const S>& states, ConstView<S> da,
                           ConstView<S> dc_T, const LstmGradients<S>& out) {
  Impl& plan = *impl_;
  const Index n_a = plan.cell.sizes().n_a, m = plan.cell.sizes().m;
  require_shapes<S>(plan.cell.sizes(), p);
  require_shapes<S>(plan.cell.sizes(), x, a0, c0, states);
  require_gradient_shapes<S>(plan.cell.sizes(), da, dc_T, out);
  plan.load(p);
  const Matrix<S> dc = dense(plan.dc, n_a, m);
  copy(dc_T, View<S>(plan.dc, dc_T.shape()));
  plan.cell.backward(
      x, a0, states.a, out.dx, out.da0,
      [&](Index t, const Matrix<const S>& da_prevt, const Matrix<S>& dz) {
        const Unit<S>& slot = plan.slots;
        const auto c_prev = read_columns(t == 0 ? c0 : states.c.at_step(t - 1), plan.c_prev_slot);
        const auto c = read_columns(states.c.at_step(t), slot.c);
        const auto ft = read_columns(states.ft.at_step(t), slot.ft);
        const auto it = read_columns(states.it.at_step(t), slot.it);
        const auto cct = read_columns(states.cct.at_step(t), slot.cct);
        const auto ot = read_columns(states.ot.at_step(t), slot.ot);
        const auto dat = read_columns(da.at_step(t), plan.da_slot);
        for (Index j = 0; j < m; ++j) {
          for (Index k = 0; k < n_a; ++k) plan.tanh_c[k] = ScalarFunctions<S>::tanh(c.column(j)[k]);
          column_backward<S>(
              n_a, dat.column(j), da_prevt.column(j), c_prev.column(j),
              {plan.tanh_c, nullptr, ft.column(j), it.column(j), cct.column(j), ot.column(j)},
              dc.column(j), dz.column(j));
        }
      });
  copy(View<const S>(plan.dc, out.dc0.shape()), out.dc0);
  plan.add_gradients(out);
}

template <class S>
std::size_t LstmPlan<S>::workspace_bytes() const {
  return impl_->workspace.bytes();
}

template class LstmPlan<float>;
template class LstmPlan<double>;

}  // namespace bptt::optimized::eigen
