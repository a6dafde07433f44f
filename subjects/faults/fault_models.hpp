// The table of faults: bugs that real code for backpropagation through time has had, by name.
// To add one: one row here, and one `faults.has("its_id")` in the faulty code. An id that the table
// does not have does not compile; a row that changes nothing fails faults_test.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "core/network.hpp"

namespace bptt {

enum class Cells { rnn, lstm, both };

struct FaultModel {
  std::string_view id;         // after "fault:"
  std::string_view model;      // its kind: A time, B calls and memory, C slopes, D sums and slices,
                               // E gates, F sizes
  Cells cells;                 // to which it applies
  std::string_view mechanism;  // what the code does
  std::string_view seen;       // what makes it visible, or hides it
};

// dz is a pre-activation's gradient. "Chunk" and "lanes" are 4.
inline constexpr FaultModel fault_models[] = {
    // A: time and accumulation
    {"drop_da_prevt", "A1", Cells::both, "da[:,:,t] alone is passed, without da_prevt", "T > 1"},
    {"ignore_da", "A2", Cells::both, "da_prevt alone is passed, without da[:,:,t]",
     "always; RNN gradients are all zero"},
    {"no_carry", "A3", Cells::lstm, "neither da_prevt nor dc_prevt is carried to the step before",
     "T > 1; the last step is right"},
    {"dc_overwritten", "A4", Cells::lstm,
     "dc_next is overwritten with the way through a_next, not added to", "T > 1 or dc_T != 0"},
    {"assign_dw", "A5", Cells::both, "dW and db are assigned at each step instead of summed",
     "T > 1, or gradients that were not zero before"},
    {"copy_paste_bias_accumulators", "A6", Cells::lstm,
     "dbi = dbf + .., dbc = dbf + .., dbo = dbf + ..", "dbi, dbc, dbo; weights are right"},
    {"copy_paste_gate_bias", "A7", Cells::lstm, "dbi and dbc are summed from the forget gate's dzf",
     "dbi, dbc; weights are right"},
    {"first_x_at_every_step", "A10", Cells::both,
     "the x buffer of step 0 is used for dW at every step", "T > 1"},
    {"ignore_a0", "A11", Cells::both, "both passes start from zeros instead of a0", "a0 != 0"},
    {"a0_zero_in_backward", "A11", Cells::both, "backward takes zeros for a0, forward does not",
     "a0 != 0; only dW"},
    {"stale_a0", "A12", Cells::both, "a0 of a second forward is the last state of the first one",
     "a second forward"},
    {"da0_missing", "A14", Cells::both, "da0 is never written but zeroed", "always; only da0"},
    {"da0_dc0_exchanged", "A14", Cells::lstm, "da0 and dc0 end up in each other's field",
     "always; only da0, dc0"},
    {"ignore_dc_T", "A15", Cells::lstm, "dL/dc_T is ignored", "dc_T != 0"},
    {"carry_dropped_at_chunks", "A16", Cells::both,
     "nothing is carried back into a chunk of 4 steps", "T > 4"},
    {"last_chunk_dropped", "A16", Cells::both, "steps beyond the last whole chunk of 4 are skipped",
     "T no multiple of 4"},

    // B: state, aliasing, calls
    {"c_prev_overwritten", "B1", Cells::lstm,
     "the cached c_prev of step 0 is a view that holds c<0>",
     "dx[:,:,0], da0, dWf, dbf; forward is right"},
    {"a_c_share_buffer", "B2", Cells::lstm, "a and c are one array: c is overwritten with a",
     "c = a"},
    {"caller_dc_modified", "B3", Cells::lstm, "the caller's dc_T is accumulated into, in place",
     "dc_T after the call; a second call"},
    {"caller_da_modified", "B3", Cells::both, "da_prevt is added into the caller's da, in place",
     "da after the call; a second call; T > 1"},
    {"stale_carry", "B5", Cells::both, "da_prevt is not reset between backward calls",
     "a second call"},
    {"accumulate_across_calls", "B6", Cells::both, "sums of dW and db are kept and added in again",
     "a second call"},
    {"dw_overwritten", "B6", Cells::both, "dW and db are zeroed before the last step",
     "gradients that were not zero before"},
    {"dx_accumulates", "B7", Cells::both, "dx, da0, dc0 are added to what was there",
     "outputs that were not zero before"},
    {"weights_of_first_call", "B9", Cells::both, "backward reads the weights of the first forward",
     "a second call with other weights"},

    // C: element-wise derivatives
    {"one_minus_c_squared", "C2", Cells::lstm, "1 - c^2 for 1 - tanh(c)^2", "always"},
    {"slope_missing_in_da_prev", "C3", Cells::both, "da_prev and dxt are formed without the slopes",
     "dx, da0; parameters are right at the last step"},
    {"sigmoid_for_slope", "C4", Cells::lstm, "sigmoid in place of its slope", "always"},
    {"slope_without_da_next", "C5", Cells::rnn, "dz = 1 - a_next^2, without da_next", "always"},
    {"slope_twice", "C5", Cells::rnn, "the slope is applied twice", "tanh"},
    {"slope_of_tanh_always", "C5", Cells::rnn, "1 - a_next^2 whatever the activation is",
     "relu, identity"},
    {"missing_parentheses", "C6", Cells::lstm,
     "dc_next c_prev + o (1 - tanh^2) c_prev da_next ft (1 - ft), and so for it, cct",
     "dc_next != 0"},

    // D: reductions, transposes, slices
    {"db_sums_dw", "D2", Cells::both, "db is the sum of dW over its second axis",
     "always; only db"},
    {"missing_transpose", "D4", Cells::both, "Waa dz for Waa^T dz",
     "weights that are not symmetric"},
    {"dx_from_first_columns", "D5", Cells::lstm, "dxt from W[:, :n_x] instead of W[:, n_a:]",
     "always; only dx"},
    {"concat_split_exchanged", "D5", Cells::lstm, "dconcat is split as [x; a_prev]",
     "always; dx, da0"},
    {"nx_for_na", "D8", Cells::both, "the leading dimension of Waa is taken to be n_x (wrapped)",
     "n_x != n_a"},
    {"first_sample_only", "D9", Cells::both, "dW and db have the first sample only", "m > 1"},
    {"mean_over_batch", "D9", Cells::both, "dW and db are means over the batch", "m > 1"},

    // E: gates
    {"swapped_f_i", "E1", Cells::lstm, "ft and it change places in the cache", "forward is right"},
    {"bias_twice", "E3", Cells::both, "forward adds the bias twice", "biases != 0"},

    // F: sizes
    {"unit_tail_dropped", "F1", Cells::both, "units beyond the last whole group of 4 get no dW",
     "n_a no multiple of 4"},
    {"batch_tail_dropped", "F3", Cells::both,
     "samples beyond the last whole group of 4 add nothing to dW, db", "m no multiple of 4"},
    {"m1_wrong_stride", "F4", Cells::both, "m = 1: x is read for dW as if its steps were 1 apart",
     "m = 1, n_x > 1, T > 1"},
    {"last_bias_lost_at_T8", "F", Cells::both, "the last step's db is lost",
     "T a multiple of 8; only db"},
};

inline constexpr std::size_t fault_count = std::size(fault_models);

/// A row of the table by its id, looked up by the compiler.
struct FaultId {
  std::size_t row;
  // NOLINTNEXTLINE(google-explicit-constructor): has("no_carry") reads like the table
  consteval FaultId(const char* id) : row(0) {
    while (fault_models[row].id != id) ++row;  // past the end: not a constant, does not compile
  }
};

/// The faults that are switched on.
class FaultSet {
 public:
  [[nodiscard]] bool has(FaultId fault) const { return rows_[fault.row]; }
  [[nodiscard]] bool has_row(std::size_t row) const { return rows_[row]; }
  /// Whether all of them apply to the cell.
  [[nodiscard]] bool apply_to(Cell cell) const;
  /// Ids joined by "+", in the order of the table; "none" if there are none.
  [[nodiscard]] std::string str() const;

  /// The set named by ids joined by "+", or by "none"; nothing if an id is unknown.
  [[nodiscard]] static std::optional<FaultSet> parse(std::string_view ids);

 private:
  std::bitset<fault_count> rows_;
};

}  // namespace bptt
