// In which order, and from where to where, a way back visits the steps: the walk of a derivation as
// data. One pass visits each step once; one walk for each loss, or split gradients, more often.
// Deliberately without cells: what a visit does is the cell's.
#pragma once

#include <vector>

#include "core/subject.hpp"

namespace bptt::bounds {

/// A cell's way back at one step. Its d(state) is the sum of what it is told to add.
struct Visit {
  Index t = 0;
  bool upstream = true;     // the gradient of the loss of step t
  bool final = false;       // that of a loss that reads the state after the last step
  std::vector<Index> from;  // what these visits send back to the state before theirs
};

struct Visits {
  /// Numbered so that what stands in one run has steps one after another.
  std::vector<Visit> visits;
  struct Run {
    Index first, count;  // numbers of visits; t counts up with them
  };
  std::vector<Run> runs;
  std::vector<Index> order;        // in which they are carried out: `from` first
  std::vector<Index> to_start;     // those whose d(state before) add up to ds0
  std::vector<Index> receiver_of;  // the visit that has this one in `from`, or -1
};

/// T: steps with an upstream gradient. closed_form walks as one_pass does, and by_lag as
/// one_walk_per_loss: the order of its additions makes no difference to a bound.
[[nodiscard]] Visits visits_of(Derivation derivation, Index T);
/// One pass in the other direction, with the same numbers: what goes from step T-1 to step 0 comes
/// back from step 0 to step T-1.
[[nodiscard]] Visits turned_visits(Index T);

}  // namespace bptt::bounds
