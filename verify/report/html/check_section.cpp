#include <fmt/format.h>

#include <algorithm>

#include "verify/report/html/sections.hpp"
#include "verify/report/words.hpp"

namespace bptt::verify::html {
namespace {

/// "equals_reference"; "equals_reference, real" of other sizes than small ones.
std::string label_of(const Json& row) {
  const std::string sizes = text_at(row, "sizes");
  return text_at(row, "property") + (sizes == "small" ? "" : ", " + sizes);
}
std::string scalar_of(const Json& row) {
  return text_at(row, "about") == "specification" ? "" : text_at(row, "scalar");
}
std::string name_of_row(const Json& row) {
  return label_of(row) + " " + text_at(row, "cell") + (scalar_of(row).empty() ? "" : " ") +
         scalar_of(row);
}

struct Family {
  std::string name;
  long long rows = 0, cases = 0, broken = 0, inconclusive = 0, not_judged = 0;
  const Json* worst = nullptr;         // a row, by error / bound
  const Json* first_broken = nullptr;  // a row; the first tells most

  /// Which case is worth repeating: the worst, unless others are broken and it is not.
  [[nodiscard]] const Json* telling() const {
    const bool beyond = worst != nullptr && worst->at("broken") > 0;
    return first_broken != nullptr && !beyond ? first_broken : worst;
  }
};

std::vector<Family> families_of(const Json& report) {
  std::vector<Family> families;
  for (const Json& row : report.at("rows")) {
    const std::string name = text_at(row, "family");
    auto found = std::find_if(families.begin(), families.end(),
                              [&](const Family& family) { return family.name == name; });
    if (found == families.end()) found = families.insert(found, Family{name});
    ++found->rows;
    found->cases += count_at(row, "cases");
    if (count_at(row, "broken") > 0) {
      ++found->broken;
      if (found->first_broken == nullptr) found->first_broken = &row;
    }
    found->inconclusive += count_at(row, "inconclusive");
    found->not_judged += count_at(row, "not_judged");
    const auto ratio = number_of(row.at("worst_ratio"));
    if (ratio && (found->worst == nullptr || *ratio > *number_of(found->worst->at("worst_ratio"))))
      found->worst = &row;
  }
  return families;
}

/// The line that repeats the broken case, or the one with the worst ratio.
std::string replay_of(const Json& row) {
  if (!row.at("failures").empty()) return text_at(row.at("failures").front(), "replay");
  return row.value("worst_case", "");
}

/// There only if something was not judged.
bool any_not_judged(const Json& report) { return report.at("summary").at("not_judged") != 0; }

std::string families_table(const Json& report) {
  const bool not_judged = any_not_judged(report);
  std::vector<std::string> columns = {"family", "rows", "cases", "broken rows", "inconclusive"};
  if (not_judged) columns.emplace_back("not judged");
  columns.insert(columns.end(), {"worst error / bound", "in", "case"});
  Table table("Families of properties, each with a row that is broken or came nearest to its bound",
              columns);
  for (const Family& family : families_of(report)) {
    const Json none;
    const Json& ratio = family.worst == nullptr ? none : family.worst->at("worst_ratio");
    Field broken = Field::count(family.broken);
    if (family.broken > 0) broken.html = "<b class=\"bad\">&#x2717; " + broken.html + "</b>";
    std::vector<Field> fields = {Field::text(family.name), Field::count(family.rows),
                                 Field::count(family.cases), broken,
                                 Field::count(family.inconclusive)};
    if (not_judged) fields.push_back(Field::count(family.not_judged));
    fields.push_back(Field::ratio(ratio));
    const Json* telling = family.telling();
    fields.push_back(Field::text(telling == nullptr ? "" : name_of_row(*telling)));
    fields.push_back({folded_command(telling == nullptr ? "" : replay_of(*telling))});
    table.row(fields, family.name);
  }
  return table.str();
}

std::string rows_table(const Json& report) {
  const bool not_judged = any_not_judged(report);
  std::vector<std::string> columns = {"property", "cell",   "scalar",      "cases",
                                      "held",     "broken", "inconclusive"};
  if (not_judged) columns.emplace_back("not judged");
  columns.insert(columns.end(), {"worst", "median", "worst case"});
  Table table("Rows: one property on one cell and scalar", columns);
  for (const Json& row : report.at("rows")) {
    std::vector<Field> fields = {
        {fmt::format("<span title=\"{}\">{}</span>", escaped(text_at(row, "sentence")),
                     escaped(label_of(row)))},
        Field::text(text_at(row, "cell")),
        Field::text(scalar_of(row)),
        Field::count(row.at("cases")),
        Field::count(row.at("held")),
        Field::count(row.at("broken")),
        Field::count(row.at("inconclusive"))};
    if (not_judged) fields.push_back(Field::count(row.at("not_judged")));
    fields.push_back(Field::ratio(row.at("worst_ratio")));
    fields.push_back(Field::ratio(row.at("median_ratio")));
    fields.push_back({folded_command(replay_of(row))});
    table.row(fields, name_of_row(row));
  }
  return details(fmt::format("All {} rows", report.at("rows").size()), table.str());
}

/// Rows that tell the same story stand behind the first few.
std::string broken_list(const Json& report) {
  constexpr std::size_t shown = 2;
  std::vector<std::string> items;
  for (const Json& row : report.at("rows"))
    for (const Json& failure : row.at("failures")) {
      const std::string cause = text_at(failure, "cause"), output = text_at(failure, "output");
      items.push_back(fmt::format(
          "<li data-broken=\"{0}\"><p><b class=\"bad\">&#x2717; {1}</b> <b>{0}</b> {2}.</p>"
          "<p class=\"mathematics\">{3}</p><p>{4}</p>{5}{6}</li>\n",
          escaped(name_of_row(row)), escaped(cause.empty() ? "broken:" : cause + ":"),
          escaped(text_at(row, "sentence")), escaped(text_at(row, "mathematics")),
          escaped(text_at(failure, "text")),
          output.empty() ? "" : "<pre tabindex=\"0\">" + escaped(output) + "</pre>",
          command(text_at(failure, "replay"))));
    }
  if (items.empty()) return "";
  std::string first, rest;
  for (std::size_t k = 0; k < items.size(); ++k) (k < shown ? first : rest) += items[k];
  std::string html =
      "<p>What tells most stands first; each case is shrunk to the smallest that is "
      "still broken.</p>\n<ul class=\"broken\">\n" +
      first + "</ul>\n";
  if (!rest.empty())
    html += details(fmt::format("{} more broken rows", items.size() - shown),
                    "<ul class=\"broken\">\n" + rest + "</ul>\n");
  return html;
}

std::string ratios_picture(const Json& report, const std::string& of) {
  const Json& rows = report.at("rows");
  if (std::all_of(rows.begin(), rows.end(),
                  [](const Json& row) { return row.at("worst_ratio").is_null(); }))
    return "<p>No case was compared within a bound.</p>\n";
  return picture(
      "ratios", of,
      "For each family the distribution of the largest error over its bound of each case; beyond "
      "one is broken. The worst of each family is in the table above.",
      fmt::format("Each case counts once, with its largest error over bound. The bound is the "
                  "smaller of the certain one and ten standard deviations of the probable one: "
                  "where the latter decides, 0.1 is one standard deviation (\u03c3). Left, in "
                  "percent, the cases below {:.2g}, those without any error among them; the others "
                  "are drawn, scaled to the tallest bar of their family. Families that compare "
                  "bits alone have no ratio.",
                  report.at("ratio_edges").at(0).get<double>()));
}

std::string report_html(const Json& report, const std::string& of, bool several) {
  std::string html;
  if (several) html += "<h2>" + escaped(text_at(report, "subject")) + "</h2>\n";
  const std::string broken = broken_list(report);
  if (!several && !broken.empty()) html += "<h2>What is wrong</h2>\n";
  html += broken;
  if (const Json diagnosis = report.value("diagnosis", Json()); !diagnosis.is_null())
    html += diagnosis_section(diagnosis, of + "/diagnosis");
  if (!several) html += "<h2>What was asked</h2>\n";
  html += "<h3>Families</h3>\n" + families_table(report) + rows_table(report);
  html += "<h3>Error over bound</h3>\n" + ratios_picture(report, of);
  return html + coverage_section(report, of);
}

}  // namespace

Verdict verdict_of(const Json& check) {
  Verdict verdict{"not judged", "", ""};
  long long cases = 0, compared = 0;
  double seconds = 0;
  std::string broken, right, unknown;
  const auto add = [](std::string& list, const std::string& name, const char* between = ", ") {
    list += (list.empty() ? "" : between) + name;
  };
  for (const Json& report : check.at("reports")) {
    const Json& summary = report.at("summary");
    const std::string outcome = text_at(summary, "outcome"), subject = text_at(report, "subject");
    cases += count_at(summary, "cases");
    compared += count_at(summary, "compared");
    seconds += report.at("seconds").get<double>();
    if (outcome == "broken")
      add(broken,
          fmt::format("{} is broken: {} of {} rows", subject, count_at(summary, "broken_rows"),
                      count_at(summary, "rows")),
          "; ");
    else
      add(outcome == "held" ? right : unknown, subject);
  }
  verdict.sentence = broken;
  if (!right.empty()) add(verdict.sentence, right + ": nothing is broken", "; ");
  if (!unknown.empty()) add(verdict.sentence, unknown + ": nothing could be judged", "; ");
  verdict.outcome = !broken.empty() ? "broken" : !right.empty() ? "held" : "not judged";
  verdict.more = fmt::format("{} cases, {} entries compared, in {:.1f} s", grouped(cases),
                             grouped(compared), seconds);
  if (const Json& reports = check.at("reports"); !reports.empty())
    verdict.more += fmt::format("; seed {}, begun {}", reports.front().at("seed").dump(),
                                text_at(reports.front(), "started"));
  return verdict;
}

std::string check_section(const Document& document, std::size_t place) {
  std::string html;
  const Json& reports = document.json.at("reports");
  for (std::size_t k = 0; k < reports.size(); ++k)
    html += fmt::format(
        "<section data-report=\"{}\">\n{}</section>\n", k,
        report_html(reports[k], fmt::format("{}/reports/{}", place, k), reports.size() > 1));
  return html;
}

}  // namespace bptt::verify::html
