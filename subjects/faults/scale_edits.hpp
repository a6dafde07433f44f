// What faults of scale do: few edits, each with the numbers that make it one row's.
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "subjects/faults/scale_run.hpp"

namespace bptt::faults {

// ---- names --------------------------------------------------------------------------------------

/// Gradients of weights and biases.
[[nodiscard]] inline bool of_weight_sum(std::string_view name) { return name.starts_with("dW"); }
[[nodiscard]] inline bool of_bias_sum(std::string_view name) { return name.starts_with("db"); }
[[nodiscard]] inline bool of_sum(std::string_view name) {
  return of_weight_sum(name) || of_bias_sum(name);
}
[[nodiscard]] inline bool names_weight(std::string_view name) { return name.starts_with("W"); }
[[nodiscard]] inline bool names_bias(std::string_view name) { return name.starts_with("b"); }
using Which = bool (*)(std::string_view);

// ---- sums over steps and samples ----------------------------------------------------------------

/// to += factor * from, in the arrays named.
template <class S>
void add(const NamedTensors<S>& from, std::type_identity_t<S> factor, Which which,
         NamedTensors<S>& to) {
  for (auto& [name, tensor] : to)
    if (which(name))
      for (std::size_t k = 0; k < tensor.elements().size(); ++k)
        tensor.elements()[k] += factor * from[name].elements()[k];
}

template <class S>
void clear(ScaleRun<S>& run, Which which) {
  for (auto& [name, tensor] : run.grad)
    if (which(name)) fill(tensor.view(), S(0));
}

/// The sums hold these samples alone.
template <class S>
void sum_samples(ScaleRun<S>& run, Index first, Index last) {
  const NamedTensors<S> part = gradients_of(run, samples(run, first, last));
  clear(run, of_sum);
  add(part, 1, of_sum, run.grad);
}

/// The sums leave the first steps out.
template <class S>
void sum_without_first_steps(ScaleRun<S>& run, Index count, Which which) {
  const Index T = run.sizes.T_da;
  const NamedTensors<S> rest = gradients_of(run, steps(run, std::min(count, T), T));
  clear(run, which);
  add(rest, 1, which, run.grad);
}

/// Rows from `row` on of the weights' sums hold the first steps alone, which are walked last.
template <class S>
void sum_first_steps_alone(ScaleRun<S>& run, Index count, Index row) {
  const Index T = run.sizes.T_da;
  const NamedTensors<S> rest = gradients_of(run, steps(run, std::min(count, T), T));
  for (auto& [name, tensor] : run.grad)
    if (of_weight_sum(name))
      for (Index k = 0; k < tensor.shape()[1]; ++k)
        for (Index i = row; i < tensor.shape()[0]; ++i) tensor(i, k) -= rest[name](i, k);
}

/// v with so many binary digits: 24 are a float's, 11 half precision's, 8 bfloat16's.
template <class S>
[[nodiscard]] S rounded(S v, int digits) {
  int exponent = 0;
  const S mantissa = std::frexp(v, &exponent);
  return std::ldexp(std::nearbyint(std::ldexp(mantissa, digits)), exponent - digits);
}
template <class S>
void round(Tensor<S>& tensor, int digits) {
  for (S& element : tensor.elements()) element = rounded(element, digits);
}

/// The samples' sums in so many parts, which are added up in so many digits.
template <class S>
void sum_in_short_numbers(ScaleRun<S>& run, Index parts, int digits, Which which) {
  clear(run, which);
  for (Index k = 0; k < parts; ++k) {
    const NamedTensors<S> part =
        gradients_of(run, samples(run, run.sizes.m * k / parts, run.sizes.m * (k + 1) / parts));
    for (auto& [name, tensor] : run.grad)
      if (which(name))
        for (std::size_t e = 0; e < tensor.elements().size(); ++e) {
          S& sum = tensor.elements()[e];
          sum = rounded(sum + rounded(part[name].elements()[e], digits), digits);
        }
  }
}

// ---- the way back in blocks of steps ------------------------------------------------------------

/// The state before the part is that after step t.
template <class S>
void hand_state(const ScaleRun<S>& run, Index t, Part<S>& part) {
  const auto hand = [&](const char* state, std::optional<Tensor<S>>& handed) {
    handed.emplace(shape_of(run.cell, "a0", run.sizes));
    copy(run.states[state].view().at_step(t), handed->view());
  };
  hand("a", part.a0);
  if (run.cell == Cell::lstm) hand("c", part.c0);
}
/// The state after the first step of the part is taken for the one before it.
template <class S>
void hand_next_state(const ScaleRun<S>& run, Part<S>& part) {
  if (part.t0 > 0) hand_state(run, part.t0, part);
}

/// All gradients block after block, from the last steps to the first; edit(part) changes what a
/// block is handed, from what is before it and, except for the last block, after it.
template <class S, class F>
void walk_in_blocks(ScaleRun<S>& run, Index block, const F& edit) {
  const Index T = run.sizes.T_da;
  NamedTensors<S> all = make_tensors<S>(run.cell, gradient_names(run.cell), run.sizes), later;
  for (Index t0 = (T - 1) / block * block; t0 >= 0; t0 -= block) {
    Part<S> part = steps(run, t0, std::min(T, t0 + block));
    const bool last = part.t1 == T;
    if (!last) part.da = later["da0"];
    if (!last && run.cell == Cell::lstm) part.dc = later["dc0"];
    if (t0 > 0) hand_state(run, t0 - 1, part);
    edit(part);
    later = gradients_of(run, part);
    add(later, 1, of_sum, all);
    copy(later["dx"].view(), all["dx"].view().slice(2, part.t0, part.t1));
  }
  for (const char* name : {"da0", "dc0"})
    if (all.contains(name)) all[name] = later[name];
  run.grad = std::move(all);
}

template <class S>
void lose(std::optional<Tensor<S>>& tensor) {
  if (tensor) fill(tensor->view(), S(0));
}
template <class S>
void round(std::optional<Tensor<S>>& tensor, int digits) {
  if (tensor) round(*tensor, digits);
}

// ---- indices ------------------------------------------------------------------------------------

/// Elements are added up at their index modulo `size`.
template <class S>
void wrap_sums(ScaleRun<S>& run, Index size, Which which) {
  for (auto& [name, tensor] : run.grad)
    if (which(name))
      for (Index k = size; k < tensor.size(); ++k) {
        S& element = tensor.elements()[static_cast<std::size_t>(k)];
        tensor.elements()[static_cast<std::size_t>(k % size)] += element;
        element = S(0);
      }
}

/// The columns of [a_prev; x] in the weights' sums are added up at their index modulo `size`.
template <class S>
void wrap_columns(ScaleRun<S>& run, Index size) {
  const Index n_a = run.sizes.n_a;
  const auto at = [&](NamedTensors<S>& g, const std::string& gate, Index i, Index k) -> S& {
    if (run.cell == Cell::lstm) return g[gate](i, k);
    return k < n_a ? g["dWaa"](i, k) : g["dWax"](i, k - n_a);
  };
  for (const char* gate : {"dWf", "dWi", "dWc", "dWo"}) {  // the RNN has one
    if (run.cell == Cell::rnn && gate != std::string_view("dWf")) continue;
    for (Index k = size; k < n_a + run.sizes.n_x; ++k)
      for (Index i = 0; i < n_a; ++i) {
        at(run.grad, gate, i, k % size) += at(run.grad, gate, i, k);
        at(run.grad, gate, i, k) = S(0);
      }
  }
}

/// The rows of all gates' weights, one gate below the other, are added up at their index modulo
/// `size`.
template <class S>
void wrap_gate_rows(ScaleRun<S>& run, Index size) {
  constexpr const char* gates[] = {"dWf", "dWi", "dWc", "dWo"};
  const Index n_a = run.sizes.n_a;
  for (Index row = size; row < 4 * n_a; ++row)
    for (Index k = 0; k < n_a + run.sizes.n_x; ++k) {
      S& element = run.grad[gates[row / n_a]](row % n_a, k);
      run.grad[gates[row % size / n_a]](row % size % n_a, k) += element;
      element = S(0);
    }
}

/// Step t holds step t % period: of x as it is read, of da, ..
template <class S>
void repeat_steps(Tensor<S>& tensor, Index period) {
  for (Index t = period; t < tensor.shape()[2]; ++t)
    copy(std::as_const(tensor).view().at_step(t % period), tensor.view().at_step(t));
}
/// Sample j holds sample j % period.
template <class S>
void repeat_samples(Tensor<S>& tensor, Index period) {
  for (Index j = period; j < tensor.shape()[1]; ++j)
    for (Index i = 0; i < tensor.shape()[0]; ++i) tensor(i, j) = tensor(i, j % period);
}

/// An array that was written from its end to its beginning, at indices modulo `size`.
template <class S>
void write_modulo(Tensor<S>& tensor, Index size) {
  for (Index k = size; k < tensor.size(); ++k)
    tensor.elements()[static_cast<std::size_t>(k)] = S(0);
}

// ---- weights that a pass reads ------------------------------------------------------------------

/// Reads zeros where missing(i, k): row i, column k of the weights of a_prev.
template <class S, class F>
void lose_recurrent_weights(ScaleRun<S>& run, const F& missing) {
  for (auto& [name, tensor] : run.in)
    if (names_weight(name) && name != "Wax")
      for (Index k = 0; k < run.sizes.n_a; ++k)
        for (Index i = 0; i < run.sizes.n_a; ++i)
          if (missing(i, k)) tensor(i, k) = S(0);
}

/// Reads zeros in the rows from `row` on of the weights of x.
template <class S>
void lose_input_weights(ScaleRun<S>& run, Index row) {
  for (auto& [name, tensor] : run.in)
    if (names_weight(name) && name != "Waa")
      for (Index k = name == "Wax" ? 0 : run.sizes.n_a; k < tensor.shape()[1]; ++k)
        for (Index i = row; i < run.sizes.n_a; ++i) tensor(i, k) = S(0);
}

/// The biases become edit(bias, unit).
template <class S, class F>
void edit_biases(ScaleRun<S>& run, const F& edit) {
  for (auto& [name, tensor] : run.in)
    if (names_bias(name))
      for (Index i = 0; i < run.sizes.n_a; ++i) tensor(i) = edit(tensor(i), i);
}

}  // namespace bptt::faults
