#include "diagnosis/fault_traces.hpp"

#include <algorithm>
#include <cmath>

#include "subjects/faults/fault_models.hpp"
#include "subjects/registry.hpp"

namespace bptt::diagnosis {
namespace {

std::vector<double> flat(const Trace& trace) {
  std::vector<double> numbers;
  for (const TracedArray& array : trace.arrays)
    numbers.insert(numbers.end(), array.values.elements().begin(), array.values.elements().end());
  return numbers;
}

double largest_finite(const double* first, std::size_t count) {
  double most = 0;
  for (std::size_t k = 0; k < count; ++k)
    if (std::isfinite(first[k])) most = std::max(most, std::abs(first[k]));
  return most;
}

/// Calls f(array, entry, whether both are the same) until it returns false.
template <class F>
void for_each_pair(const CaseEvidence& c, const std::vector<double>& numbers, F&& f) {
  std::size_t at = 0;
  for (std::size_t a = 0; a < c.trace.arrays.size(); ++a) {
    const auto& got = c.trace.arrays[a].values.elements();
    const double* fault = numbers.data() + at;
    at += got.size();
    const double scale =
        std::max(largest_finite(got.data(), got.size()), largest_finite(fault, got.size()));
    const double tolerance = 2 * c.expected.relative * scale;
    for (std::size_t k = 0; k < got.size(); ++k) {
      const bool same = got[k] == fault[k] || std::abs(got[k] - fault[k]) <= tolerance ||
                        (std::isnan(got[k]) && std::isnan(fault[k]));
      if (!f(a, k, same)) return;
    }
  }
}

bool changes_an_input(const CaseEvidence& c, const std::vector<double>& numbers) {
  // The caller's arrays are the last ones of a trace.
  std::vector<double> callers;
  for (const ExpectedArray& array : c.expected.arrays)
    if (array.moment == Moment::callers)
      for (const long double value : array.values.elements())
        callers.push_back(static_cast<double>(value));
  return !callers.empty() && numbers.size() >= callers.size() &&
         !std::equal(callers.begin(), callers.end(), numbers.end() - std::ssize(callers),
                     [](double p, double q) { return p == q || (std::isnan(p) && std::isnan(q)); });
}

}  // namespace

std::string ids_of(const FaultRows& rows) {
  std::string ids;
  for (const std::size_t row : rows)
    ids += (ids.empty() ? "" : "+") + std::string(fault_models[row].id);
  return ids;
}

std::vector<std::size_t> faults_of(Cell cell) {
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; row < fault_count; ++row)
    if (FaultSet::parse(fault_models[row].id)->apply_to(cell)) rows.push_back(row);
  return rows;
}

const Subject& FaultTraces::subject(const FaultRows& rows) {
  auto& known = subjects_[rows];
  if (!known) known = make_subject("fault:" + (rows.empty() ? "none" : ids_of(rows)));
  return *known;
}

const std::vector<double>& FaultTraces::numbers(const FaultRows& rows, const CaseEvidence& c) {
  auto& of_case = numbers_[to_string(c.described())];
  const auto known = of_case.find(rows);
  if (known != of_case.end()) return known->second;
  latest_ = flat(c.drawn.follow(subject(rows), claims_));
  if (kept_ + latest_.size() > most_kept) return latest_;
  kept_ += latest_.size();
  return of_case.emplace(rows, latest_).first->second;
}

properties::Outcome FaultTraces::behaved(const FaultRows& rows,
                                         const properties::Property& property) {
  const auto key = std::pair{&property, rows};
  const auto known = behaved_.find(key);
  if (known != behaved_.end()) return known->second;
  return behaved_[key] = behaviour(property, subject(rows), claims_, cell_).outcome;
}

bool same_numbers(const CaseEvidence& c, const std::vector<double>& numbers) {
  if (c.failed())
    return c.trace.failure->cause == Cause::changed_input && changes_an_input(c, numbers);
  if (numbers.empty()) return false;
  bool all = true;
  for_each_pair(c, numbers, [&](std::size_t a, std::size_t k, bool same) {
    all = same || c.unsteady[a][k];
    return all;
  });
  return all;
}

Likeness likeness(const CaseEvidence& c, const std::vector<double>& numbers) {
  Likeness like;
  if (c.failed() || numbers.empty()) return like;
  for_each_pair(c, numbers, [&](std::size_t a, std::size_t k, bool same) {
    if (c.marks[a][k] == Mark::wrong) like.wrong += same ? 1 : 0;
    if (c.marks[a][k] == Mark::right) like.spoiled += same ? 0 : 1;
    return true;
  });
  return like;
}

}  // namespace bptt::diagnosis
