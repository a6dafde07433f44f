// The cells that the tests of lines go through: the built-in ones, and some networks of several
// layers and directions, which go over time several times, or from its end, and of samples that end
// one by one.
#pragma once

#include <vector>

#include "cells/built_in.hpp"
#include "cells/lengths.hpp"
#include "cells/stacked.hpp"

namespace bptt::cells {

/// Small ones: what 50 digits and every line's absence are tried on.
inline std::vector<Definition> small_networks() {
  const auto of = [](std::string_view cell, int layers, Direction direction) {
    return stacked(built_in(cell), layers, direction);
  };
  return {of("rnn", 2, Direction::both), of("scan", 1, Direction::both),
          of("slstm", 1, Direction::reverse), with_lengths(built_in("gru")),
          with_lengths(of("rnn", 1, Direction::both))};
}

inline const std::vector<Definition>& every_cell() {
  static const std::vector<Definition> all = [] {
    std::vector<Definition> cells = built_in();
    for (Definition& network : small_networks()) cells.push_back(std::move(network));
    cells.push_back(stacked(built_in("lstm"), 1, Direction::both));
    cells.push_back(stacked(built_in("lstm_projected"), 2, Direction::both));
    cells.push_back(with_lengths(built_in("lstm_projected")));
    cells.push_back(with_lengths(stacked(built_in("rnn"), 2, Direction::both)));
    return cells;
  }();
  return all;
}

}  // namespace bptt::cells
