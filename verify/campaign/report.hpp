// What a campaign found: one row for each property, cell and scalar. Numbers only; how they look is
// in report/.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "properties/model_shapes.hpp"
#include "properties/problem_spec.hpp"
#include "properties/property.hpp"
#include "properties/verdict.hpp"
#include "verify/campaign/counts.hpp"
#include "verify/campaign/ratio_counts.hpp"
#include "verify/campaign/taken_paths.hpp"

namespace bptt::verify {

/// A broken case, after shrinking.
struct Failure {
  std::string replay;  // the whole command
  std::string text;    // describe(verdict)
  Cause cause = Cause::none;
  std::string output{};  // the last lines that an isolated subject printed
};

struct Row {
  std::string id, sentence, mathematics;
  std::string family;  // of properties, or which kind of published case
  properties::SizeSet sizes = properties::SizeSet::small;
  std::vector<std::string> shapes;  // of middle and real sizes: "512 512 64 50", n_x n_a m T_x
  Cell cell = Cell::rnn;
  Scalar scalar = Scalar::f64;
  properties::Exactness exactness = properties::Exactness::bounded;
  bool published = false;      // a published case, which is no property of the catalogue
  bool specification = false;  // about the reference, whatever the subject
  Counts counts;
  long long compared = 0, trivial = 0;
  /// Of error / bound, over the cases that compared within a bound and were not inconclusive: the
  /// largest, and the median of each case's largest. Not there if no case did.
  std::optional<double> worst_ratio, median_ratio;
  RatioCounts ratios;      // of the same cases
  std::string worst_case;  // the command that repeats the one with the largest; empty if none did
  /// The median case saw an error of one entry above this part of its array's largest. Not there
  /// if no case compared within bounds.
  std::optional<double> seen_from;
  std::vector<Failure> failures;
  std::string why_not_judged;  // the first of the cases that the checker could not judge
};

struct Parts;

struct Report {
  std::string subject;
  std::uint64_t seed = 0;
  std::string started;  // UTC, ISO 8601
  double seconds = 0;
  std::vector<Row> rows;
  std::array<Counts, properties::regime_count> regimes{};  // published cases have none
  /// Cases that ended the subject's process, if there were so many that no more were asked for.
  int gave_up_after = 0;
  std::vector<TakenPath> paths;       // all of them, if the subject has plans of the fast kernels
  std::optional<double> found_after;  // seconds until the first broken case, if there was one
  std::vector<std::string> notes;     // what of the subject is not tested, and why
  long long known_before = 0;         // cases that a journal knew
  std::string diagnosis{};            // of a part, in JSON, if it is merged from several
  /// Of a campaign that is not whole: the parts that are in it, and what they say.
  std::shared_ptr<const Parts> parts{};
};

/// "equals_reference"; "equals_reference, real" of other sizes than small ones.
[[nodiscard]] std::string label_of(const Row& row);
[[nodiscard]] Counts total(const Report& report);
[[nodiscard]] long long compared(const Report& report);
[[nodiscard]] long long trivial(const Report& report);
/// Rows of which no case was asked.
[[nodiscard]] int rows_not_asked(const Report& report);
[[nodiscard]] int broken_rows(const Report& report);

}  // namespace bptt::verify
