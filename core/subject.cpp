#include "core/subject.hpp"

namespace bptt {

std::string_view name_of(Scalar scalar) { return scalar == Scalar::f32 ? "f32" : "f64"; }

bool can_run(const Capabilities& can, Cell cell, Activation activation, Scalar scalar) {
  const bool scalar_ok = scalar == Scalar::f32 ? can.f32 : can.f64;
  const bool activation_ok =
      table_of(cell).activations().empty() || (activation == Activation::tanh   ? can.tanh
                                               : activation == Activation::relu ? can.relu
                                                                                : can.identity);
  return can.runs(cell) && scalar_ok && activation_ok;
}

}  // namespace bptt
