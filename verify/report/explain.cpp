#include "verify/report/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "subjects/faults/fault_models.hpp"
#include "subjects/registry.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view prefix = "fault:";

std::string subject_of(const FaultModel& row) { return std::string(prefix).append(row.id); }

Json json_of(const FaultModel& row) {
  Json cells = Json::array();
  if (row.cells != Cells::lstm) cells.push_back("rnn");
  if (row.cells != Cells::rnn) cells.push_back("lstm");
  return {{"subject", subject_of(row)}, {"model", row.model}, {"cells", cells},
          {"mechanism", row.mechanism}, {"wrong", row.wrong}, {"right", row.right},
          {"seen", row.seen},           {"mend", row.mend},   {"source", row.source}};
}

}  // namespace

std::vector<std::size_t> fault_rows_of(std::string_view name) {
  const std::string_view ids = name.substr(name.starts_with(prefix) ? prefix.size() : 0);
  const auto right = subject_names();
  if (std::find(right.begin(), right.end(), name) != right.end())
    throw UnsupportedError(std::string(name) +
                           " is meant to be right, not a fault (see: bptt-verify list faults)");
  const auto set = FaultSet::parse(ids);
  // The registry says which names come near.
  if (!set) (void)make_subject(std::string(prefix).append(ids));
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; set && row < fault_count; ++row)
    if (set->has_row(row)) rows.push_back(row);
  if (rows.empty())
    throw UnsupportedError("fault:none has no fault to speak of (see: bptt-verify list faults)");
  return rows;
}

std::string list_faults(bool json) {
  if (json) {
    Json list = Json::array();
    for (const FaultModel& row : fault_models) list.push_back(json_of(row));
    return list.dump(2) + "\n";
  }
  std::size_t width = 0;
  for (const FaultModel& row : fault_models) width = std::max(width, subject_of(row).size());
  std::string text;
  for (const FaultModel& row : fault_models)
    text += fmt::format("{:<{}}  {:<3}  {:<8}  {}\n", subject_of(row), width, row.model,
                        name_of(row.cells), row.mechanism);
  return text;
}

std::string explain_text(std::string_view name, const Style& style) {
  std::string text;
  for (const std::size_t at : fault_rows_of(name)) {
    const FaultModel& row = fault_models[at];
    text += fmt::format("{}{} ({}, {})\n", text.empty() ? "" : "\n", style.bold(subject_of(row)),
                        row.model, name_of(row.cells));
    text += fmt::format(
        "  what    {}\n  wrong   {}\n  right   {}\n  seen    {}\n  mend    {}\n  source  {}\n",
        row.mechanism, style.red(row.wrong), style.green(row.right), row.seen, row.mend,
        row.source);
    text += fmt::format("  try     bptt-verify check {} --cases 20\n", subject_of(row));
  }
  return text;
}

std::string explain_json(std::string_view name) {
  Json list = Json::array();
  for (const std::size_t row : fault_rows_of(name)) list.push_back(json_of(fault_models[row]));
  return list.dump(2) + "\n";
}

}  // namespace bptt::verify
