// The rows of a report by family.
#pragma once

#include <string>
#include <vector>

#include "verify/campaign/report.hpp"

namespace bptt::verify {

struct FamilyRow {
  std::string name;
  long long rows = 0, broken = 0;
  Counts counts{};
  const Row* worst = nullptr;  // by error / bound
};

[[nodiscard]] std::vector<FamilyRow> families_of(const Report& report);

}  // namespace bptt::verify
