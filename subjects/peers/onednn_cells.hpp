// Which cells oneDNN has, and under which names our arrays stand for its gates: a table.
#pragma once

#include <string>
#include <vector>

#include "cells/network.hpp"
#include "core/size_rules.hpp"

namespace bptt::peers {

/// One gate: the weights of the input and of the state, and a bias. Joint: one array has both, the
/// state's columns first.
struct OnednnGate {
  std::string W_x, W_a, bias;
  [[nodiscard]] bool joint() const { return W_x == W_a; }
};

struct OnednnCell {
  enum class Kind { rnn, lstm, gru, lbr_gru, augru };
  std::string name;  // as cells/ has it
  Kind kind;
  std::string state;
  std::string inner_state{};             // c of the LSTM, which is given out at the end alone
  std::vector<OnednnGate> gates{};       // in oneDNN's order
  std::string extra_bias{};              // its bias behind those of the gates
  std::vector<std::string> peepholes{};  // of oneDNN's gates 0, 1 and 3
  std::string projection{};              // from the inner state's units to the state's
  std::string attention{};               // a further input
  bool stacked = true;                   // it has other directions and layers too
};

[[nodiscard]] inline const std::vector<OnednnCell>& onednn_cells() {
  using Kind = OnednnCell::Kind;
  static const std::vector<OnednnGate> lstm{
      {"Wi", "Ui", "bi"}, {"Wf", "Uf", "bf"}, {"Wc", "Uc", "bc"}, {"Wo", "Uo", "bo"}},
      gru{{"Wz", "Uz", "bz"}, {"Wr", "Ur", "br"}, {"Wn", "Un", "bn"}};
  static const std::vector<OnednnCell> all{
      {.name = "rnn", .kind = Kind::rnn, .state = "a", .gates = {{"Wax", "Waa", "ba"}}},
      {.name = "lstm",
       .kind = Kind::lstm,
       .state = "a",
       .inner_state = "c",
       .gates = {{"Wi", "Wi", "bi"}, {"Wf", "Wf", "bf"}, {"Wc", "Wc", "bc"}, {"Wo", "Wo", "bo"}}},
      {.name = "gru_before", .kind = Kind::gru, .state = "h", .gates = gru},
      {.name = "gru", .kind = Kind::lbr_gru, .state = "h", .gates = gru, .extra_bias = "cn"},
      {.name = "augru",
       .kind = Kind::augru,
       .state = "h",
       .gates = gru,
       .attention = "s",
       .stacked = false},
      {.name = "lstm_peephole",
       .kind = Kind::lstm,
       .state = "a",
       .inner_state = "c",
       .gates = lstm,
       .peepholes = {"pi", "pf", "po"}},
      {.name = "lstm_projected",
       .kind = Kind::lstm,
       .state = "h",
       .inner_state = "c",
       .gates = lstm,
       .projection = "R"}};
  return all;
}

/// Each of them forwards, backwards and both ways; layers in one direction.
[[nodiscard]] inline std::vector<Cell> onednn_networks() {
  std::vector<Cell> networks;
  for (const OnednnCell& cell : onednn_cells()) {
    networks.push_back(cells::cell_named(cell.name));
    if (!cell.stacked) continue;
    for (const char* network : {"_reverse", "_both", "_x2", "_x3", "_reverse_x2"})
      networks.push_back(cells::cell_named(cell.name + network));
  }
  return networks;
}

/// What one of those networks is made of. Throws UnsupportedError for another one.
struct OnednnParts {
  const OnednnCell* cell;
  cells::Direction direction;
  Index layers, directions;
  /// Of the arrays of each direction of each layer, layer by layer.
  std::vector<std::string> prefixes;
  Index units, inner_units;  // of the state and of what the gates have
};
[[nodiscard]] inline OnednnParts onednn_parts(Cell network, const Sizes& sizes) {
  const auto layers = cells::layers_of(network);
  const Cell layer = layers ? layers->one : network;
  const auto way = cells::one_way_of(layer);
  OnednnParts parts{nullptr, cells::direction_of(layer), layers ? layers->count : 1, 1, {}, 0, 0};
  const std::string_view name = name_of(way ? way->one : layer);
  for (const OnednnCell& cell : onednn_cells())
    if (cell.name == name) parts.cell = &cell;
  if (parts.cell == nullptr)
    throw UnsupportedError("oneDNN has no " + std::string(name_of(network)));
  const bool both = parts.direction == cells::Direction::both;
  if (both) parts.directions = 2;
  for (int l = 1; l <= static_cast<int>(parts.layers); ++l) {
    parts.prefixes.push_back(cells::prefix_of_layer(l));
    if (both) parts.prefixes.push_back(cells::prefix_of_layer(l).append(cells::prefix_backwards));
  }
  const auto units = [&](const std::string& state) {
    return array_of(network, state).shape(sizes)[0];
  };
  parts.units = units(parts.cell->state);
  parts.inner_units =
      parts.cell->inner_state.empty() ? parts.units : units(parts.cell->inner_state);
  return parts;
}

/// Layers are all alike: the first one's input has as many features as a state has units.
[[nodiscard]] inline std::vector<SizeRule> onednn_size_rules() {
  std::vector<SizeRule> rules;
  for (const Cell network : onednn_networks())
    if (cells::layers_of(network)) {
      const std::string& state = onednn_parts(network, {}).cell->state;
      rules.push_back(
          {network, array_of(network, "x").axes[0][0], true, array_of(network, state).axes[0][0]});
    }
  return rules;
}

}  // namespace bptt::peers
