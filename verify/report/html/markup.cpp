#include "verify/report/html/markup.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <limits>
#include <utility>

#include "verify/report/words.hpp"

namespace bptt::verify::html {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) switch (c) {
      case '&': result += "&amp;"; break;
      case '<': result += "&lt;"; break;
      case '>': result += "&gt;"; break;
      case '"': result += "&quot;"; break;
      case '\'': result += "&#39;"; break;
      default: result += c;
    }
  return result;
}

std::string text_at(const Json& of, const char* key) { return of.at(key).get<std::string>(); }

long long count_at(const Json& of, const char* key) { return of.at(key).get<long long>(); }

std::optional<double> number_of(const Json& value) {
  if (value.is_null()) return std::nullopt;
  if (!value.is_string()) return value.get<double>();
  const auto text = value.get<std::string>();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  return (text == "-inf" ? -1 : 1) * std::numeric_limits<double>::infinity();
}

Field Field::count(const Json& value) { return shown(grouped(value.get<long long>()), value); }

Field Field::ratio(const Json& value) { return shown(ratio_text(number_of(value)), value); }

Table::Table(std::string_view caption, std::vector<std::string> columns)
    : caption_(caption), columns_(std::move(columns)), numbers_(columns_.size()) {}

void Table::row(const std::vector<Field>& cells, std::string_view name) {
  rows_ += name.empty() ? "<tr>" : fmt::format("<tr data-row=\"{}\">", escaped(name));
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const Field& cell = cells[k];
    numbers_[k] = numbers_[k] || cell.number;
    rows_ += fmt::format(
        "<{0}{1}{2}>{3}</{4}>", k == 0 ? "th scope=\"row\"" : "td",
        cell.number ? " class=\"number\"" : "",
        cell.value.empty() ? "" : fmt::format(" data-value=\"{}\"", escaped(cell.value)), cell.html,
        k == 0 ? "th" : "td");
  }
  rows_ += "</tr>\n";
}

std::string Table::str() const {
  std::string head;
  for (std::size_t k = 0; k < columns_.size(); ++k)
    head += fmt::format("<th scope=\"col\"{}>{}</th>", numbers_[k] ? " class=\"number\"" : "",
                        escaped(columns_[k]));
  // What is too wide for a screen is moved within its own frame, by keys too.
  return fmt::format(
      "<div class=\"frame\" role=\"region\" tabindex=\"0\" aria-label=\"{0}\">\n"
      "<table><caption>{0}</caption>\n<thead><tr>{1}</tr></thead>\n<tbody>\n{2}</tbody></table>"
      "</div>\n",
      escaped(caption_), head, rows_);
}

std::string command(std::string_view line) {
  if (line.empty()) return "";
  return fmt::format(
      "<span class=\"command\"><code>{}</code> <button type=\"button\" hidden "
      "class=\"copy\" aria-label=\"Copy the command\">Copy</button></span>",
      escaped(line));
}

std::string folded_command(std::string_view line) {
  if (line.empty()) return "";
  return "<details class=\"folded\"><summary>replay</summary>" + command(line) + "</details>";
}

std::string details(std::string_view summary, std::string_view html) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), html);
}

std::string picture(std::string_view name, std::string_view of, std::string_view alternative,
                    std::string_view caption) {
  return fmt::format(
      "<figure data-picture=\"{}\" data-of=\"{}\" data-alternative=\"{}\">\n"
      "<div class=\"drawing frame\"><p class=\"without\">Drawn by a script; the figures are in the "
      "tables.</p></div>\n<figcaption>{}</figcaption></figure>\n",
      escaped(name), escaped(of), escaped(alternative), escaped(caption));
}

std::string time_text(double seconds) {
  constexpr std::pair<const char*, double> units[] = {
      {"s", 1}, {"ms", 1e-3}, {"\u00b5s", 1e-6}, {"ns", 1e-9}};
  for (const auto& [unit, length] : units)
    if (seconds >= 0.9995 * length) return fmt::format("{:.3g} {}", seconds / length, unit);
  return fmt::format("{:.3g} s", seconds);
}

std::string date_text(long long seconds) {
  const auto time = static_cast<std::time_t>(seconds);
  return fmt::format("{:%Y-%m-%d %H:%M} UTC", fmt::gmtime(time));
}

}  // namespace bptt::verify::html
