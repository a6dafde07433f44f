// The suite's own bounds under test (properties 44 and 45 of the catalogue): they are not vacuous,
// an error just beyond them is always seen, and a right implementation is never accused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "properties/property.hpp"
#include "properties/replay.hpp"
#include "properties/run_options.hpp"
#include "properties/trial.hpp"
#include "subjects/registry.hpp"

namespace bptt::properties {
namespace {

/// One entry of one array, and what is added to it; one unit in the last place if that is nothing.
struct Perturbation {
  std::string array;
  Index entry = 0;
  long double added = 0;
};

template <class S>
class PerturbedSession final : public Session<S> {
 public:
  PerturbedSession(std::unique_ptr<Session<S>> inner, const Perturbation& what)
      : inner_(std::move(inner)), what_(what) {}
  void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
    inner_->forward(in, out);
    perturb(out);
  }
  void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                const NamedViews<S>& grad) override {
    inner_->backward(in, up, grad);
    perturb(grad);
  }

 private:
  void perturb(const NamedViews<S>& outputs) const {
    if (!outputs.contains(what_.array)) return;
    Index at = 0;
    for_each_element(outputs[what_.array], [&](S& element) {
      if (at++ != what_.entry) return;
      element = what_.added == 0 ? std::nextafter(element, std::numeric_limits<S>::infinity())
                                 : static_cast<S>(static_cast<long double>(element) + what_.added);
    });
  }
  std::unique_ptr<Session<S>> inner_;
  Perturbation what_;
};

/// A right subject but for one entry.
class PerturbedSubject final : public Subject {
 public:
  PerturbedSubject(const Subject& inner, Perturbation what)
      : inner_(inner), what_(std::move(what)) {}
  [[nodiscard]] std::string name() const override { return "perturbed"; }
  [[nodiscard]] std::string description() const override { return "One entry is off."; }
  [[nodiscard]] Capabilities capabilities() const override { return inner_.capabilities(); }
  [[nodiscard]] std::unique_ptr<Session<float>> open_f32(Cell cell, Activation g,
                                                         const Sizes& sizes) const override {
    return std::make_unique<PerturbedSession<float>>(inner_.open_f32(cell, g, sizes), what_);
  }
  [[nodiscard]] std::unique_ptr<Session<double>> open_f64(Cell cell, Activation g,
                                                          const Sizes& sizes) const override {
    return std::make_unique<PerturbedSession<double>>(inner_.open_f64(cell, g, sizes), what_);
  }

 private:
  const Subject& inner_;
  Perturbation what_;
};

/// What became of many cases.
struct Tally {
  int cases = 0, in_doubt = 0, perturbed = 0, by_one_ulp = 0;
};

/// An entry that is judged, with its bound; nothing if the problem has none.
template <class S>
std::optional<std::pair<Probe, NoiseBound>> judged_entry(const Trial<S>& trial) {
  const Expectation expectation = trial.expect(trial.problem);
  if (!expectation.doubt().empty()) return std::nullopt;
  const std::vector<Probe> probes = trial.probes();
  // Arrays first, so that a large one does not take all the cases.
  std::vector<std::string> arrays = state_names(trial.spec.cell);
  arrays.insert(arrays.end(), gradient_names(trial.spec.cell).begin(),
                gradient_names(trial.spec.cell).end());
  const Draw draw = trial.draw("perturbed entry");
  for (Index attempt = 0; attempt < 20; ++attempt) {
    const std::string& array =
        arrays[static_cast<std::size_t>(draw.below(static_cast<Index>(arrays.size()), attempt))];
    const auto& values = expectation.values()[array];
    const Probe probe{array, draw.below(values.size(), attempt, 1), 0};
    const NoiseBound bound = expectation.bounds({probe}).front();
    if (bound.certain <= conclusive_part * scale_of(probe, values)) return {{probe, bound}};
  }
  return std::nullopt;
}

