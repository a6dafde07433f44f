#include "subjects/faults/scale_run.hpp"

#include "subjects/optimized_subjects.hpp"

namespace bptt::faults {
namespace {

/// The state before the part: the one handed in, the initial one, or the one after step t0-1.
template <class S>
View<const S> state_before(const ScaleRun<S>& run, const Part<S>& part, const std::string& state,
                           const std::optional<Tensor<S>>& handed) {
  if (handed) return handed->view();
  const View<const S> all =
      part.t0 == 0 ? run.in[state + "0"].view() : run.states[state].view().at_step(part.t0 - 1);
  return all.slice(1, part.j0, part.j1);
}

template <class S>
NamedTensors<S> upstream_of(const ScaleRun<S>& run, const Part<S>& part, const Sizes& sizes) {
  auto up = make_tensors<S>(run.cell, upstream_names(run.cell), sizes);
  copy(run.up["da"].view().slice(2, part.t0, part.t1).slice(1, part.j0, part.j1), up["da"].view());
  if (part.da)
    for (Index j = 0; j < sizes.m; ++j)
      for (Index i = 0; i < sizes.n_a; ++i) up["da"](i, j, sizes.T_da - 1) += (*part.da)(i, j);
  if (part.dc)
    copy(part.dc->view(), up["dc_T"].view());
  else if (run.cell == Cell::lstm && part.t1 == run.sizes.T_da)
    copy(run.up["dc_T"].view().slice(1, part.j0, part.j1), up["dc_T"].view());
  return up;
}

}  // namespace

template <class S>
NamedTensors<S> gradients_of(const ScaleRun<S>& run, const Part<S>& part) {
  const Index T = part.t1 - part.t0;
  const Sizes sizes{run.sizes.n_x, run.sizes.n_a, part.j1 - part.j0, T, T};
  auto grad = make_tensors<S>(run.cell, gradient_names(run.cell), sizes);
  if (T == 0 || sizes.m == 0) return grad;

  NamedViews<const S> in = views_of(run.in);
  in["x"] = in["x"].slice(2, part.t0, part.t1).slice(1, part.j0, part.j1);
  in["a0"] = state_before(run, part, "a", part.a0);
  if (run.cell == Cell::lstm) in["c0"] = state_before(run, part, "c", part.c0);
  const NamedTensors<S> up = upstream_of(run, part, sizes);
  auto states = make_tensors<S>(run.cell, state_names(run.cell), sizes);

  static const auto kernels = make_optimized_subject("optimized");
  const auto session = kernels->open<S>(run.cell, run.activation, sizes);
  session->forward(in, views_of(states));
  session->backward(in, views_of(up), views_of(grad));
  return grad;
}

template NamedTensors<float> gradients_of(const ScaleRun<float>&, const Part<float>&);
template NamedTensors<double> gradients_of(const ScaleRun<double>&, const Part<double>&);

}  // namespace bptt::faults
