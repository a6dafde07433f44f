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
  Impl(Cell which, Activation activation, const Sizes& s)
      : parts(onednn_parts(which, s)), sizes(s) {
    const OnednnCell& cell = *parts.cell;
    const memory::dim L = parts.layers, D = parts.directions, units = parts.units,
                      inner = parts.inner_units;
    const auto gates = static_cast<memory::dim>(cell.gates.size());
    const memory::dim biases = gates + (cell.extra_bias.empty() ? 0 : 1);
    const auto any = [](const memory::dims& dims) { return desc(dims, Tag::any); };
    const auto x = desc({s.T_x, s.m, s.n_x}, Tag::tnc), a = desc({s.T_x, s.m, D * units}, Tag::tnc);
    const auto state = desc({L, D, s.m, units}, Tag::ldnc), c = desc({L, D, s.m, inner}, Tag::ldnc);
    const auto Wx = any({L, D, s.n_x, gates, inner}), Wa = any({L, D, units, gates, inner});
    const auto b = desc({L, D, biases, inner}, Tag::ldgo);
    const auto peephole =
        cell.peepholes.empty() ? memory::desc() : desc({L, D, 3, inner}, Tag::ldgo);
    const auto projection = cell.projection.empty() ? memory::desc() : any({L, D, inner, units});
    const auto attention =
        cell.attention.empty() ? memory::desc() : desc({s.T_x, s.m, 1}, Tag::tnc);
    const auto way = direction_of(parts.direction);
    constexpr auto training = dnnl::prop_kind::forward_training;
    constexpr auto backwards = dnnl::prop_kind::backward;
    const auto make = [&]<class Forward, class Backward>(const auto& forward_of,
                                                         const auto& backward_of) {
      const typename Forward::primitive_desc forward_desc(forward_of, cpu());
      const typename Backward::primitive_desc backward_desc(backward_of, cpu(), forward_desc);
      prepare(forward_desc, backward_desc);
      forward = Forward(forward_desc);
      backward = Backward(backward_desc);
    };
    const auto gru = [&]<class Forward, class Backward>() {
      make.template operator()<Forward, Backward>(
          typename Forward::desc(training, way, x, state, Wx, Wa, b, a, state),
          typename Backward::desc(backwards, way, x, state, Wx, Wa, b, a, state, x, state, Wx, Wa,
                                  b, a, state));
    };
    try {
      switch (cell.kind) {
        case OnednnCell::Kind::lstm:
          make.operator()<dnnl::lstm_forward, dnnl::lstm_backward>(
              dnnl::lstm_forward::desc(training, way, x, state, c, Wx, Wa, peephole, projection, b,
                                       a, state, c),
              dnnl::lstm_backward::desc(backwards, way, x, state, c, Wx, Wa, peephole, projection,
                                        b, a, state, c, x, state, c, Wx, Wa, peephole, projection,
                                        b, a, state, c));
          break;
        case OnednnCell::Kind::gru: gru.operator()<dnnl::gru_forward, dnnl::gru_backward>(); break;
        case OnednnCell::Kind::lbr_gru:
          gru.operator()<dnnl::lbr_gru_forward, dnnl::lbr_gru_backward>();
          break;
        case OnednnCell::Kind::augru:
          make.operator()<dnnl::augru_forward, dnnl::augru_backward>(
              dnnl::augru_forward::desc(training, way, x, state, attention, Wx, Wa, b, a, state),
              dnnl::augru_backward::desc(backwards, way, x, state, attention, Wx, Wa, b, a, state,
                                         x, state, attention, Wx, Wa, b, a, state));
          break;
        case OnednnCell::Kind::rnn: {
          const auto g = activation == Activation::tanh   ? dnnl::algorithm::eltwise_tanh
                         : activation == Activation::relu ? dnnl::algorithm::eltwise_relu
                                                          : dnnl::algorithm::eltwise_linear;
          make.operator()<dnnl::vanilla_rnn_forward, dnnl::vanilla_rnn_backward>(
              dnnl::vanilla_rnn_forward::desc(training, g, way, x, state, Wx, Wa, b, a, state),
              dnnl::vanilla_rnn_backward::desc(backwards, g, way, x, state, Wx, Wa, b, a, state, x,
                                               state, Wx, Wa, b, a, state));
        }
      }
    } catch (const dnnl::error& error) {
      throw UnsupportedError(std::string("oneDNN has no such network: ") + error.what());
    }
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
    zero(DNNL_ARG_DIFF_DST_ITER);
    add_weights(DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_LAYER, Tag::ldigo,
                f.weights_layer_desc(), b.weights_layer_desc(), b.diff_weights_layer_desc());
    add_weights(DNNL_ARG_WEIGHTS_ITER, DNNL_ARG_DIFF_WEIGHTS_ITER, Tag::ldigo,
                f.weights_iter_desc(), b.weights_iter_desc(), b.diff_weights_iter_desc());
    if constexpr (std::is_same_v<Forward, dnnl::lstm_forward::primitive_desc>) {
      add(DNNL_ARG_SRC_ITER_C, f.src_iter_c_desc());
      add(DNNL_ARG_DST_ITER_C, f.dst_iter_c_desc());
      add(DNNL_ARG_DIFF_SRC_ITER_C, b.diff_src_iter_c_desc());
      add(DNNL_ARG_DIFF_DST_ITER_C, b.diff_dst_iter_c_desc());
      zero(DNNL_ARG_DIFF_DST_ITER_C);
      if (!parts.cell->peepholes.empty()) {
        add(DNNL_ARG_WEIGHTS_PEEPHOLE, f.weights_peephole_desc());
        add(DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE, b.diff_weights_peephole_desc());
      }
      if (!parts.cell->projection.empty())
        add_weights(DNNL_ARG_WEIGHTS_PROJECTION, DNNL_ARG_DIFF_WEIGHTS_PROJECTION, Tag::ldio,
                    f.weights_projection_desc(), b.weights_projection_desc(),
                    b.diff_weights_projection_desc());
    }
    if constexpr (std::is_same_v<Forward, dnnl::augru_forward::primitive_desc>) {
      add(DNNL_ARG_AUGRU_ATTENTION, f.attention_desc());
      add(DNNL_ARG_DIFF_AUGRU_ATTENTION, b.diff_attention_desc());
    }
  }
  /// The two passes may want them in layouts of their own.
  void add_weights(int name, int gradient, Tag plain, const memory::desc& forwards,
                   const memory::desc& backwards, const memory::desc& gradients) {
    const auto dims = forwards.dims();
    weights.push_back({name, gradient, memory(desc(dims, plain), cpu()), memory(forwards, cpu()),
                       memory(backwards, cpu())});
    arrays[gradient] = memory(gradients, cpu());
  }
  /// None for what this network does not have.
  [[nodiscard]] memory of(int name) const {
    const auto found = arrays.find(name);
    return found == arrays.end() ? memory() : found->second;
  }
  void zero(int name) {
    if (const memory array = of(name))
      std::fill_n(static_cast<char*>(array.get_data_handle()), array.get_desc().get_size(), '\0');
  }
  void reorder(const memory& from, memory to) const {
    memory source = from;
    dnnl::reorder(source, to).execute(stream, source, to);
    stream.wait();
  }

  /// Calls visit(a weight or bias of ours, where its numbers begin in oneDNN's plain array, that
  /// array, how many such arrays stand side by side in it). `bias`, `peephole`: oneDNN's.
  template <class Views, class Visit>
  void for_each_weight(const Views& ours, const char* d, const memory& bias, const memory& peephole,
                       const Visit& visit) const {
    const OnednnCell& cell = *parts.cell;
    const Index units = parts.units, inner = parts.inner_units;
    const auto gates = static_cast<Index>(cell.gates.size());
    const auto biases = gates + (cell.extra_bias.empty() ? 0 : 1);
    for (std::size_t p = 0; p < parts.prefixes.size(); ++p) {
      const auto block = static_cast<Index>(p);
      const std::string prefix = d + parts.prefixes[p];
      for (Index g = 0; g < gates; ++g) {
        const OnednnGate& gate = cell.gates[static_cast<std::size_t>(g)];
        auto W_x = ours[prefix + gate.W_x], W_a = ours[prefix + gate.W_a];
        if (gate.joint()) {
          W_a = W_x.slice(1, 0, units);
          W_x = W_x.slice(1, units, W_x.extent(1));
        }
        visit(W_x, (block * sizes.n_x * gates + g) * inner, weights[0].plain, gates);
        visit(W_a, (block * units * gates + g) * inner, weights[1].plain, gates);
        visit(ours[prefix + gate.bias], (block * biases + g) * inner, bias, biases);
      }
      if (biases > gates)
        visit(ours[prefix + cell.extra_bias], (block * biases + gates) * inner, bias, biases);
      for (std::size_t g = 0; g < cell.peepholes.size(); ++g)
        visit(ours[prefix + cell.peepholes[g]], (block * 3 + static_cast<Index>(g)) * inner,
              peephole, Index{3});
      if (!cell.projection.empty())
        visit(ours[prefix + cell.projection], block * inner * units, weights[2].plain, Index{1});
    }
  }
  /// Calls visit(prefix, number) for each direction of the last layer.
  template <class Visit>
  void for_each_direction(const Visit& visit) const {
    for (Index k = 0; k < parts.directions; ++k)
      visit(parts.prefixes[static_cast<std::size_t>((parts.layers - 1) * parts.directions + k)], k);
  }
  /// The same for each direction of each layer.
  template <class Visit>
  void for_each_part(const Visit& visit) const {
    for (std::size_t p = 0; p < parts.prefixes.size(); ++p)
      visit(parts.prefixes[p], static_cast<Index>(p));
  }

  struct Weights {
    int name, gradient;
    memory plain, forward, backward;
  };
  void use(memory Weights::*pass) {
    for (const Weights& w : weights) arrays[w.name] = w.*pass;
  }

  OnednnParts parts;
  Sizes sizes;
  mutable dnnl::stream stream{cpu()};
  dnnl::primitive forward, backward;
  std::unordered_map<int, memory> arrays;
  std::vector<Weights> weights;  // of the input, of the state, of the projection
};

