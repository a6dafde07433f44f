// A session over optimized::Checkpointed. The cell's state after every step, which it does not
// keep, is computed by a plan, for the suite alone.
#pragma once

#include <memory>
#include <optional>

#include "optimized/checkpointed.hpp"
#include "optimized/lstm.hpp"
#include "subjects/requirements.hpp"

namespace bptt {

template <class S>
class CheckpointedSession final : public Session<S> {
 public:
  CheckpointedSession(Cell cell, Activation g, const Sizes& sizes,
                      const optimized::MemoryOptions& memory)
      : cell_(cell), sizes_(sizes), run_(cell, g, sizes, memory), a_(shape_of(cell, "a", sizes)) {
    if (cell == Cell::lstm) states_.emplace(sizes);
  }

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(cell_, input_names(cell_), sizes_, in);
    run_.forward(in, a_.view());
    copy(a_.view(), out["a"]);
    if (!states_) return;
    auto cache = make_tensors<S>(cell_, cache_names(cell_), sizes_);
    states_->forward(lstm_parameters(in), in["x"], in["a0"], in["c0"],
                     lstm_states(views_of(cache)));
    copy(cache["c"].view(), out["c"]);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    require_arrays(cell_, gradient_names(cell_), sizes_, grad);
    run_.backward(in, std::as_const(a_).view(), up, grad);
  }

 private:
  Cell cell_;
  Sizes sizes_;
  optimized::Checkpointed<S> run_;
  std::optional<optimized::LstmPlan<S>> states_;
  Tensor<S> a_;
};

}  // namespace bptt
