#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "verify/report/html/sections.hpp"
#include "verify/report/words.hpp"

namespace bptt::verify::html {
namespace {

std::string regimes_table(const Json& regimes) {
  Table table("Values that were drawn, by regime",
              {"regime", "held", "broken", "inconclusive", "not judged"});
  for (const auto& [name, counts] : regimes.items())
    table.row(
        {Field::text(name), Field::count(counts.at("held")), Field::count(counts.at("broken")),
         Field::count(counts.at("inconclusive")), Field::count(counts.at("not_judged"))},
        name);
  return table.empty() ? "" : table.str();
}

/// Of middle and real sizes, in the order in which they were judged.
std::string shapes_table(const Json& report) {
  Table table("Sizes of models that were judged", {"n_x n_a m T_x", "sizes", "cells", "rows"});
  struct Shape {
    std::string shape, sizes, cells;
    long long rows = 0;
  };
  std::vector<Shape> shapes;
  for (const Json& row : report.at("rows"))
    for (const Json& each : row.at("shapes")) {
      const auto shape = each.get<std::string>(), sizes = text_at(row, "sizes"),
                 cell = text_at(row, "cell");
      auto found = std::find_if(shapes.begin(), shapes.end(), [&](const Shape& s) {
        return s.shape == shape && s.sizes == sizes;
      });
      if (found == shapes.end()) found = shapes.insert(found, Shape{shape, sizes, ""});
      ++found->rows;
      if (found->cells.find(cell) == std::string::npos)
        found->cells += (found->cells.empty() ? "" : ", ") + cell;
    }
  for (const Shape& s : shapes)
    table.row(
        {Field::text(s.shape), Field::text(s.sizes), Field::text(s.cells), Field::count(s.rows)},
        s.shape);
  return table.empty() ? ""
                       : details(fmt::format("{} sizes of models", shapes.size()), table.str());
}

std::string paths_table(const Json& paths) {
  Table table("Ways through the fast kernels", {"way", "plans that took it"});
  long long taken = 0;
  for (const auto& [name, plans] : paths.items()) {
    Field cell = Field::count(plans);
    if (plans == 0)
      cell.html = "none";
    else
      ++taken;
    table.row({Field::text(name), cell}, name);
  }
  if (table.empty()) return "";
  return details(fmt::format("{} of {} ways through the kernels were taken", taken, paths.size()),
                 table.str());
}

/// The rows of which most could not be said.
std::string inconclusive_table(const Json& report) {
  constexpr std::size_t shown = 12;
  std::vector<const Json*> rows;
  for (const Json& row : report.at("rows"))
    if (row.at("inconclusive") > 0) rows.push_back(&row);
  std::stable_sort(rows.begin(), rows.end(), [](const Json* p, const Json* q) {
    return p->at("inconclusive").get<long long>() > q->at("inconclusive").get<long long>();
  });
  Table table("Rows with the most inconclusive cases",
              {"property", "cell", "scalar", "sizes", "inconclusive", "of"});
  for (std::size_t k = 0; k < std::min(shown, rows.size()); ++k) {
    const Json& row = *rows[k];
    table.row({Field::text(text_at(row, "property")), Field::text(text_at(row, "cell")),
               Field::text(text_at(row, "scalar")), Field::text(text_at(row, "sizes")),
               Field::count(row.at("inconclusive")), Field::count(row.at("cases"))});
  }
  if (table.empty()) return "";
  return details(fmt::format("{} rows have inconclusive cases", rows.size()), table.str());
}

std::string not_judged_table(const Json& report) {
  Table table("What the checker could not judge, which says nothing of the subject",
              {"property", "cell", "scalar", "cases", "the first, because"});
  for (const Json& row : report.at("rows"))
    if (row.at("not_judged") > 0)
      table.row({Field::text(text_at(row, "property")), Field::text(text_at(row, "cell")),
                 Field::text(text_at(row, "scalar")), Field::count(row.at("not_judged")),
                 Field::text(text_at(row, "why_not_judged"))});
  return table.empty() ? "" : table.str();
}

}  // namespace

std::string coverage_section(const Json& report, const std::string& of) {
  const Json& summary = report.at("summary");
  std::string html = "<h3>Covered, and not</h3>\n<ul class=\"plain\">\n";
  const auto say = [&](const std::string& sentence) {
    html += "<li>" + escaped(sentence) + "</li>\n";
  };
  const auto number = [&](const char* key) { return grouped(summary.at(key).get<long long>()); };
  say(
      fmt::format("{} cases: {} held, {} broken, {} inconclusive, {} not judged. Inconclusive: "
                  "nothing can be said of the case; it counts for neither side.",
                  number("cases"), number("held"), number("broken"), number("inconclusive"),
                  number("not_judged")));
  say(fmt::format("{} entries compared; {} trivial: zero against zero, NaN against NaN.",
                  number("compared"), number("trivial")));
  const auto not_asked = std::count_if(report.at("rows").begin(), report.at("rows").end(),
                                       [](const Json& row) { return row.at("cases") == 0; });
  if (not_asked > 0) say(fmt::format("{} rows were not asked: the time was over.", not_asked));
  if (report.at("gave_up_after") > 0)
    say(fmt::format("No more was asked after {} cases that ended the subject's process.",
                    report.at("gave_up_after").dump()));
  for (const Json& note : report.at("notes")) say(note.get<std::string>());
  html += "</ul>\n" + regimes_table(summary.at("regimes"));
  if (const std::string shapes = shapes_table(report); !shapes.empty())
    html += picture("shapes", of,
                    "The sizes of models that were judged, steps against units; all are in the "
                    "table below.",
                    "Sizes of models that were judged: a mark for each, by its time steps and "
                    "units; the larger the mark, the more samples. Small problems, which are most, "
                    "are not drawn.") +
            shapes;
  return html + paths_table(report.at("paths")) + inconclusive_table(report) +
         not_judged_table(report);
}

}  // namespace bptt::verify::html
