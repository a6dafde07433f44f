#include "verify/report/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <vector>

#include "verify/report/families.hpp"
#include "verify/report/words.hpp"

namespace bptt::verify {
namespace {

double percent(long long part, long long whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

/// A count that matters in colour, others plain. Padded before it is coloured.
std::string cell_of(long long count, int width, bool red, bool yellow, const Style& style) {
  const std::string text = fmt::format("{:>{}}", count, width);
  return count == 0 ? text : red ? style.red(text) : yellow ? style.yellow(text) : text;
}

/// unjudged: with a column for what the checker could not judge.
std::string row_text(const Row& row, int width, bool unjudged, const Style& style) {
  const Counts& c = row.counts;
  return fmt::format("{:<{}} {:<4} {:<6}{:>7}{:>7}{}{}{}{:>9}{:>9}\n", label_of(row), width,
                     bptt::name_of(row.cell), row.specification ? "-" : bptt::name_of(row.scalar),
                     c.cases(), c.held, cell_of(c.broken, 7, true, false, style),
                     cell_of(c.inconclusive, 9, false, true, style),
                     unjudged ? cell_of(c.not_judged, 9, false, true, style) : "",
                     ratio_text(row.worst_ratio), ratio_text(row.median_ratio));
}

std::string rows_text(const Report& report, const std::vector<const Row*>& rows,
                      const Style& style) {
  std::size_t width = 8;
  for (const Row* row : rows) width = std::max(width, label_of(*row).size());
  const int columns = static_cast<int>(width);
  const bool unjudged = total(report).not_judged > 0;
  std::string text =
      style.bold(fmt::format("{:<{}} {:<4} {:<6}{:>7}{:>7}{:>7}{:>9}{}{:>9}{:>9}", "property",
                             columns, "cell", "scalar", "cases", "held", "broken", "inconcl.",
                             unjudged ? " unjudged" : "", "worst", "median")) +
      "\n";
  for (const Row* row : rows) text += row_text(*row, columns, unjudged, style);
  return text;
}

std::string failures_text(const Row& row, const Style& style) {
  std::string text;
  for (const Failure& failure : row.failures)
    text += fmt::format("\n{} {} {} {}: {}\n  {}\n{}  {}\n", style.red(heading_of(failure.cause)),
                        label_of(row), bptt::name_of(row.cell),
                        row.specification ? "" : bptt::name_of(row.scalar), row.mathematics,
                        failure.text, output_text(failure.output), failure.replay);
  return text;
}

std::string families_text(const Report& report, const Style& style) {
  const bool unjudged = total(report).not_judged > 0;
  std::string text =
      style.bold(fmt::format("{:<15}{:>5}{:>12}{:>8}{:>10}{}{:>9}  {}", "family", "rows", "cases",
                             "broken", "inconcl.", unjudged ? " unjudged" : "", "worst",
                             "of its bound, in")) +
      "\n";
  for (const FamilyRow& family : families_of(report)) {
    const Counts& c = family.counts;
    text += fmt::format("{:<15}{:>5}{:>12}{}{:>8.1f} %{}", family.name, family.rows,
                        grouped(c.cases()), cell_of(family.broken, 8, true, false, style),
                        percent(c.inconclusive, c.cases()),
                        unjudged ? cell_of(c.not_judged, 9, false, true, style) : "");
    const Row* worst = family.worst;
    text += worst == nullptr
                ? fmt::format("{:>9}\n", "-")
                : fmt::format(
                      "{:>9}  {} {}{}\n", ratio_text(worst->worst_ratio), label_of(*worst),
                      bptt::name_of(worst->cell),
                      worst->specification ? "" : " " + std::string(bptt::name_of(worst->scalar)));
  }
  return text;
}

/// The shapes at which a set of sizes was judged, cell by cell: the first few; JSON has them all.
std::string shapes_text(const Report& report, properties::SizeSet set) {
  std::string text;
  std::vector<Cell> cells;
  for (const Row& row : report.rows)
    if (std::find(cells.begin(), cells.end(), row.cell) == cells.end()) cells.push_back(row.cell);
  for (const Cell cell : cells) {
    std::set<std::string> shapes;
    for (const Row& row : report.rows)
      if (row.sizes == set && row.cell == cell) shapes.insert(row.shapes.begin(), row.shapes.end());
    if (shapes.empty()) continue;
    constexpr std::size_t shown = 3;
    const auto last =
        std::next(shapes.begin(), std::min<std::ptrdiff_t>(shown, std::ssize(shapes)));
    text += fmt::format("{}{} {}", text.empty() ? "" : "; ", bptt::name_of(cell),
                        fmt::join(shapes.begin(), last, ", "));
    if (shapes.size() > shown) text += fmt::format(", .. ({})", shapes.size());
  }
  return text;
}

/// From what error of one entry on the most watchful property saw it: by sizes and scalar.
std::string seen_text(const Report& report) {
  std::map<std::pair<properties::SizeSet, Scalar>, double> least;
  for (const Row& row : report.rows)
    if (row.seen_from) {
      const auto [at, first] = least.try_emplace({row.sizes, row.scalar}, *row.seen_from);
      if (!first) at->second = std::min(at->second, *row.seen_from);
    }
  std::string text;
  for (const auto& [where, part] : least)
    text += fmt::format("{}{} {} {:.1e}", text.empty() ? "" : ", ", name_of(where.first),
                        bptt::name_of(where.second), part);
  return text;
}

/// How many of the ways through the fast kernels were taken, and which were not.
std::string paths_text(const Report& report) {
  std::vector<std::string> missing;
  for (const TakenPath& path : report.paths)
    if (path.plans == 0) missing.push_back(path.name);
  if (report.paths.empty()) return "";
  return fmt::format("ways through the kernels: {} of {}{}{}\n",
                     report.paths.size() - missing.size(), report.paths.size(),
                     missing.empty() ? "" : "; not ", fmt::join(missing, ", "));
}

std::string regimes_text(const Report& report) {
  std::string text;
  for (std::size_t k = 0; k < report.regimes.size(); ++k) {
    const Counts& c = report.regimes[k];
    if (c.cases() == 0) continue;
    text += fmt::format("{}{} {:.1f}", text.empty() ? "" : ", ",
                        name_of(static_cast<properties::Regime>(k)),
                        percent(c.inconclusive, c.cases()));
  }
  return text;
}

/// What the checker could not do, each reason once: it is nothing against the subject.
std::string not_judged_text(const Report& report, const Style& style) {
  const Counts all = total(report);
  if (all.not_judged == 0) return "";
  std::set<std::string> reasons;
  for (const Row& row : report.rows)
    if (!row.why_not_judged.empty()) reasons.insert(row.why_not_judged);
  std::string text = fmt::format("not judged, which says nothing of the subject: {} of {} cases\n",
                                 grouped(all.not_judged), grouped(all.cases()));
  for (const std::string& reason : reasons) text += "  " + reason + "\n";
  return style.yellow(text);
}

std::string verdict_text(const Report& report, const Style& style) {
  const Counts all = total(report);
  const int broken = broken_rows(report);
  const std::string verdict =
      broken > 0 ? style.red(fmt::format("BROKEN: {} of {} rows", broken, report.rows.size()))
      : all.judged() == 0 ? style.yellow("nothing was judged")
                          : style.green("nothing broken");
  return fmt::format("{}: {} in {} cases, {:.1f} s (seed {})\n", report.subject, verdict,
                     grouped(all.cases()), report.seconds, report.seed);
}

/// At which sizes and by which ways, how small an error was seen, and what nothing is known of.
std::string coverage_text(const Report& report, const Style& style) {
  const Counts all = total(report);
  std::string text = fmt::format("{} entries compared; {} trivial\n", grouped(compared(report)),
                                 grouped(trivial(report)));
  text += fmt::format("inconclusive: {:.1f} % of all", percent(all.inconclusive, all.cases()));
  const std::string regimes = regimes_text(report);
  text += regimes.empty() ? "\n" : "; in %: " + regimes + "\n";
  for (const auto set : {properties::SizeSet::middle, properties::SizeSet::real})
    if (const std::string shapes = shapes_text(report, set); !shapes.empty())
      text += fmt::format("{} sizes (n_x n_a m T_x): {}\n", name_of(set), shapes);
  if (const std::string seen = seen_text(report); !seen.empty())
    text +=
        "an error of one entry is seen from this part of its array's largest on: " + seen + "\n";
  text += paths_text(report);
  text += not_judged_text(report, style);
  const auto silent = std::count_if(report.rows.begin(), report.rows.end(), [](const Row& row) {
    return row.counts.held == 0 && row.counts.broken == 0 && row.counts.inconclusive > 0;
  });
  if (silent > 0)
    text += style.yellow(fmt::format("{} of {} rows have no evidence: every case inconclusive",
                                     silent, report.rows.size())) +
            "\n";
  if (report.gave_up_after > 0)
    text +=
        style.red(fmt::format("stopped after {} cases that ended the subject's process "
                              "(--max-crashes): {} of {} rows were not asked",
                              report.gave_up_after, rows_not_asked(report), report.rows.size())) +
        "\n";
  if (report.known_before > 0)
    text += style.yellow(
        fmt::format("note: {} of the cases are from a journal\n", grouped(report.known_before)));
  for (const auto& note : report.notes) text += style.yellow("note: " + note) + "\n";
  return text;
}

}  // namespace

std::string summary_of(const Report& report, const Style& style) {
  std::string text = verdict_text(report, style) + "\n" + families_text(report, style) + "\n" +
                     coverage_text(report, style);
  std::vector<const Row*> broken;
  for (const Row& row : report.rows)
    if (row.counts.broken > 0) broken.push_back(&row);
  if (broken.empty()) return text;
  text += "\n" + rows_text(report, broken, style);
  for (const Row* row : broken) text += failures_text(*row, style);
  return text;
}

std::string table_of(const Report& report, const Style& style) {
  std::vector<const Row*> rows;
  for (const Row& row : report.rows) rows.push_back(&row);
  return rows_text(report, rows, style) +
         "worst, median: error / bound, over the cases of a row\n\n" + summary_of(report, style);
}

}  // namespace bptt::verify
