#include "subjects/faults/faulty_session.hpp"

namespace bptt::faults {
namespace {

template <class S>
void add(const View<const S>& source, const View<S>& destination) {
  for (Index t = 0; t < source.extent(2); ++t)
    for (Index j = 0; j < source.extent(1); ++j)
      for (Index i = 0; i < source.extent(0); ++i) destination(i, j, t) += source(i, j, t);
}

template <class S>
Tensor<S> copied(const View<const S>& from) {
  Tensor<S> to(from.shape());
  copy(from, to.view());
  return to;
}

}  // namespace

template <class S>
FaultySession<S>::FaultySession(Cell cell, const FaultSet& set, const Sizes& sizes)
    : cell_(cell), set_(set), sizes_(sizes), zero_state_({sizes.n_a, sizes.m}) {
  require_steps(sizes);
  for (const std::string& name : gradient_names(cell))
    if (accumulates(name)) kept_sums_.add(name, Tensor<S>(shape_of(cell, name, sizes)));
}

template <class S>
void FaultySession<S>::forward(const NamedViews<const S>& in, const NamedViews<S>& out) {
  require_arrays(cell_, input_names(cell_), sizes_, in);
  require_arrays(cell_, state_names(cell_), sizes_, out);

  NamedViews<const S> read = in;
  if (has("ignore_a0")) read["a0"] = std::as_const(zero_state_).view();
  if (has("stale_a0") && last_a_) read["a0"] = std::as_const(*last_a_).view();
  if (has("weights_of_first_call") && !first_in_) {
    first_in_.emplace();
    for (const auto& [name, array] : in) first_in_->add(name, copied(array));
  }

  run_forward(read, out);
  if (has("stale_a0")) last_a_ = copied(View<const S>(out["a"].at_step(sizes_.T_x - 1)));
}

template <class S>
void FaultySession<S>::backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                const NamedViews<S>& grad) {
  require_arrays(cell_, input_names(cell_), sizes_, in);
  require_arrays(cell_, upstream_names(cell_), sizes_, up);
  require_arrays(cell_, gradient_names(cell_), sizes_, grad);

  NamedViews<const S> read = in;
  if (has("ignore_a0") || has("a0_zero_in_backward"))
    read["a0"] = std::as_const(zero_state_).view();
  if (has("weights_of_first_call") && first_in_)
    for (const auto& [name, tensor] : std::as_const(*first_in_))
      if (accumulates("d" + name)) read[name] = tensor.view();

  NamedViews<const S> upstream = up;
  if (has("ignore_dc_T")) upstream["dc_T"] = std::as_const(zero_state_).view();

  NamedViews<S> written = grad;
  NamedTensors<S> before;  // what the overwritten gradients held
  for (const auto& [name, array] : grad) {
    if (accumulates(name)) {
      if (has("dw_overwritten")) fill(array, S(0));
      if (has("accumulate_across_calls")) written[name] = kept_sums_[name].view();
    } else {
      if (has("dx_accumulates")) before.add(name, copied(View<const S>(array)));
      fill(array, S(0));
    }
  }

  run_backward(read, upstream, written);

  if (has("accumulate_across_calls"))
    for (const auto& [name, sum] : std::as_const(kept_sums_)) add(sum.view(), grad[name]);
  for (const auto& [name, tensor] : std::as_const(before)) add(tensor.view(), grad[name]);
  if (has("da0_missing")) fill(grad["da0"], S(0));
}

template <class S>
Index FaultySession<S>::last_step() const {
  const Index T = sizes_.T_da;
  return has("last_chunk_dropped") ? T - T % chunk - 1 : T - 1;
}

template <class S>
bool FaultySession<S>::forgets_carry_into(Index t) const {
  return has("carry_dropped_at_chunks") && t < sizes_.T_da - 1 && (t + 1) % chunk == 0;
}

template <class S>
void FaultySession<S>::join_upstream(const View<const S>& da, Index t, const Tensor<S>& da_prevt,
                                     Tensor<S>& da_next) const {
  for_each_unit(sizes_, [&](Index i, Index j) {
    if (has("ignore_da"))
      da_next(i, j) = da_prevt(i, j);
    else if (has("drop_da_prevt") || has("no_carry"))
      da_next(i, j) = da(i, j, t);
    else
      da_next(i, j) = da(i, j, t) + da_prevt(i, j);
    // The caller's array is not const itself: a session is only handed a view that promises so.
    if (has("caller_da_modified")) const_cast<S&>(da(i, j, t)) = da_next(i, j);
  });
}

template <class S>
Tensor<S> FaultySession<S>::input_of_step(const View<const S>& x, Index t) const {
  const Index n_x = sizes_.n_x, m = sizes_.m;
  Tensor<S> xt({n_x, m});
  for (Index j = 0; j < m; ++j)
    for (Index k = 0; k < n_x; ++k) {
      xt(k, j) = x(k, j, has("first_x_at_every_step") ? 0 : t);
      // Column-major with m = 1, step t is n_x t elements in, not t; t elements in is never
      // outside.
      if (has("m1_wrong_stride") && m == 1) xt(k, j) = x((k + t) % n_x, 0, (k + t) / n_x);
    }
  return xt;
}

template <class S>
View<const S> FaultySession<S>::before(Index t, const View<const S>& initial,
                                       const Tensor<S>& states) {
  return t == 0 ? initial : states.view().at_step(t - 1);
}

template class FaultySession<float>;
template class FaultySession<double>;

}  // namespace bptt::faults
