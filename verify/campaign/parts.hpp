// The parts of a campaign (check --shard I/N), what each found, and the report that they make
// together: the one that the campaign gives in one piece, whoever judged which of its cases.
//
// Of each row the first cases are kept one by one, so that a row which is broken by case k of one
// part ends there in all of them; later ones are kept as counts, so that a part's report stays
// small however long it ran.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verify/campaign/judged.hpp"
#include "verify/campaign/report.hpp"

namespace bptt::verify {

/// Cases below this one are kept one by one.
inline constexpr int early_cases = 10000;

/// What one part says of a row.
struct RowPart {
  using At = std::pair<int, std::string>;  // the case that said so first
  struct Worst {
    int k;
    double ratio;
    std::string replay;  // the command that repeats it
  };

  std::size_t lane = 0;                       // the row's place in the campaign
  std::vector<std::pair<int, Judged>> early;  // by case
  Tally rest;
  std::optional<int> broken;  // its lowest broken case, with which it ends
  std::optional<Worst> worst;
  std::vector<At> shapes;  // of other sizes than small ones
  std::optional<At> why_not_judged;
  std::vector<Failure> failures;

  /// In order. Not one_by_one: early cases too are counts, for there is no other part.
  void add(int k, const Judged& judged, bool one_by_one = true);
};

struct Part {
  int number = 1;
  std::string started;
  double seconds = 0;
  std::optional<double> found_after;
  int gave_up_after = 0;
  long long known_before = 0;
  bool ended_early = false;  // by an interruption
  std::vector<std::string> notes;
  std::vector<TakenPath> paths;
  std::vector<RowPart> rows;
  std::string diagnosis;  // in JSON; empty if there is none
};

struct Parts {
  int of = 1;             // how many there are
  std::string campaign;   // all on which its cases depend, in JSON: identity.hpp
  std::vector<Part> all;  // those that are here, by number
};

/// A row as its parts say it, and the counts of its regimes added to those given. `row` says which
/// row it is. Returns whether counts have cases of some parts beyond the broken one of another.
bool sum_up(const std::vector<const RowPart*>& parts, Row& row,
            std::array<Counts, properties::regime_count>& regimes);

/// A report of some parts; Report::parts, unless all are there and none was ended early. `rows` are
/// the campaign's, by lane; of those that no part has asked nothing is said. Throws Error if there
/// is no part.
[[nodiscard]] Report report_of(const Parts& parts, const std::vector<Row>& rows);

/// "bounded_by_norms lstm f32": how a campaign's identity names a row.
[[nodiscard]] std::string row_name(const Row& row);

}  // namespace bptt::verify
