// A session over a peer's network, which passes a whole sequence only: what the peer does not give
// (the cell's state after every step; a backward over fewer steps than the forward) is asked of
// further networks of the same peer.
#pragma once

#include <memory>

#include "subjects/requirements.hpp"

namespace bptt::peers {

/// Network: constructed from (cell, activation, sizes), with set_inputs, set_upstream, forward,
/// clear_gradients, backward, read_states, read_last_cell, read_gradients as in onednn_network.hpp.
template <class S, class Network>
class PeerSession final : public Session<S> {
 public:
  PeerSession(Cell cell, Activation activation, const Sizes& sizes)
      : cell_(cell), sizes_(sizes), forward_(cell, activation, whole(sizes, sizes.T_x)) {
    if (sizes.T_da != sizes.T_x)
      shorter_ = std::make_unique<Network>(cell, activation, whole(sizes, sizes.T_da));
    if (cell == Cell::lstm) step_ = std::make_unique<Network>(cell, activation, whole(sizes, 1));
  }

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(cell_, input_names(cell_), sizes_, in);
    forward_.set_inputs(in);
    forward_.forward();
    forward_.read_states(out["a"]);
    if (cell_ == Cell::lstm) read_cells(in, out);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    require_arrays(cell_, gradient_names(cell_), sizes_, grad);
    Network* network = &forward_;
    if (shorter_) {
      network = shorter_.get();
      network->set_inputs(with_x(in, in["x"].slice(2, 0, sizes_.T_da)));
      network->forward();
    }
    network->set_upstream(up);
    network->clear_gradients();
    network->backward();
    network->read_gradients(grad);
  }

 private:
  static Sizes whole(Sizes sizes, Index T) {
    sizes.T_x = sizes.T_da = T;
    return sizes;
  }
  static NamedViews<const S> with_x(const NamedViews<const S>& in, const View<const S>& x) {
    NamedViews<const S> changed;
    for (const auto& [name, view] : in) changed.add(name, name == "x" ? x : view);
    return changed;
  }
  /// c after every step, from as many networks of one step each.
  void read_cells(const NamedViews<const S>& in, const NamedViews<S>& out) {
    for (Index t = 0; t < sizes_.T_x; ++t) {
      NamedViews<const S> at;
      for (const auto& [name, view] : with_x(in, in["x"].slice(2, t, t + 1)))
        at.add(name, t > 0 && name == "a0"   ? View<const S>(out["a"].at_step(t - 1))
                     : t > 0 && name == "c0" ? View<const S>(out["c"].at_step(t - 1))
                                             : view);
      step_->set_inputs(at);
      step_->forward();
      step_->read_last_cell(out["c"].at_step(t));
    }
  }

  Cell cell_;
  Sizes sizes_;
  Network forward_;
  std::unique_ptr<Network> shorter_, step_;
};

}  // namespace bptt::peers
