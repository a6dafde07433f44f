#include "verify/report/families.hpp"

#include <algorithm>

namespace bptt::verify {

std::vector<FamilyRow> families_of(const Report& report) {
  std::vector<FamilyRow> families;
  for (const Row& row : report.rows) {
    auto found = std::find_if(families.begin(), families.end(),
                              [&](const FamilyRow& family) { return family.name == row.family; });
    if (found == families.end()) found = families.insert(found, FamilyRow{row.family});
    ++found->rows;
    found->broken += row.counts.broken > 0 ? 1 : 0;
    found->counts += row.counts;
    if (row.worst_ratio &&
        (found->worst == nullptr || *row.worst_ratio > *found->worst->worst_ratio))
      found->worst = &row;
  }
  return families;
}

}  // namespace bptt::verify
