// Where a convention puts each number of a network: its arrays with their extents, and which block
// of which array of ours lies where in them.
#pragma once

#include <string>
#include <vector>

#include "core/cell.hpp"
#include "core/view.hpp"
#include "subjects/conventions/convention.hpp"

namespace bptt {

/// A part of one array of ours in one of theirs.
struct TheirBlock {
  struct Range {
    Index axis, first, last;
  };
  std::string name;           // of our array
  std::vector<Range> ranges;  // what of it; all of the other axes
  Index offset = 0;           // of its first element in theirs
  Strides strides{};          // in theirs, for the axes of ours
};

struct TheirArray {
  std::string name;                // as the convention has it
  Index layer = 1, direction = 0;  // where there is one for each
  Role role = Role::input;         // of ours: input, initial, weight, state or output
  bool last = false;               // of a state: after the last step alone
  std::vector<Index> extents;      // the last axis runs fastest
  std::vector<TheirBlock> blocks;

  [[nodiscard]] Index size() const;
};

/// The arrays that the convention has for a network, layer by layer, both directions of each, in
/// the order of the text: a cell, or layers or directions of one that the convention has. Throws
/// UnsupportedError if it has not; FormatError if a line names what the cell does not have, if an
/// array of the cell's that is given to it is left out or lies at two places, or if one letter
/// would have two extents.
[[nodiscard]] std::vector<TheirArray> their_arrays(const Convention& convention, Cell network,
                                                   const Sizes& sizes);

}  // namespace bptt
