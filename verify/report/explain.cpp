#include "verify/report/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "subjects/faults/fault_models.hpp"
#include "subjects/faults/scale_faults.hpp"
#include "subjects/registry.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;

std::string subject_of(const FaultModel& row) { return std::string(fault_prefix).append(row.id); }

/// A row of either table: of the faults of scale with where it begins.
struct Entry {
  const FaultModel& words;
  const ScaleFault* scale = nullptr;
};

std::vector<Entry> all_entries() {
  std::vector<Entry> entries;
  for (const FaultModel& row : fault_models) entries.push_back({row});
  for (const ScaleFault& row : scale_faults()) entries.push_back({row.words, &row});
  return entries;
}

std::vector<Entry> entries_of(std::string_view name) {
  if (const ScaleFault* scale = find_scale_fault(name)) return {{scale->words, scale}};
  std::vector<Entry> entries;
  for (const std::size_t row : fault_rows_of(name)) entries.push_back({fault_models[row]});
  return entries;
}

Json json_of(const Entry& entry) {
  const FaultModel& row = entry.words;
  Json cells = Json::array();
  if (row.cells != Cells::lstm) cells.push_back("rnn");
  if (row.cells != Cells::rnn) cells.push_back("lstm");
  Json json{{"subject", subject_of(row)}, {"model", row.model}, {"cells", cells},
            {"mechanism", row.mechanism}, {"wrong", row.wrong}, {"right", row.right},
            {"seen", row.seen},           {"mend", row.mend},   {"source", row.source}};
  if (entry.scale != nullptr) {
    json["extent"] = name_of(entry.scale->extent);
    json["from"] = entry.scale->from;
  }
  return json;
}

Json json_of(const std::vector<Entry>& entries) {
  Json list = Json::array();
  for (const Entry& entry : entries) list.push_back(json_of(entry));
  return list;
}

}  // namespace

std::vector<std::size_t> fault_rows_of(std::string_view name) {
  const std::string_view ids =
      name.substr(name.starts_with(fault_prefix) ? fault_prefix.size() : 0);
  const auto right = subject_names();
  if (std::find(right.begin(), right.end(), name) != right.end())
    throw UnsupportedError(std::string(name) +
                           " is meant to be right, not a fault (see: bptt-verify list faults)");
  if (find_scale_fault(name) != nullptr)
    throw UnsupportedError(std::string(name) +
                           " is a fault of scale, right in the small problems that are asked for "
                           "here (see: bptt-verify explain " +
                           std::string(name) + ")");
  const auto set = FaultSet::parse(ids);
  // The registry says which names come near.
  if (!set) (void)make_subject(std::string(fault_prefix).append(ids));
  std::vector<std::size_t> rows;
  for (std::size_t row = 0; set && row < fault_count; ++row)
    if (set->has_row(row)) rows.push_back(row);
  if (rows.empty())
    throw UnsupportedError("fault:none has no fault to speak of (see: bptt-verify list faults)");
  return rows;
}

std::string list_faults(bool json) {
  const std::vector<Entry> entries = all_entries();
  if (json) return json_of(entries).dump(2) + "\n";
  std::size_t width = 0;
  for (const Entry& entry : entries) width = std::max(width, subject_of(entry.words).size());
  std::string text;
  for (const auto& [row, scale] : entries)
    text += fmt::format("{:<{}}  {:<3}  {:<8}  {}\n", subject_of(row), width, row.model,
                        name_of(row.cells), row.mechanism);
  return text;
}

std::string explain_text(std::string_view name, const Style& style) {
  std::string text;
  for (const auto& [row, scale] : entries_of(name)) {
    text += fmt::format("{}{} ({}, {})\n", text.empty() ? "" : "\n", style.bold(subject_of(row)),
                        row.model, name_of(row.cells));
    text += fmt::format(
        "  what    {}\n  wrong   {}\n  right   {}\n  seen    {}\n  mend    {}\n  source  {}\n",
        row.mechanism, style.red(row.wrong), style.green(row.right), row.seen, row.mend,
        row.source);
    if (scale != nullptr)
      text += fmt::format("  from    {} = {}; right to the last bit below\n",
                          name_of(scale->extent), scale->from);
    text += fmt::format("  try     bptt-verify check {}{}\n", subject_of(row),
                        scale == nullptr ? " --cases 20" : " --until-broken");
  }
  return text;
}

std::string explain_json(std::string_view name) { return json_of(entries_of(name)).dump(2) + "\n"; }

}  // namespace bptt::verify
