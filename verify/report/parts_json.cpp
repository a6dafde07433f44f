#include "verify/report/parts_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "cells/network.hpp"
#include "core/error.hpp"
#include "verify/campaign/campaign.hpp"
#include "verify/campaign/judged_json.hpp"
#include "verify/report/json.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;

/// The value that has this name.
template <class Value>
Value named(const Json& name, std::initializer_list<Value> values) {
  for (const Value value : values)
    if (name == name_of(value)) return value;
  throw Error("there is no " + name.dump());
}

Json counts_json(const Counts& c) { return {c.held, c.broken, c.inconclusive, c.not_judged}; }
Counts counts_of(const Json& json) {
  return {json.at(0).get<long long>(), json.at(1).get<long long>(), json.at(2).get<long long>(),
          json.at(3).get<long long>()};
}

Json histogram_json(const LogHistogram& histogram) {
  Json counts = Json::array();
  for (const auto& [step, count] : histogram.counts) counts.push_back({step, count});
  return counts;
}
LogHistogram histogram_of(const Json& json) {
  LogHistogram histogram;
  for (const Json& pair : json) histogram.add(pair.at(0).get<int>(), pair.at(1).get<long long>());
  return histogram;
}

Json tally_json(const Tally& tally) {
  Json regimes = Json::array();
  for (const Counts& counts : tally.regimes) regimes.push_back(counts_json(counts));
  return {{"counts", counts_json(tally.counts)},
          {"compared", tally.compared},
          {"trivial", tally.trivial},
          {"worst_ratio", ratio_json(tally.worst_ratio)},
          {"ratios", histogram_json(tally.ratios)},
          {"seen_from", histogram_json(tally.seen_from)},
          {"regimes", regimes}};
}
Tally tally_of(const Json& json) {
  Tally tally;
  tally.counts = counts_of(json.at("counts"));
  tally.compared = json.at("compared").get<long long>();
  tally.trivial = json.at("trivial").get<long long>();
  tally.worst_ratio = ratio_of(json.at("worst_ratio"));
  tally.ratios = histogram_of(json.at("ratios"));
  tally.seen_from = histogram_of(json.at("seen_from"));
  for (std::size_t k = 0; k < tally.regimes.size(); ++k)
    tally.regimes[k] = counts_of(json.at("regimes").at(k));
  return tally;
}

Json failures_json(const std::vector<Failure>& failures) {
  Json all = Json::array();
  for (const Failure& f : failures) all.push_back(as_json(f));
  return all;
}
std::vector<Failure> failures_of(const Json& json) {
  std::vector<Failure> failures;
  for (const Json& f : json) {
    Failure failure{f.at("replay").get<std::string>(), f.at("text").get<std::string>(), Cause::none,
                    f.at("output").get<std::string>()};
    for (int k = 0; k <= static_cast<int>(Cause::not_finite); ++k)
      if (f.at("cause") == bptt::name_of(static_cast<Cause>(k)))
        failure.cause = static_cast<Cause>(k);
    failures.push_back(std::move(failure));
  }
  return failures;
}

template <class T>
Json optional_json(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}
template <class T>
std::optional<T> optional_of(const Json& json) {
  return json.is_null() ? std::nullopt : std::optional<T>(json.get<T>());
}