template <class S>
void perturb_one_case(const Subject& subject, const ProblemSpec& spec, Tally& tally) {
  const Scalar scalar = std::is_same_v<S, float> ? Scalar::f32 : Scalar::f64;
  const Property& property = find_property("equals_reference");
  const auto where = [&] {
    return replay_command({subject.name(), std::string(property.id), scalar, spec});
  };
  ++tally.cases;
  const Verdict plain = check(property, subject, scalar, spec);
  ASSERT_TRUE(plain.unbroken()) << "false alarm: " << describe(plain) << where();

  const Trial<S> trial(subject, spec);
  const auto entry = judged_entry(trial);
  if (!entry) {
    ++tally.in_doubt;
    return;
  }
  const auto& [probe, bound] = *entry;
  const long double sign = trial.draw("sign").bits(0) % 2 == 0 ? 1 : -1;
  for (const long double added : {20 * bound.sigma, 4 * tolerance_of(bound)}) {
    const PerturbedSubject perturbed(subject, {probe.array, probe.entry, sign * added});
    const Verdict v = check(property, perturbed, scalar, spec);
    ASSERT_EQ(v.outcome, Outcome::broken)
        << probe.array << " entry " << probe.entry << " off by " << static_cast<double>(added)
        << " was not seen; " << describe(v) << where();
    ASSERT_EQ(v.worst.array, probe.array) << where();
  }
  ++(bound.sigma == 0 ? tally.by_one_ulp : tally.perturbed);
}

/// Small problems, judged entry by entry.
ProblemSpec small_spec(Cell cell, std::uint64_t seed) {
  return decode_spec(random_spec_bytes(seed), {.cell = cell, .max_size = 6, .wide = false});
}

// Fifty cases for each of BPTT_CASES, over both cells and both scalars.
TEST(Power, AnErrorBeyondItsBoundIsAlwaysSeenAndARightSubjectNeverAccused) {
  const RunOptions options = RunOptions::from_environment();
  const auto reference = make_subject("reference"), optimized = make_subject("optimized");
  Tally tally;
  for (int k = 0; k < 50 * options.cases; ++k) {
    const std::uint64_t seed = mix(options.seed) + static_cast<std::uint64_t>(k);
    const ProblemSpec spec = small_spec(k % 2 == 0 ? Cell::rnn : Cell::lstm, seed);
    ASSERT_TRUE(judged_entry_by_entry(spec.cell, spec.sizes));
    const Subject& subject = k % 8 < 4 ? *reference : *optimized;
    if (k % 4 < 2)
      ASSERT_NO_FATAL_FAILURE(perturb_one_case<float>(subject, spec, tally));
    else
      ASSERT_NO_FATAL_FAILURE(perturb_one_case<double>(subject, spec, tally));
  }
  fmt::print(
      "{} cases: no false alarm; {} errors of 20 sigma and of 4 tolerances and {} of one ULP, all "
      "seen; {} cases in doubt\n",
      tally.cases, tally.perturbed, tally.by_one_ulp, tally.in_doubt);
  EXPECT_LT(tally.in_doubt, tally.cases / 10);
  EXPECT_GT(tally.perturbed, tally.cases / 2);
  EXPECT_GT(tally.by_one_ulp, 0);
}

/// A class of sizes: n_a and T_x from .. to.
struct SizeClass {
  Index n_a_from, n_a_to, T_from, T_to;
};
constexpr std::array<SizeClass, 6> size_classes{SizeClass{1, 4, 1, 3},   SizeClass{1, 4, 4, 10},
                                                SizeClass{5, 10, 1, 3},  SizeClass{5, 10, 4, 10},
                                                SizeClass{11, 20, 1, 3}, SizeClass{11, 20, 4, 10}};

