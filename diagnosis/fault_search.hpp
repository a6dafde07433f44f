// Which known faults, alone or in pairs, do what the one on trial does.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "diagnosis/fault_traces.hpp"

namespace bptt::diagnosis {

struct NearestFault {
  FaultRows rows;
  Likeness like;
};

struct FaultSearch {
  /// Sets of faults that give every number and behave alike: single ones, or pairs if there are
  /// none. Nothing that was tried tells them apart. In the order of the table.
  std::vector<FaultRows> fits;
  /// If no single fault fits: those that give every number of one call, in each such case, but not
  /// what a second call, or numbers that were there before, show.
  std::vector<FaultRows> one_call;
  /// If nothing fits: sets that give every number, but behave otherwise in some property.
  std::vector<FaultRows> numbers_alone;
  /// If nothing gives every number: the single fault that reproduces most of the wrong entries,
  /// beyond those that it would spoil; nothing if that is less than a quarter of them.
  std::optional<NearestFault> nearest;
  int tried = 0;           // sets of faults
  bool too_large = false;  // what is wrong shows in large problems alone: nothing was tried
  bool complete = true;    // else the time was over before all were tried
};

/// done of all sets of faults have been tried.
using OnSetsTried = std::function<void(int done, int all)>;

/// Looks for nothing, and finds nothing, if nothing is wrong.
[[nodiscard]] FaultSearch search(const Evidence& evidence, FaultTraces& faults,
                                 const Deadline& deadline, const OnSetsTried& on_tried = {});

/// Whether a set of faults gives all numbers of these cases.
[[nodiscard]] bool gives_all_numbers(const FaultRows& rows,
                                     const std::vector<const CaseEvidence*>& cases,
                                     FaultTraces& faults);
/// Whether it breaks the properties that are broken, and no others.
[[nodiscard]] bool behaves_alike(const FaultRows& rows, const Evidence& evidence,
                                 FaultTraces& faults);

}  // namespace bptt::diagnosis