Json row_json(const RowPart& row) {
  Json early = Json::array();
  for (const auto& [k, judged] : row.early) {
    Json entry = {k};
    append(entry, judged);
    early.push_back(std::move(entry));
  }
  Json json = {{"row", row.lane}, {"early", std::move(early)}};
  if (row.rest.counts.cases() > 0) json["rest"] = tally_json(row.rest);
  if (row.worst) json["worst"] = {row.worst->k, ratio_json(row.worst->ratio), row.worst->replay};
  if (!row.shapes.empty()) json["shapes"] = row.shapes;
  if (row.why_not_judged) json["why_not_judged"] = *row.why_not_judged;
  if (row.broken) {
    json["broken"] = *row.broken;
    json["failures"] = failures_json(row.failures);
  }
  return json;
}
RowPart row_part_of(const Json& json, std::size_t lanes) {
  RowPart row;
  row.lane = json.at("row").get<std::size_t>();
  if (row.lane >= lanes) throw Error(fmt::format("there is no row {}", row.lane));
  for (const Json& entry : json.at("early"))
    row.early.emplace_back(entry.at(0).get<int>(), judged_of(entry, 1));
  if (json.contains("rest")) row.rest = tally_of(json["rest"]);
  if (json.contains("worst"))
    row.worst = {json["worst"].at(0).get<int>(), ratio_of(json["worst"].at(1)).value_or(0),
                 json["worst"].at(2).get<std::string>()};
  if (json.contains("shapes")) row.shapes = json["shapes"].get<std::vector<RowPart::At>>();
  if (json.contains("why_not_judged"))
    row.why_not_judged = json["why_not_judged"].get<RowPart::At>();
  if (json.contains("broken")) {
    row.broken = json["broken"].get<int>();
    row.failures = failures_of(json.at("failures"));
  }
  return row;
}

Json part_json(const Part& part) {
  Json rows = Json::array(), paths = Json::object();
  for (const RowPart& row : part.rows) rows.push_back(row_json(row));
  for (const TakenPath& path : part.paths) paths[path.name] = path.plans;
  return {{"part", part.number},
          {"started", part.started},
          {"seconds", part.seconds},
          {"found_after", optional_json(part.found_after)},
          {"gave_up_after", part.gave_up_after},
          {"known_before", part.known_before},
          {"ended_early", part.ended_early},
          {"notes", part.notes},
          {"paths", paths},
          {"rows", rows},
          {"diagnosis", part.diagnosis.empty() ? Json() : Json::parse(part.diagnosis)}};
}
Part part_of(const Json& json, std::size_t lanes) {
  Part part;
  part.number = json.at("part").get<int>();
  part.started = json.at("started").get<std::string>();
  part.seconds = json.at("seconds").get<double>();
  part.found_after = optional_of<double>(json.at("found_after"));
  part.gave_up_after = json.at("gave_up_after").get<int>();
  part.known_before = json.at("known_before").get<long long>();
  part.ended_early = json.at("ended_early").get<bool>();
  part.notes = json.at("notes").get<std::vector<std::string>>();
  for (const auto& [name, plans] : json.at("paths").items())
    part.paths.push_back({name, plans.get<long long>()});
  for (const Json& row : json.at("rows")) part.rows.push_back(row_part_of(row, lanes));
  if (const Json& diagnosis = json.at("diagnosis"); !diagnosis.is_null())
    part.diagnosis = diagnosis.dump();
  return part;
}

/// Which row it is.
Row row_of(const Json& json) {
  using properties::Exactness, properties::SizeSet;
  Row row;
  row.id = json.at("property").get<std::string>();
  row.family = json.at("family").get<std::string>();
  row.sentence = json.at("sentence").get<std::string>();
  row.mathematics = json.at("mathematics").get<std::string>();
  row.cell = cells::cell_named(json.at("cell").get<std::string>());
  row.scalar = named(json.at("scalar"), {Scalar::f32, Scalar::f64});
  row.exactness =
      named(json.at("exactness"), {Exactness::bitwise, Exactness::exact, Exactness::bounded});
  row.sizes = named(json.at("sizes"), {SizeSet::small, SizeSet::middle, SizeSet::real});
  row.specification = json.at("about") == "specification";
  row.published = row.id.starts_with(published_prefix) || row.id.starts_with(specification_prefix);
  return row;
}

