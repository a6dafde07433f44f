#include "subjects/faults/faulty_session.hpp"

#include <algorithm>
#include <cstdint>

#include "core/network_shapes.hpp"
#include "subjects/faults/garbage.hpp"

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

template <class S>
NamedTensors<S> copied(const NamedViews<const S>& from) {
  NamedTensors<S> to;
  for (const auto& [name, array] : from) to.add(name, copied(array));
  return to;
}

/// Whether it is the second, fourth, .. session of this thread.
bool second_session() {
  thread_local bool second = true;
  return second = !second;
}

/// The power of two at or below the largest magnitude; 0 if all are zero, 1 if not all are finite.
template <class S>
S power_of_two_below(const NamedTensors<S>& tensors) {
  S largest(0);
  for (const auto& [name, tensor] : tensors)
    for (const S& element : tensor.elements()) {
      if (!std::isfinite(element)) return S(1);
      largest = std::max(largest, std::abs(element));
    }
  return largest == S(0) ? S(0) : std::ldexp(S(1), std::ilogb(largest));
}

/// In the order in which time is stored.
template <class S>
View<const S> as_stored(const View<const S>& x) {
  return x.strides()[2] < 0 ? x.reversed(2) : x;
}

/// As an offset of 32 bits finds it.
template <class S>
Tensor<S> at_narrow_offsets(const View<const S>& x) {
  Tensor<S> read(x.shape());
  for (Index t = 0; t < x.extent(2); ++t)
    for (Index j = 0; j < x.extent(1); ++j)
      for (Index i = 0; i < x.extent(0); ++i)
        read(i, j, t) = x.data()[static_cast<std::int32_t>(&x(i, j, t) - x.data())];
  return read;
}

bool is_bias(const std::string& gradient_name) { return gradient_name.starts_with("db"); }

}  // namespace

template <class S>
FaultySession<S>::FaultySession(Cell cell, const FaultSet& set, const Sizes& sizes)
    : walk_(set, sizes),
      functions_(set),
      products_(set, sizes),
      cell_(cell),
      set_(set),
      sizes_(sizes),
      cache_(make_tensors<S>(cell, cache_names(cell), sizes)),
      zero_state_({sizes.n_a, sizes.m}),
      second_session_(second_session()) {
  require_steps(sizes.T_da, sizes.T_x);
  for (const std::string& name : gradient_names(cell))
    if (accumulates(cell, name)) kept_sums_.add(name, Tensor<S>(shape_of(cell, name, sizes)));
}

// ---- forward ------------------------------------------------------------------------------------

template <class S>
void FaultySession<S>::forward(const NamedViews<const S>& in, const NamedViews<S>& out) {
  require_arrays(cell_, input_names(cell_), sizes_, in);
  require_arrays(cell_, state_names(cell_), sizes_, out);
  run_forward(forward_reads(in));
  write_states(in, out);
  calls_since_forward_ = 0;
}

template <class S>
void FaultySession<S>::read_narrow_x(NamedViews<const S>& read) {
  narrow_x_ = at_narrow_offsets(read["x"]);
  read["x"] = std::as_const(narrow_x_).view();
}

template <class S>
NamedViews<const S> FaultySession<S>::forward_reads(const NamedViews<const S>& in) {
  if (has("weights_of_first_call") && !first_in_) first_in_ = copied(in);
  NamedViews<const S> read = in;
  if (has("ignore_a0")) read["a0"] = std::as_const(zero_state_).view();
  if (has("ignore_c0")) read["c0"] = std::as_const(zero_state_).view();
  if (has("stale_a0") && last_a_) read["a0"] = std::as_const(*last_a_).view();
  if (has("stride_sign_lost")) read["x"] = as_stored(in["x"]);
  if (has("offset_of_32_bits")) read_narrow_x(read);
  return read;
}

