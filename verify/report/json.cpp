#include "verify/report/json.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "verify/report/parts_json.hpp"
#include "verify/report/subject_json.hpp"

namespace bptt::verify {
namespace {

using Json = nlohmann::ordered_json;
// Each grows when a key of its document changes its meaning or goes.
constexpr int replay_version = 2, grade_version = 1;

Json number(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

Json ratio(const std::optional<double>& value) { return value ? number(*value) : Json(); }

Json row_json(const Row& row) {
  Json failures = Json::array();
  for (const Failure& failure : row.failures) failures.push_back(as_json(failure));
  return {{"property", row.id},
          {"family", row.family},
          {"sentence", row.sentence},
          {"mathematics", row.mathematics},
          {"cell", bptt::name_of(row.cell)},
          {"scalar", bptt::name_of(row.scalar)},
          {"exactness", name_of(row.exactness)},
          {"sizes", name_of(row.sizes)},
          {"shapes", row.shapes},
          {"about", row.specification ? "specification" : "subject"},
          {"cases", row.counts.cases()},
          {"held", row.counts.held},
          {"broken", row.counts.broken},
          {"inconclusive", row.counts.inconclusive},
          {"not_judged", row.counts.not_judged},
          {"why_not_judged", row.why_not_judged},
          {"compared", row.compared},
          {"trivial", row.trivial},
          {"worst_ratio", ratio(row.worst_ratio)},
          {"median_ratio", ratio(row.median_ratio)},
          {"worst_case", row.worst_case},
          {"ratio_counts", row.ratios.counts()},
          {"seen_from", ratio(row.seen_from)},
          {"failures", failures}};
}

Json report_json(const Report& report) {
  Json rows = Json::array(), regimes = Json::object();
  for (const Row& row : report.rows) rows.push_back(row_json(row));
  for (std::size_t k = 0; k < report.regimes.size(); ++k)
    if (const Counts& c = report.regimes[k]; c.cases() > 0)
      regimes[std::string(name_of(static_cast<properties::Regime>(k)))] = {
          {"held", c.held},
          {"broken", c.broken},
          {"inconclusive", c.inconclusive},
          {"not_judged", c.not_judged}};
  Json paths = Json::object();
  for (const TakenPath& path : report.paths) paths[path.name] = path.plans;
  const Counts all = total(report);
  return {{"subject", report.subject},
          {"seed", report.seed},
          {"started", report.started},
          {"seconds", report.seconds},
          {"ratio_edges", RatioCounts::edges()},
          {"rows", rows},
          {"summary",
           {{"outcome", all.broken > 0     ? "broken"
                        : all.judged() > 0 ? "held"
                                           : "not judged"},
            {"cases", all.cases()},
            {"held", all.held},
            {"broken", all.broken},
            {"inconclusive", all.inconclusive},
            {"not_judged", all.not_judged},
            {"compared", compared(report)},
            {"trivial", trivial(report)},
            {"rows", report.rows.size()},
            {"broken_rows", broken_rows(report)},
            {"regimes", regimes}}},
          {"gave_up_after", report.gave_up_after},
          {"paths", paths},
          {"found_after", report.found_after ? Json(*report.found_after) : Json()},
          {"notes", report.notes},
          {"known_before", report.known_before}};
}

Json verdict_json(const properties::Verdict& v) {
  const bool any = !v.worst.array.empty();
  Json worst;
  if (any)
    worst = {{"array", v.worst.array},
             {"index", v.worst.index},
             {"got", number(static_cast<double>(v.worst.got))},
             {"expected", number(static_cast<double>(v.worst.expected))},
             {"bound", number(static_cast<double>(v.worst.bound))},
             {"ulp", number(v.worst.ulp)}};
  return {{"outcome", name_of(v.outcome)},
          {"cause", name_of(v.cause)},
          {"output", v.output},
          {"reason", v.reason},
          {"compared", v.compared},
          {"trivial", v.trivial},
          {"inconclusive_entries", v.inconclusive_entries},
          {"worst_ratio", any ? number(v.worst_ratio) : Json()},
          {"worst", worst}};
}

Json shape_json(const Shape& shape) {
  Json extents = Json::array();
  for (Index axis = 0; axis < shape.rank(); ++axis) extents.push_back(shape[axis]);
  return extents;
}

/// Cases one by one would be a line each, and more.
constexpr int indented = 2, as_one_line = -1;

/// A subject's message may hold any bytes; the document is UTF-8 all the same.
std::string text_of_json(const Json& json, int indentation = indented) {
  return json.dump(indentation, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string json_of(const std::vector<Report>& reports, std::string_view program,
                    const std::vector<std::optional<diagnosis::SubjectDiagnosis>>& diagnoses) {
  Json document{{"schema", check_schema},
                {"version", check_version},
                {"program", program},
                {"reports", Json::array()}};
  bool in_parts = false;
  for (std::size_t k = 0; k < reports.size(); ++k) {
    Json report = report_json(reports[k]);
    report["diagnosis"] = k < diagnoses.size() && diagnoses[k] ? as_json(*diagnoses[k])
                          : reports[k].diagnosis.empty()       ? Json()
                                                               : Json::parse(reports[k].diagnosis);
    if (reports[k].parts) report["parts"] = as_json(*reports[k].parts);
    in_parts = in_parts || reports[k].parts;
    document["reports"].push_back(std::move(report));
  }
  return text_of_json(document, in_parts ? as_one_line : indented);
}

std::string json_of(const diagnosis::Grade& grade, std::string_view program) {
  Json arrays = Json::array();
  for (const diagnosis::GradedArray& a : grade.arrays) {
    Json array{{"array", a.name}, {"key", a.key}, {"expected_shape", shape_json(a.expected)}};
    if (!a.there) {
      array["outcome"] = "not graded";
    } else {
      array["shape"] = shape_json(a.shape);
      array["sampled"] = a.sampled;
      array.update(verdict_json(a.verdict));
    }
    arrays.push_back(array);
  }
  return text_of_json({{"schema", "bptt-verify/grade"},
                       {"version", grade_version},
                       {"program", program},
                       {"file", grade.file},
                       {"cell", bptt::name_of(grade.cell)},
                       {"scalar", bptt::name_of(grade.scalar)},
                       {"activation", bptt::name_of(grade.activation)},
                       {"n_x", grade.sizes.n_x},
                       {"n_a", grade.sizes.n_a},
                       {"m", grade.sizes.m},
                       {"T_x", grade.sizes.T_x},
                       {"T_da", grade.sizes.T_da},
                       {"outcome", name_of(outcome_of(grade))},
                       {"assumed_zero", grade.assumed_zero},
                       {"arrays", arrays},
                       {"unknown", grade.unknown}});
}

std::string json_of(const Replayed& r, std::string_view program) {
  Json json{{"schema", "bptt-verify/replay"},
            {"version", replay_version},
            {"program", program},
            {"replay", r.line},
            {"property", r.id},
            {"sentence", r.sentence},
            {"mathematics", r.mathematics},
            {"exactness", r.exactness}};
  json.update(verdict_json(r.verdict));
  return text_of_json(json);
}

}  // namespace bptt::verify
