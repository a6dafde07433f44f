// Where each fault of scale is seen: just below its extent nothing is wrong, from there on these
// arrays are. One call in a new session, against the fast kernels without a fault.
#pragma once

#include <string_view>

#include "subjects/faults/claims_test.hpp"

namespace bptt::test {

struct ScaleClaim {
  std::string_view fault;
  Sizes sizes;
  std::string_view rnn,
      lstm;  // names of the arrays that are wrong; all others are right to the last bit
  Scalar scalar = Scalar::f64;

  [[nodiscard]] std::string_view wrong(Cell cell) const { return cell == Cell::rnn ? rnn : lstm; }
};

inline constexpr std::string_view not_asked = "-", rnn_weights = "dWax dWaa";

// What an RNN still carries back after 128 steps is far below the last bit.
inline constexpr std::string_view far_from_a0 = "dx dWax dWaa dba",
                                  far_from_a0_with_states = "a dx dWax dWaa dba";

// {n_x, n_a, m, T_x, T_da}
inline constexpr ScaleClaim scale_claims[] = {
    // sums shared by threads, and in short numbers
    {"second_thread_repeats_samples", {3, 5, 31, 3, 3}, "", ""},
    {"second_thread_repeats_samples", {3, 5, 32, 3, 3}, rnn_sums, lstm_sums},
    {"samples_left_by_three_threads", {3, 5, 31, 33, 33}, "", ""},
    {"samples_left_by_three_threads", {3, 5, 33, 32, 32}, "", ""},
    {"samples_left_by_three_threads", {3, 5, 32, 32, 32}, rnn_sums, lstm_sums},
    {"last_of_8_threads_not_added", {3, 5, 63, 3, 3}, "", ""},
    {"last_of_8_threads_not_added", {3, 5, 64, 3, 3}, rnn_sums, lstm_sums},
    {"boundary_sample_in_both_threads", {3, 5, 31, 3, 3}, "", ""},
    {"boundary_sample_in_both_threads", {3, 5, 32, 3, 3}, rnn_sums, lstm_sums},
    {"partial_sums_in_float", {3, 5, 31, 33, 33}, "", ""},
    {"partial_sums_in_float", {3, 5, 32, 32, 32}, rnn_sums, lstm_sums},
    {"bias_sums_in_bfloat16", {3, 5, 31, 3, 3}, "", ""},
    {"bias_sums_in_bfloat16", {3, 5, 32, 3, 3}, "dba", lstm_biases},
    {"bias_sums_in_bfloat16", {3, 5, 32, 3, 3}, "dba", lstm_biases, Scalar::f32},
    {"outputs_copied_through_float", {3, 16, 16, 15, 15}, "", ""},
    {"outputs_copied_through_float", {3, 16, 16, 16, 16}, "a", "a c"},
    {"outputs_copied_through_float", {3, 16, 16, 16, 16}, "", "", Scalar::f32},

    // blocks of steps
    {"second_group_of_tiles_from_zero", {3, 511, 2, 17, 17}, "", ""},
    {"second_group_of_tiles_from_zero", {3, 512, 2, 16, 16}, "", ""},
    {"second_group_of_tiles_from_zero", {3, 512, 2, 17, 17}, rnn_weights, lstm_weights},
    {"far_weights_stored", {2, 511, 1, 17, 17}, "", ""},
    {"far_weights_stored", {3, 511, 1, 16, 16}, "", ""},
    {"far_weights_stored", {3, 511, 1, 17, 17}, rnn_weights, lstm_weights},
    {"first_steps_left_by_blocks", {3, 5, 31, 33, 33}, "", ""},
    {"first_steps_left_by_blocks", {3, 5, 33, 32, 32}, "", ""},
    {"first_steps_left_by_blocks", {3, 5, 32, 33, 33}, rnn_sums, lstm_sums},
    {"carry_lost_between_checkpoints", {3, 5, 2, 127, 127}, "", ""},
    {"carry_lost_between_checkpoints", {3, 5, 2, 128, 128}, rnn_all, lstm_all},
    {"dc_lost_between_checkpoints", {3, 5, 2, 63, 63}, not_asked, ""},
    {"dc_lost_between_checkpoints", {3, 5, 2, 64, 64}, not_asked, lstm_all},
    {"carry_in_bfloat16", {3, 5, 2, 47, 47}, "", ""},
    {"carry_in_bfloat16", {3, 5, 2, 48, 48}, rnn_all, lstm_all},
    {"checkpoints_in_half", {3, 5, 2, 95, 95}, "", ""},
    {"checkpoints_in_half", {3, 5, 2, 96, 96}, rnn_all, lstm_all},
    {"checkpoint_one_step_late", {3, 5, 2, 95, 95}, "", ""},
    {"checkpoint_one_step_late", {3, 5, 2, 96, 96}, rnn_all, lstm_all},

    // counters and widths of indices
    {"signed_step_counter_of_8_bits", {3, 5, 2, 128, 128}, "", ""},
    {"signed_step_counter_of_8_bits", {3, 5, 2, 129, 129}, far_from_a0, lstm_all},
    {"step_counter_of_8_bits", {3, 5, 2, 256, 256}, "", ""},
    {"step_counter_of_8_bits", {3, 5, 2, 257, 257}, "dx", "dx"},
    {"x_ring_of_128_steps", {3, 5, 2, 128, 128}, "", ""},
    {"x_ring_of_128_steps", {3, 5, 2, 129, 129}, far_from_a0_with_states, lstm_with_states},
    {"unit_index_of_8_bits", {3, 256, 2, 2, 2}, "", ""},
    {"unit_index_of_8_bits", {3, 257, 2, 2, 2}, "dba", lstm_biases},
    {"weight_offset_of_16_bits", {1, 255, 2, 2, 2}, "", ""},
    {"weight_offset_of_16_bits", {3, 256, 2, 2, 2}, "", lstm_weights},
    {"weight_offset_of_16_bits", {3, 257, 2, 2, 2}, "dWaa", lstm_weights},
    {"dx_offset_of_16_bits", {64, 5, 32, 32, 32}, "", ""},
    {"dx_offset_of_16_bits", {64, 5, 32, 33, 33}, "dx", "dx"},
    {"work_in_31_bits", {1, 1024, 64, 31, 31}, "", not_asked, Scalar::f32},
    {"work_in_31_bits", {1, 1024, 64, 32, 32}, rnn_sums, not_asked, Scalar::f32},
    {"work_in_31_bits", {1, 512, 64, 31, 31}, not_asked, "", Scalar::f32},
    {"work_in_31_bits", {1, 512, 64, 32, 32}, not_asked, lstm_sums, Scalar::f32},

    // groups of units, panels, buffers
    {"units_beyond_groups_of_384", {3, 383, 2, 2, 2}, "", ""},
    {"units_beyond_groups_of_384", {3, 384, 2, 2, 2}, "", ""},
    {"units_beyond_groups_of_384", {3, 385, 2, 1, 1}, "da0", "da0"},
    {"units_beyond_groups_of_384", {3, 385, 2, 2, 2}, rnn_all, lstm_all},
    {"last_panel_not_packed", {2, 511, 1, 2, 2}, "", ""},
    {"last_panel_not_packed", {3, 576, 1, 2, 2}, "", ""},
    {"last_panel_not_packed", {3, 511, 1, 2, 2}, rnn_all, lstm_all},
    {"second_half_of_units_missing_in_dx", {3, 255, 2, 2, 2}, "", ""},
    {"second_half_of_units_missing_in_dx", {3, 256, 2, 2, 2}, "dx", "dx"},
    {"workspace_of_512_columns", {12, 500, 2, 2, 2}, "", ""},
    {"workspace_of_512_columns", {13, 500, 2, 2, 2}, rnn_weights, lstm_weights},
    {"stack_of_1536_gate_rows", {3, 384, 2, 2, 2}, not_asked, ""},
    {"stack_of_1536_gate_rows", {3, 385, 2, 2, 2}, not_asked, "dWf dWo"},
    {"bias_added_by_each_half", {3, 1020, 1, 2, 2}, "", ""},
    {"bias_added_by_each_half", {4, 1020, 1, 2, 2}, rnn_with_states, lstm_with_states},
    {"bias_buffer_of_960", {3, 960, 1, 2, 2}, "", ""},
    {"bias_buffer_of_960", {3, 961, 1, 2, 2}, rnn_with_states, lstm_with_states},
    {"initial_states_of_64_samples", {3, 5, 64, 2, 2}, "", ""},
    {"initial_states_of_64_samples", {3, 5, 65, 2, 2}, rnn_with_states, lstm_with_states},
};

}  // namespace bptt::test
