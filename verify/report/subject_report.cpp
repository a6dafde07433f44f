#include "verify/report/subject_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "subjects/faults/fault_models.hpp"
#include "verify/report/fault_words.hpp"
#include "verify/report/words.hpp"

namespace bptt::verify {
namespace {

std::string_view moment_words(diagnosis::Moment moment) {
  switch (moment) {
    case diagnosis::Moment::second: return ", in the second call";
    case diagnosis::Moment::callers: return ", the caller's, after the calls";
    case diagnosis::Moment::outside: return ", elements beside it that were written";
    default: return "";
  }
}

std::string first_wrong_text(const diagnosis::FirstWrongNumber& d, const Style& style,
                             Detail detail) {
  std::string text =
      fmt::format("first wrong number, in the smallest case that is wrong: {}\n", d.problem);
  std::string index;
  for (const Index i : d.index) index += (index.empty() ? "" : ",") + std::to_string(i);
  text += fmt::format("  {} is {:.17g} and must be {:.17g} within {:.3g} ({}{})\n",
                      style.bold(index.empty() ? d.array : d.array + "[" + index + "]"),
                      static_cast<double>(d.got), static_cast<double>(d.right),
                      static_cast<double>(d.bound), place_of(d), moment_words(d.moment));
  if (!d.replay.empty()) text += "  " + d.replay + "\n";
  if (detail == Detail::brief) return text;
  if (!d.maps.empty()) text += "  X wrong, . right, ? not judged\n";
  for (const std::string& line : map_text(d)) text += "    " + line + "\n";
  return text;
}

std::string others(const std::vector<diagnosis::FaultRows>& sets, std::size_t first) {
  std::string text;
  const std::size_t shown = std::min(sets.size(), first + shown_sets);
  for (std::size_t k = first; k < shown; ++k) text += "  " + diagnosis::ids_of(sets[k]) + "\n";
  if (sets.size() > shown) text += fmt::format("  .. and {} more\n", sets.size() - shown);
  return text;
}

/// What gives every number, and what of the properties: the first line of the verdict.
std::string evidence_text(const diagnosis::CellDiagnosis& d, bool pair, std::string_view tried) {
  const std::size_t broken = d.broken_properties.size();
  const std::string properties =
      broken == 0 ? ""
                  : fmt::format(", {} broken {}", broken, broken == 1 ? "property" : "properties");
  return fmt::format(
      "{} the same in all {} cases with numbers: {} wrong entries{}, everything else right ({})\n",
      pair ? "two known faults together do" : "one known fault does", d.cases - d.failed_cases,
      grouped(d.wrong_entries), properties, tried);
}

std::string faults_text(const diagnosis::CellDiagnosis& d, const Style& style) {
  const diagnosis::FaultSearch& f = d.faults;
  const std::string tried = fmt::format("{} sets of faults tried{}", grouped(f.tried),
                                        f.complete ? "" : "; the time was over before all were");
  std::string text;
  if (!f.one_call.empty())
    text +=
        "one known fault gives every number of one call; something else shows in a second call,\n"
        "or where numbers were before:\n" +
        fault_words(f.one_call.front(), style) +
        (f.one_call.size() > 1 ? "as does\n" + others(f.one_call, 1) : "");
  if (!f.fits.empty()) {
    text += evidence_text(d, f.fits.front().size() > 1, tried);
    text += fault_words(f.fits.front(), style);
    if (f.fits.size() > 1)
      text += fmt::format("nothing that was tried tells {} from:\n{}",
                          diagnosis::ids_of(f.fits.front()), others(f.fits, 1));
    return text;
  }
  if (!f.numbers_alone.empty())
    return text +
           fmt::format("these give every number, but break other properties ({}):\n{}", tried,
                       others(f.numbers_alone, 0)) +
           fault_words(f.numbers_alone.front(), style);
  if (f.too_large)
    return text + "it shows in large problems alone, on which known faults are not tried\n";
  text += d.cases == d.failed_cases ? "there are no numbers to compare with those of known faults\n"
          : f.complete
              ? fmt::format("no known fault and no pair of them does the same ({})\n", tried)
              : fmt::format("nothing that was tried does the same ({})\n", tried);
  if (f.nearest)
    text += fmt::format(
        "nearest is {}: it gives {} of the {} wrong entries, and would spoil {} that are right\n",
        diagnosis::ids_of(f.nearest->rows), grouped(f.nearest->like.wrong),
        grouped(d.wrong_entries), grouped(f.nearest->like.spoiled));
  return text;
}

std::string cell_text(const diagnosis::CellDiagnosis& d, const Style& style, Detail detail) {
  std::string left_out;
  if (d.cases_left_out > 0) left_out += fmt::format("; {} cases left out", d.cases_left_out);
  if (d.properties_left_out > 0)
    left_out += fmt::format("; {} properties left out", d.properties_left_out);
  if (d.right() && !d.known_broken.empty())
    return fmt::format(
        "{}: {}{}\n  {}\n", name_of(d.cell),
        style.yellow(fmt::format("nothing is wrong in {} small cases, {} entries; what is broken "
                                 "shows elsewhere",
                                 d.cases, grouped(d.judged_entries))),
        left_out, d.known_broken);
  if (d.right() && !d.complete())
    return fmt::format("{}: nothing was wrong so far in {} cases, {} entries{}\n", name_of(d.cell),
                       d.cases, grouped(d.judged_entries), left_out);
  if (d.right())
    return fmt::format("{}: {}\n", name_of(d.cell),
                       style.green(fmt::format("nothing is wrong in {} small cases, {} entries",
                                               d.cases, grouped(d.judged_entries))));
  std::string text = fmt::format(
      "{}: {}{}\n", name_of(d.cell),
      style.red(fmt::format("{} of {} cases are wrong, {} of {} entries", d.wrong_cases, d.cases,
                            grouped(d.wrong_entries), grouped(d.judged_entries))),
      left_out);
  for (const std::string& sentence : d.sentences) text += "  - " + sentence + "\n";
  if (d.first_wrong) text += first_wrong_text(*d.first_wrong, style, detail);
  return text + faults_text(d, style);
}

}  // namespace

std::string text_of(const diagnosis::SubjectDiagnosis& diagnosis, const Style& style,
                    Detail detail) {
  std::string text =
      style.bold(fmt::format("diagnosis of {} ({:.1f} s)", diagnosis.subject, diagnosis.seconds));
  text += "\n";
  for (const diagnosis::CellDiagnosis& cell : diagnosis.cells)
    text += cell_text(cell, style, detail);
  return text;
}

}  // namespace bptt::verify
