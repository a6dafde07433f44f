#include "subjects/peers/onednn_network.hpp"

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "core/error.hpp"

// Of the OpenMP runtime that oneDNN runs on. clang 14 comes without its header.
extern "C" void omp_set_num_threads(int);

namespace bptt::peers {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

dnnl::engine& cpu() {
  static dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

memory::desc desc(const memory::dims& dims, Tag tag) { return {dims, memory::data_type::f32, tag}; }

/// oneDNN's gates are i f c o; ours in the order of the parameters' names f i c o.
constexpr Index gate_in_onednn[] = {1, 0, 2, 3};
constexpr const char* gate_names[] = {"f", "i", "c", "o"};

/// A row-major array of oneDNN's plain layout. Our (n, m, T) with the first index fastest is its
/// (T, m, n); a weight (n_a, n_in) stands at [n_in][gate][n_a].
float* data_of(const memory& array) { return static_cast<float*>(array.get_data_handle()); }

template <class S>
void copy_state(const View<S>& ours, const memory& theirs, bool to_theirs) {
  float* at = data_of(theirs);
  for (Index t = 0; t < ours.extent(2); ++t)
    for (Index j = 0; j < ours.extent(1); ++j)
      for (Index i = 0; i < ours.extent(0); ++i, ++at)
        if (to_theirs)
          *at = ours(i, j, t);
        else if constexpr (!std::is_const_v<S>)
          ours(i, j, t) = *at;
}

}  // namespace

struct OnednnNetwork::Impl {
  Impl(Cell which, Activation activation, const Sizes& s) : cell(which), sizes(s) {
    const memory::dim gates = cell == Cell::lstm ? 4 : 1;
    const memory::dims x{s.T_x, s.m, s.n_x}, a{s.T_x, s.m, s.n_a}, state{1, 1, s.m, s.n_a};
    const memory::dims Wx{1, 1, s.n_x, gates, s.n_a}, Wa{1, 1, s.n_a, gates, s.n_a},
        b{1, 1, gates, s.n_a};
    const auto any = [](const memory::dims& dims) { return desc(dims, Tag::any); };
    const auto tnc = [](const memory::dims& dims) { return desc(dims, Tag::tnc); };
    const auto ldnc = [](const memory::dims& dims) { return desc(dims, Tag::ldnc); };
    const auto bias = desc(b, Tag::ldgo);
    constexpr auto one_way = dnnl::rnn_direction::unidirectional_left2right;
    constexpr auto training = dnnl::prop_kind::forward_training;
    constexpr auto backwards = dnnl::prop_kind::backward;
    try {
      if (cell == Cell::lstm) {
        const dnnl::lstm_forward::primitive_desc forward_desc(
            {training, one_way, tnc(x), ldnc(state), ldnc(state), any(Wx), any(Wa), bias, tnc(a),
             ldnc(state), ldnc(state)},
            cpu());
        const dnnl::lstm_backward::primitive_desc backward_desc(
            {backwards, one_way, tnc(x),      ldnc(state), ldnc(state), any(Wx),     any(Wa),
             bias,      tnc(a),  ldnc(state), ldnc(state), tnc(x),      ldnc(state), ldnc(state),
             any(Wx),   any(Wa), bias,        tnc(a),      ldnc(state), ldnc(state)},
            cpu(), forward_desc);
        prepare(forward_desc, backward_desc);
        forward = dnnl::lstm_forward(forward_desc);
        backward = dnnl::lstm_backward(backward_desc);
      } else {
        const auto g = activation == Activation::tanh   ? dnnl::algorithm::eltwise_tanh
                       : activation == Activation::relu ? dnnl::algorithm::eltwise_relu
                                                        : dnnl::algorithm::eltwise_linear;
        const dnnl::vanilla_rnn_forward::primitive_desc forward_desc(
            {training, g, one_way, tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a),
             ldnc(state)},
            cpu());
        const dnnl::vanilla_rnn_backward::primitive_desc backward_desc(
            {backwards, g, one_way, tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a),
             ldnc(state), tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a), ldnc(state)},
            cpu(), forward_desc);
        prepare(forward_desc, backward_desc);
        forward = dnnl::vanilla_rnn_forward(forward_desc);
        backward = dnnl::vanilla_rnn_backward(backward_desc);
      }
    } catch (const dnnl::error& error) {
      throw UnsupportedError(std::string("oneDNN has no such network: ") + error.what());
    }
    plain_Wx = memory(desc(Wx, Tag::ldigo), cpu());
    plain_Wa = memory(desc(Wa, Tag::ldigo), cpu());
  }

  template <class Forward, class Backward>
  void prepare(const Forward& f, const Backward& b) {
    const auto add = [&](int name, const memory::desc& of) { arrays[name] = memory(of, cpu()); };
    add(DNNL_ARG_SRC_LAYER, f.src_layer_desc());
    add(DNNL_ARG_SRC_ITER, f.src_iter_desc());
    add(DNNL_ARG_DST_LAYER, f.dst_layer_desc());
    add(DNNL_ARG_DST_ITER, f.dst_iter_desc());
    add(DNNL_ARG_BIAS, f.bias_desc());
    add(DNNL_ARG_WORKSPACE, f.workspace_desc());
    add(DNNL_ARG_DIFF_SRC_LAYER, b.diff_src_layer_desc());
    add(DNNL_ARG_DIFF_SRC_ITER, b.diff_src_iter_desc());
    add(DNNL_ARG_DIFF_DST_LAYER, b.diff_dst_layer_desc());
    add(DNNL_ARG_DIFF_DST_ITER, b.diff_dst_iter_desc());
    add(DNNL_ARG_DIFF_BIAS, b.diff_bias_desc());
    add(DNNL_ARG_DIFF_WEIGHTS_LAYER, b.diff_weights_layer_desc());
    add(DNNL_ARG_DIFF_WEIGHTS_ITER, b.diff_weights_iter_desc());
    if constexpr (std::is_same_v<Forward, dnnl::lstm_forward::primitive_desc>) {
      add(DNNL_ARG_SRC_ITER_C, f.src_iter_c_desc());
      add(DNNL_ARG_DST_ITER_C, f.dst_iter_c_desc());
      add(DNNL_ARG_DIFF_SRC_ITER_C, b.diff_src_iter_c_desc());
      add(DNNL_ARG_DIFF_DST_ITER_C, b.diff_dst_iter_c_desc());
      zero(DNNL_ARG_DIFF_DST_ITER_C);
    }
    zero(DNNL_ARG_DIFF_DST_ITER);
    // The two directions may want the weights in layouts of their own.
    forward_Wx = memory(f.weights_layer_desc(), cpu());
    forward_Wa = memory(f.weights_iter_desc(), cpu());
    backward_Wx = memory(b.weights_layer_desc(), cpu());
    backward_Wa = memory(b.weights_iter_desc(), cpu());
  }
  void zero(int name) {
    const memory& array = arrays.at(name);
    std::fill_n(static_cast<char*>(array.get_data_handle()), array.get_desc().get_size(), '\0');
  }
  void reorder(const memory& from, memory to) const {
    memory source = from;
    dnnl::reorder(source, to).execute(stream, source, to);
    stream.wait();
  }

  Cell cell;
  Sizes sizes;
  mutable dnnl::stream stream{cpu()};
  dnnl::primitive forward, backward;
  std::unordered_map<int, memory> arrays;
  memory forward_Wx, forward_Wa, backward_Wx, backward_Wa, plain_Wx, plain_Wa;
};

