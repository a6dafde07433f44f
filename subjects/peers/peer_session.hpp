// A session over a peer's network, which passes a whole sequence only: what the peer does not give
// (the cell's state after every step; a backward over fewer steps than the forward) is asked of
// further networks of the same peer.
#pragma once

#include <memory>
#include <string>
#include <vector>

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
    for (const CellArray& array : table_of(cell).arrays())
      if (array.role == Role::state && array.name.ends_with("c")) inner_states_.push_back(&array);
    if (!inner_states_.empty())
      step_ = std::make_unique<Network>(Cell::lstm, activation, whole(sizes, 1));
  }

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(cell_, input_names(cell_), sizes_, in);
    forward_.set_inputs(in);
    forward_.forward();
    if constexpr (requires { forward_.read_states(out); })
      forward_.read_states(out);
    else
      forward_.read_states(out["a"]);
    for (const CellArray* c : inner_states_) read_cells(*c, in, out);
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
  /// c after every step, or r_c from the last one to the first, from as many networks of one step.
  void read_cells(const CellArray& c, const NamedViews<const S>& in, const NamedViews<S>& out) {
    const std::string prefix = c.name.substr(0, c.name.size() - 1);
    for (Index k = 0; k < sizes_.T_x; ++k) {
      const Index t = c.backwards ? sizes_.T_x - 1 - k : k, before = c.backwards ? t + 1 : t - 1;
      NamedViews<const S> at;
      for (const std::string& name : input_names(Cell::lstm)) {
        if (name == "x") {
          at.add(name, in["x"].slice(2, t, t + 1));
          continue;
        }
        const bool initial = array_of(Cell::lstm, name).role == Role::initial;
        at.add(name, k > 0 && initial
                         ? View<const S>(out[prefix + name.substr(0, 1)].at_step(before))
                         : in[prefix + name]);
      }
      step_->set_inputs(at);
      step_->forward();
      step_->read_last_cell(out[c.name].at_step(t));
    }
  }

  Cell cell_;
  Sizes sizes_;
  Network forward_;
  std::unique_ptr<Network> shorter_, step_;
  std::vector<const CellArray*> inner_states_;  // c, r_c: not given at each step
};

}  // namespace bptt::peers
