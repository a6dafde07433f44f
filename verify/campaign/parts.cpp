#include "verify/campaign/parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <memory>

#include "core/error.hpp"

namespace bptt::verify {
namespace {

/// The first case at which something was said, of all parts.
void keep_first(std::vector<RowPart::At>& all, const RowPart::At& more) {
  const auto same = std::find_if(all.begin(), all.end(),
                                 [&](const RowPart::At& at) { return at.second == more.second; });
  if (same == all.end())
    all.push_back(more);
  else
    same->first = std::min(same->first, more.first);
}

/// "part 3", "parts 1, 3".
std::string parts_text(const std::vector<int>& numbers) {
  return fmt::format("part{} {}", numbers.size() == 1 ? "" : "s", fmt::join(numbers, ", "));
}

/// What all parts note is the campaign's; of anything else it is said whose it is.
std::vector<std::string> notes_of(const Parts& parts) {
  std::vector<std::pair<std::string, std::vector<int>>> told;
  for (const Part& part : parts.all)
    for (const std::string& note : part.notes) {
      const auto same = std::find_if(told.begin(), told.end(),
                                     [&](const auto& other) { return other.first == note; });
      if (same == told.end())
        told.push_back({note, {part.number}});
      else if (same->second.back() != part.number)
        same->second.push_back(part.number);
    }
  std::vector<std::string> notes;
  notes.reserve(told.size());
  for (const auto& [note, numbers] : told)
    notes.push_back(numbers.size() == parts.all.size() ? note : parts_text(numbers) + ": " + note);
  return notes;
}

}  // namespace

void RowPart::add(int k, const Judged& judged, bool one_by_one) {
  if (judged.outcome == properties::Outcome::broken) broken = std::min(broken.value_or(k), k);
  if (judged.outcome == properties::Outcome::not_judged && !why_not_judged)
    why_not_judged = {k, judged.text};
  if (judged.ratio && (!worst || *judged.ratio > worst->ratio)) worst = {k, *judged.ratio, {}};
  if (one_by_one && k < early_cases) {
    early.emplace_back(k, judged);
    early.back().second.text.clear();  // said above, or by the failure
    early.back().second.output.clear();
  } else {
    rest.add(judged);
  }
}

bool sum_up(const std::vector<const RowPart*>& parts, Row& row,
            std::array<Counts, properties::regime_count>& regimes) {
  const RowPart* first = nullptr;  // whose broken case is the lowest
  for (const RowPart* part : parts)
    if (part->broken && (first == nullptr || *part->broken < *first->broken)) first = part;
  const auto counts = [&](int k) { return first == nullptr || k <= *first->broken; };

  Tally sum;
  std::vector<RowPart::At> shapes, reasons;
  bool beyond = false;
  for (const RowPart* part : parts) {
    for (const auto& [k, judged] : part->early)
      if (counts(k)) sum.add(judged);
    if (parts.size() == 1 || counts(early_cases)) {
      sum += part->rest;
      beyond = beyond || (part != first && first != nullptr && part->rest.counts.cases() > 0);
    }
    for (const RowPart::At& shape : part->shapes)
      if (counts(shape.first)) keep_first(shapes, shape);
    if (part->why_not_judged && counts(part->why_not_judged->first))
      reasons.push_back(*part->why_not_judged);
  }
  std::sort(shapes.begin(), shapes.end());
  for (const RowPart::At& shape : shapes) row.shapes.push_back(shape.second);
  if (!reasons.empty())
    row.why_not_judged = std::min_element(reasons.begin(), reasons.end())->second;
  row.counts = sum.counts;
  row.compared = sum.compared;
  row.trivial = sum.trivial;
  row.worst_ratio = sum.worst_ratio;
  const RowPart::Worst* worst = nullptr;
  for (const RowPart* part : parts)
    if (part->worst && counts(part->worst->k) && part->worst->ratio == sum.worst_ratio &&
        (worst == nullptr || part->worst->k < worst->k))
      worst = &*part->worst;
  if (worst != nullptr) row.worst_case = worst->replay;
  for (const auto& [step, count] : sum.ratios.counts)
    row.ratios.add(LogHistogram::middle_of(step), count);
  row.median_ratio = sum.ratios.median();
  row.seen_from = sum.seen_from.median();
  if (first != nullptr) row.failures = first->failures;
  row.counts.broken = std::min(row.counts.broken, 1LL);  // it ends with the first
  for (std::size_t k = 0; k < regimes.size(); ++k) regimes[k] += sum.regimes[k];
  return beyond;
}

Report report_of(const Parts& parts, const std::vector<Row>& rows) {
  if (parts.all.empty()) throw Error("a report needs a part at least");
  Report report;
  std::map<std::size_t, std::vector<const RowPart*>> by_lane;
  std::vector<bool> here(static_cast<std::size_t>(parts.of));
  for (const Part& part : parts.all) {
    here.at(static_cast<std::size_t>(part.number) - 1) = true;
    for (const RowPart& row : part.rows) by_lane[row.lane].push_back(&row);
    if (report.started.empty() || part.started < report.started) report.started = part.started;
    report.seconds += part.seconds;
    report.gave_up_after += part.gave_up_after;
    report.known_before += part.known_before;
    if (part.found_after)
      report.found_after =
          std::min(report.found_after.value_or(*part.found_after), *part.found_after);
    if (report.diagnosis.empty()) report.diagnosis = part.diagnosis;
    add(report.paths, part.paths);
  }
  report.notes = notes_of(parts);
  std::vector<std::string> beyond;
  for (const auto& [lane, of_row] : by_lane) {
    report.rows.push_back(rows.at(lane));
    if (sum_up(of_row, report.rows.back(), report.regimes))
      beyond.push_back(row_name(report.rows.back()));
  }
  if (!beyond.empty())
    report.notes.push_back(
        fmt::format("broken after case {} only, with cases of other parts counted beyond it: {}",
                    early_cases, fmt::join(beyond, ", ")));
  std::vector<int> missing, early;
  for (const Part& part : parts.all)
    if (part.ended_early) early.push_back(part.number);
  for (int number = 1; number <= parts.of; ++number)
    if (!here[static_cast<std::size_t>(number) - 1]) missing.push_back(number);
  if (!early.empty())
    report.notes.insert(report.notes.begin(),
                        fmt::format("{} of {} ended early", parts_text(early), parts.of));
  if (!missing.empty())
    report.notes.insert(report.notes.begin(),
                        fmt::format("{} of {} {} missing", parts_text(missing), parts.of,
                                    missing.size() == 1 ? "is" : "are"));
  if (!early.empty() || !missing.empty()) report.parts = std::make_shared<const Parts>(parts);
  return report;
}

std::string row_name(const Row& row) {
  return label_of(row) + " " + std::string(bptt::name_of(row.cell)) + " " +
         std::string(bptt::name_of(row.scalar));
}

}  // namespace bptt::verify
