// The rows of a campaign while it runs: which there are, and what their cases have given.
#pragma once

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verify/campaign/campaign.hpp"
#include "verify/campaign/judged.hpp"

namespace bptt::verify {

/// A row while it runs.
struct Lane {
  Row row;
  const properties::Property* property = nullptr;        // one of the two
  const properties::PublishedCase* published = nullptr;  // a single case
  int limit = std::numeric_limits<int>::max();
  int step = 1;                   // from one case that is to be judged here to the next
  int next = 0;                   // that is to run
  int issued = 0, running = 0;    // known and running ones are issued
  double spent = 0;               // seconds of one thread
  int end = limit;                // cases from here on do not count: one before them is broken
  std::vector<Failure> failures;  // of the broken one
  std::vector<std::optional<Judged>> results;  // by k; nothing of those that are not judged yet

  [[nodiscard]] bool knows(int k) const {
    const auto at = static_cast<std::size_t>(k);
    return at < results.size() && results[at];
  }
  void keep(int k, Judged judged) {
    const auto count = static_cast<std::size_t>(k) + 1;
    if (results.size() < count) results.resize(count);
    if (judged.outcome == properties::Outcome::broken) end = std::min(end, k + 1);
    results[count - 1] = std::move(judged);
    skip_what_is_known();
  }
  int issue() {
    const int k = next;
    next += step;
    ++issued;
    skip_what_is_known();
    return k;
  }
  [[nodiscard]] bool over() const { return next >= std::min(limit, end); }
  /// How many cases are to be judged here, as far as that is known.
  [[nodiscard]] int wanted() const {
    return (std::min(limit, end) + step - 1 - next % step) / step;
  }

  /// With what the cases that still run will probably take.
  [[nodiscard]] double expected() const {
    const int done = issued - running;
    return done == 0 ? spent : spent + running * spent / done;
  }

 private:
  void skip_what_is_known() {
    while (knows(next)) next += step;
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
