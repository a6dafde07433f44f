// A campaign: many cases of many properties on one subject, on all threads, within a time or a
// number of cases. It prints nothing.
//
// Case k of a property, cell and scalar is a pure function of the seed and of these names, so that
// with a number of cases and no time limit a campaign repeats exactly, on any number of threads:
// a row ends with its first broken case, by k and not by the clock.
// With a time limit every row first gets `minimum` cases, then the row on which the least time was
// spent is next: dear properties get fewer cases.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/subject.hpp"
#include "properties/model_shapes.hpp"
#include "properties/property.hpp"
#include "properties/published_cases.hpp"
#include "verify/campaign/report.hpp"

namespace bptt::verify {

class Journal;

struct CampaignOptions {
  std::uint64_t seed = 1;
  std::optional<int> cases;       // of each row; without it, as many as fit into `seconds`
  std::optional<double> seconds;  // at least one of the two; one case of a row always runs
  int minimum = 5;
  int jobs = 1;
  /// Middle and real sizes take a part of `seconds` each, one problem at a time, in which the
  /// properties share what is derived; real ones only if the subject is fast enough.
  std::vector<properties::SizeSet> sizes{properties::SizeSet::small};
  std::optional<Index> max_size;  // of small ones; without it, each property's own
  std::vector<Cell> cells;        // empty: RNN and LSTM, or what the subject has in their place
  std::optional<Scalar> scalar;
  std::optional<properties::Regime> regime;
  /// Of every row this problem alone, as one case; without published cases.
  std::optional<properties::ProblemSpec> problem;
  std::vector<const properties::Property*> properties;
  std::vector<const properties::PublishedCase*> published;
  bool specification = true;  // also what is about the reference alone
  int max_crashes = 10;       // cases that end the subject's process, until no more are asked for
  bool until_broken = false;  // ends with the first broken case of all
  bool shrink = true;         // without it a broken row has no failure, only its count
  /// Of every row the cases k = shard + n * shards alone.
  int shard = 0, shards = 1;
  bool in_parts = false;  // the report has what is merged with those of the other shards
  /// Which files the verdicts are of, the checker and its subjects: fingerprints (identity.hpp).
  /// Cases of other ones are of another campaign.
  std::string programs;
  std::vector<std::string> notes;  // for the report
  Journal* journal = nullptr;      // what it knows is not judged again, what is judged is added
  /// Seconds that have passed since some moment; empty: the machine's steady clock. For all
  /// threads.
  std::function<double()> clock;
};

/// How far a campaign is; `left` in seconds.
struct Progress {
  Counts counts;
  double fraction = 0, left = 0;
};

/// Called now and then, by one thread at a time.
using OnProgress = std::function<void(const Progress&)>;

/// A case's problem.
[[nodiscard]] properties::ProblemSpec problem_of_case(const properties::Property& property,
                                                      const Capabilities& capabilities,
                                                      const CampaignOptions& options, Cell cell,
                                                      Scalar scalar, int k);

/// A failure of the subject before there are numbers (core/subject_failure.hpp) is a broken case
/// like any other. After max_crashes of those that end its process the campaign ends early. Runs
/// it: rows in the order of the catalogue, published cases last. Throws Error if nothing applies.
/// Shrinking takes up to a fifth of `seconds` on top. `stop`, if given, ends the campaign early
/// when it becomes true.
[[nodiscard]] Report run_campaign(const Subject& subject, const CampaignOptions& options,
                                  const OnProgress& on_progress = {},
                                  const std::atomic<bool>* stop = nullptr);

/// What stands before a published case's name in a row's id and in a replay line: for the subject,
/// and for the reference's gates and predictions.
inline constexpr std::string_view published_prefix = "published:";
inline constexpr std::string_view specification_prefix = "specification:";

}  // namespace bptt::verify
