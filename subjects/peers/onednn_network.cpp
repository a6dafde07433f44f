#include "subjects/peers/onednn_network.hpp"

#include <oneapi/dnnl/dnnl.hpp>
#include <unordered_map>
#include <vector>

#include "core/error.hpp"
#include "subjects/peers/onednn_cells.hpp"

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

/// A row-major array of oneDNN's plain layout. Our (n, m, T) with the first index fastest is its
/// (T, m, n); a weight (n_a, n_in) stands at [direction][n_in][gate][n_a].
float* data_of(const memory& array) { return static_cast<float*>(array.get_data_handle()); }

/// Copies an array of ours to or from the `part`-th of `parts` that stand side by side along the
/// units: both directions of a state of all steps.
template <class S>
void copy_part(const View<S>& ours, const memory& theirs, bool to_theirs, Index part, Index parts) {
  const Index n = ours.extent(0);
  float* at = data_of(theirs) + part * n;
  for (Index t = 0; t < ours.extent(2); ++t)
    for (Index j = 0; j < ours.extent(1); ++j, at += parts * n)
      for (Index i = 0; i < n; ++i)
        if (to_theirs)
          at[i] = ours(i, j, t);
        else if constexpr (!std::is_const_v<S>)
          ours(i, j, t) = at[i];
}

/// The same of a state before or after all steps: directions one after another.
template <class S>
void copy_state(const View<S>& ours, const memory& theirs, bool to_theirs, Index direction) {
  const Index size = ours.extent(0) * ours.extent(1);
  float* at = data_of(theirs) + direction * size;
  for (Index j = 0; j < ours.extent(1); ++j)
    for (Index i = 0; i < ours.extent(0); ++i, ++at)
      if (to_theirs)
        *at = ours(i, j);
      else if constexpr (!std::is_const_v<S>)
        ours(i, j) = *at;
}

dnnl::rnn_direction direction_of(cells::Direction direction) {
  switch (direction) {
    case cells::Direction::reverse: return dnnl::rnn_direction::unidirectional_right2left;
    case cells::Direction::both: return dnnl::rnn_direction::bidirectional_concat;
    default: return dnnl::rnn_direction::unidirectional_left2right;
  }
}

}  // namespace

