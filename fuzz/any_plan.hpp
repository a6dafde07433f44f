// The plans of optimized/ behind one face: RnnPlan, LstmPlan and Checkpointed, with arrays by name.
#pragma once

#include <memory>
#include <optional>

#include "core/problem.hpp"
#include "optimized/checkpointed.hpp"
#include "optimized/lstm.hpp"
#include "optimized/rnn.hpp"

namespace bptt::fuzz {

struct Setup {
  Cell cell = Cell::rnn;
  Activation activation = Activation::tanh;
  Sizes sizes;  // the most steps of a pass, of da too
  optimized::Options options;
  std::optional<optimized::Memory> memory;  // Checkpointed, if there is one
};

/// One plan. A pass with `parameters` hands in those of `in`; without, it uses those that the plan
/// keeps.
template <class S>
class AnyPlan {
 public:
  explicit AnyPlan(const Setup& setup) {
    if (setup.memory) {
      // A step kept whole, two states that are always there, and one more.
      const Sizes& s = setup.sizes;
      const Index elements = s.n_a * s.m * (setup.cell == Cell::lstm ? 12 : 4);
      checkpointed_.emplace(
          setup.cell, setup.activation, setup.sizes,
          optimized::MemoryOptions{*setup.memory, static_cast<std::size_t>(elements) * sizeof(S)},
          setup.options);
    } else if (setup.cell == Cell::rnn) {
      rnn_.emplace(setup.activation, setup.sizes, setup.options);
    } else {
      lstm_.emplace(setup.sizes, setup.options);
    }
  }

  void set_parameters(const NamedViews<const S>& in) {
    if (rnn_) rnn_->set_parameters(rnn_parameters(in));
    if (lstm_) lstm_->set_parameters(lstm_parameters(in));
  }

  /// cache: cache_names(cell); of Checkpointed, a alone is written.
  void forward(bool parameters, const NamedViews<const S>& in, const NamedViews<S>& cache) {
    if (checkpointed_) return checkpointed_->forward(in, cache["a"]);
    if (rnn_ && parameters)
      rnn_->forward(rnn_parameters(in), in["x"], in["a0"], cache["a"]);
    else if (rnn_)
      rnn_->forward(in["x"], in["a0"], cache["a"]);
    else if (parameters)
      lstm_->forward(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(cache));
    else
      lstm_->forward(in["x"], in["a0"], in["c0"], lstm_states(cache));
  }

  void backward(bool parameters, const NamedViews<const S>& in, const NamedViews<const S>& cache,
                const NamedViews<const S>& up, const NamedViews<S>& grad) {
    if (checkpointed_) return checkpointed_->backward(in, cache["a"], up, grad);
    if (rnn_ && parameters)
      rnn_->backward(rnn_parameters(in), in["x"], in["a0"], cache["a"], up["da"],
                     rnn_gradients(grad));
    else if (rnn_)
      rnn_->backward(in["x"], in["a0"], cache["a"], up["da"], rnn_gradients(grad));
    else if (parameters)
      lstm_->backward(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(cache),
                      up["da"], up["dc_T"], lstm_gradients(grad));
    else
      lstm_->backward(in["x"], in["a0"], in["c0"], lstm_states(cache), up["da"], up["dc_T"],
                      lstm_gradients(grad));
  }

 private:
  std::optional<optimized::RnnPlan<S>> rnn_;
  std::optional<optimized::LstmPlan<S>> lstm_;
  std::optional<optimized::Checkpointed<S>> checkpointed_;
};

}  // namespace bptt::fuzz
