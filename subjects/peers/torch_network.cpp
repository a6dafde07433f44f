#include "subjects/peers/torch_network.hpp"

#include <dlfcn.h>

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <string>
#include <vector>

#include "core/error.hpp"

namespace bptt::peers {
namespace {

/// Our gates f i c o are PyTorch's i f g o.
constexpr Index gate_in_torch[] = {1, 0, 2, 3};
constexpr const char* gate_names[] = {"f", "i", "c", "o"};

template <class S>
constexpr at::ScalarType type_of() {
  return std::is_same_v<S, float> ? at::kFloat : at::kDouble;
}

/// Our (n, m, T) with the first index fastest is a contiguous (T, m, n).
template <class S>
void copy_state(const View<S>& ours, const at::Tensor& theirs, bool to_theirs) {
  auto* at = theirs.data_ptr<std::remove_const_t<S>>();
  for (Index t = 0; t < ours.extent(2); ++t)
    for (Index j = 0; j < ours.extent(1); ++j)
      for (Index i = 0; i < ours.extent(0); ++i, ++at)
        if (to_theirs)
          *at = ours(i, j, t);
        else if constexpr (!std::is_const_v<S>)
          ours(i, j, t) = *at;
}

}  // namespace

template <class S>
struct TorchNetwork<S>::Impl {
  Impl(Cell which, Activation g, const Sizes& s) : cell(which), activation(g), sizes(s) {
    if (cell == Cell::rnn && g == Activation::identity)
      throw UnsupportedError("PyTorch's RNN has tanh and relu, not the identity");
    const Index rows = (cell == Cell::lstm ? 4 : 1) * s.n_a;
    const auto make = [](at::IntArrayRef shape) {
      return at::zeros(shape, at::TensorOptions(type_of<S>())).set_requires_grad(true);
    };
    x = make({s.T_x, s.m, s.n_x});
    a0 = make({1, s.m, s.n_a});
    c0 = make({1, s.m, s.n_a});
    Wx = make({rows, s.n_x});
    Wa = make({rows, s.n_a});
    b = make({rows});
    b_other = at::zeros({rows}, at::TensorOptions(type_of<S>()));
    da = at::zeros({s.T_x, s.m, s.n_a}, at::TensorOptions(type_of<S>()));
    dc = at::zeros({1, s.m, s.n_a}, at::TensorOptions(type_of<S>()));
  }

