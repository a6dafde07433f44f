#include "diagnosis/power.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <set>

#include "diagnosis/trace_cases.hpp"
#include "properties/draw.hpp"
#include "subjects/registry.hpp"
#include "subjects/subject_of.hpp"

namespace bptt::diagnosis {
namespace {

/// Moves a number by one unit in its last place, or leaves it: by its mantissa alone, so that equal
/// numbers, opposite ones and those twice as large stay so. Whole numbers are as they are: their
/// sums are exact in any order.
template <class S>
S rounded_otherwise(S value) {
  if (value == std::trunc(value) || !std::isfinite(value)) return value;
  int exponent = 0;
  const double mantissa = std::abs(static_cast<double>(std::frexp(value, &exponent)));
  const auto choice = properties::mix(std::bit_cast<std::uint64_t>(mantissa)) % 3;
  if (choice == 0) return value;
  const S away = std::numeric_limits<S>::infinity() * (value < S(0) ? S(-1) : S(1));
  return std::nextafter(value, choice == 1 ? away : S(0));
}

/// A set of faults without its name.
class Unknown final : public SubjectOf<Unknown> {
 public:
  Unknown(const FaultRows& rows, bool other_rounding)
      : subject_(make_subject("fault:" + ids_of(rows))), other_rounding_(other_rounding) {}
  [[nodiscard]] std::string name() const override { return "unknown"; }
  [[nodiscard]] std::string description() const override { return "Something."; }
  [[nodiscard]] Capabilities capabilities() const override {
    Capabilities can = subject_->capabilities();
    if (other_rounding_) can.fixed_summation_order = false;
    return can;
  }
  template <class S>
  [[nodiscard]] std::unique_ptr<Session<S>> make_session(Cell cell, Activation g,
                                                         const Sizes& sizes) const {
    auto session = subject_->open<S>(cell, g, sizes);
    if (!other_rounding_) return session;
    return std::make_unique<Rounded<S>>(std::move(session));
  }

 private:
  template <class S>
  class Rounded final : public Session<S> {
   public:
    explicit Rounded(std::unique_ptr<Session<S>> session) : session_(std::move(session)) {}
    void forward(const NamedViews<const S>& in, const NamedViews<S>& out) override {
      session_->forward(in, out);
    }
    void backward(const NamedViews<const S>& in, const NamedViews<const S>& up,
                  const NamedViews<S>& grad) override {
      session_->backward(in, up, grad);
      for (const auto& [name, array] : grad)
        for_each_element(array, [](S& value) { value = rounded_otherwise(value); });
    }

   private:
    std::unique_ptr<Session<S>> session_;
  };

  std::unique_ptr<Subject> subject_;
  bool other_rounding_;
};

/// What is known of one cell's faults, for one subject after another.
class Examiner {
 public:
  Examiner(Cell cell, const PowerOptions& options)
      : cell_(cell),
        options_(options),
        can_(Unknown({faults_of(cell).front()}, options.other_rounding).capabilities()),
        faults_(cell, can_),
        cases_(trace_cases(cell, can_)) {}

  [[nodiscard]] NamedFault examine(const FaultRows& truth, std::size_t first) {
    const Unknown subject(truth, options_.other_rounding);
    const Deadline deadline(no_time_limit, options_.stop);
    const Evidence evidence = gather(subject, cell_, cases_, deadline);
    const FaultSearch found = search(evidence, faults_, deadline);
    NamedFault result{cell_, truth, Identified::no, found.fits};
    if (result.said.empty()) result.said = found.numbers_alone;
    result.said.resize(std::min(result.said.size(), first));
    if (std::find(result.said.begin(), result.said.end(), truth) != result.said.end())
      result.named = Identified::itself;
    else if (std::any_of(result.said.begin(), result.said.end(),
                         [&](const FaultRows& said) { return alike_elsewhere(subject, said); }))
      result.named = Identified::equivalent;
    return result;
  }

  /// Whether one of a pair alone does what both do.
  [[nodiscard]] bool one_hides_the_other(const FaultRows& pair) {
    const Unknown subject(pair, false);
    const Deadline deadline(no_time_limit, options_.stop);
    const Evidence evidence = gather(subject, cell_, cases_, deadline);
    std::vector<const CaseEvidence*> all;
    for (const CaseEvidence& c : evidence.cases)
      if (c.usable()) all.push_back(&c);
    return std::any_of(pair.begin(), pair.end(), [&](std::size_t row) {
      return gives_all_numbers({row}, all, faults_) && behaves_alike({row}, evidence, faults_);
    });
  }