struct OnednnNetwork::Impl {
  Impl(Cell which, Activation activation, const Sizes& s) : parts(onednn_parts(which)), sizes(s) {
    const auto D = static_cast<memory::dim>(parts.prefixes.size());
    const auto gates = static_cast<memory::dim>(parts.cell->gates.size());
    const memory::dim biases = gates + (parts.cell->extra_bias.empty() ? 0 : 1);
    const memory::dims x{s.T_x, s.m, s.n_x}, a{s.T_x, s.m, D * s.n_a}, state{1, D, s.m, s.n_a};
    const memory::dims Wx{1, D, s.n_x, gates, s.n_a}, Wa{1, D, s.n_a, gates, s.n_a},
        b{1, D, biases, s.n_a};
    const auto any = [](const memory::dims& dims) { return desc(dims, Tag::any); };
    const auto tnc = [](const memory::dims& dims) { return desc(dims, Tag::tnc); };
    const auto ldnc = [](const memory::dims& dims) { return desc(dims, Tag::ldnc); };
    const auto bias = desc(b, Tag::ldgo);
    const auto way = direction_of(parts.direction);
    constexpr auto training = dnnl::prop_kind::forward_training;
    constexpr auto backwards = dnnl::prop_kind::backward;
    const auto gru = [&]<class Forward, class Backward>() {
      const typename Forward::primitive_desc forward_desc(
          {training, way, tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a), ldnc(state)}, cpu());
      const typename Backward::primitive_desc backward_desc(
          {backwards, way, tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a), ldnc(state), tnc(x),
           ldnc(state), any(Wx), any(Wa), bias, tnc(a), ldnc(state)},
          cpu(), forward_desc);
      prepare(forward_desc, backward_desc);
      forward = Forward(forward_desc);
      backward = Backward(backward_desc);
    };
    try {
      switch (parts.cell->kind) {
        case OnednnCell::Kind::lstm: {
          const dnnl::lstm_forward::primitive_desc forward_desc(
              {training, way, tnc(x), ldnc(state), ldnc(state), any(Wx), any(Wa), bias, tnc(a),
               ldnc(state), ldnc(state)},
              cpu());
          const dnnl::lstm_backward::primitive_desc backward_desc(
              {backwards, way,     tnc(x),      ldnc(state), ldnc(state), any(Wx),     any(Wa),
               bias,      tnc(a),  ldnc(state), ldnc(state), tnc(x),      ldnc(state), ldnc(state),
               any(Wx),   any(Wa), bias,        tnc(a),      ldnc(state), ldnc(state)},
              cpu(), forward_desc);
          prepare(forward_desc, backward_desc);
          forward = dnnl::lstm_forward(forward_desc);
          backward = dnnl::lstm_backward(backward_desc);
          break;
        }
        case OnednnCell::Kind::gru: gru.operator()<dnnl::gru_forward, dnnl::gru_backward>(); break;
        case OnednnCell::Kind::lbr_gru:
          gru.operator()<dnnl::lbr_gru_forward, dnnl::lbr_gru_backward>();
          break;
        case OnednnCell::Kind::rnn: {
          const auto g = activation == Activation::tanh   ? dnnl::algorithm::eltwise_tanh
                         : activation == Activation::relu ? dnnl::algorithm::eltwise_relu
                                                          : dnnl::algorithm::eltwise_linear;
          const dnnl::vanilla_rnn_forward::primitive_desc forward_desc(
              {training, g, way, tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a), ldnc(state)},
              cpu());
          const dnnl::vanilla_rnn_backward::primitive_desc backward_desc(
              {backwards, g, way, tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a), ldnc(state),
               tnc(x), ldnc(state), any(Wx), any(Wa), bias, tnc(a), ldnc(state)},
              cpu(), forward_desc);
          prepare(forward_desc, backward_desc);
          forward = dnnl::vanilla_rnn_forward(forward_desc);
          backward = dnnl::vanilla_rnn_backward(backward_desc);
        }
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

  /// Calls visit(gate's columns of a weight or bias, where the gate's numbers begin in oneDNN's
  /// array, its array) for each of our arrays.
  template <class Views, class Visit>
  void for_each_weight(const Views& ours, const char* d, const Visit& visit) const {
    const Index n_a = sizes.n_a, n_x = sizes.n_x;
    const auto gates = static_cast<Index>(parts.cell->gates.size());
    const auto biases = gates + (parts.cell->extra_bias.empty() ? 0 : 1);
    for (std::size_t p = 0; p < parts.prefixes.size(); ++p) {
      const auto D = static_cast<Index>(p);
      const std::string prefix = d + parts.prefixes[p];
      for (Index g = 0; g < gates; ++g) {
        const OnednnGate& gate = parts.cell->gates[static_cast<std::size_t>(g)];
        auto W_x = ours[prefix + gate.W_x], W_a = ours[prefix + gate.W_a];
        if (gate.joint()) {
          W_a = W_x.slice(1, 0, n_a);
          W_x = W_x.slice(1, n_a, n_a + n_x);
        }
        visit(W_x, plain_Wx, (D * n_x * gates + g) * n_a, gates);
        visit(W_a, plain_Wa, (D * n_a * gates + g) * n_a, gates);
        visit(ours[prefix + gate.bias], bias, (D * biases + g) * n_a, biases);
      }
      if (biases > gates)
        visit(ours[prefix + parts.cell->extra_bias], bias, (D * biases + gates) * n_a, biases);
    }
  }

  OnednnParts parts;
  Sizes sizes;
  mutable dnnl::stream stream{cpu()};
  dnnl::primitive forward, backward;
  std::unordered_map<int, memory> arrays;
  memory forward_Wx, forward_Wa, backward_Wx, backward_Wa, plain_Wx, plain_Wa;
  mutable memory bias;  // that of the arrays which is read or written at the time
};

OnednnNetwork::OnednnNetwork(Cell cell, Activation activation, const Sizes& sizes)
    : impl_(make_hidden<Impl>(cell, activation, sizes)) {}