template <class S>
void FaultySession<S>::write_states(const NamedViews<const S>& in, const NamedViews<S>& out) {
  for (const auto& [name, array] : out) copy(std::as_const(cache_)[name].view(), array);
  const View<const S> last = std::as_const(cache_)["a"].view().at_step(sizes_.T_x - 1);
  last_a_before_ = std::exchange(last_a_, copied(last));

  if (has("outputs_hold_last_state"))
    for (Index t = 0; t < sizes_.T_x; ++t) copy(last, out["a"].at_step(t));
  // The caller's array is not const itself: a session is only handed a view that promises so.
  if (has("caller_a0_modified"))
    for_each_unit(sizes_, [&](Index i, Index j) { const_cast<S&>(in["a0"](i, j)) = last(i, j); });
  callers_a_ = out["a"];
  if (has("cache_of_first_call")) {
    if (first_cache_) cache_ = *first_cache_;
    first_cache_ = cache_;
  }
}

// ---- backward -----------------------------------------------------------------------------------

template <class S>
void FaultySession<S>::backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                const NamedViews<S>& grad) {
  NamedViews<S> all;
  NamedTensors<S> unasked;
  const auto& names = gradient_names(cell_);
  unasked.reserve(names.size());
  const bool every_dW = std::all_of(names.begin(), names.end(), [&](const std::string& name) {
    return !name.starts_with("dW") || grad.contains(name);
  });
  for (const std::string& name : names) {
    const bool lost = has("db_lost_without_dw") && is_bias(name) && !every_dW;
    if (grad.contains(name) && !lost)
      all.add(name, grad[name]);
    else
      all.add(name, unasked.add(name, Tensor<S>(shape_of(cell_, name, sizes_))).view());
  }
  write_all_gradients(in, up, all);
}

template <class S>
void FaultySession<S>::write_all_gradients(const NamedViews<const S>& in,
                                           const NamedViews<const S>& up,
                                           const NamedViews<S>& grad) {
  require_arrays(cell_, input_names(cell_), sizes_, in);
  require_arrays(cell_, upstream_names(cell_), sizes_, up);
  for (const std::string& name : gradient_names(cell_)) {
    const bool any_shape = has("db_shape_unchecked") && is_bias(name);
    if (!any_shape || grad[name].size() < sizes_.n_a)
      require_shape(name, grad[name].shape(), shape_of(cell_, name, sizes_));
  }

  products_.begin_call(sums_last_sample_first(in));
  if (has("keeps_callers_states")) copy(View<const S>(callers_a_), cache_["a"].view());
  if (has("second_backward_is_zero") && calls_since_forward_++ > 0) {
    for (const auto& [name, array] : grad)
      if (!accumulates(cell_, name)) fill(array, S(0));
  } else if (has("gradients_of_first_call")) {
    write_gradients_of_first_call(in, up, grad);
  } else {
    write_gradients(in, up, grad);
  }
}

template <class S>
bool FaultySession<S>::sums_last_sample_first(const NamedViews<const S>& in) {
  constexpr std::uintptr_t cache_line = 64;
  const bool second_call = backward_calls_++ % 2 != 0;
  const bool unaligned = reinterpret_cast<std::uintptr_t>(in["x"].data()) % cache_line != 0;
  return (has("order_changes_between_calls") && second_call) ||
         (has("order_alternates_between_sessions") && second_session_) ||
         (has("order_depends_on_alignment") && unaligned) ||
         (has("order_depends_on_steps") && sizes_.T_da % 2 == 0);
}

template <class S>
NamedViews<const S> FaultySession<S>::backward_reads(const NamedViews<const S>& in) {
  NamedViews<const S> read = in;
  if (has("ignore_a0") || has("a0_zero_in_backward"))
    read["a0"] = std::as_const(zero_state_).view();
  if (has("ignore_c0")) read["c0"] = std::as_const(zero_state_).view();
  if (has("stale_a_prev_in_backward") && last_a_before_)
    read["a0"] = std::as_const(*last_a_before_).view();
  if (has("stride_sign_lost")) read["x"] = as_stored(in["x"]);
  if (has("offset_of_32_bits")) read_narrow_x(read);
  if (has("weights_of_first_call") && first_in_)
    for (const auto& [name, tensor] : std::as_const(*first_in_))
      if (accumulates(cell_, "d" + name)) read[name] = tensor.view();
  return read;
}

