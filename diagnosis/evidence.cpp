#include "diagnosis/evidence.hpp"

#include <algorithm>
#include <cmath>

#include "properties/expectation.hpp"

namespace bptt::diagnosis {
namespace {

/// Ends of a worker, after which no more cases are asked for. One that takes too long is enough.
constexpr int most_ends = 3;

bool same(double p, double q, double tolerance) {
  if (std::isnan(p) || std::isnan(q)) return std::isnan(p) && std::isnan(q);
  return p == q || std::abs(p - q) <= tolerance;
}

}  // namespace

CaseEvidence::CaseEvidence(const TraceCase& c, const Subject& subject, const Capabilities& claims)
    : drawn(c), expected(expected_trace(drawn, claims)), trace(drawn.follow(subject, claims)) {
  marks = judge(trace, expected);
  for (const auto& of_array : marks)
    for (const Mark mark : of_array) {
      wrong += mark == Mark::wrong ? 1 : 0;
      judged += mark == Mark::not_judged ? 0 : 1;
    }
  if (failed()) return;
  const Trace again = drawn.follow(subject, claims);
  if (again.failure) differs_from_run_to_run = true;
  for (std::size_t a = 0; a < trace.arrays.size(); ++a) {
    const Tensor<double>& values = trace.arrays[a].values;
    std::vector<bool>& of_array = unsteady.emplace_back(values.elements().size(), false);
    if (again.failure) continue;
    const auto tolerance =
        static_cast<double>(2 * static_cast<long double>(expected.relative) * largest_of(values));
    for (std::size_t k = 0; k < of_array.size(); ++k) {
      of_array[k] = !same(values.elements()[k], again.arrays[a].values.elements()[k], tolerance);
      differs_from_run_to_run = differs_from_run_to_run || of_array[k];
    }
  }
}

int CaseEvidence::find(Moment moment, std::string_view name) const {
  for (std::size_t a = 0; a < trace.arrays.size(); ++a)
    if (trace.arrays[a].moment == moment && trace.arrays[a].name == name)
      return static_cast<int>(a);
  return -1;
}

bool CaseEvidence::is_wrong(Moment moment, std::string_view name) const {
  const int a = find(moment, name);
  if (a < 0) return false;
  const auto& of_array = marks[static_cast<std::size_t>(a)];
  return std::find(of_array.begin(), of_array.end(), Mark::wrong) != of_array.end();
}

bool CaseEvidence::is_large() const {
  return !properties::judged_entry_by_entry(described().spec.cell, described().spec.sizes);
}

double CaseEvidence::work() const {
  const TraceCase& c = described();
  const bool two = c.script == Script::twice || c.script == Script::second_problem;
  return properties::tape_edges(c.spec.cell, c.spec.sizes) * (two ? 2 : 1);
}

bool Evidence::values_wrong() const {
  return std::any_of(cases.begin(), cases.end(), [](const auto& c) { return c.is_wrong(); });
}

bool Evidence::any_wrong() const {
  return values_wrong() || std::any_of(behaved.begin(), behaved.end(), [](const auto& b) {
           return b.second.outcome == properties::Outcome::broken;
         });
}

long long Evidence::wrong_entries() const {
  long long sum = 0;
  for (const CaseEvidence& c : cases) sum += c.wrong;
  return sum;
}

long long Evidence::judged_entries() const {
  long long sum = 0;
  for (const CaseEvidence& c : cases) sum += c.judged;
  return sum;
}

Evidence gather(const Subject& subject, Cell cell, const std::vector<TraceCase>& cases,
                const Deadline& deadline) {
  Evidence evidence;
  evidence.cell = cell;
  evidence.claims = subject.capabilities();
  int ends = 0;
  std::vector<const TraceCase*> large;
  for (const TraceCase& c : cases) {
    if (!properties::judged_entry_by_entry(cell, c.spec.sizes)) {
      large.push_back(&c);
      continue;
    }
    if (deadline.passed() || ends >= most_ends) {
      ++evidence.cases_left_out;
      continue;
    }
    evidence.cases.emplace_back(c, subject, evidence.claims);
    const auto& failure = evidence.cases.back().trace.failure;
    if (failure && failure->cause == Cause::timed_out)
      ends = most_ends;
    else if (failure && ends_worker(failure->cause))
      ++ends;
  }
  for (const properties::Property* property : behaviours())
    if (deadline.passed() || ends >= most_ends)
      ++evidence.properties_left_out;
    else
      evidence.behaved.emplace_back(property, behaviour(*property, subject, evidence.claims, cell));
  for (const TraceCase* c : large)
    if (!evidence.values_wrong() && ends < most_ends)
      evidence.cases.emplace_back(*c, subject, evidence.claims);
  return evidence;
}

}  // namespace bptt::diagnosis
