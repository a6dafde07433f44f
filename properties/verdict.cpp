#include "properties/verdict.hpp"

#include <fmt/format.h>

#include <exception>

namespace bptt::properties {

std::string_view name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::held: return "held";
    case Outcome::broken: return "broken";
    case Outcome::inconclusive: return "inconclusive";
    case Outcome::not_judged: return "not judged";
  }
  return "unknown";
}

Verdict broken_by(const std::exception& error) {
  Verdict verdict;
  verdict.outcome = Outcome::broken;
  if (const auto* failure = dynamic_cast<const SubjectFailure*>(&error)) {
    verdict.cause = failure->cause;
    verdict.output = failure->output;
    verdict.reason = std::string(name_of(failure->cause)) + ": " + failure->what();
  } else {
    verdict.reason = std::string("threw: ") + error.what();
  }
  return verdict;
}

std::string describe(const Verdict& v) {
  const Element& w = v.worst;
  std::string text = v.reason;
  if (w.array.empty()) return text;
  const std::string place =
      w.index.empty() ? " (a random projection)" : fmt::format("[{}]", fmt::join(w.index, ","));
  if (!text.empty()) text += "; ";
  return text + fmt::format(
                    "{}{} is {:.17g} and must be {:.17g} within {:.3g} ({:.3g} times the "
                    "bound, {:.3g} ULP)",
                    w.array, place, static_cast<double>(w.got), static_cast<double>(w.expected),
                    static_cast<double>(w.bound), v.worst_ratio, w.ulp);
}

}  // namespace bptt::properties
