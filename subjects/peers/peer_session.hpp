// A session over a peer's network, which passes a whole sequence only: what the peer does not give
// (states that no loss of each step reads, after every step; a backward over fewer steps than the
// forward) is asked of further networks of the same peer.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cells/network.hpp"
#include "subjects/requirements.hpp"

namespace bptt::peers {

/// Network: constructed from (cell, activation, sizes), with set_inputs, set_upstream, forward,
/// clear_gradients, backward, read_states, read_last, read_gradients as in onednn_network.hpp, and
/// ask_for(grad) where it forms some gradients alone.
template <class S, class Network>
class PeerSession final : public Session<S> {
 public:
  PeerSession(Cell cell, Activation activation, const Sizes& sizes)
      : cell_(cell), sizes_(sizes), forward_(cell, activation, whole(sizes, sizes.T_x)) {
    if (sizes.T_da != sizes.T_x)
      shorter_ = std::make_unique<Network>(cell, activation, whole(sizes, sizes.T_da));
    const bool both = cells::direction_of(cell) == cells::Direction::both;
    if (both) one_way_ = cells::one_way_of(cell)->one;
    for (const std::string& name : state_names(one_way_))
      if (!table_of(one_way_).find("d" + name)) inner_states_.push_back(name);
    if (!inner_states_.empty())
      step_ = std::make_unique<Network>(one_way_, activation, whole(sizes, 1));
    prefixes_ = {""};
    if (both) prefixes_.emplace_back(cells::prefix_backwards);
  }

  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    require_arrays(cell_, input_names(cell_), sizes_, in);
    forward_.set_inputs(in);
    forward_.forward();
    forward_.read_states(out);
    if (step_)
      for (const std::string& prefix : prefixes_) read_inner_states(prefix, in, out);
  }

  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    for (const auto& [name, view] : grad)
      require_shape(name, view.shape(), shape_of(cell_, name, sizes_));
    Network* network = &forward_;
    if (shorter_) {
      NamedViews<const S> first;
      for (const auto& [name, view] : in) first.add(name, at_steps(name, view, 0, sizes_.T_da));
      network = shorter_.get();
      network->set_inputs(first);
      network->forward();
    }
    network->set_upstream(up);
    network->clear_gradients();
    if constexpr (requires { network->ask_for(grad); }) network->ask_for(grad);
    network->backward();
    network->read_gradients(grad);
  }

 private:
  static Sizes whole(Sizes sizes, Index T) {
    sizes.T_x = sizes.T_da = T;
    return sizes;
  }
  View<const S> at_steps(const std::string& name, const View<const S>& view, Index first,
                         Index last) const {
    const Index axis = array_of(cell_, name).step_axis();
    return axis < 0 ? view : view.slice(axis, first, last);
  }
  /// Those of one direction after every step, in its order, from as many networks of one step.
  void read_inner_states(const std::string& prefix, const NamedViews<const S>& in,
                         const NamedViews<S>& out) {
    const bool backwards = array_of(cell_, prefix + inner_states_.front()).backwards;
    for (Index k = 0; k < sizes_.T_x; ++k) {
      const Index t = backwards ? sizes_.T_x - 1 - k : k, before = backwards ? t + 1 : t - 1;
      NamedViews<const S> at;
      for (const std::string& name : input_names(one_way_)) {
        const CellArray& array = array_of(one_way_, name);
        if (array.role == Role::input)
          at.add(name, at_steps(name, in[name], t, t + 1));
        else if (array.role == Role::initial && k > 0)
          at.add(name, View<const S>(out[prefix + array.of].at_step(before)));
        else
          at.add(name, in[prefix + name]);
      }
      NamedViews<S> last;
      for (const std::string& name : inner_states_) last.add(name, out[prefix + name].at_step(t));
      step_->set_inputs(at);
      step_->forward();
      step_->read_last(last);
    }
  }

  Cell cell_, one_way_ = cell_;
  Sizes sizes_;
  Network forward_;
  std::unique_ptr<Network> shorter_, step_;
  std::vector<std::string> inner_states_;  // of one direction: not given at each step
  std::vector<std::string> prefixes_;      // of the directions
};

}  // namespace bptt::peers
