// The fast kernels on a whole problem and on parts of it, of which faults of scale are made: real
// code divides a large problem among blocks of steps, threads and panels, and is wrong where the
// parts meet.
#pragma once

#include <optional>

#include "core/problem.hpp"

namespace bptt::faults {

/// One forward and backward pass. up and grad are of the last backward.
template <class S>
struct ScaleRun {
  Cell cell = Cell::rnn;
  Activation activation = Activation::tanh;
  Sizes sizes;
  NamedTensors<S> in, up;  // what the pass reads
  NamedTensors<S> states;  // what forward wrote
  NamedTensors<S> grad;    // what backward wrote, without what the sums held before
};

/// Steps t0 .. t1-1 of samples j0 .. j1-1.
template <class S>
struct Part {
  Index t0 = 0, t1 = 0, j0 = 0, j1 = 0;
  std::optional<Tensor<S>> a0{}, c0{};  // the state before; without them, that after step t0-1
  std::optional<Tensor<S>> da{}, dc{};  // what comes back from step t1; without them, nothing
};

/// All steps of some samples, some steps of all samples.
template <class S>
[[nodiscard]] Part<S> samples(const ScaleRun<S>& run, Index first, Index last) {
  return {.t1 = run.sizes.T_da, .j0 = first, .j1 = last};
}
template <class S>
[[nodiscard]] Part<S> steps(const ScaleRun<S>& run, Index first, Index last) {
  return {.t0 = first, .t1 = last, .j1 = run.sizes.m};
}

/// The gradients of a part, right if what it is handed is; zeros if it is empty. Its forward pass
/// is computed again from the state before it.
template <class S>
[[nodiscard]] NamedTensors<S> gradients_of(const ScaleRun<S>& run, const Part<S>& part);

extern template NamedTensors<float> gradients_of(const ScaleRun<float>&, const Part<float>&);
extern template NamedTensors<double> gradients_of(const ScaleRun<double>&, const Part<double>&);

}  // namespace bptt::faults
