// The part of a subject that is the same for every implementation templated on its scalar.
#pragma once

#include <memory>

#include "subjects/requirements.hpp"

namespace bptt {

/// Opens sessions through Derived's
///   template <class S> std::unique_ptr<Session<S>> make_session(Cell, Activation, const Sizes&)
/// after checking that the capabilities allow them.
template <class Derived>
class SubjectOf : public Subject {
 public:
  [[nodiscard]] std::unique_ptr<Session<float>> open_f32(Cell cell, Activation g,
                                                         const Sizes& sizes) const final {
    require_supported(*this, cell, g, Scalar::f32);
    return derived().template make_session<float>(cell, g, sizes);
  }
  [[nodiscard]] std::unique_ptr<Session<double>> open_f64(Cell cell, Activation g,
                                                          const Sizes& sizes) const final {
    require_supported(*this, cell, g, Scalar::f64);
    return derived().template make_session<double>(cell, g, sizes);
  }

 private:
  [[nodiscard]] const Derived& derived() const { return static_cast<const Derived&>(*this); }
};

}  // namespace bptt