PartsOfSubject parts_of(const Json& report, const std::string& file) {
  if (!report.contains("parts"))
    throw Error(file +
                " is of a whole campaign: merge takes the reports of check --shard, and "
                "those of merge from which parts are missing");
  const Json& json = report["parts"];
  PartsOfSubject of;
  of.subject = report.at("subject").get<std::string>();
  of.seed = report.at("seed").get<std::uint64_t>();
  of.parts.of = json.at("of").get<int>();
  const Json& campaign = json.at("campaign");
  of.parts.campaign = campaign.dump();
  const Json& names = campaign.at("rows");
  of.rows.resize(names.size());
  for (const Json& entry : report.at("rows")) {
    Row row = row_of(entry);
    const auto at = std::find(names.begin(), names.end(), row_name(row));
    if (at == names.end()) throw Error("its campaign has no row " + row_name(row));
    of.rows[static_cast<std::size_t>(at - names.begin())] = std::move(row);
  }
  for (const Json& part : json.at("each")) {
    of.parts.all.push_back(part_of(part, of.rows.size()));
    if (const int number = of.parts.all.back().number; number < 1 || number > of.parts.of)
      throw Error(fmt::format("part {} of {}", number, of.parts.of));
    // A check diagnoses after its campaign; with one part, what its report has is the part's.
    if (json.at("each").size() == 1 && !report.at("diagnosis").is_null())
      of.parts.all.back().diagnosis = report["diagnosis"].dump();
  }
  return of;
}

long long cases_of(const Part& part) {
  long long cases = 0;
  for (const RowPart& row : part.rows)
    cases += static_cast<long long>(row.early.size()) + row.rest.counts.cases();
  return cases;
}

/// The first thing in which two campaigns differ.
std::string difference(const std::string& one, const std::string& other) {
  const Json a = Json::parse(one), b = Json::parse(other);
  for (const auto& [key, value] : a.items())
    if (!b.contains(key) || b[key] != value)
      return key == "rows" ? "other rows (another choice of properties, cells or sizes)"
             : key == "programs"
                 ? std::string("another program, or another file of the subject")
                 : fmt::format("{} {}, not {}", key, b.contains(key) ? b[key].dump() : "none",
                               value.dump());
  return "";
}

}  // namespace

Json as_json(const Failure& failure) {
  return {{"replay", failure.replay},
          {"text", failure.text},
          {"cause", bptt::name_of(failure.cause)},
          {"output", failure.output}};
}

Json as_json(const Parts& parts) {
  std::set<int> here;
  Json each = Json::array(), missing = Json::array();
  for (const Part& part : parts.all) {
    here.insert(part.number);
    each.push_back(part_json(part));
  }
  for (int number = 1; number <= parts.of; ++number)
    if (here.count(number) == 0) missing.push_back(number);
  return {{"of", parts.of},
          {"missing", missing},
          {"campaign", Json::parse(parts.campaign)},
          {"each", each}};
}

std::vector<PartsOfSubject> read_parts(const std::string& text, const std::string& file) {
  Json document;
  try {
    document = Json::parse(text);
  } catch (const std::exception&) {
    throw Error(file + " is no JSON");
  }
  if (!document.is_object() || document.value("schema", "") != check_schema ||
      document.value("version", 0) != check_version)
    throw Error(fmt::format("{} is no report of check: its schema is not {}, version {}", file,
                            check_schema, check_version));
  std::vector<PartsOfSubject> all;
  for (const Json& report : document.at("reports")) {
    try {
      all.push_back(parts_of(report, file));
    } catch (const Json::exception& error) {
      throw Error(file + ": " + error.what());
    }
  }
  return all;
}

void join(PartsOfSubject& all, PartsOfSubject more, const std::string& file_of_all,
          const std::string& file_of_more) {
  const auto refuse = [&](const std::string& why) {
    throw Error(
        fmt::format("{} is of another campaign than {}: {}", file_of_more, file_of_all, why));
  };
  if (all.parts.of != more.parts.of)
    refuse(fmt::format("of {} parts, not {}", more.parts.of, all.parts.of));
  if (const std::string what = difference(all.parts.campaign, more.parts.campaign); !what.empty())
    refuse(what);
  for (std::size_t lane = 0; lane < all.rows.size(); ++lane)
    if (all.rows[lane].id.empty()) all.rows[lane] = std::move(more.rows[lane]);
  auto& parts = all.parts.all;
  for (Part& part : more.parts.all) {
    const auto at = std::lower_bound(
        parts.begin(), parts.end(), part,
        [](const Part& one, const Part& other) { return one.number < other.number; });
    if (at == parts.end() || at->number != part.number)
      parts.insert(at, std::move(part));
    else if (cases_of(part) > cases_of(*at))  // the other was ended early
      *at = std::move(part);
  }
}

}  // namespace bptt::verify
