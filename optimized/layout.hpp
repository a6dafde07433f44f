// How the kernels lay out weights, pre-activations and their gradients: in blocks of units, each a
// panel of up to four vectors side by side.
//   LSTM  a block is one vector of units; its four vectors are the gates f i c o of the same units
//   RNN   a block is four vectors of units
// Rows beyond n_a are padding, zero in every packed array.
#pragma once

#include <algorithm>

#include "core/network.hpp"
#include "core/shape.hpp"

namespace bptt::optimized {

inline constexpr Index panel_vectors = 4;

inline Index divided_up(Index value, Index by) { return (value + by - 1) / by; }

/// A matrix's rows as panels of four vectors, the last one with as many as it needs.
struct Panels {
  Index rows, lanes;
  [[nodiscard]] Index width() const { return panel_vectors * lanes; }
  [[nodiscard]] Index count() const { return divided_up(rows, width()); }
  [[nodiscard]] Index vectors(Index panel) const {
    return std::min(panel_vectors, divided_up(rows - panel * width(), lanes));
  }
  /// Elements of a packed matrix of so many columns: every row padded to a whole vector.
  [[nodiscard]] Index packed_size(Index columns) const {
    return divided_up(rows, lanes) * lanes * columns;
  }
};

struct Layout {
  Cell cell;
  Index n_x, n_a, lanes;

  [[nodiscard]] Index gates() const { return cell == Cell::lstm ? 4 : 1; }
  /// Elements of one column of one block.
  [[nodiscard]] Index width() const { return panel_vectors * lanes; }
  [[nodiscard]] Index units_per_block() const { return width() / gates(); }
  [[nodiscard]] Index blocks() const { return divided_up(n_a, units_per_block()); }
  /// Vectors of a block that are not all padding.
  [[nodiscard]] Index vectors(Index block) const {
    return cell == Cell::lstm ? panel_vectors : Panels{n_a, lanes}.vectors(block);
  }
  [[nodiscard]] Index units(Index block) const {
    return std::min(units_per_block(), n_a - block * units_per_block());
  }
  /// Rows of the stack that are not padding: the summed index of W^T dz. Block after block; in the
  /// last one, gate after gate, the units that exist.
  [[nodiscard]] Index rows() const { return gates() * n_a; }
  /// Of those, the ones of a last block that is not full, where dz has padding after each gate.
  [[nodiscard]] Index rows_of_tail() const { return gates() * (n_a % units_per_block()); }
  [[nodiscard]] Index row(Index gate, Index unit) const {
    const Index block = unit / units_per_block();
    return block * width() + gate * units(block) + unit % units_per_block();
  }
  /// Rows of the whole stack, padded to whole vectors.
  [[nodiscard]] Index stack() const {
    return cell == Cell::lstm ? blocks() * width() : divided_up(n_a, lanes) * lanes;
  }
  /// The panels of a state (n_a rows) and of x (n_x rows).
  [[nodiscard]] Panels of_state() const { return {n_a, lanes}; }
  [[nodiscard]] Panels of_input() const { return {n_x, lanes}; }
};

}  // namespace bptt::optimized
