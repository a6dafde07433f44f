// Samples of unequal lengths: a network that is told when each sample ends is a cell too.
#pragma once

#include "cells/program.hpp"

namespace bptt::cells {

/// The cell as "gru_lengths". It is given a mask (m, T_x), 1 while a sample lasts and 0 behind its
/// end. There it reads zeros in the place of its inputs, hands on its states as they were,
/// s<t> = s<t-1>, and gives out zeros. Where time goes backwards a sample so begins at its own end.
/// dx is zero there, and what a loss sends to a state there comes to the sample's last one.
[[nodiscard]] Definition with_lengths(const Definition& cell);

}  // namespace bptt::cells
