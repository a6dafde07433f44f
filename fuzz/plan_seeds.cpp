#include "fuzz/plan_seeds.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "fuzz/seed_problems.hpp"

namespace bptt::fuzz {
namespace {

using Input = std::vector<std::uint8_t>;

struct Sequence {
  std::string name;
  Input calls;
  std::string problem{};  // of seed_problems; empty: one after the other
};

// Slot, call, and what the call reads; the first plan is made with three bytes of its own: sizes,
// blocks of steps, and threads, instruction set or memory mode.
std::vector<Sequence> sequences() {
  constexpr std::uint8_t forward = 6, backward = 9, spread = 128;
  std::vector<Sequence> all{
      {"once", {7, 0, 0, 0, 6, 0, 0, 0, 9, 0, 0}},
      {"kept_parameters", {7, 0, 0, 0, 3, 1, 0, 6, 4, 0, 0, 9, 4, 0, 0, 3, 2, 0, 9, 4, 3}},
      {"twice", {7, 0, 0, 0, 6, 0, 0, 0, 9, 9, 0, 0, 6, 1, 3, 0, 9, 1, 0}},
      {"two_plans", {7, 0, 0, 1, 0, 5, 2, 0, 6, 0, 0, 1, 6, 1, 0, 0, 5, 1, 0, 0, 1, 0, 1, 9, 0, 0}},
      {"moved_over_another", {7, 0, 0, 0, 6, 0, 0, 1, 0, 0, 0, 0, 2, 1, 1, 9, 0, 0, 0, 7, 0, 0}},
      {"moved", {7, 0, 0, 0, 6, 0, 0, 0, 2, 1, 1, 9, 0, 0}},
      {"refused", {7, 0, 0, 0, 4, 0, 0, 0, 0, 6, 4, 0, 0, 6, 0, 0, 0, 4, 0, 0, 1, 0, 9, 0, 0}},
      {"recomputed", {7, 0, 13, 0, 6, 0, 0, 0, 9, 0, 0, 0, 9, 8, 0}},
      {"recomputed_moved", {7, 0, 13, 0, 6, 0, 0, 0, 2, 1, 1, 9, 0, 0}},
      {"recomputed_moved_over_another", {7, 0, 13, 0, 6, 0, 0, 1, 7, 0, 13, 0, 2, 1, 1, 9, 0, 0}},
      {"square_root", {7, 0, 14, 0, 6, 0, 0, 0, 9, 0, 0, 0, 9, 8, 0}, "many_steps"},
      {"binomial", {7, 0, 15, 0, 6, 0, 0, 0, 9, 0, 0, 0, 9, 8, 0}},
      {"overwritten", {7, 16, 0, 0, 6, 0, 0, 0, 9, 0, 0}},
      {"blocks_of_steps", {7, 1 + 4 * 2, 0, 0, 6, 0, 0, 0, 9, 0, 0}, "usual"}};
  // What is called with which options, on which problem.
  const auto add = [&](const std::string& name, std::uint8_t blocks, std::uint8_t more,
                       std::uint8_t how, const std::string& problem) {
    all.push_back({name, {7, blocks, more, 0, forward, how, 0, 0, backward, how, 0}, problem});
  };
  for (const std::string problem : {"usual", "many_units", "many_samples", "widest_units"}) {
    add("two_threads_" + problem, 0, 1, 0, problem);
    add("spread_" + problem, 0, 0, spread, problem);
  }
  add("spread_overwritten", 16, 0, spread, "usual");
  add("spread_two_threads", 0, 1, spread, "many_samples");
  for (const int mode : {13, 14, 15})
    add("spread_memory_" + std::to_string(mode - 13), 0, static_cast<std::uint8_t>(mode), spread,
        "usual");
  // As many as any machine has; the same again where one has fewer.
  for (const int target : {0, 1, 2, 3, 4})
    add("instruction_set_" + std::to_string(target), 0, static_cast<std::uint8_t>(16 + 32 * target),
        0, "widest_units");
  for (const std::string problem : {"published_4", "published_7"}) add(problem, 0, 0, 0, problem);
  return all;
}

std::string problem_of(const Sequence& sequence, const std::vector<SeedProblem>& problems,
                       std::size_t place) {
  if (sequence.problem.empty()) return problems[place % problems.size()].problem;
  for (const SeedProblem& one : problems)
    if (one.name == sequence.problem) return one.problem;
  throw Error("no seed problem is named " + sequence.problem);
}

}  // namespace

std::vector<std::pair<std::string, Input>> plan_seeds(properties::SpecLimits (*limits)(Cell)) {
  std::vector<std::pair<std::string, Input>> all;
  const auto table = sequences();
  for (std::uint8_t first = 0; first < 4; ++first) {
    const Cell cell = first % 2 == 0 ? Cell::rnn : Cell::lstm;
    for (std::size_t k = 0; k < table.size(); ++k) {
      const auto spec =
          properties::parse_problem_spec(problem_of(table[k], seed_problems(cell), 4 * k + first));
      Input bytes{first};
      for (const std::uint8_t byte : properties::encode_spec(spec, limits(cell)))
        bytes.push_back(byte);
      bytes.insert(bytes.end(), table[k].calls.begin(), table[k].calls.end());
      all.emplace_back(
          table[k].name + "_" + std::string(name_of(cell)) + (first < 2 ? "_f32" : "_f64"),
          std::move(bytes));
    }
  }
  all.push_back({"huge_units", {60, 6, 4, 6, 6}});
  all.push_back({"huge_product", {61, 2, 2, 2, 2}});
  all.push_back({"no_samples", {60, 6, 6, 0, 6}});
  for (std::uint8_t cell = 0; cell < 2; ++cell)
    for (std::uint8_t which = 0; which < 5; ++which)
      all.push_back({"refused_options_" + std::to_string(which) + (cell == 0 ? "_rnn" : "_lstm"),
                     {static_cast<std::uint8_t>(56 + cell), which, 0}});
  return all;
}

}  // namespace bptt::fuzz
