// The reference's forward pass by name, for tests of number types on it.
#pragma once

#include "core/problem.hpp"
#include "reference/lstm.hpp"
#include "reference/rnn.hpp"

namespace bptt {

/// States (cache_names) of a problem.
template <class S>
[[nodiscard]] NamedTensors<S> forward(const Problem<S>& problem) {
  const auto in = views_of(problem.in);
  auto cache = make_tensors<S>(problem.cell, cache_names(problem.cell), problem.sizes);
  const auto out = views_of(cache);
  if (problem.cell == Cell::rnn)
    reference::rnn_forward<S>(problem.activation, rnn_parameters<S>(in), in["x"], in["a0"],
                              out["a"]);
  else
    reference::lstm_forward<S>(lstm_parameters<S>(in), in["x"], in["a0"], in["c0"],
                               lstm_states<S>(out));
  return cache;
}

}  // namespace bptt
