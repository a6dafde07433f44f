#include "subjects/peers/torch_network.hpp"

#include <dlfcn.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <algorithm>
#include <string>
#include <vector>

#include "cells/network.hpp"
#include "core/error.hpp"
#include "subjects/conventions/copy.hpp"

namespace bptt::peers {

template <class S>
struct TorchNetwork<S>::Impl {
  using Tensors = std::vector<at::Tensor>;

  Impl(Cell network, Activation g, const Sizes& sizes)
      : theirs(their_arrays(convention_named("pytorch"), network, sizes)), activation(g) {
    const auto stack = cells::layers_of(network);
    layers = stack ? stack->count : 1;
    const Cell layer = stack ? stack->one : network;
    both = cells::direction_of(layer) == cells::Direction::both;
    const auto way = cells::one_way_of(layer);
    cell = name_of(way ? way->one : layer);
    if (cells::direction_of(layer) == cells::Direction::reverse)
      throw UnsupportedError("PyTorch goes forwards or both ways, not backwards alone");
    if (cell == "rnn" && g == Activation::identity)
      throw UnsupportedError("PyTorch's RNN has tanh and relu, not the identity");
    for (const TheirArray& array : theirs) {
      at::Tensor tensor =
          at::zeros(std::vector<std::int64_t>(array.extents.begin(), array.extents.end()),
                    at::TensorOptions(std::is_same_v<S, float> ? at::kFloat : at::kDouble));
      // Of one bias that stands for two the other is a constant.
      const bool is_given = array.role != Role::state && array.role != Role::output;
      if (is_given && !array.blocks.empty()) tensor.set_requires_grad(true);
      asked.push_back(tensor.requires_grad());
      tensors.push_back(std::move(tensor));
    }
  }

  [[nodiscard]] bool is_result(std::size_t k) const {
    return theirs[k].role == Role::state || theirs[k].role == Role::output;
  }
  [[nodiscard]] const at::Tensor& tensor(std::string_view name) const {
    for (std::size_t k = 0; k < theirs.size(); ++k)
      if (theirs[k].name == name) return tensors[k];
    throw Error("PyTorch's convention has no array " + std::string(name));
  }
  /// Where an array's numbers are.
  [[nodiscard]] auto in(const Tensors& of) const {
    return [this, &of](const TheirArray& array) {
      const at::Tensor& there = of[static_cast<std::size_t>(&array - theirs.data())];
      return there.defined() ? there.template data_ptr<S>() : nullptr;
    };
  }

  void forward() {
    Tensors weights;  // layer by layer, both directions of each
    for (std::size_t k = 0; k < theirs.size(); ++k)
      if (theirs[k].role == Role::weight) weights.push_back(tensors[k]);
    constexpr bool has_biases = true, train = true, batch_first = false;
    constexpr double dropout = 0;
    const at::Tensor x = tensor("input"), h0 = tensor("h0");
    const auto pass = [&](auto&& function, const auto& states) {
      return function(x, states, weights, has_biases, layers, dropout, train, both, batch_first);
    };
    using Two = std::tuple<at::Tensor, at::Tensor>;
    if (cell.starts_with("lstm")) {
      const auto lstm = [](auto&&... arguments) { return at::lstm(arguments...); };
      std::tie(output, h_last, c_last) = pass(lstm, Tensors{h0, tensor("c0")});
      return;
    }
    Two two;
    if (cell == "gru")
      two = pass([](auto&&... arguments) { return at::gru(arguments...); }, h0);
    else if (activation == Activation::tanh)
      two = pass([](auto&&... arguments) { return at::rnn_tanh(arguments...); }, h0);
    else
      two = pass([](auto&&... arguments) { return at::rnn_relu(arguments...); }, h0);
    std::tie(output, h_last) = two;
  }

  /// What a pass gave for an array of theirs.
  [[nodiscard]] const at::Tensor& result(const TheirArray& array) const {
    return array.name == "output" ? output : array.name == "hn" ? h_last : c_last;
  }

  std::vector<TheirArray> theirs;
  Tensors tensors;  // of each: what is given, or the upstream gradient of a result
  Activation activation;
  std::string_view cell;
  Index layers = 1;
  bool both = false;
  at::Tensor output, h_last, c_last;
  std::vector<bool> asked;  // of each, its gradient
  Tensors gradients;        // of each that is asked for
};

template <class S>
TorchNetwork<S>::TorchNetwork(Cell cell, Activation activation, const Sizes& sizes)
    : impl_(make_hidden<Impl>(cell, activation, sizes)) {}
template <class S>
void TorchNetwork<S>::set_inputs(const NamedViews<const S>& in) {
  give_inputs(impl_->theirs, in, impl_->in(impl_->tensors));
}
template <class S>
void TorchNetwork<S>::set_upstream(const NamedViews<const S>& up) {
  give_upstream(impl_->theirs, up, impl_->in(impl_->tensors));
}
template <class S>
void TorchNetwork<S>::forward() {
  impl_->forward();
}

template <class S>
void TorchNetwork<S>::backward() {
  Impl& n = *impl_;
  std::vector<at::Tensor> results, upstream, given;
  for (std::size_t k = 0; k < n.theirs.size(); ++k) {
    if (n.is_result(k)) {
      results.push_back(n.result(n.theirs[k]));
      upstream.push_back(n.tensors[k]);
    } else if (n.asked[k]) {
      given.push_back(n.tensors[k]);
    }
  }
  const auto gradients = torch::autograd::grad(results, given, upstream, /*retain_graph=*/true,
                                               /*create_graph=*/false);
  n.gradients.assign(n.theirs.size(), {});
  for (std::size_t k = 0, next = 0; k < n.theirs.size(); ++k)
    if (!n.is_result(k) && n.asked[k]) n.gradients[k] = gradients[next++].contiguous();
}

template <class S>
void TorchNetwork<S>::ask_for(const NamedViews<S>& grad) {
  for (std::size_t k = 0; k < impl_->theirs.size(); ++k)
    impl_->asked[k] =
        std::any_of(impl_->theirs[k].blocks.begin(), impl_->theirs[k].blocks.end(),
                    [&](const TheirBlock& block) { return grad.contains("d" + block.name); });
}

template <class S>
void TorchNetwork<S>::read_states(const NamedViews<S>& out) const {
  const at::Tensor output = impl_->output.detach().contiguous();
  take_states(impl_->theirs, false, out,
              [&](const TheirArray&) { return output.template data_ptr<S>(); });
}
template <class S>
void TorchNetwork<S>::read_last(const NamedViews<S>& out) const {
  at::Tensor last;
  take_states(impl_->theirs, true, out, [&](const TheirArray& array) {
    last = impl_->result(array).detach().contiguous();
    return last.template data_ptr<S>();
  });
}
template <class S>
void TorchNetwork<S>::read_gradients(const NamedViews<S>& grad) const {
  take_gradients(impl_->theirs, grad, impl_->in(impl_->gradients));
}

template <class S>
void TorchNetwork<S>::use_threads(int count) {
  at::set_num_threads(count);
  // PyTorch does not tell an OpenBLAS with threads of its own.
  using SetThreads = void (*)(int);
  if (const auto set =
          reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads")))
    set(count);
}

template class TorchNetwork<float>;
template class TorchNetwork<double>;

}  // namespace bptt::peers
