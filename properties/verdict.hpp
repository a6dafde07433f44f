// A verdict: what one property says of one subject on one problem.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "core/subject_failure.hpp"

namespace bptt::properties {

/// not_judged: the checker itself could not go on (memory, an exception of its own), which says
/// nothing of the subject. inconclusive: it could, and nothing can be said of the case.
enum class Outcome { held, broken, inconclusive, not_judged };
[[nodiscard]] std::string_view name_of(Outcome outcome);

/// The element of a comparison that came nearest to its bound, or went farthest beyond it.
struct Element {
  std::string array;
  std::vector<Index> index;  // empty for a random projection of the whole array
  long double got = 0, expected = 0, bound = 0;
  long double error = 0;  // |got - expected|, of which 64 bits of each may not have enough
  double ulp = 0;         // error in units in the last place of the scalar at `expected`
};

struct Verdict {
  /// Judged, and nothing is broken.
  [[nodiscard]] bool unbroken() const {
    return outcome == Outcome::held || outcome == Outcome::inconclusive;
  }

  Outcome outcome = Outcome::inconclusive;
  Cause cause = Cause::none;  // of a broken one: what failed before or beside the numbers
  std::string output;         // the last lines that an isolated subject printed before it failed
  std::string reason;         // why it is not held, one sentence; empty if it is
  Element worst;              // of the comparisons within a bound
  double worst_ratio = 0;  // error / bound of `worst`; infinite where a bound of zero is exceeded
  double sigma_ratio = 0;  // largest error / sigma
  /// An error of one entry above this part of its array's largest would have been seen, whichever
  /// entry: the least bound that had all of it, at its largest over the arrays. 0: not known.
  double seen_from = 0;
  long long compared = 0;              // comparisons that could have failed
  long long trivial = 0;               // zero with zero, NaN with NaN: no evidence, counted apart
  long long inconclusive_entries = 0;  // bound too large beside the array to say anything
};

/// The verdict of an exception that left a subject's call: a SubjectFailure gives its cause.
[[nodiscard]] Verdict broken_by(const std::exception& error);

/// "dWaa[1,2] is 0.4 and must be 0.5 within 1e-6 (1.2e5 times the bound, 3.4e6 ULP)".
[[nodiscard]] std::string describe(const Verdict& verdict);

}  // namespace bptt::properties
