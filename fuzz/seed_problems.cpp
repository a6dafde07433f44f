#include "fuzz/seed_problems.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "fuzz/catalogue_target.hpp"
#include "properties/property.hpp"

namespace bptt::fuzz {
namespace {

// Like the published exercises, but small enough for every family; edges; the published sizes;
// sizes that fill several vectors, tiles and panels, or leave tails of them. Too large ones are
// left out.
const std::vector<SeedProblem> rnn_problems{
    {"usual", "rnn n_x=3 n_a=5 m=3 T_x=4 T_da=4 regime=unit seed=1"},
    {"one_step", "rnn n_x=2 n_a=3 m=1 T_x=1 T_da=1 regime=unit seed=2"},
    {"all_ones", "rnn n_x=1 n_a=1 m=1 T_x=1 T_da=1 regime=unit seed=3"},
    {"largest_of_a_family", "rnn n_x=4 n_a=5 m=5 T_x=5 T_da=5 regime=unit seed=21"},
    {"largest", "rnn n_x=7 n_a=8 m=8 T_x=8 T_da=8 regime=unit seed=4"},
    {"short_loss", "rnn n_x=4 n_a=3 m=5 T_x=5 T_da=2 regime=unit seed=5"},
    {"as_many_features_as_units", "rnn n_x=4 n_a=4 m=3 T_x=3 T_da=3 regime=unit seed=6"},
    {"integers", "rnn n_x=3 n_a=4 m=3 T_x=5 T_da=5 regime=integers seed=7 act=identity"},
    {"relu", "rnn n_x=2 n_a=5 m=3 T_x=5 T_da=5 regime=unit seed=8 act=relu"},
    {"identity", "rnn n_x=2 n_a=5 m=3 T_x=4 T_da=4 regime=unit seed=9 act=identity"},
    {"tiny", "rnn n_x=5 n_a=3 m=2 T_x=4 T_da=4 regime=tiny seed=10"},
    {"saturating", "rnn n_x=4 n_a=5 m=3 T_x=5 T_da=5 regime=saturating seed=11"},
    {"expanding", "rnn n_x=2 n_a=5 m=3 T_x=5 T_da=5 regime=expanding seed=12 act=relu"},
    {"subnormal", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=subnormal seed=13"},
    {"signed_zeros", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=signed_zeros seed=14"},
    {"nonfinite", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=nonfinite seed=15"},
    {"zero_start", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=16 zero=a0"},
    {"one_digit", "rnn n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=17 digits=1"},
    {"many_units", "rnn n_x=2 n_a=17 m=2 T_x=2 T_da=2 regime=unit seed=18"},
    {"many_samples", "rnn n_x=1 n_a=2 m=33 T_x=2 T_da=2 regime=unit seed=19"},
    {"many_steps", "rnn n_x=1 n_a=2 m=1 T_x=33 T_da=33 regime=unit seed=20"},
    {"published_4", "rnn n_x=3 n_a=5 m=10 T_x=4 T_da=4 regime=unit seed=22"},
    {"published_7", "rnn n_x=3 n_a=5 m=10 T_x=7 T_da=7 regime=unit seed=23"},
    {"widest_units", "rnn n_x=2 n_a=65 m=2 T_x=2 T_da=2 regime=unit seed=24"},
    {"widest_features", "rnn n_x=65 n_a=2 m=2 T_x=2 T_da=2 regime=unit seed=25"},
    {"widest_batch", "rnn n_x=2 n_a=2 m=65 T_x=2 T_da=2 regime=unit seed=26"},
};
const std::vector<SeedProblem> lstm_problems{
    {"usual", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=3 regime=unit seed=1"},
    {"one_step", "lstm n_x=2 n_a=3 m=1 T_x=1 T_da=1 regime=unit seed=2"},
    {"all_ones", "lstm n_x=1 n_a=1 m=1 T_x=1 T_da=1 regime=unit seed=3"},
    {"largest", "lstm n_x=5 n_a=6 m=6 T_x=6 T_da=6 regime=unit seed=4"},
    {"as_many_features_as_units", "lstm n_x=4 n_a=4 m=3 T_x=3 T_da=3 regime=unit seed=6"},
    {"tiny", "lstm n_x=4 n_a=3 m=2 T_x=4 T_da=4 regime=tiny seed=10"},
    {"saturating", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=saturating seed=11"},
    {"expanding", "lstm n_x=2 n_a=4 m=3 T_x=4 T_da=4 regime=expanding seed=12"},
    {"subnormal", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=subnormal seed=13"},
    {"signed_zeros", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=signed_zeros seed=14"},
    {"nonfinite", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=nonfinite seed=15"},
    {"no_final_cell", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=16 zero=dc_T"},
    {"zero_cell", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=17 zero=c0"},
    {"one_digit", "lstm n_x=3 n_a=4 m=3 T_x=4 T_da=4 regime=unit seed=18 digits=1"},
    {"many_units", "lstm n_x=2 n_a=17 m=2 T_x=2 T_da=2 regime=unit seed=19"},
    {"many_samples", "lstm n_x=1 n_a=2 m=33 T_x=2 T_da=2 regime=unit seed=20"},
    {"many_steps", "lstm n_x=1 n_a=2 m=1 T_x=16 T_da=16 regime=unit seed=21"},
    {"published_4", "lstm n_x=3 n_a=5 m=10 T_x=4 T_da=4 regime=unit seed=22"},
    {"published_7", "lstm n_x=3 n_a=5 m=10 T_x=7 T_da=7 regime=unit seed=23"},
    {"widest_units", "lstm n_x=2 n_a=33 m=2 T_x=2 T_da=2 regime=unit seed=24"},
    {"widest_features", "lstm n_x=33 n_a=2 m=2 T_x=2 T_da=2 regime=unit seed=25"},
    {"widest_batch", "lstm n_x=2 n_a=2 m=33 T_x=2 T_da=2 regime=unit seed=26"},
};

/// Nothing if no bytes mean the case: its property is not about the problem, or it is too large.
std::vector<std::uint8_t> bytes_of(const CatalogueTarget& target,
                                   const properties::ReplayCase& wanted) {
  try {
    return target.encode(wanted);
  } catch (const FormatError&) {
    return {};
  }
}

/// The same with the subjects and scalars in turn.
std::vector<std::uint8_t> bytes_in_turn(const CatalogueTarget& target,
                                        const std::vector<std::string>& subjects,
                                        const std::string& property, const std::string& problem,
                                        std::size_t count) {
  const auto spec = properties::parse_problem_spec(problem);
  const std::size_t round = count / subjects.size(), which = count % subjects.size();
  const Scalar scalar = (round + which) % 2 == 0 ? Scalar::f32 : Scalar::f64;
  auto bytes = bytes_of(target, {subjects[which], property, scalar, spec});
  // The specification's own properties are there in f64 only.
  return bytes.empty() ? bytes_of(target, {subjects[which], property, Scalar::f64, spec}) : bytes;
}

/// "optimized_memory_binomial_f32": a file's name on any system.
std::string name_of_seed(const std::string& subject, Scalar scalar) {
  std::string name = subject + "_" + std::string(name_of(scalar));
  for (char& c : name)
    if (c == ':' || c == '=' || c == ',') c = '_';
  return name;
}

}  // namespace

std::vector<SeedProblem> seed_problems(Cell cell) {
  if (cell == Cell::rnn) return rnn_problems;
  if (cell == Cell::lstm) return lstm_problems;
  std::vector<SeedProblem> problems;
  for (const properties::Regime regime :
       {properties::Regime::unit, properties::Regime::tiny, properties::Regime::saturating,
        properties::Regime::signed_zeros, properties::Regime::nonfinite})
    for (const Index T : {4, 1}) {
      properties::ProblemSpec spec;
      spec.cell = cell;
      spec.regime = regime;
      spec.sizes.m = spec.sizes.T_x = spec.sizes.T_da = T;
      Index extent = 1;
      for (const auto& size : table_of(cell).sizes()) spec.sizes.*size.size = ++extent;
      problems.push_back({std::string(properties::name_of(regime)) + "_" + std::to_string(T),
                          properties::to_string(spec)});
    }
  return problems;
}

NamedInputs catalogue_seeds(const CatalogueTarget& target, Cell cell,
                            const std::vector<std::string>& subjects,
                            const std::vector<std::string>& property_ids) {
  NamedInputs seeds;
  const auto add = [&](const std::string& name, const std::string& property,
                       const std::string& problem) {
    auto bytes = bytes_in_turn(target, subjects, property, problem, seeds.size());
    if (bytes.empty()) return false;
    seeds.emplace_back(name, std::move(bytes));
    return true;
  };
  for (const std::string& id : property_ids)
    for (const SeedProblem& problem : seed_problems(cell))
      if (add(id, id, problem.problem)) break;
  for (const SeedProblem& problem : seed_problems(cell))
    for (const std::string& id : property_ids)
      if (add(problem.name, id, problem.problem)) break;

  const auto usual = properties::parse_problem_spec(seed_problems(cell).front().problem);
  for (const std::string& subject : subjects)
    for (const Scalar scalar : {Scalar::f32, Scalar::f64})
      if (auto bytes = bytes_of(target, {subject, "equals_reference", scalar, usual});
          !bytes.empty())
        seeds.emplace_back(name_of_seed(subject, scalar), std::move(bytes));
  return seeds;
}

std::vector<std::uint8_t> small_input(const CatalogueTarget& target, Cell cell,
                                      const std::string& subject, const std::string& property,
                                      Scalar scalar) {
  std::string sizes(name_of(cell));
  for (const auto& size : table_of(cell).sizes()) sizes += " " + size.name + "=2";
  sizes += " m=2 T_x=2 T_da=2 regime=";
  for (const std::string how : {"unit", "saturating", "integers", "nonfinite", "subnormal"})
    for (const std::string activation : {"", " act=identity", " act=relu"}) {
      if (table_of(cell).activations().empty() && !activation.empty()) continue;
      const auto spec = properties::parse_problem_spec(sizes + how + " seed=1" + activation);
      if (auto bytes = bytes_of(target, {subject, property, scalar, spec}); !bytes.empty())
        return bytes;
    }
  throw UnsupportedError(property + " is about none of the small problems");
}

}  // namespace bptt::fuzz