OnednnNetwork::OnednnNetwork(Cell cell, Activation activation, const Sizes& sizes)
    : impl_(make_hidden<Impl>(cell, activation, sizes)) {}
void OnednnNetwork::set_inputs(const NamedViews<const float>& in) {
  Impl& n = *impl_;
  const Index n_a = n.sizes.n_a, n_x = n.sizes.n_x, gates = n.cell == Cell::lstm ? 4 : 1;
  copy_state(in["x"], n.arrays.at(DNNL_ARG_SRC_LAYER), true);
  copy_state(in["a0"], n.arrays.at(DNNL_ARG_SRC_ITER), true);
  if (n.cell == Cell::lstm) copy_state(in["c0"], n.arrays.at(DNNL_ARG_SRC_ITER_C), true);
  for (Index g = 0; g < gates; ++g) {
    const std::string gate = gate_names[g];
    const auto Wa = n.cell == Cell::lstm ? in["W" + gate].slice(1, 0, n_a) : in["Waa"];
    const auto Wx = n.cell == Cell::lstm ? in["W" + gate].slice(1, n_a, n_a + n_x) : in["Wax"];
    const auto b = n.cell == Cell::lstm ? in["b" + gate] : in["ba"];
    const Index to = n.cell == Cell::lstm ? gate_in_onednn[g] : 0;
    const auto store = [&](const View<const float>& W, const memory& array) {
      for (Index k = 0; k < W.extent(1); ++k)
        for (Index i = 0; i < n_a; ++i) data_of(array)[(k * gates + to) * n_a + i] = W(i, k);
    };
    store(Wa, n.plain_Wa);
    store(Wx, n.plain_Wx);
    store(b, n.arrays.at(DNNL_ARG_BIAS));
  }
  n.reorder(n.plain_Wx, n.forward_Wx);
  n.reorder(n.plain_Wx, n.backward_Wx);
  n.reorder(n.plain_Wa, n.forward_Wa);
  n.reorder(n.plain_Wa, n.backward_Wa);
}

