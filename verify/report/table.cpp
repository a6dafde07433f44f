#include "verify/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "verify/report/words.hpp"

namespace bptt::verify {
namespace {

using properties::Outcome;

std::string place_of(const properties::Element& element) {
  return element.index.empty()
             ? element.array + " (a random projection, or one number)"
             : fmt::format("{}[{}]", element.array, fmt::join(element.index, ","));
}

}  // namespace

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
