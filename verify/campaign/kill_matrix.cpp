#include "verify/campaign/kill_matrix.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "core/error.hpp"
#include "subjects/faults/fault_models.hpp"
#include "subjects/registry.hpp"
#include "verify/campaign/campaign.hpp"

namespace bptt::verify {
namespace {

/// The lower one of two in the middle.
int median(std::vector<int> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) / 2];
}

std::vector<Kill> kills_of(const Report& report,
                           const std::vector<const properties::Property*>& properties) {
  std::vector<Kill> kills;
  for (std::size_t k = 0; k < properties.size(); ++k) {
    Kill kill{.property = k};
    for (std::size_t at = 0; at < report.rows.size(); ++at) {
      const Row& row = report.rows[at];
      if (row.id != properties[k]->id || row.counts.broken == 0) continue;
      const auto first = static_cast<int>(row.counts.cases());  // a row ends with its broken case
      if (kill.first == 0 || first < kill.first) kill = {k, first, row.cell, row.scalar, at};
    }
    if (kill.first > 0) kills.push_back(kill);
  }
  return kills;
}

}  // namespace

const Kill& FaultKills::first() const {
  if (kills.empty()) throw Error("nothing kills fault:" + std::string(fault_models[row].id));
  return *std::min_element(kills.begin(), kills.end(),
                           [](const Kill& p, const Kill& q) { return p.first < q.first; });
}

int FaultKills::judged_until_first() const {
  const Kill& kill = first();
  return static_cast<int>(static_cast<std::size_t>(kill.first - 1) * report_rows + kill.report_row +
                          1);
}

std::vector<std::size_t> KillMatrix::killed_by(std::size_t property) const {
  return killed_by(property, properties.size());
}

std::vector<std::size_t> KillMatrix::killed_by(std::size_t property, std::size_t others) const {
  std::vector<std::size_t> killed;
  for (std::size_t k = 0; k < faults.size(); ++k) {
    const auto& kills = faults[k].kills;
    const bool by_it = std::any_of(kills.begin(), kills.end(),
                                   [&](const Kill& kill) { return kill.property == property; });
    if (by_it && kills.size() <= others + 1) killed.push_back(k);
  }
  return killed;
}

int KillMatrix::median_judged() const {
  std::vector<int> values;
  for (const FaultKills& fault : faults)
    if (!fault.kills.empty()) values.push_back(fault.judged_until_first());
  return median(std::move(values));
}

int KillMatrix::median_first() const {
  std::vector<int> values;
  for (const FaultKills& fault : faults)
    for (const Kill& kill : fault.kills) values.push_back(kill.first);
  return median(std::move(values));
}

KillMatrix run_matrix(const MatrixOptions& options, const std::atomic<bool>* stop) {
  KillMatrix matrix{.seed = options.seed, .cases = options.cases, .properties = {}, .faults = {}};
  for (const properties::Property& property : properties::catalogue())
    if (is_of_faults(property)) matrix.properties.push_back(&property);

  std::vector<std::size_t> rows = options.rows;
  if (rows.empty()) {
    rows.resize(fault_count);
    std::iota(rows.begin(), rows.end(), std::size_t{0});
  }
  CampaignOptions campaign;
  campaign.seed = options.seed;
  campaign.cases = options.cases;
  campaign.jobs = options.jobs;
  campaign.properties = matrix.properties;
  campaign.specification = false;
  campaign.shrink = false;

  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const std::string name = "fault:" + std::string(fault_models[rows[k]].id);
    const auto show = [&](const Progress& progress) {
      if (!options.progress) return;
      const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
      MatrixProgress now{name, k, rows.size()};
      now.fraction =
          (static_cast<double>(k) + progress.fraction) / static_cast<double>(rows.size());
      now.left = elapsed.count() / now.fraction - elapsed.count();
      options.progress(now);
    };
    const Report report = run_campaign(*make_subject(name), campaign, show, stop);
    if (stop != nullptr && stop->load()) break;  // this fault's cases are not complete
    matrix.faults.push_back({rows[k], kills_of(report, matrix.properties), report.rows.size()});
  }
  return matrix;
}

}  // namespace bptt::verify
