// The rows of a campaign while it runs: which there are, and what their cases have given.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "verify/campaign/campaign.hpp"

namespace bptt::verify {

/// What is kept of a case that was judged.
struct Judged {
  properties::Outcome outcome = properties::Outcome::inconclusive;
  std::optional<double> ratio;
  double seen_from = 0;
  long long compared = 0, trivial = 0;
  std::optional<properties::Regime> regime;
  std::string text, output;  // of a broken one; why one is not judged
  Cause cause = Cause::none;
};

/// A row while it runs.
struct Lane {
  Row row;
  const properties::Property* property = nullptr;        // one of the two
  const properties::PublishedCase* published = nullptr;  // a single case
  int limit = std::numeric_limits<int>::max();
  int issued = 0, running = 0;
  double spent = 0;             // seconds of one thread
  int end = limit;              // cases from here on do not count: one before them is broken
  std::vector<Judged> results;  // by k

  /// With what the cases that still run will probably take.
  [[nodiscard]] double expected() const {
    const int done = issued - running;
    return done == 0 ? spent : spent + running * spent / done;
  }
};

/// Rows in the order of the catalogue, those of middle and real sizes after the small ones,
/// published cases last.
[[nodiscard]] std::vector<Lane> lanes(const Capabilities& can, const CampaignOptions& options);

/// The k-th of the listed problems of a row's sizes of which the property says something; nothing
/// if there is none.
[[nodiscard]] std::optional<properties::ProblemSpec> model_case(
    const properties::Property& property, const Capabilities& can, const Row& row,
    std::uint64_t seed, int k);

}  // namespace bptt::verify
