#include "verify/check.hpp"

#include "verify/campaign/selection.hpp"
#include "verify/report/summary.hpp"

namespace bptt {

CheckResult check(const Subject& subject, const CheckOptions& options) {
  verify::CampaignOptions campaign;
  campaign.seed = options.seed;
  campaign.cases = options.cases;
  campaign.jobs = options.jobs;
  campaign.specification = false;
  verify::select_properties(options.property, campaign);
  const verify::Report report = verify::run_campaign(subject, campaign);
  CheckResult result;
  result.passed = verify::broken_rows(report) == 0;
  for (const auto& row : report.rows) result.cases += row.counts.cases();
  result.report = verify::summary_of(report, verify::Style(false));
  return result;
}

}  // namespace bptt
