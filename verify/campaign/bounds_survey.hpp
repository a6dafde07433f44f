// How good the bounds are: the errors that a subject really commits, against 50 digits, beside the
// certain bound and one sigma of the probable one. The tables of docs/error_bounds.md come from
// here.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/subject.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::verify {

/// Of the entries of one array whose sigma is not zero.
struct ArrayErrors {
  long long entries = 0;
  double median = 0, largest = 0;  // error / sigma
  /// In units in the last place of the right value; of one that is zero, nothing.
  double median_ulp = 0, largest_ulp = 0;
};

/// One row: all judged entries of the problems of one kind and size.
struct BoundsRow {
  Cell cell = Cell::rnn;
  Scalar scalar = Scalar::f64;
  properties::Regime regime = properties::Regime::unit;
  Index n_a = 0, T = 0;  // 0: drawn by the codec
  Index n_x = 0, m = 0;  // of a real model; else drawn
  long long entries = 0;
  double median = 0, percentile_99 = 0, largest = 0;  // error / sigma
  double lowest_median = 0, highest_median = 0;       // of one array's entries, over the arrays
  double certain_share = 0;                           // largest error / certain bound
  long long beyond_certain = 0;                       // entries whose error exceeds it
  long long accused = 0;                              // entries beyond the tolerance in use
  long long doubtful_problems = 0;                    // near a kink or near overflow: not judged
  std::map<std::string, ArrayErrors> arrays;
};

struct BoundsSurveyOptions {
  long long entries_per_row = 12500;
  std::uint64_t seed = 1;
  unsigned jobs = 1;
  int models = 0;  // so many real shapes of each cell and scalar; 0: all
  std::function<void(std::size_t done, std::size_t all)> progress;  // may be empty
};

/// Every cell and scalar that the subject has, n_a in 4 .. 64, T in 1 .. 50, regime unit.
[[nodiscard]] std::vector<BoundsRow> survey_sizes(const Subject& subject,
                                                  const BoundsSurveyOptions& options);
/// Every cell and scalar at the sizes of real models, one problem each, its entries as many of each
/// array; against the expected values instead of 50 digits, which are wider by 2^11 or more.
[[nodiscard]] std::vector<BoundsRow> survey_models(const Subject& subject,
                                                   const BoundsSurveyOptions& options);
/// Every cell, scalar and finite regime, sizes drawn by the codec.
[[nodiscard]] std::vector<BoundsRow> survey_regimes(const Subject& subject,
                                                    const BoundsSurveyOptions& options);

/// Markdown tables.
[[nodiscard]] std::string sizes_table(const std::vector<BoundsRow>& rows);
[[nodiscard]] std::string models_table(const std::vector<BoundsRow>& rows);
[[nodiscard]] std::string regimes_table(const std::vector<BoundsRow>& rows);

}  // namespace bptt::verify