OnednnNetwork::OnednnNetwork(Cell cell, Activation activation, const Sizes& sizes)
    : impl_(make_hidden<Impl>(cell, activation, sizes)) {}
void OnednnNetwork::set_inputs(const NamedViews<const float>& in) {
  Impl& n = *impl_;
  const OnednnCell& cell = *n.parts.cell;
  copy_part(in["x"], n.arrays.at(DNNL_ARG_SRC_LAYER), true, 0, 1);
  if (!cell.attention.empty())
    copy_state(in[cell.attention], n.arrays.at(DNNL_ARG_AUGRU_ATTENTION), true, 0);
  n.for_each_part([&](const std::string& prefix, Index part) {
    copy_state(in[prefix + cell.state + "0"], n.arrays.at(DNNL_ARG_SRC_ITER), true, part);
    if (!cell.inner_state.empty())
      copy_state(in[prefix + cell.inner_state + "0"], n.arrays.at(DNNL_ARG_SRC_ITER_C), true, part);
  });
  n.for_each_weight(in, "", n.of(DNNL_ARG_BIAS), n.of(DNNL_ARG_WEIGHTS_PEEPHOLE),
                    [&](const View<const float>& W, Index first, const memory& to, Index beside) {
                      for (Index k = 0; k < W.extent(1); ++k)
                        for (Index i = 0; i < W.extent(0); ++i)
                          data_of(to)[first + k * beside * W.extent(0) + i] = W(i, k);
                    });
  for (const Impl::Weights& w : n.weights) {
    n.reorder(w.plain, w.forward);
    n.reorder(w.plain, w.backward);
  }
}

