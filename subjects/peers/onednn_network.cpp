#include "subjects/peers/onednn_network.hpp"

#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/error.hpp"
#include "subjects/conventions/copy.hpp"
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

/// An array of the convention: its two arguments, and its dense layout. Of weights oneDNN chooses
/// the layout, and each pass may want one of its own.
struct Argument {
  const char* name;
  int value, gradient;
  Tag dense;
  bool of_weights = false;
};
constexpr Argument arguments[] = {
    {"src_layer", DNNL_ARG_SRC_LAYER, DNNL_ARG_DIFF_SRC_LAYER, Tag::tnc},
    {"attention", DNNL_ARG_AUGRU_ATTENTION, DNNL_ARG_DIFF_AUGRU_ATTENTION, Tag::tnc},
    {"src_iter", DNNL_ARG_SRC_ITER, DNNL_ARG_DIFF_SRC_ITER, Tag::ldnc},
    {"src_iter_c", DNNL_ARG_SRC_ITER_C, DNNL_ARG_DIFF_SRC_ITER_C, Tag::ldnc},
    {"weights_layer", DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_LAYER, Tag::ldigo, true},
    {"weights_iter", DNNL_ARG_WEIGHTS_ITER, DNNL_ARG_DIFF_WEIGHTS_ITER, Tag::ldigo, true},
    {"weights_peephole", DNNL_ARG_WEIGHTS_PEEPHOLE, DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE, Tag::ldgo},
    {"weights_projection", DNNL_ARG_WEIGHTS_PROJECTION, DNNL_ARG_DIFF_WEIGHTS_PROJECTION, Tag::ldio,
     true},
    {"bias", DNNL_ARG_BIAS, DNNL_ARG_DIFF_BIAS, Tag::ldgo},
    {"dst_layer", DNNL_ARG_DST_LAYER, DNNL_ARG_DIFF_DST_LAYER, Tag::tnc},
    {"dst_iter", DNNL_ARG_DST_ITER, DNNL_ARG_DIFF_DST_ITER, Tag::ldnc},
    {"dst_iter_c", DNNL_ARG_DST_ITER_C, DNNL_ARG_DIFF_DST_ITER_C, Tag::ldnc}};

const Argument& argument_of(std::string_view name) {
  for (const Argument& argument : arguments)
    if (argument.name == name) return argument;
  throw Error("oneDNN has no array " + std::string(name));
}

OnednnKind kind_of(Cell network) {
  const auto layers = cells::layers_of(network);
  const auto way = cells::one_way_of(layers ? layers->one : network);
  const std::string_view name = name_of(way ? way->one : layers ? layers->one : network);
  for (const OnednnCell& cell : onednn_cells)
    if (cell.name == name) return cell.kind;
  throw UnsupportedError("oneDNN has no " + std::string(name_of(network)));
}

dnnl::rnn_direction way_of(Cell network) {
  switch (cells::direction_of(network)) {
    case cells::Direction::reverse: return dnnl::rnn_direction::unidirectional_right2left;
    case cells::Direction::both: return dnnl::rnn_direction::bidirectional_concat;
    default: return dnnl::rnn_direction::unidirectional_left2right;
  }
}

void zero(const memory& array) {
  std::fill_n(static_cast<char*>(array.get_data_handle()), array.get_desc().get_size(), '\0');
}

}  // namespace

struct OnednnNetwork::Impl {
  Impl(Cell network, Activation activation, const Sizes& sizes)
      : theirs(their_arrays(convention_named("onednn"), network, sizes)) {
    try {
      make(kind_of(network), activation, way_of(network));
    } catch (const dnnl::error& error) {
      throw UnsupportedError(std::string("oneDNN has no such network: ") + error.what());
    }
  }

  void make(OnednnKind kind, Activation activation, dnnl::rnn_direction way) {
    std::map<std::string_view, memory::desc> d;  // an empty one for what this network does not have
    for (const TheirArray& array : theirs) {
      const Argument& argument = argument_of(array.name);
      d[array.name] = {memory::dims(array.extents.begin(), array.extents.end()),
                       memory::data_type::f32, argument.of_weights ? Tag::any : argument.dense};
    }
    const auto &x = d["src_layer"], &h = d["src_iter"], &c = d["src_iter_c"], &s = d["attention"],
               &Wx = d["weights_layer"], &Wh = d["weights_iter"], &P = d["weights_peephole"],
               &R = d["weights_projection"], &b = d["bias"], &y = d["dst_layer"],
               &hT = d["dst_iter"], &cT = d["dst_iter_c"];
    constexpr auto training = dnnl::prop_kind::forward_training;
    constexpr auto backwards = dnnl::prop_kind::backward;
    const auto gru = [&]<class Forward, class Backward>() {
      prepare<Forward, Backward>({training, way, x, h, Wx, Wh, b, y, hT},
                                 {backwards, way, x, h, Wx, Wh, b, y, hT, x, h, Wx, Wh, b, y, hT});
    };
    switch (kind) {
      case OnednnKind::lstm:
        return prepare<dnnl::lstm_forward, dnnl::lstm_backward>(
            {training, way, x, h, c, Wx, Wh, P, R, b, y, hT, cT},
            {backwards, way, x, h, c,  Wx, Wh, P, R, b, y,  hT,
             cT,        x,   h, c, Wx, Wh, P,  R, b, y, hT, cT});
      case OnednnKind::gru: return gru.operator()<dnnl::gru_forward, dnnl::gru_backward>();
      case OnednnKind::lbr_gru:
        return gru.operator()<dnnl::lbr_gru_forward, dnnl::lbr_gru_backward>();
      case OnednnKind::augru:
        return prepare<dnnl::augru_forward, dnnl::augru_backward>(
            {training, way, x, h, s, Wx, Wh, b, y, hT},
            {backwards, way, x, h, s, Wx, Wh, b, y, hT, x, h, s, Wx, Wh, b, y, hT});
      case OnednnKind::rnn: {
        const auto g = activation == Activation::tanh   ? dnnl::algorithm::eltwise_tanh
                       : activation == Activation::relu ? dnnl::algorithm::eltwise_relu
                                                        : dnnl::algorithm::eltwise_linear;
        prepare<dnnl::vanilla_rnn_forward, dnnl::vanilla_rnn_backward>(
            {training, g, way, x, h, Wx, Wh, b, y, hT},
            {backwards, g, way, x, h, Wx, Wh, b, y, hT, x, h, Wx, Wh, b, y, hT});
      }
    }
  }

