// One network of PyTorch (libtorch, its CPU backend), forward and backward, f32 or f64. Arrays are
// copied into PyTorch's tensors by the set_ functions and out of them by the read_ functions, so
// that forward() and backward() are what PyTorch does and nothing else.
#pragma once

#include "core/hidden.hpp"
#include "core/problem.hpp"

namespace bptt::peers {

template <class S>
class TorchNetwork {
 public:
  /// Layers, both directions or both of a cell of conventions/pytorch.convention. T_da must be T_x.
  /// Throws UnsupportedError for what PyTorch does not have: the RNN's identity, backwards alone.
  TorchNetwork(Cell cell, Activation activation, const Sizes& sizes);

  /// in: input_names(cell); up: upstream_names(cell).
  void set_inputs(const NamedViews<const S>& in);
  void set_upstream(const NamedViews<const S>& up);

  /// Forward recording the graph; backward over that graph, which is kept, into fresh gradients.
  void forward();
  void clear_gradients() {}
  /// Of the next passes backward: what `grad` does not have is not asked of autograd.
  void ask_for(const NamedViews<S>& grad);
  void backward();

  /// The states that PyTorch gives at each step, those of the last layer; of those that `out` has,
  /// the ones after the last step (n_a, m).
  void read_states(const NamedViews<S>& out) const;
  void read_last(const NamedViews<S>& out) const;
  /// grad: gradient_names(cell); weights and biases are added to what is there.
  void read_gradients(const NamedViews<S>& grad) const;

  /// Threads of all networks, from now on.
  static void use_threads(int count);

 private:
  struct Impl;
  Hidden<Impl> impl_;
};

extern template class TorchNetwork<float>;
extern template class TorchNetwork<double>;

}  // namespace bptt::peers
