// One network of oneDNN, forward (training) and backward, f32. Arrays are copied into oneDNN's own
// memory and layouts by the set_ functions and out of it by the read_ functions, so that forward()
// and backward() are what oneDNN does and nothing else.
#pragma once

#include "core/hidden.hpp"
#include "core/problem.hpp"

namespace bptt::peers {

class OnednnNetwork {
 public:
  /// A cell of onednn_cells.hpp. T_da must be T_x. Layouts of the weights are oneDNN's choice.
  /// Throws UnsupportedError with oneDNN's reason if it has no such primitive.
  OnednnNetwork(Cell cell, Activation activation, const Sizes& sizes);

  /// in: input_names(cell); up: upstream_names(cell).
  void set_inputs(const NamedViews<const float>& in);
  void set_upstream(const NamedViews<const float>& up);

  /// oneDNN's own passes. backward follows forward, and adds to the weight gradients, which
  /// clear_gradients sets to zero, as oneDNN wants it.
  void forward();
  void clear_gradients();
  void backward();

  /// The states that oneDNN gives at each step: a or h of the last layer, of each direction.
  void read_states(const NamedViews<float>& out) const;
  /// Those that `out` has, after the last step (n_a, m), of a network of one direction.
  void read_last(const NamedViews<float>& out) const;
  /// grad: gradient_names(cell); weights and biases are added to what is there.
  void read_gradients(const NamedViews<float>& grad) const;

  /// Threads of all networks, from now on: those of OpenMP.
  static void use_threads(int count);

 private:
  struct Impl;
  Hidden<Impl> impl_;
};

}  // namespace bptt::peers