/// |error| / sigma of every entry judged, over the given number of problems.
template <class S>
std::vector<double> ratios_of(const Subject& subject, Cell cell, const SizeClass& c, int cases,
                              std::uint64_t seed) {
  std::vector<double> ratios;
  for (int k = 0; k < cases; ++k) {
    const Draw draw(seed, "size class");
    ProblemSpec spec;
    spec.cell = cell;
    spec.seed = draw.bits(k);
    spec.sizes = {.n_x = 1 + draw.below(6, k, 1),
                  .n_a = c.n_a_from + draw.below(c.n_a_to - c.n_a_from + 1, k, 2),
                  .m = 1 + draw.below(4, k, 3),
                  .T_x = c.T_from + draw.below(c.T_to - c.T_from + 1, k, 4),
                  .T_da = 1};
    spec.sizes.T_da = spec.sizes.T_x;
    const Trial<S> trial(subject, spec);
    const auto got = converted<long double>(trial.run());
    const Expectation expectation = trial.expect(trial.problem);
    std::vector<Probe> probes = trial.probes();
    std::erase_if(probes, [](const Probe& probe) { return probe.entry < 0; });
    const auto bounds = expectation.bounds(probes);
    for (std::size_t p = 0; p < probes.size(); ++p) {
      const auto& expected = expectation.values()[probes[p].array];
      if (bounds[p].sigma == 0 ||
          bounds[p].certain > conclusive_part * scale_of(probes[p], expected))
        continue;
      const long double error =
          std::abs(read(probes[p], got[probes[p].array]) - read(probes[p], expected));
      ratios.push_back(static_cast<double>(error / bounds[p].sigma));
    }
  }
  std::sort(ratios.begin(), ratios.end());
  return ratios;
}

// With no weights, one step and one sample, dba is exact and nearly all of <G, v>, whose bound is
// that of the small rest: far below what 64 bits lose of the sum.
TEST(Bounds, NobodyIsAccusedOfWhatTheJudgeLoses) {
  const auto subject = make_subject("reference");
  for (const char* id :
       {"adjoint_identity", "dual_numbers_and_complex_step", "through_the_loss_head"})
    for (std::uint64_t seed = 0; seed < 15; ++seed) {
      ProblemSpec spec = parse_problem_spec(
          "rnn n_x=5 n_a=5 m=1 T_x=1 T_da=1 regime=tiny seed=0 act=identity zero=Wax,Waa");
      spec.seed = seed;
      const Verdict verdict = check(find_property(id), *subject, Scalar::f64, spec);
      EXPECT_TRUE(verdict.unbroken()) << id << " " << seed << describe(verdict);
    }
}

// dba alone, exact, with a bound of zero: what fifty digits lose is granted.
TEST(Bounds, NobodyIsAccusedOfWhatFiftyDigitsLose) {
  const auto replay = parse_replay_case(
      "reference through_the_loss_head f32 rnn n_x=1 n_a=1 m=1 T_x=1 T_da=1 regime=signed_zeros "
      "seed=252 act=identity zero=Wax,Waa digits=1");
  const Verdict verdict = check(find_property(replay.property), *make_subject(replay.subject),
                                replay.scalar, replay.spec);
  EXPECT_TRUE(verdict.unbroken()) << describe(verdict);
}

// A median far below a sigma would mean that the tolerance grows beyond what rounding does; one
// above it, that roundings are not what the model takes them for.
TEST(Bounds, ErrorsAreAGoodPartOfASigmaAtEverySize) {
  const RunOptions options = RunOptions::from_environment();
  const int cases = std::max(5, options.cases / 2);
  fmt::print("|error| / sigma of every entry     entries  median     p99     max\n");
  for (const char* name : {"reference", "optimized"}) {
    const auto subject = make_subject(name);
    for (const Cell cell : {Cell::rnn, Cell::lstm})
      for (const SizeClass& c : size_classes)
        for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
          const auto ratios = scalar == Scalar::f32
                                  ? ratios_of<float>(*subject, cell, c, cases, options.seed)
                                  : ratios_of<double>(*subject, cell, c, cases, options.seed);
          const std::string row =
              fmt::format("{:9} {:4} {} n_a {:2}-{:2} T {}-{:2}", name, bptt::name_of(cell),
                          bptt::name_of(scalar), c.n_a_from, c.n_a_to, c.T_from, c.T_to);
          ASSERT_GT(ratios.size(), 100U) << row;
          const double median = ratios[ratios.size() / 2];
          fmt::print("{:34} {:7} {:7.3f} {:7.3f} {:7.3f}\n", row, ratios.size(), median,
                     ratios[ratios.size() * 99 / 100], ratios.back());
          EXPECT_GT(median, 0.05) << row;
          EXPECT_LT(median, 1) << row;
          EXPECT_LT(ratios.back(), accused_sigmas) << row;
        }
  }
}

}  // namespace
}  // namespace bptt::properties