  Cell cell;
  Activation activation;
  Sizes sizes;
  at::Tensor x, a0, c0, Wx, Wa, b, b_other, da, dc, a, c;
  std::vector<at::Tensor> gradients;  // of x a0 Wx Wa b, and c0
};

template <class S>
TorchNetwork<S>::TorchNetwork(Cell cell, Activation activation, const Sizes& sizes)
    : impl_(make_hidden<Impl>(cell, activation, sizes)) {}
template <class S>
void TorchNetwork<S>::set_inputs(const NamedViews<const S>& in) {
  Impl& n = *impl_;
  const Index n_a = n.sizes.n_a, n_x = n.sizes.n_x;
  copy_state(in["x"], n.x, true);
  copy_state(in["a0"], n.a0, true);
  if (n.cell == Cell::lstm) copy_state(in["c0"], n.c0, true);
  for (Index g = 0; g < (n.cell == Cell::lstm ? 4 : 1); ++g) {
    const std::string gate = gate_names[g];
    const bool lstm = n.cell == Cell::lstm;
    const auto Wa = lstm ? in["W" + gate].slice(1, 0, n_a) : in["Waa"];
    const auto Wx = lstm ? in["W" + gate].slice(1, n_a, n_a + n_x) : in["Wax"];
    const auto bias = lstm ? in["b" + gate] : in["ba"];
    const Index row = (lstm ? gate_in_torch[g] : 0) * n_a;
    for (Index i = 0; i < n_a; ++i) {
      for (Index k = 0; k < n_a; ++k) n.Wa.template data_ptr<S>()[(row + i) * n_a + k] = Wa(i, k);
      for (Index k = 0; k < n_x; ++k) n.Wx.template data_ptr<S>()[(row + i) * n_x + k] = Wx(i, k);
      n.b.template data_ptr<S>()[row + i] = bias(i, 0);
    }
  }
}

template <class S>
void TorchNetwork<S>::set_upstream(const NamedViews<const S>& up) {
  copy_state(up["da"], impl_->da, true);
  if (impl_->cell == Cell::lstm) copy_state(up["dc_T"], impl_->dc, true);
}

template <class S>
void TorchNetwork<S>::forward() {
  Impl& n = *impl_;
  const std::vector<at::Tensor> weights{n.Wx, n.Wa, n.b, n.b_other};
  constexpr bool has_biases = true, train = true, bidirectional = false, batch_first = false;
  constexpr double dropout = 0;
  if (n.cell == Cell::lstm)
    std::tie(n.a, std::ignore, n.c) = at::lstm(n.x, {n.a0, n.c0}, weights, has_biases, 1, dropout,
                                               train, bidirectional, batch_first);
  else if (n.activation == Activation::tanh)
    n.a = std::get<0>(at::rnn_tanh(n.x, n.a0, weights, has_biases, 1, dropout, train, bidirectional,
                                   batch_first));
  else
    n.a = std::get<0>(at::rnn_relu(n.x, n.a0, weights, has_biases, 1, dropout, train, bidirectional,
                                   batch_first));
}

template <class S>
void TorchNetwork<S>::backward() {
  Impl& n = *impl_;
  std::vector<at::Tensor> outputs{n.a}, upstream{n.da}, inputs{n.x, n.a0, n.Wx, n.Wa, n.b};
  if (n.cell == Cell::lstm) {
    outputs.push_back(n.c);
    upstream.push_back(n.dc);
    inputs.push_back(n.c0);
  }
  n.gradients = torch::autograd::grad(outputs, inputs, upstream, /*retain_graph=*/true,
                                      /*create_graph=*/false);
}

template <class S>
void TorchNetwork<S>::read_states(const NamedViews<S>& out) const {
  copy_state(out["a"], impl_->a.detach().contiguous(), false);
}
template <class S>
void TorchNetwork<S>::read_last(const NamedViews<S>& out) const {
  copy_state(out["c"], impl_->c.detach().contiguous(), false);
}

template <class S>
void TorchNetwork<S>::read_gradients(const NamedViews<S>& grad) const {
  const Impl& n = *impl_;
  const Index n_a = n.sizes.n_a, n_x = n.sizes.n_x;
  const bool lstm = n.cell == Cell::lstm;
  std::vector<at::Tensor> dense;
  for (const at::Tensor& gradient : n.gradients) dense.push_back(gradient.contiguous());
  copy_state(grad["dx"], dense[0], false);
  copy_state(grad["da0"], dense[1], false);
  if (lstm) copy_state(grad["dc0"], dense[5], false);
  const S* dWx_all = dense[2].template data_ptr<S>();
  const S* dWa_all = dense[3].template data_ptr<S>();
  const S* db_all = dense[4].template data_ptr<S>();
  for (Index g = 0; g < (lstm ? 4 : 1); ++g) {
    const std::string gate = gate_names[g];
    const auto dWa = lstm ? grad["dW" + gate].slice(1, 0, n_a) : grad["dWaa"];
    const auto dWx = lstm ? grad["dW" + gate].slice(1, n_a, n_a + n_x) : grad["dWax"];
    const auto db = lstm ? grad["db" + gate] : grad["dba"];
    const Index row = (lstm ? gate_in_torch[g] : 0) * n_a;
    for (Index i = 0; i < n_a; ++i) {
      for (Index k = 0; k < n_a; ++k) dWa(i, k) += dWa_all[(row + i) * n_a + k];
      for (Index k = 0; k < n_x; ++k) dWx(i, k) += dWx_all[(row + i) * n_x + k];
      db(i, 0) += db_all[row + i];
    }
  }
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