  template <class Forward, class Backward>
  void prepare(const typename Forward::desc& forward_of,
               const typename Backward::desc& backward_of) {
    const typename Forward::primitive_desc f(forward_of, cpu());
    const typename Backward::primitive_desc b(backward_of, cpu(), f);
    forward = Forward(f);
    backward = Backward(b);
    const auto wanted = [](const auto& pass, int argument) {
      return memory(pass.query_md(dnnl::query::exec_arg_md, argument), cpu());
    };
    arrays[DNNL_ARG_WORKSPACE] = wanted(f, DNNL_ARG_WORKSPACE);
    for (const TheirArray& array : theirs) {
      const Argument& a = argument_of(array.name);
      arrays[a.gradient] = wanted(b, a.gradient);
      if (a.of_weights)
        weights.push_back({a.value, a.gradient,
                           memory({memory::dims(array.extents.begin(), array.extents.end()),
                                   memory::data_type::f32, a.dense},
                                  cpu()),
                           wanted(f, a.value), wanted(b, a.value)});
      else
        arrays[a.value] = wanted(f, a.value);
    }
  }

  /// Where an array's numbers are as the convention lays them out: of weights the same place for
  /// what is given and for its gradient, both of which are brought from or to oneDNN's own layout.
  [[nodiscard]] auto dense(bool gradient) const {
    return [this, gradient](const TheirArray& array) {
      const Argument& argument = argument_of(array.name);
      const memory* at = nullptr;
      for (const Weights& w : weights)
        if (w.name == argument.value) at = &w.plain;
      if (at == nullptr) at = &arrays.at(gradient ? argument.gradient : argument.value);
      return static_cast<float*>(at->get_data_handle());
    };
  }
  void reorder(const memory& from, const memory& into) const {
    memory source = from, to = into;
    dnnl::reorder(source, to).execute(stream, source, to);
    stream.wait();
  }

  struct Weights {
    int name, gradient;
    memory plain, forward, backward;
  };
  void run(const dnnl::primitive& pass, memory Weights::*layout) {
    for (const Weights& w : weights) arrays[w.name] = w.*layout;
    pass.execute(stream, arrays);
    stream.wait();
  }

  std::vector<TheirArray> theirs;
  mutable dnnl::stream stream{cpu()};
  dnnl::primitive forward, backward;
  std::unordered_map<int, memory> arrays;
  std::vector<Weights> weights;
};

OnednnNetwork::OnednnNetwork(Cell cell, Activation activation, const Sizes& sizes)
    : impl_(make_hidden<Impl>(cell, activation, sizes)) {}

void OnednnNetwork::set_inputs(const NamedViews<const float>& in) {
  give_inputs(impl_->theirs, in, impl_->dense(false));
  for (const Impl::Weights& w : impl_->weights) {
    impl_->reorder(w.plain, w.forward);
    impl_->reorder(w.plain, w.backward);
  }
}
void OnednnNetwork::set_upstream(const NamedViews<const float>& up) {
  give_upstream(impl_->theirs, up, impl_->dense(true));
}
void OnednnNetwork::forward() { impl_->run(impl_->forward, &Impl::Weights::forward); }
void OnednnNetwork::clear_gradients() {
  for (const TheirArray& array : impl_->theirs)
    if (array.role == Role::weight) zero(impl_->arrays.at(argument_of(array.name).gradient));
}
void OnednnNetwork::backward() { impl_->run(impl_->backward, &Impl::Weights::backward); }

void OnednnNetwork::read_states(const NamedViews<float>& out) const {
  take_states(impl_->theirs, false, out, impl_->dense(false));
}
void OnednnNetwork::read_last(const NamedViews<float>& out) const {
  take_states(impl_->theirs, true, out, impl_->dense(false));
}
void OnednnNetwork::read_gradients(const NamedViews<float>& grad) const {
  for (const Impl::Weights& w : impl_->weights)
    impl_->reorder(impl_->arrays.at(w.gradient), w.plain);
  take_gradients(impl_->theirs, grad, impl_->dense(true));
}

void OnednnNetwork::use_threads(int count) { omp_set_num_threads(count); }

}  // namespace bptt::peers
