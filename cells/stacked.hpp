// Layers: a network whose second layer reads what the first one gives, step by step, is a cell too.
// Its lines are those of the first layer, then those of the second one, and so on.
#pragma once

#include "cells/program.hpp"

namespace bptt::cells {

/// `layers` of a cell above one another, named "gru_x2". The first layer's arrays keep their names,
/// those of layer l are l2_h, l2_Wr, ..; its input is what the layer below gives at the same step:
/// its first output, or its first state. The losses of each step read the last layer; of the states
/// of all others a loss may read the last one. Throws UnsupportedError if the cell has not one
/// input of one axis, or if what it gives has more axes than one.
[[nodiscard]] Definition stacked(const Definition& cell, int layers);

}  // namespace bptt::cells
