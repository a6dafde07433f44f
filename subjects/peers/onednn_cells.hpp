// Which cells oneDNN has: a table. Which of its arrays hold ours: conventions/onednn.convention.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cells/network.hpp"
#include "core/size_rules.hpp"

namespace bptt::peers {

enum class OnednnKind { rnn, lstm, gru, lbr_gru, augru };

struct OnednnCell {
  std::string_view name;  // as cells/ has it
  OnednnKind kind;
  bool stacked = true;  // it has other directions and layers too
};

inline constexpr OnednnCell onednn_cells[] = {
    {"rnn", OnednnKind::rnn},
    {"lstm", OnednnKind::lstm},
    {"gru_before", OnednnKind::gru},
    {"gru", OnednnKind::lbr_gru},
    {"augru", OnednnKind::augru, false},
    {"lstm_peephole", OnednnKind::lstm},
    {"lstm_projected", OnednnKind::lstm},
};

/// Each of them forwards, backwards and both ways; layers in one direction.
[[nodiscard]] inline std::vector<Cell> onednn_networks() {
  std::vector<Cell> networks;
  for (const OnednnCell& cell : onednn_cells) {
    const std::string name(cell.name);
    networks.push_back(cells::cell_named(name));
    if (!cell.stacked) continue;
    for (const char* network : {"_reverse", "_both", "_x2", "_x3", "_reverse_x2"})
      networks.push_back(cells::cell_named(name + network));
  }
  return networks;
}

/// Layers are all alike: the first one's input has as many features as a state has units.
[[nodiscard]] inline std::vector<SizeRule> onednn_size_rules() {
  std::vector<SizeRule> rules;
  for (const Cell network : onednn_networks())
    if (cells::layers_of(network)) {
      const std::string& state = table_of(network).states.front();
      rules.push_back(
          {network, array_of(network, "x").axes[0][0], true, array_of(network, state).axes[0][0]});
    }
  return rules;
}

}  // namespace bptt::peers