 private:
  [[nodiscard]] bool alike_elsewhere(const Subject& truth, const FaultRows& said) {
    for (const TraceCase& c : trace_cases(cell_, can_, CaseSet::other)) {
      const CaseEvidence evidence(c, truth, can_);
      if (evidence.usable() && !same_numbers(evidence, faults_.numbers(said, evidence)))
        return false;
    }
    return true;
  }

  Cell cell_;
  const PowerOptions& options_;
  Capabilities can_;
  FaultTraces faults_;
  std::vector<TraceCase> cases_;
};

std::string figures(std::string_view what, const std::vector<NamedFault>& list, std::size_t first) {
  if (list.empty()) return "";
  const auto itself = std::count_if(list.begin(), list.end(),
                                    [](const auto& n) { return n.named == Identified::itself; });
  const int named = DiagnosisPower::named(list);
  std::string text = fmt::format(
      "{}: {} of {} named {} ({:.1f} %): {} itself, {} by one that gives the same numbers on other "
      "cases too\n",
      what, named, list.size(), first == 1 ? "first" : fmt::format("among the first {}", first),
      100.0 * named / static_cast<double>(list.size()), itself, named - itself);
  for (const NamedFault& n : list) {
    if (n.named == Identified::itself) continue;
    std::string said;
    for (const FaultRows& rows : n.said) said += (said.empty() ? "" : ", ") + ids_of(rows);
    text += fmt::format("  {} {}: {}; said: {}\n", name_of(n.cell), ids_of(n.truth),
                        name_of(n.named), said.empty() ? "nothing" : said);
  }
  return text;
}

}  // namespace

std::string_view name_of(Identified named) {
  return named == Identified::itself       ? "itself"
         : named == Identified::equivalent ? "equivalent"
                                           : "no";
}

int DiagnosisPower::named(const std::vector<NamedFault>& list) {
  return static_cast<int>(std::count_if(list.begin(), list.end(),
                                        [](const auto& n) { return n.named != Identified::no; }));
}

DiagnosisPower measure_diagnosis(const PowerOptions& options) {
  DiagnosisPower power;
  power.seed = options.seed;
  Examiner examiners[] = {Examiner(Cell::rnn, options), Examiner(Cell::lstm, options)};
  const auto stopped = [&] { return options.stop != nullptr && options.stop->load(); };
  const auto wanted = [&](std::size_t row) {
    return options.rows.empty() ||
           std::find(options.rows.begin(), options.rows.end(), row) != options.rows.end();
  };
  std::vector<std::size_t> of_cell[2];
  int all = options.pairs, done = 0;
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const std::size_t row : faults_of(cell)) {
      of_cell[static_cast<std::size_t>(cell)].push_back(row);
      all += wanted(row) ? 1 : 0;
    }
  const auto report = [&] {
    if (options.progress) options.progress(done, all);
    ++done;
  };
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const std::size_t row : of_cell[static_cast<std::size_t>(cell)]) {
      if (!wanted(row) || stopped()) continue;
      report();
      power.singles.push_back(
          examiners[static_cast<std::size_t>(cell)].examine({row}, first_of_single));
    }

  const properties::Draw draw(options.seed, "pairs of faults");
  std::set<std::pair<Cell, FaultRows>> drawn;
  for (Index k = 0; std::ssize(power.pairs) < options.pairs && !stopped(); ++k) {
    const Cell cell = draw.below(2, k, 0) == 0 ? Cell::rnn : Cell::lstm;
    const auto& rows = of_cell[static_cast<std::size_t>(cell)];
    const auto one = [&](Index which) {
      return rows[static_cast<std::size_t>(draw.below(std::ssize(rows), k, which))];
    };
    FaultRows pair{one(1), one(2)};
    std::sort(pair.begin(), pair.end());
    if (pair[0] == pair[1] || !drawn.emplace(cell, pair).second) continue;
    Examiner& examiner = examiners[static_cast<std::size_t>(cell)];
    if (examiner.one_hides_the_other(pair)) {
      ++power.hidden;
      continue;
    }
    report();
    power.pairs.push_back(examiner.examine(pair, first_of_pair));
  }
  return power;
}

std::string text_of(const DiagnosisPower& power) {
  std::string text = figures("single faults", power.singles, first_of_single) +
                     figures("pairs", power.pairs, first_of_pair);
  if (!power.pairs.empty())
    text += fmt::format(
        "seed {}; {} pairs more were drawn and left out: one of the two alone does the same\n",
        power.seed, power.hidden);
  return text;
}

}  // namespace bptt::diagnosis
