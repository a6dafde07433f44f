// Time steps of an array as matrices of contiguous columns: the array itself where its first index
// has stride 1, else one step at a time through a slot of the workspace.
#pragma once

#include "optimized/matrix.hpp"

namespace bptt::optimized {

/// True if every column of the view is contiguous in memory.
template <class S>
bool has_contiguous_columns(const View<S>& view) {
  return view.extent(0) == 1 || view.strides()[0] == 1;
}

/// One step of a view whose columns are contiguous.
template <class S>
Matrix<S> step_of(const View<S>& view, Index t) {
  const Strides& s = view.strides();
  const Index step = view.shape().rank() > 2 ? s[2] : 0;
  return {view.data() + t * step, view.extent(0), view.extent(1), s[1]};
}

/// Steps to read. `slot` has room for one step, of which the last one asked for is valid.
template <class S>
class StepReader {
 public:
  StepReader(const View<const S>& view, S* slot)
      : view_(view), slot_(slot), direct_(has_contiguous_columns(view)) {}
  [[nodiscard]] Matrix<const S> at(Index t) const {
    if (direct_) return step_of(view_, t);
    const auto step = view_.shape().rank() > 2 ? view_.at_step(t) : view_;
    copy(step, View<S>(slot_, step.shape()));
    return dense<const S>(slot_, step.extent(0), step.extent(1));
  }

 private:
  View<const S> view_;
  S* slot_;
  bool direct_;
};

/// Steps to write. `slots` has room for two steps, used in turn, so that the step before can be
/// read while one is written. `done` brings a step home.
template <class S>
class StepWriter {
 public:
  StepWriter(const View<S>& view, S* slots)
      : view_(view), slots_(slots), direct_(has_contiguous_columns(view)) {}
  [[nodiscard]] Matrix<S> at(Index t) const {
    if (direct_) return step_of(view_, t);
    const Index n = view_.extent(0), m = view_.extent(1);
    return dense(slots_ + (t % 2) * n * m, n, m);
  }
  void done(Index t) const {
    if (direct_) return;
    const View<S> destination = view_.at_step(t);
    copy(View<const S>(at(t).data, destination.shape()), destination);
  }

 private:
  View<S> view_;
  S* slots_;
  bool direct_;
};

}  // namespace bptt::optimized