void OnednnNetwork::set_upstream(const NamedViews<const float>& up) {
  Impl& n = *impl_;
  const OnednnCell& cell = *n.parts.cell;
  n.for_each_direction([&](const std::string& prefix, Index direction) {
    copy_part(up["d" + prefix + cell.state], n.arrays.at(DNNL_ARG_DIFF_DST_LAYER), true, direction,
              n.parts.directions);
  });
  n.for_each_part([&](const std::string& prefix, Index part) {
    const auto last = [&](const std::string& state, int to) {
      const std::string name = "d" + prefix + state + "_T";
      if (up.contains(name)) copy_state(up[name], n.arrays.at(to), true, part);
    };
    last(cell.state, DNNL_ARG_DIFF_DST_ITER);
    if (!cell.inner_state.empty()) last(cell.inner_state, DNNL_ARG_DIFF_DST_ITER_C);
  });
}

void OnednnNetwork::forward() {
  Impl& n = *impl_;
  n.use(&Impl::Weights::forward);
  n.forward.execute(n.stream, n.arrays);
  n.stream.wait();
}

void OnednnNetwork::clear_gradients() {
  for (const int name : {DNNL_ARG_DIFF_BIAS, DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE}) impl_->zero(name);
  for (const Impl::Weights& w : impl_->weights) impl_->zero(w.gradient);
}

