#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "cells/built_in.hpp"
#include "cells/derive.hpp"
#include "verify/report/html/sections.hpp"
#include "verify/report/words.hpp"

namespace bptt::verify::html {
namespace {

/// An array of a sequence under the name that it has in a step: dx is dxt, da0 is da_prev.
std::string in_a_step(const std::string& array) {
  static const std::map<std::string, std::string> names = {{"dx", "dxt"},      {"da0", "da_prev"},
                                                           {"dc0", "dc_prev"}, {"a", "a_next"},
                                                           {"c", "c_next"},    {"x", "xt"}};
  const auto found = names.find(array);
  return found == names.end() ? array : found->second;
}

/// How many places of each array are wrong, by its name in a step.
std::map<std::string, std::pair<long long, long long>> wrong_places(const Json& maps) {
  std::map<std::string, std::pair<long long, long long>> wrong;
  for (const Json& map : maps.at("arrays"))
    wrong[in_a_step(text_at(map, "array"))] = {map.at("wrong").get<long long>(),
                                               map.at("places").get<long long>()};
  return wrong;
}

std::string line_html(const cells::Formula& formula, const std::string& klass,
                      const std::map<std::string, std::pair<long long, long long>>& wrong) {
  const auto found = wrong.find(formula.left);
  std::string mark = "<span class=\"mark\"></span>", word;
  if (found != wrong.end() && found->second.first > 0) {
    mark = "<span class=\"mark bad\">&#x2717;</span>";
    const auto [places, all] = found->second;
    word = places == all
               ? " <span class=\"bad\">wrong everywhere</span>"
               : fmt::format(" <span class=\"bad\">wrong at {} of {}</span>", places, all);
  } else if (found != wrong.end()) {
    mark = "<span class=\"mark good\">&#x2713;</span>";
    word = " <span class=\"good\">right</span>";
  }
  return fmt::format("<li class=\"{}\">{}<code>{}</code>{}</li>\n", klass, mark,
                     escaped(cells::statement(formula)), word);
}

/// Each line of the forward step with those that its reversal gives, the last one first.
std::string reversed_html(const std::string& name, const Json& maps) {
  const auto& built_in = cells::built_in();
  const auto cell = std::find_if(built_in.begin(), built_in.end(),
                                 [&](const cells::Definition& c) { return c.name == name; });
  if (cell == built_in.end()) return "";
  const cells::Program step =
      cell->activation_name.empty() ? cell->step : cell->with(cell->activations.front());
  const auto wrong = wrong_places(maps);
  const auto lines = cells::reversed_lines(step, cells::Style::plain);
  std::string html;
  for (std::size_t k = lines.size(); k-- > 0;) {
    html += line_html(lines[k].forward, "forward", wrong);
    for (const cells::Formula& formula : lines[k].backward)
      html += line_html(formula, "backward", wrong);
  }
  return "<ol class=\"lines\" aria-label=\"The cell's lines, the last one first, each with what "
         "its reversal gives\">\n" +
         html + "</ol>\n";
}

std::string fault_html(const Json& fault) {
  return fmt::format(
      "<dl class=\"fault\"><dt>{}</dt><dd>{}</dd><dt class=\"bad\">&#x2717; wrong</dt><dd><code>{}"
      "</code></dd><dt class=\"good\">&#x2713; "
      "right</dt><dd><code>{}</code></dd><dt>mend</dt><dd>{}"
      "</dd><dt>source</dt><dd>{}</dd></dl>\n",
      escaped(text_at(fault, "id")), escaped(text_at(fault, "mechanism")),
      escaped(text_at(fault, "wrong")), escaped(text_at(fault, "right")),
      escaped(text_at(fault, "mend")), escaped(text_at(fault, "source")));
}

std::string sets_html(const Json& cell, const char* key, const std::string& sentence) {
  const Json& sets = cell.at(key);
  if (sets.empty()) return "";
  std::string html = "<p>" + escaped(sentence) + "</p>\n", others;
  for (const Json& fault : sets.front()) html += fault_html(fault);
  for (std::size_t k = 1; k < sets.size(); ++k) {
    std::string ids;
    for (const Json& fault : sets[k]) ids += (ids.empty() ? "" : " + ") + text_at(fault, "id");
    others += (others.empty() ? "" : "; ") + ids;
  }
  if (!others.empty()) html += "<p>As does: " + escaped(others) + ".</p>\n";
  return html;
}

/// A NUMBER of a document, with all its digits.
std::string digits(const Json& number) {
  return number.is_string() ? number.get<std::string>() : number.dump();
}

std::string departure_html(const Json& departure) {
  if (departure.is_null()) return "";
  std::string index;
  for (const Json& each : departure.at("index")) index += (index.empty() ? "" : ",") + each.dump();
  return fmt::format(
      "<p>First wrong number, in the smallest wrong case: <b><code>{}[{}]</code></b> is {} and "
      "must "
      "be {}, within {} ({}).</p>\n{}\n",
      escaped(text_at(departure, "array")), index, digits(departure.at("got")),
      digits(departure.at("right")), digits(departure.at("bound")),
      escaped(text_at(departure, "place")), command(text_at(departure, "replay")));
}

std::string maps_html(const Json& cell, const std::string& of) {
  const Json& maps = cell.at("maps");
  if (maps.is_null()) return "";
  std::string named;
  for (const Json& map : maps.at("arrays"))
    named += fmt::format("{}{}: {} of {}", named.empty() ? "" : "; ", text_at(map, "array"),
                         map.at("wrong").dump(), map.at("places").dump());
  return "<div class=\"beside\">\n" +
         picture("maps", of + "/maps", "Wrong places of each array. " + named,
                 "Case: " + text_at(maps, "case") +
                     ". A cross is wrong, a dot right, a ring not judged; of an array with time a "
                     "place stands for all samples.") +
         reversed_html(text_at(cell, "cell"), maps) + "</div>\n";
}

std::string cell_html(const Json& cell, const std::string& of) {
  const std::string name = text_at(cell, "cell");
  std::string html =
      fmt::format("<h4>{}: {} of {} cases are wrong, {} of {} entries</h4>\n", escaped(name),
                  cell.at("wrong_cases").dump(), cell.at("cases").dump(),
                  grouped(cell.at("wrong_entries").get<long long>()),
                  grouped(cell.at("judged_entries").get<long long>()));
  html += "<ul class=\"plain\">\n";
  for (const Json& sentence : cell.at("sentences"))
    html += "<li>" + escaped(sentence.get<std::string>()) + "</li>\n";
  html += "</ul>\n" + departure_html(cell.at("departure")) + maps_html(cell, of);
  const std::string tried =
      fmt::format(" ({} sets of faults tried{})", grouped(cell.at("tried").get<long long>()),
                  cell.at("complete").get<bool>() ? "" : "; the time was over before all were");
  html += sets_html(cell, "one_call", "Gives every number of one call, but not all:");
  html += sets_html(cell, "fits",
                    "Known faults that do the same in everything that was tried" + tried + ":");
  html += sets_html(cell, "numbers_alone",
                    "These give every number, but break other properties" + tried + ":");
  if (const Json& nearest = cell.at("nearest"); !nearest.is_null())
    html += fmt::format(
        "<p>Nearest is {}: it gives {} of the wrong entries, and would spoil {} that are "
        "right.</p>",
        escaped(text_at(nearest, "id")), nearest.at("wrong_entries_given").dump(),
        nearest.at("right_entries_spoiled").dump());
  return html;
}

}  // namespace

std::string diagnosis_section(const Json& diagnosis, const std::string& of) {
  std::string html = "<h3>Diagnosis</h3>\n";
  const Json& cells = diagnosis.at("cells");
  for (std::size_t k = 0; k < cells.size(); ++k)
    if (cells[k].at("outcome") == "broken")
      html += cell_html(cells[k], fmt::format("{}/cells/{}", of, k));
    else
      html += fmt::format("<h4>{}: nothing wrong in {} cases</h4>\n",
                          escaped(text_at(cells[k], "cell")), cells[k].at("cases").dump());
  return html;
}

}  // namespace bptt::verify::html
