#include "verify/report/html/documents.hpp"

#include <fmt/format.h>

#include <optional>
#include <sstream>
#include <utility>

#include "core/error.hpp"

namespace bptt::verify::html {
namespace {

struct Known {
  Kind kind;
  const char* schema;
  int version;
};
// Of those without a schema what tells them apart stands in kind_without_schema.
constexpr Known known[] = {{Kind::check, "bptt-verify/check", 2},
                           {Kind::matrix, "bptt-verify/matrix", 2},
                           {Kind::history, "bptt-verify/track-history", 1},
                           {Kind::bench, "bptt-verify/bench", 1},
                           {Kind::scaling, "", 1},
                           {Kind::bench, "", 1}};

std::optional<Kind> kind_without_schema(const Json& json) {
  if (json.contains("plots") && json["plots"].is_array()) return Kind::scaling;
  if (json.contains("benchmarks") && json["benchmarks"].is_object()) return Kind::bench;
  return std::nullopt;
}

/// A run of a history whose figures stand by benchmark and measure, [value, lower, upper, count],
/// in the form of a single record; of figures the times.
Json record_of(const Json& line) {
  Json record = {{"version", 1}, {"time", line.at("time")}, {"commit", line.at("commit")}};
  record.update(line.at("context"));
  Json& benchmarks = record["benchmarks"] = Json::object();
  for (const auto& [name, measures] : line.at("figures").items())
    if (measures.contains("seconds"))
      benchmarks[name] = {{"seconds", measures.at("seconds").at(0)}};
  return record;
}

/// Of a history, lines of JSON, the last run that has times; nothing if there is none.
std::optional<Json> last_run(const std::string& text) {
  std::istringstream lines(text);
  std::optional<Json> last;
  for (std::string line; std::getline(lines, line);) {
    Json run = Json::parse(line, nullptr, false);
    if (!run.is_object()) continue;
    if (run.contains("figures") && run.contains("context")) run = record_of(run);
    if (run.contains("benchmarks") && !run["benchmarks"].empty()) last = std::move(run);
  }
  return last;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::check: return "check";
    case Kind::matrix: return "matrix";
    case Kind::scaling: return "scaling";
    case Kind::bench: return "bench";
    case Kind::history: return "history";
  }
  return "";
}

Document document_of(std::string text, const std::string& source) {
  Document document;
  document.source = source;
  document.text = std::move(text);
  document.json = Json::parse(document.text, nullptr, false);
  if (document.json.is_discarded() || document.json.contains("figures")) {
    document.json = last_run(document.text).value_or(Json());
    document.text = document.json.dump();
  }
  const Json& json = document.json;
  if (!json.is_object()) throw FormatError(source + " is no JSON document");

  if (json.contains("context") && json.contains("benchmarks"))
    throw FormatError(source +
                      " is Google Benchmark's, without the measured peak; what bptt_bench --record "
                      "writes can be shown");
  const std::string schema = json.value("schema", "");
  const Known* found = nullptr;
  for (const Known& each : known)
    if (schema.empty() ? *each.schema == 0 && kind_without_schema(json) == each.kind
                       : schema == each.schema)
      found = &each;
  if (found == nullptr)
    throw FormatError(fmt::format(
        "{} {}; a page is made of what check --json, matrix --json, bptt_bench --scaling and "
        "bptt_bench --record write, and of bptt-verify/track-history",
        source, schema.empty() ? "has no schema" : "has the schema " + schema));
  const Json version = json.value("version", Json());
  if (version != found->version)
    throw FormatError(fmt::format("{} has version {} of its schema; this program shows version {}",
                                  source, version.dump(), found->version));
  document.kind = found->kind;
  return document;
}

}  // namespace bptt::verify::html
