#include "verify/campaign/report.hpp"

#include <algorithm>

namespace bptt::verify {

void Counts::add(properties::Outcome outcome) {
  switch (outcome) {
    case properties::Outcome::held: ++held; break;
    case properties::Outcome::broken: ++broken; break;
    case properties::Outcome::inconclusive: ++inconclusive; break;
  }
}

Counts total(const Report& report) {
  Counts sum;
  for (const Row& row : report.rows) {
    sum.held += row.counts.held;
    sum.broken += row.counts.broken;
    sum.inconclusive += row.counts.inconclusive;
  }
  return sum;
}

long long compared(const Report& report) {
  long long sum = 0;
  for (const Row& row : report.rows) sum += row.compared;
  return sum;
}

long long trivial(const Report& report) {
  long long sum = 0;
  for (const Row& row : report.rows) sum += row.trivial;
  return sum;
}

int rows_not_asked(const Report& report) {
  return static_cast<int>(std::count_if(report.rows.begin(), report.rows.end(),
                                        [](const Row& row) { return row.counts.cases() == 0; }));
}

int broken_rows(const Report& report) {
  return static_cast<int>(std::count_if(report.rows.begin(), report.rows.end(),
                                        [](const Row& row) { return row.counts.broken > 0; }));
}

}  // namespace bptt::verify