void OnednnNetwork::set_upstream(const NamedViews<const float>& up) {
  Impl& n = *impl_;
  copy_state(up["da"], n.arrays.at(DNNL_ARG_DIFF_DST_LAYER), true);
  if (n.cell == Cell::lstm) copy_state(up["dc_T"], n.arrays.at(DNNL_ARG_DIFF_DST_ITER_C), true);
}

void OnednnNetwork::forward() {
  Impl& n = *impl_;
  n.arrays[DNNL_ARG_WEIGHTS_LAYER] = n.forward_Wx;
  n.arrays[DNNL_ARG_WEIGHTS_ITER] = n.forward_Wa;
  n.forward.execute(n.stream, n.arrays);
  n.stream.wait();
}

void OnednnNetwork::clear_gradients() {
  for (const int name :
       {DNNL_ARG_DIFF_BIAS, DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER})
    impl_->zero(name);
}

void OnednnNetwork::backward() {
  Impl& n = *impl_;
  n.arrays[DNNL_ARG_WEIGHTS_LAYER] = n.backward_Wx;
  n.arrays[DNNL_ARG_WEIGHTS_ITER] = n.backward_Wa;
  n.backward.execute(n.stream, n.arrays);
  n.stream.wait();
}

void OnednnNetwork::read_states(const View<float>& a) const {
  copy_state(a, impl_->arrays.at(DNNL_ARG_DST_LAYER), false);
}

void OnednnNetwork::read_last_cell(const View<float>& c) const {
  copy_state(c, impl_->arrays.at(DNNL_ARG_DST_ITER_C), false);
}

void OnednnNetwork::read_gradients(const NamedViews<float>& grad) const {
  const Impl& n = *impl_;
  const Index n_a = n.sizes.n_a, n_x = n.sizes.n_x, gates = n.cell == Cell::lstm ? 4 : 1;
  copy_state(grad["dx"], n.arrays.at(DNNL_ARG_DIFF_SRC_LAYER), false);
  copy_state(grad["da0"], n.arrays.at(DNNL_ARG_DIFF_SRC_ITER), false);
  if (n.cell == Cell::lstm) copy_state(grad["dc0"], n.arrays.at(DNNL_ARG_DIFF_SRC_ITER_C), false);
  n.reorder(n.arrays.at(DNNL_ARG_DIFF_WEIGHTS_LAYER), n.plain_Wx);
  n.reorder(n.arrays.at(DNNL_ARG_DIFF_WEIGHTS_ITER), n.plain_Wa);
  for (Index g = 0; g < gates; ++g) {
    const std::string gate = gate_names[g];
    const auto dWa = n.cell == Cell::lstm ? grad["dW" + gate].slice(1, 0, n_a) : grad["dWaa"];
    const auto dWx =
        n.cell == Cell::lstm ? grad["dW" + gate].slice(1, n_a, n_a + n_x) : grad["dWax"];
    const auto db = n.cell == Cell::lstm ? grad["db" + gate] : grad["dba"];
    const Index from = n.cell == Cell::lstm ? gate_in_onednn[g] : 0;
    const auto add = [&](const View<float>& W, const memory& array) {
      for (Index k = 0; k < W.extent(1); ++k)
        for (Index i = 0; i < n_a; ++i) W(i, k) += data_of(array)[(k * gates + from) * n_a + i];
    };
    add(dWa, n.plain_Wa);
    add(dWx, n.plain_Wx);
    add(db, n.arrays.at(DNNL_ARG_DIFF_BIAS));
  }
}

void OnednnNetwork::use_threads(int count) { omp_set_num_threads(count); }

}  // namespace bptt::peers
