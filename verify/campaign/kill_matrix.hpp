// The kill matrix: which fault breaks which property, and in which case first. It says which
// properties a suite needs: a fault that none breaks is one that passes, a property that breaks
// nothing of its own is dear paper.
// How it looks is in kill_matrix_pages.hpp.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "properties/property.hpp"

namespace bptt::verify {

/// How many cases of each property, cell and scalar a fault is given by default.
inline constexpr int matrix_cases = 20;

/// A property that a fault breaks.
struct Kill {
  std::size_t property = 0;  // in KillMatrix::properties
  int first = 0;             // the first broken case, from 1: the smallest over cells and scalars
  Cell cell = Cell::rnn;     // whose case that is
  Scalar scalar = Scalar::f64;
  std::size_t report_row = 0;  // of that cell and scalar
};

struct FaultKills {
  std::size_t row = 0;      // in fault_models
  std::vector<Kill> kills;  // in the order of the properties
  std::size_t report_rows = 0;
  /// The kill with the smallest case. Throws Error if there is none.
  [[nodiscard]] const Kill& first() const;
  /// How many cases are judged until it is seen, one of each row of the report in turn.
  [[nodiscard]] int judged_until_first() const;
};

struct KillMatrix {
  std::uint64_t seed = 1;
  int cases = matrix_cases;
  std::vector<const properties::Property*> properties;  // those about subjects
  std::vector<FaultKills> faults;

  /// The faults that a property kills, by position in `faults`.
  [[nodiscard]] std::vector<std::size_t> killed_by(std::size_t property) const;
  /// Those of them that at most so many others kill.
  [[nodiscard]] std::vector<std::size_t> killed_by(std::size_t property, std::size_t others) const;
  /// The median over all faults of judged_until_first.
  [[nodiscard]] int median_judged() const;
  /// The median over all kills of their first broken case.
  [[nodiscard]] int median_first() const;
};

struct MatrixProgress {
  std::string_view fault;
  std::size_t done = 0, all = 0;  // faults
  double fraction = 0, left = 0;  // seconds
};

struct MatrixOptions {
  std::uint64_t seed = 1;
  int cases = matrix_cases;
  int jobs = 1;
  std::vector<std::size_t> rows;  // of fault_models; empty: all
  std::function<void(const MatrixProgress&)> progress;
};

/// A campaign on every fault: with the same seed and number of cases it repeats exactly, on any
/// number of threads, and `bptt-verify check fault:ID --cases N` shows the same cases.
/// `stop`, if given, ends it early when it becomes true: with the faults that were finished.
[[nodiscard]] KillMatrix run_matrix(const MatrixOptions& options,
                                    const std::atomic<bool>* stop = nullptr);

}  // namespace bptt::verify
