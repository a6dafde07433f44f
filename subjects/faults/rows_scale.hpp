// Faults of scale: nothing is wrong in a small problem; from the stated extent on it is. All that
// these have in common is that real code divides large problems: among threads, blocks of steps,
// panels of weights, numbers that are shorter or indices that are narrower than they must be.
#pragma once

#include "subjects/faults/scale_edits.hpp"
#include "subjects/faults/scale_fault.hpp"

namespace bptt::faults {

inline constexpr ScaleFault scale_rows[] = {
    // ---- sums shared by threads, and in short numbers ----
    {.words = {.id = "second_thread_repeats_samples",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 32 samples on two threads share the batch, and the second one "
                            "sums the first samples again",
               .wrong = "for j in range(m - m // 2)  # in both threads",
               .right = "for j in range(m // 2, m)  # in the second thread",
               .seen = "m >= 32; sums over the batch alone",
               .mend = "a thread's range has a beginning too",
               .source = "variant of F3"},
     .extent = Extent::samples,
     .from = 32,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           const Index m = run.sizes.m;
           NamedTensors<S> second = gradients_of(run, samples(run, 0, m - m / 2));
           sum_samples(run, 0, m / 2);
           add(second, 1, of_sum, run.grad);
         }},
    {.words = {.id = "samples_left_by_three_threads",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 1024 terms on three threads share the batch, and the samples "
                            "left over get no dW, db",
               .wrong = "j1 = j0 + m // 3",
               .right = "j1 = (k + 1) * m // 3",
               .seen = "m T >= 1024, m no multiple of 3",
               .mend = "divide k m / n, so that the last range ends at m",
               .source = "variant of F3; like pytorch/pytorch#177834"},
     .extent = Extent::terms,
     .from = 1024,
     .gradients = []<class S>(ScaleRun<S>& run) { sum_samples(run, 0, run.sizes.m / 3 * 3); }},
    {.words = {.id = "last_of_8_threads_not_added",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 64 samples on eight threads sum, and seven sums are added up",
               .wrong = "for k in range(1, threads - 1): dW += dW_of[k]",
               .right = "for k in range(1, threads): dW += dW_of[k]",
               .seen = "m >= 64",
               .mend = "the reduction runs over all threads",
               .source = "variant of F6"},
     .extent = Extent::samples,
     .from = 64,
     .gradients = []<class S>(ScaleRun<S>& run) { sum_samples(run, 0, run.sizes.m * 7 / 8); }},
    {.words = {.id = "boundary_sample_in_both_threads",
               .model = "G",
               .cells = Cells::both,
               .mechanism =
                   "from 32 samples on the sample at which two threads meet is summed by both",
               .wrong = "ranges 0..m/2 and m/2..m, both with their ends",
               .right = "ranges 0..m/2 and m/2..m, without their ends",
               .seen = "m >= 32; an m-th part of each sum",
               .mend = "half-open ranges",
               .source = "variant of F3"},
     .extent = Extent::samples,
     .from = 32,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           const Index half = run.sizes.m / 2;
           add(gradients_of(run, samples(run, half, half + 1)), 1, of_sum, run.grad);
         }},
    {.words = {.id = "partial_sums_in_float",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 1024 terms on four partial sums of dW and db are kept in float, "
                            "in double precision too",
               .wrong = "float partial[4][n]",
               .right = "double partial[4][n]",
               .seen = "m T >= 1024, f64 alone: the eighth digit",
               .mend = "partial sums have the numbers' own type",
               .source = "variant of apache/mxnet#17703"},
     .extent = Extent::terms,
     .from = 1024,
     .gradients = []<class S>(ScaleRun<S>& run) { sum_in_short_numbers(run, 4, 24, of_sum); }},
    {.words = {.id = "bias_sums_in_bfloat16",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 32 samples on db is added up from four partial sums in bfloat16",
               .wrong = "db = bf16(db + partial)",
               .right = "db = db + partial",
               .seen = "m >= 32: the third digit of db",
               .mend = "accumulate in f32 and convert once, at the end",
               .source = "variant of deepspeedai/DeepSpeed#2768"},
     .extent = Extent::samples,
     .from = 32,
     .gradients = []<class S>(ScaleRun<S>& run) { sum_in_short_numbers(run, 4, 8, of_bias_sum); }},
    {.words = {.id = "outputs_copied_through_float",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 2^12 states on they are copied to the caller past the cache, by "
                            "a copy that knows floats alone",
               .wrong = "stream_f32(out, a)",
               .right = "stream(out, a)",
               .seen = "n_a m T >= 2^12, f64 alone; gradients are right",
               .mend = "a copy for each type",
               .source = "variant of double_through_float"},
     .extent = Extent::activations,
     .from = 1 << 12,
     .states =
         []<class S>(ScaleRun<S>& run) {
           for (auto& [name, tensor] : run.states) round(tensor, 24);
         }},
    // ---- blocks of steps ----
    {.words = {.id = "second_group_of_tiles_from_zero",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "with 512 units or more tiles of dW come in two groups, and the second "
                            "one starts every block of 16 steps from zero",
               .wrong = "acc = zeros  # in each block",
               .right = "acc = dW_so_far",
               .seen = "n_a >= 512, T > 16; rows from 256 on",
               .mend = "every group loads what the block before it has stored",
               .source = "variant of A5"},
     .extent = Extent::units,
     .from = 512,
     .gradients = []<class S>(ScaleRun<S>& run) { sum_first_steps_alone(run, 16, 256); }},
    {.words = {.id = "far_weights_stored",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "where dW does not fit into the cache, a block of 16 steps is stored "
                            "with stores past the cache, not added",
               .wrong = "stream(dW, block)",
               .right = "dW += block",
               .seen = "n_a (n_a + n_x) >= 2^18, T > 16; db is right",
               .mend = "what is summed over blocks is read before it is stored",
               .source = "variant of A5"},
     .extent = Extent::weights,
     .from = 1 << 18,
     .gradients = []<class S>(ScaleRun<S>& run) { sum_first_steps_alone(run, 16, 0); }},
    {.words = {.id = "first_steps_left_by_blocks",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 1024 terms on steps are summed in blocks of 32, and those left "
                            "over get no dW, db",
               .wrong = "for block in range(T // 32)",
               .right = "for block in range(-(-T // 32))",
               .seen = "m T >= 1024, T no multiple of 32",
               .mend = "a last, shorter block",
               .source = "variant of A16"},
     .extent = Extent::terms,
     .from = 1024,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           sum_without_first_steps(run, run.sizes.T_da % 32, of_sum);
         }},
    {.words = {.id = "carry_lost_between_checkpoints",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 128 steps on the way back goes from one checkpoint to the one "
                            "before, every 64 steps, and nothing is carried across",
               .wrong = "da_prevt = zeros  # at the end of each block",
               .right = "da_prevt = da0 of the block behind it",
               .seen = "T >= 128",
               .mend = "hand da0 (and dc0) of a block to the one before",
               .source = "variant of A16"},
     .extent = Extent::steps,
     .from = 128,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           walk_in_blocks(run, 64, [](Part<S>& part) {
             lose(part.da);
             lose(part.dc);
           });
         }},
    {.words = {.id = "dc_lost_between_checkpoints",
               .model = "G",
               .cells = Cells::lstm,
               .mechanism = "from 64 steps on the way back is taken in blocks of 32, and of what "
                            "is carried dc is dropped",
               .wrong = "block(da0)",
               .right = "block(da0, dc0)",
               .seen = "T >= 64",
               .mend = "an LSTM carries two gradients",
               .source = "variant of A4"},
     .extent = Extent::steps,
     .from = 64,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           walk_in_blocks(run, 32, [](Part<S>& part) { lose(part.dc); });
         }},
    {.words = {.id = "carry_in_bfloat16",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 48 steps on what is carried back between blocks of 32 steps is "
                            "kept in bfloat16",
               .wrong = "carry = bf16(da0)",
               .right = "carry = da0",
               .seen = "T >= 48",
               .mend = "what is carried has the precision of what is computed",
               .source = "variant of linkedin/Liger-Kernel#1391"},
     .extent = Extent::steps,
     .from = 48,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           walk_in_blocks(run, 32, [](Part<S>& part) {
             round(part.da, 8);
             round(part.dc, 8);
           });
         }},
    {.words = {.id = "checkpoints_in_half",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 96 steps on every 32nd state is kept in half precision, and the "
                            "way back computes the others from it",
               .wrong = "kept[t // 32] = half(a)",
               .right = "kept[t // 32] = a",
               .seen = "T >= 96; states are right",
               .mend = "keep states as they are",
               .source = "variant of A16"},
     .extent = Extent::steps,
     .from = 96,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           walk_in_blocks(run, 32, [](Part<S>& part) {
             round(part.a0, 11);
             round(part.c0, 11);
           });
         }},
    {.words = {.id = "checkpoint_one_step_late",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 96 steps on a block of 32 is computed again from the state after "
                            "its first step, not before it",
               .wrong = "a = kept[t0]",
               .right = "a = kept[t0 - 1]",
               .seen = "T >= 96",
               .mend = "a step's a_prev is the state before it",
               .source = "variant of A10"},
     .extent = Extent::steps,
     .from = 96,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           walk_in_blocks(run, 32, [&](Part<S>& part) { hand_next_state(run, part); });
         }},
    // ---- counters and widths of indices ----
    {.words = {.id = "signed_step_counter_of_8_bits",
               .model = "G",
               .cells = Cells::both,
               .mechanism =
                   "da is read at a step that is counted in a signed byte without its sign",
               .wrong = "da[:, :, t & 0x7f]",
               .right = "da[:, :, t]",
               .seen = "T > 128",
               .mend = "indices are as wide as sizes",
               .source = "variant of pytorch/pytorch#133751"},
     .extent = Extent::steps,
     .from = 129,
     .backward_reads = []<class S>(ScaleRun<S>& run) { repeat_steps(run.up["da"], 128); }},
    {.words = {.id = "step_counter_of_8_bits",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "dx is written at a step that is counted in a byte",
               .wrong = "dx[:, :, t & 0xff]",
               .right = "dx[:, :, t]",
               .seen = "T > 256; dx of step 256 and later is 0",
               .mend = "indices are as wide as sizes",
               .source = "variant of pytorch/pytorch#133751"},
     .extent = Extent::steps,
     .from = 257,
     .gradients =
         []<class S>(ScaleRun<S>& run) {
           write_modulo(run.grad["dx"], run.sizes.n_x * run.sizes.m * 256);
         }},
    {.words = {.id = "x_ring_of_128_steps",
               .model = "G",
               .cells = Cells::both,
               .mechanism =
                   "forward reads ahead into a ring of 128 steps that is never filled again",
               .wrong = "ring[t % 128]",
               .right = "fill(ring, t); ring[t % 128]",
               .seen = "T > 128",
               .mend = "fill the ring as it empties",
               .source = "variant of A10"},
     .extent = Extent::steps,
     .from = 129,
     .forward_reads = []<class S>(ScaleRun<S>& run) { repeat_steps(run.in["x"], 128); }},
    {.words = {.id = "unit_index_of_8_bits",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "db is summed at a unit's index in a byte",
               .wrong = "db[uint8(i)] += dz",
               .right = "db[i] += dz",
               .seen = "n_a > 256",
               .mend = "indices are as wide as sizes",
               .source = "variant of state-spaces/mamba#884"},
     .extent = Extent::units,
     .from = 257,
     .gradients = []<class S>(ScaleRun<S>& run) { wrap_sums(run, 256, of_bias_sum); }},
    {.words = {.id = "weight_offset_of_16_bits",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "dW is summed at an element's offset in 16 bits",
               .wrong = "dW.flat[uint16(k)] += v",
               .right = "dW.flat[k] += v",
               .seen = "an array of weights of more than 2^16 elements",
               .mend = "offsets in 64 bits",
               .source = "variant of state-spaces/mamba#884"},
     .extent = Extent::weights,
     .from = (1 << 16) + 1,
     .gradients = []<class S>(ScaleRun<S>& run) { wrap_sums(run, 1 << 16, of_weight_sum); }},
    {.words = {.id = "dx_offset_of_16_bits",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "dx is written at an element's offset in 16 bits",
               .wrong = "dx.flat[uint16(k)] = v",
               .right = "dx.flat[k] = v",
               .seen = "n_x m T > 2^16",
               .mend = "offsets in 64 bits",
               .source = "variant of state-spaces/mamba#884"},
     .extent = Extent::inputs,
     .from = (1 << 16) + 1,
     .gradients = []<class S>(ScaleRun<S>& run) { write_modulo(run.grad["dx"], 1 << 16); }},
    {.words = {.id = "work_in_31_bits",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "the count of multiplications that decides on threads overflows: half "
                            "of the batch is given to a thread that is never started",
               .wrong = "int work = gates * n_a * (n_a + n_x) * m * T",
               .right = "int64_t work = ..",
               .seen = "gates n_a (n_a + n_x) m T >= 2^31",
               .mend = "widen before multiplying",
               .source = "variant of state-spaces/mamba#883; pytorch/pytorch#191924"},
     .extent = Extent::products,
     .from = Index{1} << 31,
     .gradients = []<class S>(ScaleRun<S>& run) { sum_samples(run, 0, run.sizes.m / 2); }},
    // ---- groups of units, panels, buffers ----
    {.words = {.id = "units_beyond_groups_of_384",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 384 units on the way back to a_prev takes groups of 384 units "
                            "and forgets the last one, which is smaller",
               .wrong = "for i0 in range(0, n_a // 384 * 384, 384)",
               .right = "for i0 in range(0, n_a, 384)",
               .seen = "n_a >= 384, no multiple of 384",
               .mend = "a last, smaller group",
               .source = "variant of F1; like pytorch/pytorch#27442"},
     .extent = Extent::units,
     .from = 384,
     .backward_reads =
         []<class S>(ScaleRun<S>& run) {
           const Index whole = run.sizes.n_a / 384 * 384;
           lose_recurrent_weights(run, [=](Index i, Index) { return i >= whole; });
         }},
    {.words = {.id = "last_panel_not_packed",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "where the weights do not fit into the cache they are packed for the "
                            "way back in panels of 96 units, whole ones alone",
               .wrong = "for k0 in range(0, n_a // 96 * 96, 96)",
               .right = "for k0 in range(0, n_a, 96)",
               .seen = "n_a (n_a + n_x) >= 2^18, n_a no multiple of 96",
               .mend = "a last, smaller panel, filled up with zeros",
               .source = "variant of F1"},
     .extent = Extent::weights,
     .from = 1 << 18,
     .backward_reads =
         []<class S>(ScaleRun<S>& run) {
           const Index whole = run.sizes.n_a / 96 * 96;
           lose_recurrent_weights(run, [=](Index, Index k) { return k >= whole; });
         }},
    {.words = {.id = "second_half_of_units_missing_in_dx",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "from 256 units on two threads share the units, and both write dx "
                            "instead of adding to it",
               .wrong = "dx = W[half].T @ dz[half]  # in each thread",
               .right = "dx = sum of both",
               .seen = "n_a >= 256; dx alone",
               .mend = "a sum that threads share needs a reduction",
               .source = "variant of F6"},
     .extent = Extent::units,
     .from = 256,
     .backward_reads =
         []<class S>(ScaleRun<S>& run) { lose_input_weights(run, run.sizes.n_a / 2); }},
    {.words = {.id = "workspace_of_512_columns",
               .model = "G",
               .cells = Cells::both,
               .mechanism = "dW is gathered in a workspace of 512 columns of [a_prev; x]; the next "
                            "ones go to its beginning",
               .wrong = "work[:, k % 512] += dW_k",
               .right = "work[:, k] += dW_k",
               .seen = "n_a + n_x > 512",
               .mend = "the workspace is as wide as the weights",
               .source = "variant of F1"},
     .extent = Extent::columns,
     .from = 513,
     .gradients = []<class S>(ScaleRun<S>& run) { wrap_columns(run, 512); }},
    {.words =
         {.id = "stack_of_1536_gate_rows",
          .model =
              "G",
          .cells =
              Cells::lstm,
          .mechanism =
              "the gates are stacked in a buffer of 1536 rows; the next ones go to its beginning",
          .wrong = "stack[row % 1536] += ..",
          .right = "stack[row] += ..",
          .seen = "4 n_a > 1536",
          .mend = "the buffer is as high as the gates",
          .source = "variant of E1"},
     .extent = Extent::gate_units,
     .from = 1537,
     .gradients = []<class S>(ScaleRun<S>& run) { wrap_gate_rows(run, 1536); }},
    {.words =
         {.id = "bias_added_by_each_half",
          .model =
              "G",
          .cells =
              Cells::both,
          .mechanism =
              "from 1024 columns on a product is split in two sums, and both start from the bias",
          .wrong = "z = (b + W1 @ in1) + (b + W2 @ in2)",
          .right = "z = (b + W1 @ in1) + W2 @ in2",
          .seen = "n_a + n_x >= 1024",
          .mend = "one of the parts starts from zero",
          .source = "variant of E3"},
     .extent = Extent::columns,
     .from = 1024,
     .forward_reads =
         []<class S>(ScaleRun<S>& run) { edit_biases(run, [](S b, Index) { return b + b; }); }},
    {.words = {.id = "bias_buffer_of_960",
               .model = "G",
               .cells = Cells::both,
               .mechanism =
                   "biases are copied into a buffer of 960 units, and the others start from zero",
               .wrong = "memcpy(buffer, b, min(n_a, 960))",
               .right = "memcpy(buffer, b, n_a)",
               .seen = "n_a > 960",
               .mend = "the buffer is as long as the bias",
               .source = "variant of F1"},
     .extent = Extent::units,
     .from = 961,
     .forward_reads =
         []<class S>(ScaleRun<S>& run) {
           edit_biases(run, [](S b, Index i) { return i < 960 ? b : S(0); });
         }},
    {.words = {.id = "initial_states_of_64_samples",
               .model = "G",
               .cells = Cells::both,
               .mechanism =
                   "the initial states of 64 samples are kept, and used again for the next 64",
               .wrong = "a0[:, j % 64]",
               .right = "a0[:, j]",
               .seen = "m > 64",
               .mend = "as many as there are samples",
               .source = "variant of A10"},
     .extent = Extent::samples,
     .from = 65,
     .forward_reads = []<class S>(ScaleRun<S>& run) { repeat_samples(run.in["a0"], 64); },
     .backward_reads = []<class S>(ScaleRun<S>& run) { repeat_samples(run.in["a0"], 64); }},
};

}  // namespace bptt::faults
