// The cells of core/cell.hpp as lines: whoever has a number finds the step, and whoever has a file
// gets a number.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cells/program.hpp"
#include "cells/stacked.hpp"
#include "core/problem.hpp"

namespace bptt::cells {

/// The table of a cell's arrays. Its sizes are n_x if it has one of that name, and n_a, n_b, n_c in
/// the order in which its letters name the others. Arrays that the text names and that its way
/// back reads are kept. Throws UnsupportedError if there are more sizes than Sizes has.
[[nodiscard]] CellTable table_of(const Definition& cell);

/// Gives a cell of one's own a number. Throws Error if there is another one of that name.
[[nodiscard]] Cell add_cell(const Definition& cell);
/// A built-in cell, or one that was added; "gru_x2" to "gru_x9" are so many layers of one,
/// "gru_reverse" and "gru_both" go the other way, or both, "gru_both_x2" are layers of these
/// (stacked.hpp), and each of them has samples of unequal lengths with "_lengths" behind its name
/// (lengths.hpp). Throws UnsupportedError with the names that are there.
[[nodiscard]] Cell cell_named(std::string_view name);
/// The same; nothing if there is none.
[[nodiscard]] std::optional<Cell> known_cell(std::string_view name);
/// Of "gru_x2": two of the GRU; of "gru_both_x2": two of "gru_both". The arrays of layer l > 1
/// begin with prefix_of_layer(l).
struct Layers {
  Cell one;
  int count;
};
[[nodiscard]] std::optional<Layers> layers_of(Cell cell);
/// Of "gru_both": the GRU, the arrays of the copy that goes backwards beginning with
/// prefix_backwards; of "gru_reverse_x2": "gru_x2".
struct OneWay {
  Cell one;
  Direction direction;
};
[[nodiscard]] std::optional<OneWay> one_way_of(Cell cell);
[[nodiscard]] Direction direction_of(Cell cell);
inline constexpr std::string_view prefix_backwards = "r_";
[[nodiscard]] std::string prefix_of_layer(int layer);
/// RNN and LSTM, then the other built-in ones by name.
[[nodiscard]] std::vector<Cell> built_in_cells();
[[nodiscard]] const Definition& definition_of(Cell cell);

/// The cell's step with that activation.
[[nodiscard]] Program step_of(Cell cell, Activation activation);
/// Its sizes under the names that its letters have.
[[nodiscard]] Extents extents_of(Cell cell, const Sizes& sizes);

/// Of "gru_both_lengths": "gru_both", whose samples are all of one length.
[[nodiscard]] std::optional<Cell> without_lengths(Cell cell);
/// It goes over time once, and forwards: no result depends on a later step.
[[nodiscard]] bool is_causal(Cell cell);
/// Whether its lines, but for an activation that it leaves open, compare no numbers: then they mean
/// something over a field, where there is no order, and its states move smoothly with what it is
/// given.
[[nodiscard]] bool compares_nothing(Cell cell);
/// Whether it has sums of products alone, besides identity and ReLU: on small whole numbers all of
/// its results are exact.
[[nodiscard]] bool has_exact_sums(Cell cell, Activation activation);
/// With one of its activations at least.
[[nodiscard]] bool may_have_exact_sums(Cell cell);

}  // namespace bptt::cells
