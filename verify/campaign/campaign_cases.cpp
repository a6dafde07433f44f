#include "verify/campaign/campaign_cases.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "diagnosis/trace_cases.hpp"
#include "properties/expectation.hpp"
#include "properties/replay.hpp"

namespace bptt::verify {
namespace {

constexpr std::size_t most_cases = 12;

}  // namespace

std::vector<diagnosis::TraceCase> broken_cases(const Report& report, const Capabilities& can) {
  std::vector<diagnosis::TraceCase> cases;
  for (const Row& row : report.rows) {
    if (row.specification || row.published) continue;  // published cases have no spec
    for (const Failure& failure : row.failures) {
      const auto first = failure.replay.find('\''), last = failure.replay.rfind('\'');
      if (first == std::string::npos || first == last) continue;
      const auto replay =
          properties::parse_replay_case(failure.replay.substr(first + 1, last - first - 1));
      const diagnosis::TraceCase c =
          diagnosis::within({.spec = replay.spec, .scalar = replay.scalar}, can);
      const bool known =
          std::any_of(cases.begin(), cases.end(), [&](const diagnosis::TraceCase& other) {
            return other.spec == c.spec && other.scalar == c.scalar;
          });
      const bool large = !properties::judged_entry_by_entry(c.spec.cell, c.spec.sizes);
      const bool another =
          std::any_of(cases.begin(), cases.end(), [&](const diagnosis::TraceCase& other) {
            return other.spec.cell == c.spec.cell &&
                   !properties::judged_entry_by_entry(other.spec.cell, other.spec.sizes);
          });
      if (known || (large && another) || cases.size() >= most_cases ||
          c.spec.regime == properties::Regime::nonfinite ||
          !can_run(can, c.spec.cell, c.spec.activation, c.scalar))
        continue;
      cases.push_back(c);
    }
  }
  return cases;
}

}  // namespace bptt::verify
