#include "verify/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <vector>

namespace bptt::verify {
namespace {

using properties::Outcome;

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

/// "BROKEN", or what else it is: "CRASHED", "TIMED OUT".
std::string heading_of(Cause cause) {
  std::string text(cause == Cause::none ? "broken" : bptt::name_of(cause));
  for (char& c : text) c = c == ' ' ? c : static_cast<char>(c - 'a' + 'A');
  return text;
}

/// What a subject printed, told apart from what is said of it.
std::string output_text(const std::string& output) {
  std::string text;
  std::istringstream lines(output);
  for (std::string line; std::getline(lines, line);) {
    for (char& c : line)
      if (static_cast<unsigned char>(c) < ' ') c = ' ';  // no escapes reach the terminal
    text += "  | " + line + "\n";
  }
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

/// The shapes at which a set of sizes was judged, cell by cell.
std::string shapes_text(const Report& report, properties::SizeSet set) {
  std::string text;
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    std::set<std::string> shapes;
    for (const Row& row : report.rows)
      if (row.sizes == set && row.cell == cell) shapes.insert(row.shapes.begin(), row.shapes.end());
    if (!shapes.empty())
      text += fmt::format("{}{} {}", text.empty() ? "" : "; ", bptt::name_of(cell),
                          fmt::join(shapes, ", "));
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

std::string summary_text(const Report& report, const Style& style) {
  const Counts all = total(report);
  const int broken = broken_rows(report);
  std::string text = fmt::format(
      "\n{}: {} cases in {:.1f} s ({:.0f} a second, seed {}): {} entries compared; {} trivial\n",
      report.subject, grouped(all.cases()), report.seconds,
      static_cast<double>(all.cases()) / std::max(report.seconds, 1e-9), report.seed,
      grouped(compared(report)), grouped(trivial(report)));
  text += fmt::format("inconclusive: {:.1f} % of all\n", percent(all.inconclusive, all.cases()));
  const std::string regimes = regimes_text(report);
  if (!regimes.empty()) text += "  in %: " + regimes + "\n";
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
  for (const auto& note : report.notes) text += style.yellow("note: " + note) + "\n";
  return text +
         (broken > 0 ? style.red(fmt::format("BROKEN: {} of {} rows", broken, report.rows.size()))
          : all.judged() == 0 ? style.yellow("nothing was judged")
                              : style.green("nothing broken")) +
         "\n";
}

std::string place_of(const properties::Element& element) {
  return element.index.empty()
             ? element.array + " (a random projection, or one number)"
             : fmt::format("{}[{}]", element.array, fmt::join(element.index, ","));
}

}  // namespace

std::string grouped(long long number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3 + (number < 0 ? 1U : 0U);) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string ratio_text(const std::optional<double>& ratio) {
  if (!ratio) return "-";
  if (*ratio == 0) return "0";
  return *ratio != 0 && (*ratio < 1e-3 || *ratio >= 1e4) ? fmt::format("{:.1e}", *ratio)
                                                         : fmt::format("{:.3f}", *ratio);
}

std::string table_of(const Report& report, const Style& style) {
  std::size_t width = 8;
  for (const Row& row : report.rows) width = std::max(width, label_of(row).size());
  const int columns = static_cast<int>(width);
  const bool unjudged = total(report).not_judged > 0;
  // worst, median: of error / bound.
  std::string text =
      style.bold(fmt::format("{:<{}} {:<4} {:<6}{:>7}{:>7}{:>7}{:>9}{}{:>9}{:>9}", "property",
                             columns, "cell", "scalar", "cases", "held", "broken", "inconcl.",
                             unjudged ? " unjudged" : "", "worst", "median")) +
      "\n";
  for (const Row& row : report.rows) text += row_text(row, columns, unjudged, style);
  text += "worst, median: error / bound, over the cases of a row\n";
  for (const Row& row : report.rows) text += failures_text(row, style);
  return text + summary_text(report, style);
}

std::string text_of(const Replayed& r, const Style& style) {
  const properties::Verdict& v = r.verdict;
  const std::string outcome = v.outcome == Outcome::broken ? style.red(heading_of(v.cause))
                              : v.outcome == Outcome::held
                                  ? style.green("held")
                                  : style.yellow(std::string(name_of(v.outcome)));
  std::string text = fmt::format("case      {}\nproperty  {} ({})\n          {}\n          {}\n",
                                 r.line, r.id, r.exactness, r.sentence, r.mathematics);
  text += fmt::format("verdict   {}\n", outcome);
  if (!v.reason.empty()) text += fmt::format("reason    {}\n", v.reason);
  text += output_text(v.output);
  if (const auto& w = v.worst; !w.array.empty())
    text += fmt::format(
        "worst     {}\n  got       {:.17g}\n  expected  {:.17g}\n  bound     {:.3g}\n"
        "  error     {:.3g}: {} times the bound, {:.3g} ULP\n",
        place_of(w), static_cast<double>(w.got), static_cast<double>(w.expected),
        static_cast<double>(w.bound), static_cast<double>(w.error), ratio_text(v.worst_ratio),
        w.ulp);
  return text + fmt::format("compared  {} entries; {} trivial, {} inconclusive\n",
                            grouped(v.compared), grouped(v.trivial),
                            grouped(v.inconclusive_entries));
}

std::string text_of(const diagnosis::Grade& grade, const Style& style) {
  const Sizes& z = grade.sizes;
  std::string text = fmt::format(
      "{}: {}{}, {}, n_x={} n_a={} m={} T_x={} T_da={}\n", grade.file, bptt::name_of(grade.cell),
      grade.cell == Cell::rnn ? fmt::format(" with {}", bptt::name_of(grade.activation)) : "",
      bptt::name_of(grade.scalar), z.n_x, z.n_a, z.m, z.T_x, z.T_da);
  if (!grade.assumed_zero.empty())
    text += style.yellow(fmt::format("not in the file, taken as zeros: {}",
                                     fmt::join(grade.assumed_zero, ", "))) +
            "\n";
  std::size_t width = 5;
  for (const diagnosis::GradedArray& array : grade.arrays)
    width = std::max(width, array.key.size());
  text += style.bold(fmt::format("{:<{}} {:<12} {:<13} {:>9}{:>13}  {}", "array", width, "shape",
                                 "verdict", "judged", "error/bound", "worst, or why")) +
          "\n";
  bool sampled = false;
  for (const diagnosis::GradedArray& array : grade.arrays) {
    const properties::Verdict& v = array.verdict;
    if (!array.there) {
      text +=
          fmt::format("{:<{}} {:<12} {}\n", array.key, width, "-", "not graded: not in the file");
      continue;
    }
    const std::string word =
        fmt::format("{:<13}", v.outcome == Outcome::broken ? heading_of(v.cause)
                                                           : std::string(name_of(v.outcome)));
    const std::string shown = v.outcome == Outcome::broken ? style.red(word)
                              : v.outcome == Outcome::held ? style.green(word)
                                                           : style.yellow(word);
    const bool any = !v.worst.array.empty();
    text += fmt::format(
        "{:<{}} {:<12} {} {:>9}{:>13}  {}\n", array.key, width, array.shape.str(), shown,
        grouped(v.compared + v.trivial + v.inconclusive_entries) + (array.sampled ? "*" : ""),
        any ? ratio_text(v.worst_ratio) : "-",
        v.outcome == Outcome::held ? (any ? place_of(v.worst) : "") : describe(v));
    sampled = sampled || array.sampled;
  }
  if (sampled) text += "*: sampled entries, and random projections of all\n";
  if (!grade.unknown.empty())
    text += fmt::format("not graded, for nothing is said of them: {}\n",
                        fmt::join(grade.unknown, ", "));
  const auto broken = std::count_if(grade.arrays.begin(), grade.arrays.end(), [](const auto& a) {
    return a.there && a.verdict.outcome == Outcome::broken;
  });
  const auto there = std::count_if(grade.arrays.begin(), grade.arrays.end(),
                                   [](const auto& a) { return a.there; });
  return text +
         (broken > 0 ? style.red(fmt::format("BROKEN: {} of {} arrays", broken, there))
          : outcome_of(grade) == Outcome::not_judged
              ? style.yellow("nothing was judged")
              : style.green(fmt::format("nothing broken in {} arrays", there))) +
         "\n";
}

}  // namespace bptt::verify
