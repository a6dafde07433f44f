// One network of one size with all its arrays, ready to be passed forwards and backwards by any of
// the peers. What is timed is the pass alone: arrays, plans and a forward pass are made before.
#pragma once

#include <cmath>
#include <random>
#include <string>

#include "core/problem.hpp"
#include "core/subject.hpp"
#include "optimized/lstm.hpp"
#include "optimized/rnn.hpp"
#include "reference/unrolled.hpp"

namespace bptt::bench {

/// Who runs. walks and split are the slow ways of reference/unrolled.hpp and only go backwards.
enum class Peer { optimized, reference, walks, split };
enum class Pass { forward, backward };

/// 2 T m G n_a (n_a + n_x) operations forwards and twice that backwards; G = 1 or 4.
inline double flops(Cell cell, Pass pass, const Sizes& s) {
  const auto value = [](Index extent) { return static_cast<double>(extent); };
  const double gates = cell == Cell::rnn ? 1 : 4;
  return (pass == Pass::forward ? 2 : 4) * value(s.T_x) * value(s.m) * gates * value(s.n_a) *
         value(s.n_a + s.n_x);
}

template <class S>
NamedTensors<S> make_states(Cell cell, const Sizes& s) {
  NamedTensors<S> states;
  for (const char* name : {"a", "c", "ft", "it", "cct", "ot"})
    if (cell == Cell::lstm || name == std::string("a"))
      states.add(name, Tensor<S>(Shape{s.n_a, s.m, s.T_x}));
  return states;
}

/// Weights uniform within 1 / sqrt(n_a), as PyTorch initialises them; all else uniform in [-1, 1].
template <class S>
NamedTensors<S> draw(Cell cell, const std::vector<std::string>& names, const Sizes& sizes) {
  NamedTensors<S> tensors = make_tensors<S>(cell, names, sizes);
  std::mt19937 engine(1);
  for (auto& [name, tensor] : tensors) {
    const S scale = name[0] == 'W' ? 1 / std::sqrt(static_cast<S>(sizes.n_a)) : S(1);
    std::uniform_real_distribution<S> uniform(-scale, scale);
    for (S& value : tensor.elements()) value = uniform(engine);
  }
  return tensors;
}

template <class S>
class RnnWorkload {
 public:
  explicit RnnWorkload(const Sizes& sizes)
      : in_(draw<S>(Cell::rnn, input_names(Cell::rnn), sizes)),
        up_(draw<S>(Cell::rnn, upstream_names(Cell::rnn), sizes)),
        states_(make_states<S>(Cell::rnn, sizes)),
        gradients_(make_tensors<S>(Cell::rnn, gradient_names(Cell::rnn), sizes)),
        p_(rnn_parameters<S>(views_of(std::as_const(in_)))),
        x_(in_["x"].view()),
        a0_(in_["a0"].view()),
        a_(states_["a"].view()),
        da_(up_["da"].view()),
        out_(rnn_gradients<S>(views_of(gradients_))),
        plan_(Activation::tanh, sizes) {
    forward(Peer::optimized);
  }

  void forward(Peer peer) {
    if (peer == Peer::optimized) return plan_.forward(p_, x_, a0_, a_);
    reference::rnn_forward<S>(Activation::tanh, p_, x_, a0_, a_);
  }
  void backward(Peer peer) {
    constexpr Activation g = Activation::tanh;
    switch (peer) {
      case Peer::optimized: return plan_.backward(p_, x_, a0_, a_, da_, out_);
      case Peer::reference: return reference::rnn_backward<S>(g, p_, x_, a0_, a_, da_, out_);
      case Peer::walks: return reference::rnn_backward_walks<S>(g, p_, x_, a0_, a_, da_, out_);
      case Peer::split: return reference::rnn_backward_split<S>(g, p_, x_, a0_, a_, da_, out_);
    }
  }

 private:
  NamedTensors<S> in_, up_, states_, gradients_;
  RnnParameters<S> p_;
  View<const S> x_, a0_;
  View<S> a_;
  View<const S> da_;
  RnnGradients<S> out_;
  optimized::RnnPlan<S> plan_;
};

template <class S>
class LstmWorkload {
 public:
  explicit LstmWorkload(const Sizes& sizes)
      : in_(draw<S>(Cell::lstm, input_names(Cell::lstm), sizes)),
        up_(draw<S>(Cell::lstm, upstream_names(Cell::lstm), sizes)),
        states_(make_states<S>(Cell::lstm, sizes)),
        gradients_(make_tensors<S>(Cell::lstm, gradient_names(Cell::lstm), sizes)),
        p_(lstm_parameters<S>(views_of(std::as_const(in_)))),
        x_(in_["x"].view()),
        a0_(in_["a0"].view()),
        c0_(in_["c0"].view()),
        s_(lstm_states<S>(views_of(states_))),
        kept_(lstm_states<const S>(views_of(std::as_const(states_)))),
        da_(up_["da"].view()),
        dc_T_(up_["dc_T"].view()),
        out_(lstm_gradients<S>(views_of(gradients_))),
        plan_(sizes) {
    forward(Peer::optimized);
  }

  void forward(Peer peer) {
    if (peer == Peer::optimized) return plan_.forward(p_, x_, a0_, c0_, s_);
    reference::lstm_forward<S>(p_, x_, a0_, c0_, s_);
  }
  void backward(Peer peer) {
    const auto run = [&](auto&& way) { way(p_, x_, a0_, c0_, kept_, da_, dc_T_, out_); };
    switch (peer) {
      case Peer::optimized: return plan_.backward(p_, x_, a0_, c0_, kept_, da_, dc_T_, out_);
      case Peer::reference: return run(reference::lstm_backward<S>);
      case Peer::walks: return run(reference::lstm_backward_walks<S>);
      case Peer::split: return run(reference::lstm_backward_split<S>);
    }
  }

 private:
  NamedTensors<S> in_, up_, states_, gradients_;
  LstmParameters<S> p_;
  View<const S> x_, a0_, c0_;
  LstmStates<S> s_;
  LstmStates<const S> kept_;
  View<const S> da_, dc_T_;
  LstmGradients<S> out_;
  optimized::LstmPlan<S> plan_;
};

}  // namespace bptt::bench