void OnednnNetwork::backward() {
  Impl& n = *impl_;
  n.use(&Impl::Weights::backward);
  n.backward.execute(n.stream, n.arrays);
  n.stream.wait();
}

void OnednnNetwork::read_states(const NamedViews<float>& out) const {
  const Impl& n = *impl_;
  n.for_each_direction([&](const std::string& prefix, Index direction) {
    copy_part(out[prefix + n.parts.cell->state], n.arrays.at(DNNL_ARG_DST_LAYER), false, direction,
              n.parts.directions);
  });
}

void OnednnNetwork::read_last(const NamedViews<float>& out) const {
  const Impl& n = *impl_;
  n.for_each_part([&](const std::string& prefix, Index part) {
    const auto last = [&](const std::string& state, int from) {
      if (out.contains(prefix + state))
        copy_state(out[prefix + state], n.arrays.at(from), false, part);
    };
    last(n.parts.cell->state, DNNL_ARG_DST_ITER);
    if (!n.parts.cell->inner_state.empty()) last(n.parts.cell->inner_state, DNNL_ARG_DST_ITER_C);
  });
}

void OnednnNetwork::read_gradients(const NamedViews<float>& grad) const {
  const Impl& n = *impl_;
  const OnednnCell& cell = *n.parts.cell;
  copy_part(grad["dx"], n.arrays.at(DNNL_ARG_DIFF_SRC_LAYER), false, 0, 1);
  if (!cell.attention.empty())
    copy_state(grad["d" + cell.attention], n.arrays.at(DNNL_ARG_DIFF_AUGRU_ATTENTION), false, 0);
  n.for_each_part([&](const std::string& prefix, Index part) {
    copy_state(grad["d" + prefix + cell.state + "0"], n.arrays.at(DNNL_ARG_DIFF_SRC_ITER), false,
               part);
    if (!cell.inner_state.empty())
      copy_state(grad["d" + prefix + cell.inner_state + "0"], n.arrays.at(DNNL_ARG_DIFF_SRC_ITER_C),
                 false, part);
  });
  for (const Impl::Weights& w : n.weights) n.reorder(n.arrays.at(w.gradient), w.plain);
  n.for_each_weight(grad, "d", n.of(DNNL_ARG_DIFF_BIAS), n.of(DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE),
                    [&](const View<float>& W, Index first, const memory& from, Index beside) {
                      for (Index k = 0; k < W.extent(1); ++k)
                        for (Index i = 0; i < W.extent(0); ++i)
                          W(i, k) += data_of(from)[first + k * beside * W.extent(0) + i];
                    });
}

void OnednnNetwork::use_threads(int count) { omp_set_num_threads(count); }

}  // namespace bptt::peers
