#include "subjects/faults/faulty_walk.hpp"

#include <algorithm>
#include <limits>

#include "subjects/faults/garbage.hpp"

namespace bptt::faults {
namespace {

constexpr Index ring = 8, window = 4;

template <class S>
bool all_zero(const View<const S>& array) {
  bool zero = true;
  for_each_element(array, [&](const S& element) { zero = zero && element == S(0); });
  return zero;
}

}  // namespace

template <class S>
View<const S> FaultyWalk<S>::state_before(Index t, const View<const S>& initial,
                                          const Tensor<S>& states) const {
  if (has("state_reset_at_chunks") && t % chunk == 0) return initial;
  const Index before = has("state_two_steps_back") ? t - 2 : t - 1;
  return before < 0 ? initial : states.view().at_step(before);
}

template <class S>
Index FaultyWalk<S>::last(const NamedViews<const S>& up) const {
  Index T = n_.T_da;
  const bool final_cell = up.contains("dc_T") && !all_zero(up["dc_T"]);
  if (has("silent_steps_skipped") && !final_cell)
    while (T > 0 && all_zero(up["da"].at_step(T - 1))) --T;
  if (has("last_chunk_dropped")) return T - T % chunk - 1;
  return has("last_step_skipped") ? T - 2 : T - 1;
}

template <class S>
Index FaultyWalk<S>::first() const {
  if (has("window_of_4")) return std::max<Index>(n_.T_da - window, 0);
  return has("step_0_skipped") ? 1 : 0;
}

template <class S>
Index FaultyWalk<S>::kept_step(Index t) const {
  if (has("first_cache_at_every_step")) return 0;
  if (has("cache_aligned_to_the_end")) return t + n_.T_x - n_.T_da;
  // The slot of step t holds the last step of the sequence that was written to it.
  if (has("ring_of_8_states")) return t + (n_.T_x - 1 - t) / ring * ring;
  return t;
}

template <class S>
View<const S> FaultyWalk<S>::kept_state_before(Index t, const View<const S>& initial,
                                               const Tensor<S>& states) const {
  const Index s = kept_step(t);
  const bool reset = has("state_reset_at_chunks") && s % chunk == 0;
  return s == 0 || reset ? initial : states.view().at_step(s - 1);
}

template <class S>
Index FaultyWalk<S>::input_step(Index t) const {
  if (has("first_x_at_every_step")) return 0;
  if (has("x_one_step_late")) return std::max<Index>(t - 1, 0);
  return kept_step(t);
}

template <class S>
Tensor<S> FaultyWalk<S>::input_of_weights(Index t, const View<const S>& x) const {
  Tensor<S> xt({n_.n_x, n_.m});
  copy(x.at_step(input_step(t)), xt.view());
  // Column-major with m = 1, step t is n_x t elements in, not t; t elements in is never outside.
  if (has("m1_wrong_stride") && n_.m == 1)
    for (Index k = 0; k < n_.n_x; ++k) xt(k) = x((k + t) % n_.n_x, 0, (k + t) / n_.n_x);
  return xt;
}

template <class S>
Tensor<S> FaultyWalk<S>::state_of_weights(Index t, const View<const S>& a0,
                                          const Tensor<S>& a) const {
  Tensor<S> a_prev({n_.n_a, n_.m});
  if (has("one_step_without_a0") && n_.T_da == 1) return a_prev;
  copy(has("a_next_for_a_prev") ? a.view().at_step(kept_step(t)) : kept_state_before(t, a0, a),
       a_prev.view());
  return a_prev;
}

template <class S>
void FaultyWalk<S>::begin_carry(Tensor<S>& da_prevt) const {
  if (!has("stale_carry")) fill(da_prevt.view(), S(0));
  if (has("uninitialised_carry")) add_garbage(da_prevt.view());
  if (has("anti_denormal_offset"))
    for (S& element : da_prevt.elements()) element += std::numeric_limits<S>::denorm_min();
}

template <class S>
bool FaultyWalk<S>::forgets_carry_into(Index t) const {
  const bool at_chunks = has("carry_dropped_at_chunks") || has("state_reset_at_chunks");
  return at_chunks && t < n_.T_da - 1 && (t + 1) % chunk == 0;
}

template <class S>
void FaultyWalk<S>::join_upstream(Index t, const View<const S>& da, const View<const S>& x,
                                  const Tensor<S>& da_prevt, Tensor<S>& da_next) const {
  const Index of_loss = has("da_time_reversed") ? n_.T_da - 1 - t : t;
  for_each_unit(n_, [&](Index i, Index j) {
    if (has("ignore_da"))
      da_next(i, j) = da_prevt(i, j);
    else if (has("drop_da_prevt") || has("no_carry"))
      da_next(i, j) = da(i, j, of_loss);
    else
      da_next(i, j) = da(i, j, of_loss) + da_prevt(i, j);
    // The caller's array is not const itself: a session is only handed a view that promises so.
    if (has("caller_da_modified")) const_cast<S&>(da(i, j, t)) = da_next(i, j);
    if (has("zero_input_is_padding") && all_zero(x.at_step(t).slice(1, j, j + 1)))
      da_next(i, j) = S(0);
  });
}

template <class S>
void FaultyWalk<S>::finish_samples(Tensor<S>& dz) const {
  if (!has("lanes_masked_by_zero")) return;
  for (Index j = 1; j < n_.m; ++j)
    for (Index i = 0; i < n_.n_a; ++i) dz(i, j) += S(0) * dz(i, j - 1);
}

template <class S>
bool FaultyWalk<S>::adds_to_sums(Index t) const {
  const Index behind = n_.T_da - 1 - t;  // steps between this one and the last
  if (has("dw_of_last_step_only") && behind > 0) return false;
  return !(has("every_second_step") && behind % 2 != 0);
}

template class FaultyWalk<float>;
template class FaultyWalk<double>;

}  // namespace bptt::faults
