// The rows of a campaign while it runs: which there are, and what their cases have given.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verify/campaign/campaign.hpp"
#include "verify/campaign/judged.hpp"
#include "verify/campaign/parts.hpp"

namespace bptt::verify {

/// A row while it runs.
struct Lane {
  Row row;
  const properties::Property* property = nullptr;        // one of the two
  const properties::PublishedCase* published = nullptr;  // a single case
  int limit = std::numeric_limits<int>::max();
  int step = 1;                 // from one case that is to be judged here to the next
  int next = 0;                 // that is to run
  int issued = 0, running = 0;  // known and running ones are issued
  double spent = 0;             // seconds of one thread
  int end = limit;              // cases from here on do not count: one before them is broken
  /// What has been judged. Only of cases before which one is still missing each is kept: a campaign
  /// may go on for days.
  RowPart part;
  int done = 0;  // the first case that is not in `part`
  std::map<int, Judged> ahead;
  std::optional<Judged> broken;  // that of case end - 1

  [[nodiscard]] bool knows(int k) const {
    return (k < done && (done - k) % step == 0) || ahead.count(k) > 0;
  }
  void keep(int k, Judged judged) {
    if (judged.outcome == properties::Outcome::broken && k < end) {
      end = k + 1;
      broken = judged;
    }
    ahead.insert_or_assign(k, std::move(judged));
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
    const int ended = issued - running;
    return ended == 0 ? spent : spent + running * spent / ended;
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