template <class S>
NamedTensors<S> FaultySession<S>::backward_is_handed(const NamedViews<const S>& up) const {
  NamedTensors<S> handed = copied(up);
  const S scale = power_of_two_below(handed);
  for (auto& [name, tensor] : handed)
    for (S& element : tensor.elements()) {
      if (has("ignore_dc_T") && name == "dc_T") element = S(0);
      if (has("negated_gradients")) element = -element;
      if (has("mean_over_time")) element /= static_cast<S>(sizes_.T_da);
      if (has("scaled_by_largest")) element = element / scale * scale;
    }
  return handed;
}

template <class S>
void FaultySession<S>::write_gradients(const NamedViews<const S>& in, const NamedViews<const S>& up,
                                       const NamedViews<S>& grad) {
  NamedViews<S> written = grad;
  NamedTensors<S> before;  // what the overwritten gradients held
  for (const auto& [name, array] : grad) {
    if (accumulates(cell_, name)) {
      if (has("dw_overwritten")) fill(array, S(0));
      if (has("uninitialised_dw")) add_garbage(array);
      if (has("accumulate_across_calls")) written[name] = kept_sums_[name].view();
    } else {
      if (has("dx_accumulates")) before.add(name, copied(View<const S>(array)));
      if (!has("silent_steps_skipped")) fill(array, S(0));
    }
  }

  const bool changed = has("ignore_dc_T") || has("negated_gradients") || has("mean_over_time") ||
                       has("scaled_by_largest");
  const NamedTensors<S> handed = changed ? backward_is_handed(up) : NamedTensors<S>();
  run_backward(backward_reads(in), changed ? views_of(handed) : up, written);

  if (has("accumulate_across_calls"))
    for (const auto& [name, sum] : std::as_const(kept_sums_)) add(sum.view(), grad[name]);
  for (const auto& [name, tensor] : std::as_const(before)) add(tensor.view(), grad[name]);
  finish_gradients(grad);
}

template <class S>
void FaultySession<S>::finish_gradients(const NamedViews<S>& grad) const {
  const View<S> da0 = grad["da0"];
  if (has("da0_missing")) fill(da0, S(0));
  if (has("da0_summed_over_batch"))
    for (Index i = 0; i < sizes_.n_a; ++i) {
      S sum(0);
      for (Index j = 0; j < sizes_.m; ++j) sum += da0(i, j);
      for (Index j = 0; j < sizes_.m; ++j) da0(i, j) = sum;
    }
  if (has("dropout_scale_left_on"))
    for_each_element(grad["dx"], [](S& element) { element /= S(0.5); });
  if (has("dw_clipped"))
    for (const auto& [name, array] : grad)
      if (accumulates(cell_, name))
        for_each_element(array, [](S& element) { element = std::clamp(element, S(-5), S(5)); });
}

template <class S>
void FaultySession<S>::write_gradients_of_first_call(const NamedViews<const S>& in,
                                                     const NamedViews<const S>& up,
                                                     const NamedViews<S>& grad) {
  if (!first_gradients_) {
    first_gradients_ = make_tensors<S>(cell_, gradient_names(cell_), sizes_);
    write_gradients(in, up, views_of(*first_gradients_));
  }
  for (const auto& [name, tensor] : std::as_const(*first_gradients_))
    if (accumulates(cell_, name))
      add(tensor.view(), grad[name]);
    else
      copy(tensor.view(), grad[name]);
}

template class FaultySession<float>;
template class FaultySession<double>;

}  // namespace bptt::faults
