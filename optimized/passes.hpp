// What the kernels of one instruction set offer, and the memory they work in. The kernels are
// compiled once for each instruction set (passes_f32.cpp, passes_f64.cpp); kernels_for chooses.
// Everything here is for one thread and a batch of m samples; a plan runs one pass per thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "core/network.hpp"
#include "optimized/layout.hpp"
#include "optimized/options.hpp"
#include "optimized/part.hpp"
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

/// The memory of one thread that passes `m` samples through a network.
template <class S>
struct Scratch {
  Scratch(Workspace<S>& workspace, const Layout& layout, Index m, Index input_steps,
          Index gradient_steps);

  Index m, input_steps, gradient_steps;
  /// Blocks of units whose pre-activations are formed before any is activated: as many as stay in
  /// the first-level cache, so that a sample's units are written together, and the chains of
  /// dependent operations of several blocks overlap.
  Index blocks_together;
  S* zeros;     // [width]
  S* z;         // [blocks_together][m][width]: pre-activations
  S* blocks;    // [block][steps m][width]: Wx x + b of an input block, or dz of a gradient block
  S* da_prev;   // [panel of n_a][m][width]
  S* dc;        // [block][m][lanes], of the LSTM
  S* panel;     // [steps m][width]: rows of dx on their way out
  S* rows;      // a_prev and x of a gradient block, cut into the columns of tiles
  S* dW;        // [block][k < n_a + n_x][width]: dWa and dWx of the pass
  S* db;        // [block][width]
  S* slots[8];  // two steps each of n_a m elements, for arrays that the kernels cannot take as is
  S* x_slot;    // x of an input block, where the products cannot take it as it is
};

/// One gate's part of the gradients: views of the caller's arrays.
template <class S>
struct GateGradients {
  View<S> dWa, dWx, db;
};

/// Where a backward pass leaves dWa and dWx.
template <class S>
struct WeightTargets {
  /// The caller's arrays, gate by gate; null: they stay in scratch.dW, to be gathered.
  const GateGradients<S>* gates = nullptr;
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

/// The kernels of one instruction set. A backward pass overwrites scratch.dW and scratch.db.
template <class S>
struct Kernels {
  const char* target;
  Index lanes;
  /// One gate's weights and bias into the packed arrays of one direction.
  void (*pack_forward)(const PackedWeights<S>&, Index gate, const View<const S>& Wa,
                       const View<const S>& Wx, const View<const S>& b);
  void (*pack_backward)(const PackedWeights<S>&, Index gate, const View<const S>& Wa,
                        const View<const S>& Wx);
  void (*rnn_forward)(const PackedWeights<S>&, const Scratch<S>&, const RnnForward<S>&);
  void (*rnn_backward)(const PackedWeights<S>&, const Scratch<S>&, const RnnBackward<S>&);
  void (*lstm_forward)(const PackedWeights<S>&, const Scratch<S>&, const LstmForward<S>&);
  void (*lstm_backward)(const PackedWeights<S>&, const Scratch<S>&, const LstmBackward<S>&);
  /// One gate's rows of the blocks first .. last-1 of the threads' dW and db, summed in the order
  /// of the threads, into the caller's arrays, where the first thread's dW is already.
  void (*gather_gradients)(const Layout&, const std::vector<Scratch<S>>& threads, Index gate,
                           const GateGradients<S>& to, WeightGradients how, Index first,
                           Index last);
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
extern template struct Scratch<float>;
extern template struct Scratch<double>;

}  // namespace bptt::optimized
