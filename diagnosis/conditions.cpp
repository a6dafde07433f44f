#include "diagnosis/conditions.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace bptt::diagnosis {
namespace {

using properties::Regime;

struct Condition {
  std::string_view text;
  bool (*holds)(const Sizes&);
};

/// Simple ones first: of several that fit, the first two are told.
constexpr Condition conditions[] = {
    {"T > 1", [](const Sizes& n) { return n.T_da > 1; }},
    {"T = 1", [](const Sizes& n) { return n.T_da == 1; }},
    {"T > 4", [](const Sizes& n) { return n.T_da > 4; }},
    {"T > 8", [](const Sizes& n) { return n.T_x > 8; }},
    {"T no multiple of 4", [](const Sizes& n) { return n.T_da % 4 != 0; }},
    {"T a multiple of 8", [](const Sizes& n) { return n.T_da % 8 == 0; }},
    {"T even", [](const Sizes& n) { return n.T_da % 2 == 0; }},
    {"fewer losses than steps", [](const Sizes& n) { return n.T_da < n.T_x; }},
    {"m > 1", [](const Sizes& n) { return n.m > 1; }},
    {"m = 1", [](const Sizes& n) { return n.m == 1; }},
    {"m > 4", [](const Sizes& n) { return n.m > 4; }},
    {"m no multiple of 4", [](const Sizes& n) { return n.m % 4 != 0; }},
    {"n_a > 1", [](const Sizes& n) { return n.n_a > 1; }},
    {"n_a > 4", [](const Sizes& n) { return n.n_a > 4; }},
    {"n_a no multiple of 4", [](const Sizes& n) { return n.n_a % 4 != 0; }},
    {"n_a > 8", [](const Sizes& n) { return n.n_a > 8; }},
    {"n_a > 8 and no multiple of 8", [](const Sizes& n) { return n.n_a > 8 && n.n_a % 8 != 0; }},
    {"n_a > 16", [](const Sizes& n) { return n.n_a > 16; }},
    {"n_x > 1", [](const Sizes& n) { return n.n_x > 1; }},
    {"n_x > n_a", [](const Sizes& n) { return n.n_x > n.n_a; }},
    {"n_x other than n_a", [](const Sizes& n) { return n.n_x != n.n_a; }},
    {"n_a > 1 or m > 1", [](const Sizes& n) { return n.n_a > 1 || n.m > 1; }},
    {"n_a m > 16", [](const Sizes& n) { return n.n_a * n.m > 16; }},
    {"n_a n_a > 16", [](const Sizes& n) { return n.n_a * n.n_a > 16; }},
    {"n_a (n_a + n_x) > 16", [](const Sizes& n) { return n.n_a * (n.n_a + n.n_x) > 16; }},
    {"n_a > 1 and T > 1", [](const Sizes& n) { return n.n_a > 1 && n.T_da > 1; }},
    {"n_x other than n_a, and n_a > 1", [](const Sizes& n) { return n.n_x != n.n_a && n.n_a > 1; }},
    {"n_a > 16 and T > 1", [](const Sizes& n) { return n.n_a > 16 && n.T_da > 1; }},
    {"m = 1, n_x > 1 and T > 1",
     [](const Sizes& n) { return n.m == 1 && n.n_x > 1 && n.T_da > 1; }}};

}  // namespace

std::string only_where(const Cases& cases, const std::function<bool(const CaseEvidence&)>& is) {
  const auto picked =
      std::count_if(cases.begin(), cases.end(), [&](const auto* c) { return is(*c); });
  if (picked == 0) return "";
  if (picked == std::ssize(cases))
    return cases.size() == 1 ? "in the only plain problem"
                             : fmt::format("at every one of {} sizes", cases.size());
  std::vector<std::string_view> fitting;
  for (const Condition& condition : conditions)
    if (std::all_of(cases.begin(), cases.end(), [&](const auto* c) {
          return is(*c) == condition.holds(c->described().spec.sizes);
        }))
      fitting.push_back(condition.text);
  const std::string counts = fmt::format("{} of {} sizes", picked, cases.size());
  if (fitting.empty()) return fmt::format("at some sizes alone ({})", counts);
  return fmt::format("only with {}{} ({})", fitting[0],
                     fitting.size() > 1 ? fmt::format(", or {}", fitting[1]) : "", counts);
}

std::string special(const TraceCase& c, Scalar usual) {
  std::vector<std::string> words;
  if (c.script != Script::once) words.emplace_back(name_of(c.script));
  if (c.spec.activation != Activation::tanh)
    words.push_back(fmt::format("{}", name_of(c.spec.activation)));
  if (c.exponent < 0) words.emplace_back("arguments near zero");
  if (c.exponent > 0) words.emplace_back("huge arguments");
  switch (c.spec.regime) {
    case Regime::tiny: words.emplace_back("inputs of order 2^-20"); break;
    case Regime::saturating: words.emplace_back("saturated activations"); break;
    case Regime::expanding: words.emplace_back("large weights"); break;
    case Regime::subnormal: words.emplace_back("subnormal upstream gradients"); break;
    case Regime::signed_zeros: words.emplace_back("zeros here and there"); break;
    case Regime::integers: words.emplace_back("whole numbers"); break;
    default: break;
  }
  std::string zeros;
  const auto names = properties::drawn_names(c.spec.cell);
  for (std::size_t k = 0; k < names.size(); ++k)
    if (c.spec.zero_arrays.test(k)) zeros += (zeros.empty() ? "" : ", ") + names[k];
  if (!zeros.empty()) words.push_back(zeros + " of zeros");
  const std::string text = listed(words);
  if (c.scalar == usual) return text;
  return text + (text.empty() ? "" : " in ") + std::string(name_of(c.scalar));
}

}  // namespace bptt::diagnosis
