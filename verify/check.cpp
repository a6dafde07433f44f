#include "verify/check.hpp"

#include <regex>

#include "core/error.hpp"
#include "verify/campaign/campaign.hpp"
#include "verify/report/table.hpp"

namespace bptt {

CheckResult check(const Subject& subject, const CheckOptions& options) {
  verify::CampaignOptions campaign;
  campaign.seed = options.seed;
  campaign.cases = options.cases;
  campaign.jobs = options.jobs;
  campaign.specification = false;
  std::regex pattern;
  try {
    pattern = std::regex(options.property);
  } catch (const std::regex_error& error) {
    throw FormatError("'" + options.property + "' is no regular expression: " + error.what());
  }
  for (const auto& property : properties::catalogue())
    if (std::regex_search(std::string(property.id), pattern))
      campaign.properties.push_back(&property);
  for (const auto& published : properties::published_cases())
    if (std::regex_search(std::string(verify::published_prefix) + std::string(published.name),
                          pattern))
      campaign.published.push_back(&published);
  if (campaign.properties.empty() && campaign.published.empty())
    throw UnsupportedError("no property matches '" + options.property + "'");
  const verify::Report report = verify::run_campaign(subject, campaign);
  CheckResult result;
  result.passed = verify::broken_rows(report) == 0;
  for (const auto& row : report.rows) result.cases += row.counts.cases();
  result.report = verify::table_of(report, verify::Style(false));
  return result;
}

}  // namespace bptt
