// What is known of one fault of scale: right to the last bit in small problems, wrong from a size
// on.
#pragma once

#include "core/problem.hpp"
#include "subjects/faults/fault_model.hpp"
#include "subjects/faults/scale_run.hpp"

namespace bptt {

/// What has to be large.
enum class Extent {
  units,        // n_a
  gate_units,   // n_a for each of the gates
  samples,      // m
  steps,        // T
  columns,      // n_a + n_x
  inputs,       // n_x m T
  terms,        // m T: of the sum that a gradient of a weight is
  activations,  // n_a m T
  weights,      // n_a (n_a + n_x), of one gate
  products      // multiplications of a forward pass
};
[[nodiscard]] std::string_view name_of(Extent extent);
[[nodiscard]] Index extent_of(Extent extent, Cell cell, const Sizes& sizes);

/// Changes what a pass reads, or what it wrote.
struct Edit {
  constexpr Edit() = default;
  /// edit: a generic lambda, which takes either run.
  constexpr Edit(auto edit) : f32(edit), f64(edit) {}  // NOLINT(google-explicit-constructor)
  explicit operator bool() const { return f32 != nullptr; }
  void operator()(faults::ScaleRun<float>& run) const { f32(run); }
  void operator()(faults::ScaleRun<double>& run) const { f64(run); }

  void (*f32)(faults::ScaleRun<float>&) = nullptr;
  void (*f64)(faults::ScaleRun<double>&) = nullptr;
};

struct ScaleFault {
  FaultModel words;
  Extent extent{};
  Index from = 0;  // the least extent at which anything is wrong
  // What the faulty code does differently there; what is empty is right.
  Edit forward_reads{}, states{}, backward_reads{}, gradients{};

  [[nodiscard]] bool reached_by(Cell cell, const Sizes& sizes) const {
    return extent_of(extent, cell, sizes) >= from;
  }
};

}  // namespace bptt
