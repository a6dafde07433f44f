// The plans of optimized/ behind one face: RnnPlan, LstmPlan and Checkpointed, with arrays by name.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/problem.hpp"
#include "fuzz/finding.hpp"
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
  // Of Checkpointed: enough for a step kept whole, two states that are always there, and one more.
  [[nodiscard]] std::size_t budget_bytes(std::size_t bytes_each) const {
    const Index elements = sizes.n_a * sizes.m * (cell == Cell::lstm ? 12 : 4);
    return static_cast<std::size_t>(elements) * bytes_each;
  }
};

/// One plan. A pass with `parameters` hands in those of `in`; without, it uses those that the plan
/// keeps.
template <class S>
class AnyPlan {
 public:
  explicit AnyPlan(const Setup& setup) {
    if (setup.memory) {
      checkpointed_.emplace(setup.cell, setup.activation, setup.sizes,
                            optimized::MemoryOptions{*setup.memory, setup.budget_bytes(sizeof(S))},
                            setup.options);
    } else if (setup.cell == Cell::rnn) {
      rnn_.emplace(setup.activation, setup.sizes, setup.options);
    } else {
      lstm_.emplace(setup.sizes, setup.options);
    }
  }

  /// Bytes that the plan holds.
  [[nodiscard]] std::size_t bytes() const {
    if (checkpointed_) return checkpointed_->kept_bytes();
    return rnn_ ? rnn_->workspace_bytes() : lstm_->workspace_bytes();
  }
  /// What the plan says of itself is possible for the setup that it was made for.
  void require_sound(const Setup& setup) const {
    if (checkpointed_) {
      if (setup.memory == optimized::Memory::binomial)
        require(bytes() <= setup.budget_bytes(sizeof(S)),
                std::to_string(bytes()) + " bytes are kept of a budget of " +
                    std::to_string(setup.budget_bytes(sizeof(S))));
      const Index steps = checkpointed_->block_steps();
      require(1 <= steps && steps <= setup.sizes.T_x,
              "a block of " + std::to_string(steps) + " steps");
      require(checkpointed_->recomputed_steps() >= setup.sizes.T_da,
              "backward computes fewer steps again than there are losses");
    } else {
      const int threads = rnn_ ? rnn_->threads() : lstm_->threads();
      require(1 <= threads && threads <= setup.options.threads,
              std::to_string(threads) + " threads of " + std::to_string(setup.options.threads));
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
