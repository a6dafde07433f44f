#include "verify/campaign/judged.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace bptt::verify {

void Counts::add(properties::Outcome outcome) {
  switch (outcome) {
    case properties::Outcome::held: ++held; break;
    case properties::Outcome::broken: ++broken; break;
    case properties::Outcome::inconclusive: ++inconclusive; break;
    case properties::Outcome::not_judged: ++not_judged; break;
  }
}

Counts& Counts::operator+=(const Counts& more) {
  held += more.held;
  broken += more.broken;
  inconclusive += more.inconclusive;
  not_judged += more.not_judged;
  return *this;
}

void LogHistogram::add(double value) {
  int step = infinite;
  if (value <= 0)
    step = zero;
  else if (std::isfinite(value))
    step = static_cast<int>(std::ceil(steps_of_an_octave * std::log2(value)));
  add(step, 1);
}

void LogHistogram::add(int step, long long count) {
  const auto at = std::lower_bound(counts.begin(), counts.end(), std::pair{step, 0LL});
  if (at != counts.end() && at->first == step)
    at->second += count;
  else
    counts.insert(at, {step, count});
}

LogHistogram& LogHistogram::operator+=(const LogHistogram& more) {
  for (const auto& [step, count] : more.counts) add(step, count);
  return *this;
}

std::optional<double> LogHistogram::median() const {
  long long all = 0;
  for (const auto& [step, count] : counts) all += count;
  if (all == 0) return std::nullopt;
  long long before = (all - 1) / 2;
  auto at = counts.begin();
  while (before >= at->second) before -= (at++)->second;
  return middle_of(at->first);
}

double LogHistogram::middle_of(int step) {
  if (step == zero) return 0;
  if (step == infinite) return std::numeric_limits<double>::infinity();
  return std::exp2((step - 0.5) / steps_of_an_octave);
}

void Tally::add(const Judged& judged) {
  counts.add(judged.outcome);
  compared += judged.compared;
  trivial += judged.trivial;
  if (judged.ratio) {
    worst_ratio = std::max(worst_ratio.value_or(0), *judged.ratio);
    ratios.add(*judged.ratio);
  }
  if (judged.seen_from > 0) seen_from.add(judged.seen_from);
  if (judged.regime) regimes[static_cast<std::size_t>(*judged.regime)].add(judged.outcome);
}

Tally& Tally::operator+=(const Tally& more) {
  counts += more.counts;
  compared += more.compared;
  trivial += more.trivial;
  if (more.worst_ratio) worst_ratio = std::max(worst_ratio.value_or(0), *more.worst_ratio);
  ratios += more.ratios;
  seen_from += more.seen_from;
  for (std::size_t k = 0; k < regimes.size(); ++k) regimes[k] += more.regimes[k];
  return *this;
}

}  // namespace bptt::verify
