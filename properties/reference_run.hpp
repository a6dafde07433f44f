// The reference on a whole problem, over any arithmetic, by name of its way back.
#pragma once

#include <utility>
#include <vector>

#include "cells/network.hpp"
#include "cells/walk.hpp"
#include "core/problem.hpp"
#include "core/subject.hpp"
#include "reference/lstm.hpp"
#include "reference/lstm_closed_form.hpp"
#include "reference/rnn.hpp"
#include "reference/truncated.hpp"
#include "reference/unrolled.hpp"

namespace bptt::properties {

/// A cell that reference/ does not have: its lines are its meaning.
[[nodiscard]] inline bool has_lines_alone(Cell cell) {
  return cell != Cell::rnn && cell != Cell::lstm;
}

/// Its walk, forwards over the problem.
template <class S>
class Walked {
 public:
  explicit Walked(const Problem<S>& p)
      : problem_(p),
        walk_(cells::step_of(p.cell, p.activation), cells::extents_of(p.cell, p.sizes), p.sizes.m),
        states_(walk_.forward(p.in)) {}

  [[nodiscard]] NamedTensors<S>& states() { return states_; }
  [[nodiscard]] NamedTensors<S> backward(Derivation way) {
    return in_order(walk_.backward(problem_.up, way));
  }
  [[nodiscard]] NamedTensors<S> truncated(Index lag) {
    return in_order(walk_.backward_truncated(problem_.up, lag));
  }
  [[nodiscard]] NamedTensors<S> randomised(const std::vector<S>& xi) {
    return in_order(walk_.backward_randomised(problem_.up, xi));
  }

 private:
  /// That of gradient_names, with the shapes of the table.
  [[nodiscard]] NamedTensors<S> in_order(NamedTensors<S> from) const {
    auto to = make_tensors<S>(problem_.cell, gradient_names(problem_.cell), problem_.sizes);
    for (auto& [name, tensor] : to) tensor.elements() = std::move(from[name].elements());
    return to;
  }

  const Problem<S>& problem_;
  cells::Walk<S> walk_;
  NamedTensors<S> states_;
};

/// Forward states (cache_names) of a problem; of a cell that has lines alone, those that it gives
/// (state_names).
template <class S>
[[nodiscard]] NamedTensors<S> reference_forward(const Problem<S>& problem) {
  if (has_lines_alone(problem.cell)) return std::move(Walked<S>(problem).states());
  auto cache = make_tensors<S>(problem.cell, cache_names(problem.cell), problem.sizes);
  const auto in = views_of(problem.in);
  const auto out = views_of(cache);
  if (problem.cell == Cell::rnn)
    reference::rnn_forward<S>(problem.activation, rnn_parameters(in), in["x"], in["a0"], out["a"]);
  else
    reference::lstm_forward<S>(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(out));
  return cache;
}

/// Gradients (gradient_names), each loss reaching back over at most `lag` cell steps.
template <class S>
[[nodiscard]] NamedTensors<S> reference_truncated(const Problem<S>& problem,
                                                  const NamedTensors<S>& cache, Index lag) {
  if (has_lines_alone(problem.cell)) return Walked<S>(problem).truncated(lag);
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

/// The same where what step t+1 hands to step t is multiplied by xi[t].
template <class S>
[[nodiscard]] NamedTensors<S> reference_randomised(const Problem<S>& problem,
                                                   const NamedTensors<S>& cache,
                                                   const std::vector<S>& xi) {
  if (has_lines_alone(problem.cell)) return Walked<S>(problem).randomised(xi);
  auto gradients = make_tensors<S>(problem.cell, gradient_names(problem.cell), problem.sizes);
  const auto in = views_of(problem.in), up = views_of(problem.up), states = views_of(cache);
  const auto grad = views_of(gradients);
  if (problem.cell == Cell::rnn)
    reference::rnn_backward_randomised<S>(xi, problem.activation, rnn_parameters(in), in["x"],
                                          in["a0"], states["a"], up["da"], rnn_gradients(grad));
  else
    reference::lstm_backward_randomised<S>(xi, lstm_parameters(in), in["x"], in["a0"], in["c0"],
                                           lstm_states(states), up["da"], up["dc_T"],
                                           lstm_gradients(grad));
  return gradients;
}

template <class S>
[[nodiscard]] auto rnn_backward_by(Derivation derivation) {
  switch (derivation) {
    case Derivation::split: return reference::rnn_backward_split<S>;
    case Derivation::one_walk_per_loss: return reference::rnn_backward_walks<S>;
    default: return reference::rnn_backward<S>;
  }
}
template <class S>
[[nodiscard]] auto lstm_backward_by(Derivation derivation) {
  switch (derivation) {
    case Derivation::split: return reference::lstm_backward_split<S>;
    case Derivation::one_walk_per_loss: return reference::lstm_backward_walks<S>;
    case Derivation::closed_form: return reference::lstm_backward_closed_form<S>;
    default: return reference::lstm_backward<S>;
  }
}

/// Gradients (gradient_names) of a problem whose forward states are `cache`.
template <class S>
[[nodiscard]] NamedTensors<S> reference_backward(const Problem<S>& problem,
                                                 const NamedTensors<S>& cache,
                                                 Derivation derivation = Derivation::one_pass) {
  if (has_lines_alone(problem.cell)) return Walked<S>(problem).backward(derivation);
  if (derivation == Derivation::by_lag)
    return reference_truncated(problem, cache, problem.sizes.T_da);
  auto gradients = make_tensors<S>(problem.cell, gradient_names(problem.cell), problem.sizes);
  const auto in = views_of(problem.in), up = views_of(problem.up), states = views_of(cache);
  const auto grad = views_of(gradients);
  if (problem.cell == Cell::rnn)
    rnn_backward_by<S>(derivation)(problem.activation, rnn_parameters(in), in["x"], in["a0"],
                                   states["a"], up["da"], rnn_gradients(grad));
  else
    lstm_backward_by<S>(derivation)(lstm_parameters(in), in["x"], in["a0"], in["c0"],
                                    lstm_states(states), up["da"], up["dc_T"],
                                    lstm_gradients(grad));
  return gradients;
}

/// States (state_names) and gradients under one roof.
template <class S>
[[nodiscard]] NamedTensors<S> reference_outputs(const Problem<S>& problem,
                                                Derivation derivation = Derivation::one_pass) {
  NamedTensors<S> cache = reference_forward(problem);
  NamedTensors<S> outputs;
  for (auto& [name, gradient] : reference_backward(problem, cache, derivation))
    outputs.add(name, gradient);
  for (const auto& name : state_names(problem.cell)) outputs.add(name, cache[name]);
  return outputs;
}

}  // namespace bptt::properties
