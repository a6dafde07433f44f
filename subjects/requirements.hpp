// What a subject checks before it works: that its capabilities allow what is asked for, and that
// the arrays it is handed have the shapes that its session was opened for.
#pragma once

#include <string>
#include <vector>

#include "core/subject.hpp"

namespace bptt {

/// Throws UnsupportedError unless the subject's capabilities allow the three:
/// "reference:closed_form does not run the rnn with tanh in f64".
inline void require_supported(const Subject& subject, Cell cell, Activation activation,
                              Scalar scalar) {
  if (can_run(subject.capabilities(), cell, activation, scalar)) return;
  throw UnsupportedError(
      subject.name() + " does not run the " + std::string(name_of(cell)) +
      (table_of(cell).activations().empty() ? "" : " with " + std::string(name_of(activation))) +
      " in " + std::string(name_of(scalar)));
}

/// Throws Error if a name is missing and ShapeError if an array has not the shape of `sizes`.
template <class S>
void require_arrays(Cell cell, const std::vector<std::string>& names, const Sizes& sizes,
                    const NamedViews<S>& arrays) {
  for (const std::string& name : names)
    require_shape(name, arrays[name].shape(), shape_of(cell, name, sizes));
}

}  // namespace bptt
