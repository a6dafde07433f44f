// What the kernels of one instruction set offer, and the memory they work in. The kernels are
// compiled once for each instruction set (passes_f32.cpp, passes_f64.cpp); kernels_for chooses.
// A pass is run by every member of the plan's team, each with its own scratch.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/network.hpp"
#include "optimized/barrier.hpp"
#include "optimized/layout.hpp"
#include "optimized/options.hpp"
#include "optimized/part.hpp"
#include "optimized/paths.hpp"
#include "optimized/workspace.hpp"

namespace bptt::optimized {

/// The weights of a network, packed for both directions. Read only during a pass.
template <class S>
struct PackedWeights {
  PackedWeights(Workspace<S>& workspace, const Layout& of);

  Layout layout;
  S* Wa;    // [block][k < n_a][vectors]: forward, a panel times a_prev
  S* Wx;    // [block][k < n_x][vectors]
  S* bias;  // [block][width]
  S* WaT;   // [panel of n_a][row of the stack][vectors]: backward, a panel times dz
  S* WxT;   // [panel of n_x][row of the stack][vectors]
};

/// From first to last-1.
struct Range {
  Index first = 0, last = 0;
  [[nodiscard]] Index count() const { return last - first; }
};

/// The part of `whole` that falls to one of `count` members.
inline Range share_of(Range whole, int member, int count) {
  return {whole.first + whole.count() * member / count,
          whole.first + whole.count() * (member + 1) / count};
}

/// One of the threads that pass a batch through a network. In the loop over time each has samples
/// of its own, or all samples and units of its own; a backward pass's weight gradients are divided
/// by units or by columns, whoever formed dz.
struct Member {
  int index = 0, count = 1;
  /// The first so many members take part in the loop over time.
  int walkers = 1;
  bool by_units = false;
  /// Of all members, and of the walkers.
  Barrier* all = nullptr;
  Barrier* of_walkers = nullptr;

  [[nodiscard]] bool walks() const { return index < walkers; }
  [[nodiscard]] Range samples(Index batch) const {
    return by_units ? Range{0, batch} : share_of({0, batch}, index, walkers);
  }
  /// Panels of units in the loop over time.
  [[nodiscard]] Range panels(const Panels& all_panels) const {
    const Range whole{0, all_panels.count()};
    return by_units ? share_of(whole, index, walkers) : whole;
  }
  /// Its part of what is divided among all.
  [[nodiscard]] Range share(Index whole) const { return share_of({0, whole}, index, count); }
  /// After this, what every walker wrote in a step can be read.
  void wait_for_step() const {
    if (by_units) of_walkers->wait(index);
  }
  void wait_for_all() const {
    if (count > 1) all->wait(index);
  }
};

/// How many samples and steps are worked on at once.
struct Blocking {
  Index batch, input_steps, gradient_steps;
};

/// Memory that all members of a plan use.
template <class S>
struct Shared {
  Shared(Workspace<S>& workspace, const Layout& layout, const Blocking& blocking);

  S* zeros;  // [width]
  /// Forward: Wx x + b of an input block, for each member that has samples of its own
  /// [block][step][its samples][width]. Backward: dz of a block of steps,
  /// [block][step][sample][width].
  S* blocks;
  S* da_prev;  // [panel of n_a][sample][width]
  S* dc;       // [block][sample][lanes], of the LSTM
  S* rows;     // a_prev and x of a gradient block, cut into the columns of tiles
  S* dW;       // [block][k < n_a + n_x][width]: dWa and dWx of the pass
  S* db;       // [block][width]
};

/// What one member works in.
template <class S>
struct Scratch : Shared<S> {
  Scratch(Workspace<S>& workspace, const Layout& layout, const Blocking& blocking,
          const Thresholds& thresholds, const Shared<S>& shared, const Member& member,
          const Scratch* first_member);

  /// A product of so many multiply-adds.
  void count(Index product) const { multiply_adds += static_cast<std::uint64_t>(product); }

  Member member;
  Thresholds limits;
  // What the member did; of no account for what it computes.
  mutable Paths paths;
  mutable std::uint64_t multiply_adds = 0;
  Index batch, input_steps, gradient_steps;
  /// In the loop over time: its first sample and how many, its panels and blocks of units; no block
  /// if it does not walk.
  Index first_sample, m;
  Range panels, blocks_of_units;
  /// Blocks of units whose pre-activations are formed before any is activated: as many as stay in
  /// the first-level cache, so that a sample's units are written together, and the chains of
  /// dependent operations of several blocks overlap.
  Index blocks_together;
  S* z;         // [blocks_together][m][width]: pre-activations
  S* panel;     // [its columns][width]: rows of dx on their way out
  S* slots[8];  // two steps each of n_a m elements, for arrays that the kernels cannot take as is
  /// The same for what forward writes: the first member's where units are divided.
  S* state_slots[6];
  S* x_slot;  // x of an input block, where the products cannot take it as it is
};

/// What belongs to one gate, weights or their gradients: views of the caller's arrays.
template <class S>
struct Gate {
  View<S> Wa, Wx, b;
};

/// Where a backward pass leaves the gradients of weights and biases.
template <class S>
struct WeightTargets {
  const Gate<S>* gates;
  WeightGradients how = WeightGradients::accumulate;
};

template <class S>
struct RnnForward {
  Activation g;
  View<const S> x, a0;
  View<S> a;
};
template <class S>
struct RnnBackward {
  Activation g;
  View<const S> x, a0, a, da;
  View<S> dx, da0;
  WeightTargets<S> weights;
  Part part{};
};
template <class S>
struct LstmForward {
  View<const S> x, a0, c0;
  LstmStates<S> states;
};
template <class S>
struct LstmBackward {
  View<const S> x, a0, c0;
  LstmStates<const S> states;
  View<const S> da, dc_T;
  View<S> dx, da0, dc0;
  WeightTargets<S> weights;
  Part part{};
};

/// The kernels of one instruction set. A pass is called by all members, with whole views.
template <class S>
struct Kernels {
  const char* target;
  Index lanes;
  /// One gate's weights and bias into the packed arrays of one direction.
  void (*pack_forward)(const PackedWeights<S>&, Index gate, const Gate<const S>&);
  void (*pack_backward)(const PackedWeights<S>&, Index gate, const Gate<const S>&);
  void (*rnn_forward)(const PackedWeights<S>&, const Scratch<S>&, const RnnForward<S>&);
  void (*rnn_backward)(const PackedWeights<S>&, const Scratch<S>&, const RnnBackward<S>&);
  void (*lstm_forward)(const PackedWeights<S>&, const Scratch<S>&, const LstmForward<S>&);
  void (*lstm_backward)(const PackedWeights<S>&, const Scratch<S>&, const LstmBackward<S>&);
  /// tanh and sigmoid as the passes compute them, for their test. count: any.
  void (*tanh)(const S* from, S* to, Index count);
  void (*sigmoid)(const S* from, S* to, Index count);
};

/// The instruction sets that are compiled in and that this machine has, best first, by the names
/// that Highway gives them: "AVX3", "AVX2", "SSE4", "NEON", ..
[[nodiscard]] std::vector<std::string_view> available_targets();

/// The kernels of the named instruction set, or of the best one if the name is empty.
/// Throws UnsupportedError, naming those there are. Valid for ever.
template <class S>
[[nodiscard]] const Kernels<S>& kernels_for(std::string_view target);

extern template struct PackedWeights<float>;
extern template struct PackedWeights<double>;
extern template struct Shared<float>;
extern template struct Shared<double>;
extern template struct Scratch<float>;
extern template struct Scratch<double>;

}  // namespace bptt::optimized
