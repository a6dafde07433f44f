#include "verify/report/markdown.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "verify/report/families.hpp"
#include "verify/report/words.hpp"

namespace bptt::verify {
namespace {

constexpr int most_shown = 20;

/// In a line of text: what markdown would take for its own is taken as it is.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>#|~$").find(c) != std::string_view::npos) result += '\\';
    result += c == '\n' ? ' ' : c;
  }
  return result;
}

std::string families_text(const Report& report) {
  std::string text =
      "| family | rows | cases | broken rows | inconclusive | not judged | worst error / bound |\n"
      "|---|---:|---:|---:|---:|---:|---:|\n";
  for (const FamilyRow& family : families_of(report)) {
    const Counts& c = family.counts;
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} |\n", plain(family.name), family.rows,
                        grouped(c.cases()), family.broken, grouped(c.inconclusive),
                        grouped(c.not_judged),
                        family.worst == nullptr ? "-" : ratio_text(family.worst->worst_ratio));
  }
  return text;
}

std::string failure_text(const Row& row) {
  std::string text = fmt::format(
      "\n**{} {}{}**: {}\n", plain(label_of(row)), bptt::name_of(row.cell),
      row.specification ? "" : " " + std::string(bptt::name_of(row.scalar)), plain(row.sentence));
  for (const Failure& failure : row.failures)
    text += "\n" + fenced(failure.text + (failure.output.empty() ? "" : "\n" + failure.output)) +
            "\nrepeat it:\n\n" + fenced(failure.replay);
  return text;
}

std::string markdown_of(const Report& report) {
  const Counts all = total(report);
  const int broken = broken_rows(report);
  std::string text =
      fmt::format("### {}: {}\n\n{} cases in {:.1f} s, seed {}; {} entries compared.\n\n",
                  plain(report.subject),
                  broken > 0 ? fmt::format("BROKEN, {} of {} rows", broken, report.rows.size())
                  : all.judged() == 0 ? "nothing was judged"
                                      : "nothing broken",
                  grouped(all.cases()), report.seconds, report.seed, grouped(compared(report)));
  text += families_text(report);
  if (!report.notes.empty() || report.gave_up_after > 0) text += "\n";
  if (report.gave_up_after > 0)
    text += fmt::format("- stopped after {} cases that ended the subject's process\n",
                        report.gave_up_after);
  for (const std::string& note : report.notes) text += "- " + plain(note) + "\n";
  int shown = 0;
  for (const Row& row : report.rows)
    if (row.counts.broken > 0 && shown++ < most_shown) text += failure_text(row);
  if (shown > most_shown) text += fmt::format("\n.. and {} more rows.\n", shown - most_shown);
  return text;
}

}  // namespace

std::string fenced(const std::string& text) {
  std::size_t longest = 2, run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  const std::string fence(longest + 1, '`');
  return fence + "text\n" + text + (text.ends_with('\n') ? "" : "\n") + fence + "\n";
}

std::string markdown_of(const std::vector<Report>& reports) {
  std::string text;
  for (const Report& report : reports) text += (text.empty() ? "" : "\n") + markdown_of(report);
  return text;
}

}  // namespace bptt::verify
