// How the optimised implementation divides a sequence into blocks of steps.
// Options change speed, memory and the last bits of a result, never its meaning.
#pragma once

#include "core/shape.hpp"

namespace bptt::optimized {

struct Options {
  /// Steps whose input products W x + b are formed by one matrix product ahead of the recurrence.
  /// 0: all T_x steps. The plan keeps (G n_a + n_x) m values for each of these steps, G = 1 for
  /// the RNN and 4 for the LSTM: bound it when the sequence is long or the batch is large.
  Index input_block_steps = 0;

  /// Steps whose dW, db and dx are formed by one matrix product each while their dz is hot.
  /// Block k covers the steps k T_b .. (k+1) T_b - 1, whatever T_da is.
  /// 0: the fewest steps T_b for which T_b m >= 256.
  Index gradient_block_steps = 0;
};

}  // namespace bptt::optimized
