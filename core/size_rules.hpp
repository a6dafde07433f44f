// What must hold between the sizes of a problem for a subject to take it: n_p < n_c of an LSTM with
// a projection, n_x = n_h of layers that are all alike.
#pragma once

#include <string_view>
#include <vector>

#include "core/cell.hpp"

namespace bptt {

struct SizeRule {
  Cell cell;
  Size left;
  bool equal;  // else left < right
  Size right;
};

/// "n_p < n_c, n_x = n_c", in the cells' names for their sizes; of each cell that has both. Throws
/// Error if the text is something else; with the sizes that there are, if no cell has both, unless
/// there are others: cells that are not known here.
[[nodiscard]] std::vector<SizeRule> size_rules_of(std::string_view text,
                                                  const std::vector<Cell>& cells,
                                                  bool others = false);

/// Whether the sizes are as all rules of the cell want them.
[[nodiscard]] bool keeps(const std::vector<SizeRule>& rules, Cell cell, const Sizes& sizes);
/// Makes them so, rule by rule: the left size becomes the right one, or at most one less; the right
/// one is at least 2 then.
void settle(const std::vector<SizeRule>& rules, Cell cell, Sizes& sizes);

}  // namespace bptt
