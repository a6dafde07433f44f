// Which cells oneDNN has, and under which names our arrays stand for its gates: a table.
#pragma once

#include <string>
#include <vector>

#include "cells/network.hpp"

namespace bptt::peers {

/// One gate: the weights of the input and of the state, and a bias. Joint: one array has both, the
/// state's columns first.
struct OnednnGate {
  std::string W_x, W_a, bias;
  [[nodiscard]] bool joint() const { return W_x == W_a; }
};

struct OnednnCell {
  enum class Kind { rnn, lstm, gru, lbr_gru };
  std::string name;  // as cells/ has it
  Kind kind;
  std::string state, inner_state;  // inner: c of the LSTM, which is given out at the end alone
  std::vector<OnednnGate> gates;   // in oneDNN's order
  std::string extra_bias{};        // its bias behind those of the gates
};

[[nodiscard]] inline const std::vector<OnednnCell>& onednn_cells() {
  static const std::vector<OnednnCell> all{
      {"rnn", OnednnCell::Kind::rnn, "a", "", {{"Wax", "Waa", "ba"}}},
      {"lstm",
       OnednnCell::Kind::lstm,
       "a",
       "c",
       {{"Wi", "Wi", "bi"}, {"Wf", "Wf", "bf"}, {"Wc", "Wc", "bc"}, {"Wo", "Wo", "bo"}}},
      {"gru_before",
       OnednnCell::Kind::gru,
       "h",
       "",
       {{"Wz", "Uz", "bz"}, {"Wr", "Ur", "br"}, {"Wn", "Un", "bn"}}},
      {"gru",
       OnednnCell::Kind::lbr_gru,
       "h",
       "",
       {{"Wz", "Uz", "bz"}, {"Wr", "Ur", "br"}, {"Wn", "Un", "bn"}},
       "cn"}};
  return all;
}

/// Each of them forwards, backwards and both ways.
[[nodiscard]] inline std::vector<Cell> onednn_networks() {
  std::vector<Cell> networks;
  for (const OnednnCell& cell : onednn_cells())
    for (const char* direction : {"", "_reverse", "_both"})
      networks.push_back(cells::cell_named(cell.name + direction));
  return networks;
}

/// What one of those networks is made of. Throws UnsupportedError for another one.
struct OnednnParts {
  const OnednnCell* cell;
  cells::Direction direction;
  std::vector<std::string> prefixes;  // of the arrays of each direction
};
[[nodiscard]] inline OnednnParts onednn_parts(Cell network) {
  const auto way = cells::one_way_of(network);
  OnednnParts parts{nullptr, cells::direction_of(network), {""}};
  if (parts.direction == cells::Direction::both)
    parts.prefixes.emplace_back(cells::prefix_backwards);
  const std::string_view name = name_of(way ? way->one : network);
  for (const OnednnCell& cell : onednn_cells())
    if (cell.name == name) parts.cell = &cell;
  if (parts.cell == nullptr)
    throw UnsupportedError("oneDNN has no " + std::string(name_of(network)));
  return parts;
}

}  // namespace bptt::peers