void OnednnNetwork::set_inputs(const NamedViews<const float>& in) {
  Impl& n = *impl_;
  copy_part(in["x"], n.arrays.at(DNNL_ARG_SRC_LAYER), true, 0, 1);
  for (std::size_t p = 0; p < n.parts.prefixes.size(); ++p) {
    const std::string& prefix = n.parts.prefixes[p];
    const auto D = static_cast<Index>(p);
    copy_state(in[prefix + n.parts.cell->state + "0"], n.arrays.at(DNNL_ARG_SRC_ITER), true, D);
    if (!n.parts.cell->inner_state.empty())
      copy_state(in[prefix + n.parts.cell->inner_state + "0"], n.arrays.at(DNNL_ARG_SRC_ITER_C),
                 true, D);
  }
  n.bias = n.arrays.at(DNNL_ARG_BIAS);
  n.for_each_weight(in, "",
                    [&](const View<const float>& W, const memory& to, Index first, Index gates) {
                      for (Index k = 0; k < W.extent(1); ++k)
                        for (Index i = 0; i < W.extent(0); ++i)
                          data_of(to)[first + k * gates * W.extent(0) + i] = W(i, k);
                    });
  n.reorder(n.plain_Wx, n.forward_Wx);
  n.reorder(n.plain_Wx, n.backward_Wx);
  n.reorder(n.plain_Wa, n.forward_Wa);
  n.reorder(n.plain_Wa, n.backward_Wa);
}

void OnednnNetwork::set_upstream(const NamedViews<const float>& up) {
  Impl& n = *impl_;
  const auto directions = static_cast<Index>(n.parts.prefixes.size());
  for (std::size_t p = 0; p < n.parts.prefixes.size(); ++p) {
    const std::string d = "d" + n.parts.prefixes[p];
    const auto D = static_cast<Index>(p);
    copy_part(up[d + n.parts.cell->state], n.arrays.at(DNNL_ARG_DIFF_DST_LAYER), true, D,
              directions);
    if (!n.parts.cell->inner_state.empty())
      copy_state(up[d + n.parts.cell->inner_state + "_T"], n.arrays.at(DNNL_ARG_DIFF_DST_ITER_C),
                 true, D);
  }
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

void OnednnNetwork::read_states(const NamedViews<float>& out) const {
  const Impl& n = *impl_;
  const auto directions = static_cast<Index>(n.parts.prefixes.size());
  for (std::size_t p = 0; p < n.parts.prefixes.size(); ++p)
    copy_part(out[n.parts.prefixes[p] + n.parts.cell->state], n.arrays.at(DNNL_ARG_DST_LAYER),
              false, static_cast<Index>(p), directions);
}

void OnednnNetwork::read_last_cell(const View<float>& c) const {
  copy_state(c, impl_->arrays.at(DNNL_ARG_DST_ITER_C), false, 0);
}

void OnednnNetwork::read_gradients(const NamedViews<float>& grad) const {
  const Impl& n = *impl_;
  copy_part(grad["dx"], n.arrays.at(DNNL_ARG_DIFF_SRC_LAYER), false, 0, 1);
  for (std::size_t p = 0; p < n.parts.prefixes.size(); ++p) {
    const std::string d = "d" + n.parts.prefixes[p];
    const auto D = static_cast<Index>(p);
    copy_state(grad[d + n.parts.cell->state + "0"], n.arrays.at(DNNL_ARG_DIFF_SRC_ITER), false, D);
    if (!n.parts.cell->inner_state.empty())
      copy_state(grad[d + n.parts.cell->inner_state + "0"], n.arrays.at(DNNL_ARG_DIFF_SRC_ITER_C),
                 false, D);
  }
  n.reorder(n.arrays.at(DNNL_ARG_DIFF_WEIGHTS_LAYER), n.plain_Wx);
  n.reorder(n.arrays.at(DNNL_ARG_DIFF_WEIGHTS_ITER), n.plain_Wa);
  n.bias = n.arrays.at(DNNL_ARG_DIFF_BIAS);
  n.for_each_weight(grad, "d",
                    [&](const View<float>& W, const memory& from, Index first, Index gates) {
                      for (Index k = 0; k < W.extent(1); ++k)
                        for (Index i = 0; i < W.extent(0); ++i)
                          W(i, k) += data_of(from)[first + k * gates * W.extent(0) + i];
                    });
}

void OnednnNetwork::use_threads(int count) { omp_set_num_threads(count); }

}  // namespace bptt::peers
