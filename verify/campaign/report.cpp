#include "verify/campaign/report.hpp"

#include <algorithm>

namespace bptt::verify {

std::string label_of(const Row& row) {
  return row.sizes == properties::SizeSet::small ? row.id
                                                 : row.id + ", " + std::string(name_of(row.sizes));
}

Counts total(const Report& report) {
  Counts sum;
  for (const Row& row : report.rows) sum += row.counts;
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
