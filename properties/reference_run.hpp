// The reference on a whole problem, over any arithmetic, by name of its way back.
#pragma once

#include "core/problem.hpp"
#include "reference/lstm.hpp"
#include "reference/lstm_closed_form.hpp"
#include "reference/rnn.hpp"
#include "reference/truncated.hpp"
#include "reference/unrolled.hpp"

namespace bptt::properties {

/// Forward states (cache_names) of a problem.
template <class S>
[[nodiscard]] NamedTensors<S> reference_forward(const Problem<S>& problem) {
  auto cache = make_tensors<S>(problem.cell, cache_names(problem.cell), problem.sizes);
  const auto in = views_of(problem.in);
  const auto out = views_of(cache);
  if (problem.cell == Cell::rnn)
    reference::rnn_forward<S>(problem.activation, rnn_parameters(in), in["x"], in["a0"], out["a"]);
  else
    reference::lstm_forward<S>(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(out));
  return cache;
}

enum class Way { one_pass, walks, split, closed_form };

/// Gradients (gradient_names) of a problem whose forward states are `cache`.
template <class S>
[[nodiscard]] NamedTensors<S> reference_backward(const Problem<S>& problem,
                                                 const NamedTensors<S>& cache,
                                                 Way way = Way::one_pass) {
  auto gradients = make_tensors<S>(problem.cell, gradient_names(problem.cell), problem.sizes);
  const auto in = views_of(problem.in), up = views_of(problem.up), states = views_of(cache);
  const auto grad = views_of(gradients);
  if (problem.cell == Cell::rnn) {
    const auto backward = way == Way::walks   ? reference::rnn_backward_walks<S>
                          : way == Way::split ? reference::rnn_backward_split<S>
                                              : reference::rnn_backward<S>;
    backward(problem.activation, rnn_parameters(in), in["x"], in["a0"], states["a"], up["da"],
             rnn_gradients(grad));
  } else {
    const auto backward = way == Way::walks         ? reference::lstm_backward_walks<S>
                          : way == Way::split       ? reference::lstm_backward_split<S>
                          : way == Way::closed_form ? reference::lstm_backward_closed_form<S>
                                                    : reference::lstm_backward<S>;
    backward(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(states), up["da"],
             up["dc_T"], lstm_gradients(grad));
  }
  return gradients;
}

/// As reference_backward over one pass, each loss reaching back over at most `lag` cell steps.
template <class S>
[[nodiscard]] NamedTensors<S> reference_truncated(const Problem<S>& problem,
                                                  const NamedTensors<S>& cache, Index lag) {
  auto gradients = make_tensors<S>(problem.cell, gradient_names(problem.cell), problem.sizes);
  const auto in = views_of(problem.in), up = views_of(problem.up), states = views_of(cache);
  const auto grad = views_of(gradients);
  if (problem.cell == Cell::rnn)
    reference::rnn_backward_truncated<S>(lag, problem.activation, rnn_parameters(in), in["x"],
                                         in["a0"], states["a"], up["da"], rnn_gradients(grad));
  else
    reference::lstm_backward_truncated<S>(lag, lstm_parameters(in), in["x"], in["a0"], in["c0"],
                                          lstm_states(states), up["da"], up["dc_T"],
                                          lstm_gradients(grad));
  return gradients;
}

/// States (state_names) and gradients under one roof.
template <class S>
[[nodiscard]] NamedTensors<S> reference_outputs(const Problem<S>& problem,
                                                Way way = Way::one_pass) {
  NamedTensors<S> cache = reference_forward(problem);
  NamedTensors<S> outputs;
  for (auto& [name, gradient] : reference_backward(problem, cache, way))
    outputs.add(name, gradient);
  for (const auto& name : state_names(problem.cell)) outputs.add(name, cache[name]);
  return outputs;
}

}  // namespace bptt::properties
