// How good the diagnosis is: every known fault, and random pairs of them, put to it as a subject
// that nobody knows.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "diagnosis/fault_search.hpp"

namespace bptt::diagnosis {

enum class Identified {
  itself,      // among the first ones: the set itself
  equivalent,  // only a set that gives the same numbers on another set of cases, too
  no
};
[[nodiscard]] std::string_view name_of(Identified named);

struct NamedFault {
  Cell cell = Cell::rnn;
  FaultRows truth;
  Identified named = Identified::no;
  std::vector<FaultRows> said;  // the first ones
};

struct DiagnosisPower {
  std::uint64_t seed = 1;
  std::vector<NamedFault> singles;  // each fault in each of its cells; the first one counts
  std::vector<NamedFault> pairs;    // random pairs; the first three count
  /// Pairs that were drawn and not counted: one of the two alone does the same.
  int hidden = 0;

  [[nodiscard]] static int named(const std::vector<NamedFault>& list);
};

struct PowerOptions {
  std::uint64_t seed = 1;
  int pairs = 100;
  std::vector<std::size_t> rows;  // of fault_models; empty: all
  /// Every gradient is changed by up to one unit in its last place, as by another order of
  /// summation; then what counts is who gives the numbers.
  bool other_rounding = false;
  std::function<void(int done, int all)> progress;
  const std::atomic<bool>* stop = nullptr;
};

/// The first one counts for a single fault, the first three for a pair.
inline constexpr std::size_t first_of_single = 1, first_of_pair = 3;

[[nodiscard]] DiagnosisPower measure_diagnosis(const PowerOptions& options);

/// The figures, and what was said instead of those that were not named.
[[nodiscard]] std::string text_of(const DiagnosisPower& power);

}  // namespace bptt::diagnosis
