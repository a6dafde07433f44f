// Layers and directions: a network whose second layer reads what the first one gives, or that goes
// over time both ways, is a cell too. Its lines are those of the first layer, then those of the
// second one, and so on.
#pragma once

#include "cells/program.hpp"

namespace bptt::cells {

/// From the first step to the last, the other way round, or one copy of the cell each way, each
/// with weights and states of its own.
enum class Direction { forwards, reverse, both };

/// `layers` of a cell above one another, named "gru_x2", "gru_reverse", "gru_both_x2". The first
/// layer's arrays keep their names, those of layer l are l2_h, l2_Wr, ..; those of the copy that
/// goes backwards, of two, are r_h, l2_r_h, ... Its input is what the layer below gives at the same
/// step: its first output, or its first state, of both directions one above the other. The losses
/// of each step read the last layer; of the states of all others a loss may read the last one.
/// Forwards or backwards all layers are one pass over time; of both directions each is a pass of
/// its own. Throws UnsupportedError if there are several layers and the cell has not one input of
/// one axis, or if what it gives has more axes than one.
[[nodiscard]] Definition stacked(const Definition& cell, int layers, Direction direction);

}  // namespace bptt::cells
