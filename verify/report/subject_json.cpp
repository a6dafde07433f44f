#include "verify/report/subject_json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "verify/report/fault_words.hpp"
#include "verify/report/subject_report.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;
constexpr int diagnosis_version = 1;

Json number(long double value) {
  const auto v = static_cast<double>(value);
  if (std::isfinite(v)) return v;
  return std::isnan(v) ? "nan" : v > 0 ? "inf" : "-inf";
}

/// Of a cell's diagnosis, or a subject's.
std::string_view outcome_of(const auto& diagnosis) {
  return !diagnosis.right() ? "broken" : diagnosis.complete() ? "held" : "inconclusive";
}

std::string_view name_of(diagnosis::Moment moment) {
  switch (moment) {
    case diagnosis::Moment::first: return "first call";
    case diagnosis::Moment::second: return "second call";
    case diagnosis::Moment::callers: return "caller's array";
    case diagnosis::Moment::outside: return "outside of the array";
  }
  return "";
}

Json sets_json(const std::vector<diagnosis::FaultRows>& sets) {
  Json list = Json::array();
  for (const diagnosis::FaultRows& rows : sets) {
    Json faults = Json::array();
    for (const std::size_t row : rows) {
      Json fault;
      for (const auto& [key, value] : fault_fields(row)) fault[key] = value;
      faults.push_back(std::move(fault));
    }
    list.push_back(std::move(faults));
  }
  return list;
}

Json maps_json(const std::optional<diagnosis::CaseMaps>& maps) {
  if (!maps) return {};
  Json list = Json::array();
  for (const diagnosis::ArrayMap& map : maps->arrays)
    list.push_back({{"array", map.array},
                    {"down", map.down},
                    {"across", map.across},
                    {"wrong", map.wrong},
                    {"places", map.places},
                    {"marks", map.marks}});
  return {{"case", maps->problem}, {"arrays", list}};
}

Json first_wrong_json(const std::optional<diagnosis::FirstWrongNumber>& d) {
  if (!d) return {};
  return {{"case", d->problem},           {"replay", d->replay},       {"array", d->array},
          {"moment", name_of(d->moment)}, {"index", d->index},         {"place", place_of(*d)},
          {"got", number(d->got)},        {"right", number(d->right)}, {"bound", number(d->bound)},
          {"map", map_text(*d)}};
}

Json cell_json(const diagnosis::CellDiagnosis& d) {
  Json arrays = Json::array();
  for (const diagnosis::ArrayCount& a : d.arrays)
    arrays.push_back({{"array", a.name},
                      {"cases", a.cases},
                      {"wrong_cases", a.wrong_cases},
                      {"judged_entries", a.judged_entries},
                      {"wrong_entries", a.wrong_entries}});
  Json nearest;
  if (const auto& n = d.faults.nearest)
    nearest = {{"id", diagnosis::ids_of(n->rows)},
               {"wrong_entries_given", n->like.wrong},
               {"right_entries_spoiled", n->like.spoiled}};
  return {{"cell", bptt::name_of(d.cell)},
          {"outcome", outcome_of(d)},
          {"cases", d.cases},
          {"wrong_cases", d.wrong_cases},
          {"failed_cases", d.failed_cases},
          {"cases_left_out", d.cases_left_out},
          {"known_broken", d.known_broken},
          {"properties_left_out", d.properties_left_out},
          {"judged_entries", d.judged_entries},
          {"wrong_entries", d.wrong_entries},
          {"arrays", arrays},
          {"broken_properties", d.broken_properties},
          {"sentences", d.sentences},
          {"departure", first_wrong_json(d.first_wrong)},
          {"maps", maps_json(d.maps)},
          {"fits", sets_json(d.faults.fits)},
          {"one_call", sets_json(d.faults.one_call)},
          {"numbers_alone", sets_json(d.faults.numbers_alone)},
          {"nearest", nearest},
          {"tried", d.faults.tried},
          {"complete", d.faults.complete}};
}

}  // namespace

Json as_json(const diagnosis::SubjectDiagnosis& diagnosis) {
  Json cells = Json::array();
  for (const diagnosis::CellDiagnosis& cell : diagnosis.cells) cells.push_back(cell_json(cell));
  return {{"subject", diagnosis.subject},
          {"seconds", diagnosis.seconds},
          {"outcome", outcome_of(diagnosis)},
          {"cells", cells}};
}

std::string json_of(const std::vector<diagnosis::SubjectDiagnosis>& diagnoses,
                    std::string_view program) {
  Json document{{"schema", "bptt-verify/diagnosis"},
                {"version", diagnosis_version},
                {"program", program},
                {"diagnoses", Json::array()}};
  for (const diagnosis::SubjectDiagnosis& d : diagnoses)
    document["diagnoses"].push_back(as_json(d));
  // A subject's message may hold any bytes; the document is UTF-8 all the same.
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace bptt::verify
