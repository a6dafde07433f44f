#include "verify/campaign/bounds_survey.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <thread>

#include "arithmetic/fifty_digits.hpp"
#include "properties/codec.hpp"
#include "properties/comparison.hpp"
#include "properties/draw.hpp"
#include "properties/model_shapes.hpp"
#include "properties/reference_run.hpp"
#include "properties/trial.hpp"

namespace bptt::verify {
namespace {

using properties::ProblemSpec;
using properties::Regime;

/// So many entries of each array, or every one.
std::vector<properties::Probe> sampled_probes(const ProblemSpec& spec, Index of_an_array) {
  std::vector<properties::Probe> probes;
  auto names = state_names(spec.cell);
  names.insert(names.end(), gradient_names(spec.cell).begin(), gradient_names(spec.cell).end());
  for (const auto& name : names) {
    const Index size = shape_of(spec.cell, name, spec.sizes).size();
    const properties::Draw draw(spec.seed, "sample of " + name);
    for (Index k = 0; k < std::min(size, of_an_array); ++k)
      probes.push_back({name, size <= of_an_array ? k : draw.below(size, k), 0});
  }
  return probes;
}

/// error / sigma by array, and what else a row counts.
struct Sample {
  std::map<std::string, std::vector<float>> ratios, ulps;
  BoundsRow row;

  /// Truth: the arrays that are right, in a wider scalar.
  template <class S>
  void judge_small(const Subject& subject, const ProblemSpec& spec) {
    constexpr Index of_an_array = 64;
    judge<S>(subject, spec, of_an_array, [](const auto& trial, const auto&) {
      return properties::reference_outputs(converted<Fifty>(trial.problem));
    });
  }
  template <class S>
  void judge_large(const Subject& subject, const ProblemSpec& spec, Index of_an_array) {
    judge<S>(subject, spec, of_an_array,
             [](const auto&, const auto& expectation) { return expectation.values(); });
  }

 private:
  template <class S, class Truth>
  void judge(const Subject& subject, const ProblemSpec& spec, Index of_an_array,
             const Truth& truth_of) {
    const properties::Trial<S> trial(subject, spec);
    const auto expectation = trial.expect(trial.problem);
    if (!expectation.doubt().empty()) {
      ++row.doubtful_problems;
      return;
    }
    const auto got = trial.run();
    const auto& truth = truth_of(trial, expectation);
    const auto probes = sampled_probes(spec, of_an_array);
    const auto bounds = expectation.bounds(probes);
    for (std::size_t k = 0; k < probes.size(); ++k) {
      const auto entry = static_cast<std::size_t>(probes[k].entry);
      const Fifty difference =
          Fifty(got[probes[k].array].elements()[entry]) - truth[probes[k].array].elements()[entry];
      const long double error = std::abs(static_cast<long double>(difference));
      // An error bound of zero promises exactness; an exact result of zero is no evidence.
      if (bounds[k].sigma == 0 && error == 0) continue;
      ++row.entries;
      row.beyond_certain += error > bounds[k].certain ? 1 : 0;
      row.accused += error > properties::tolerance_of(bounds[k]) ? 1 : 0;
      if (bounds[k].sigma == 0) continue;
      row.certain_share =
          std::max(row.certain_share, static_cast<double>(error / bounds[k].certain));
      ratios[probes[k].array].push_back(static_cast<float>(error / bounds[k].sigma));
      const S right = std::abs(static_cast<S>(truth[probes[k].array].elements()[entry]));
      if (right == 0 || !std::isfinite(right)) continue;
      const S unit = std::nextafter(right, std::numeric_limits<S>::infinity()) - right;
      ulps[probes[k].array].push_back(
          static_cast<float>(static_cast<double>(error) / static_cast<double>(unit)));
    }
  }
};

double quantile(std::vector<float>& values, double part) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

BoundsRow finish(Sample& sample) {
  BoundsRow& row = sample.row;
  std::vector<float> all;
  row.lowest_median = std::numeric_limits<double>::infinity();
  for (auto& [name, ratios] : sample.ratios) {
    all.insert(all.end(), ratios.begin(), ratios.end());
    std::vector<float>& in_ulp = sample.ulps[name];
    row.arrays[name] = {static_cast<long long>(ratios.size()), quantile(ratios, 0.5),
                        quantile(ratios, 1), quantile(in_ulp, 0.5), quantile(in_ulp, 1)};
    if (name == "a" || name == "c") continue;  // the medians are about gradients
    const double median = quantile(ratios, 0.5);
    row.lowest_median = std::min(row.lowest_median, median);
    row.highest_median = std::max(row.highest_median, median);
  }
  row.median = quantile(all, 0.5);
  row.percentile_99 = quantile(all, 0.99);
  row.largest = all.empty() ? 0 : *std::max_element(all.begin(), all.end());
  return row;
}

/// Fills one row with problems spec_of(0), spec_of(1), .. until it has its entries.
template <class SpecOf>
BoundsRow survey_row(const Subject& subject, const BoundsRow& kind, const SpecOf& spec_of,
                     long long entries) {
  Sample sample;
  sample.row = kind;
  for (std::uint64_t k = 0; sample.row.entries < entries && k < 100000; ++k) {
    const ProblemSpec spec = spec_of(k);
    if (!can_run(subject.capabilities(), spec.cell, spec.activation, kind.scalar)) continue;
    if (kind.scalar == Scalar::f32)
      sample.judge_small<float>(subject, spec);
    else
      sample.judge_small<double>(subject, spec);
  }
  return finish(sample);
}

template <class SpecOf>
std::vector<BoundsRow> survey(const Subject& subject, std::vector<BoundsRow> kinds,
                              const SpecOf& spec_of, const BoundsSurveyOptions& options) {
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  std::mutex reporting;
  const auto work = [&] {
    // The dear rows come last in the list, and are begun first.
    for (std::size_t k = next++; k < kinds.size(); k = next++) {
      BoundsRow& row = kinds[kinds.size() - 1 - k];
      const BoundsRow kind = row;
      row = survey_row(
          subject, kind, [&](std::uint64_t n) { return spec_of(kind, n); },
          options.entries_per_row);
      const std::lock_guard lock(reporting);
      ++done;
      if (options.progress) options.progress(done, kinds.size());
    }
  };
  std::vector<std::jthread> threads;
  for (unsigned j = 1; j < options.jobs; ++j) threads.emplace_back(work);
  work();
  threads.clear();
  return kinds;
}

std::vector<BoundsRow> cells_and_scalars(const Subject& subject) {
  std::vector<BoundsRow> kinds;
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Scalar scalar : {Scalar::f32, Scalar::f64})
      if (can_run(subject.capabilities(), cell, Activation::tanh, scalar)) {
        BoundsRow row;
        row.cell = cell;
        row.scalar = scalar;
        kinds.push_back(row);
      }
  return kinds;
}

}  // namespace

std::vector<BoundsRow> survey_sizes(const Subject& subject, const BoundsSurveyOptions& options) {
  std::vector<BoundsRow> kinds;
  for (const Index n_a : {4, 8, 16, 32, 64})
    for (const Index T : {1, 5, 20, 50})
      for (BoundsRow row : cells_and_scalars(subject)) {
        row.n_a = n_a;
        row.T = T;
        kinds.push_back(row);
      }
  const auto spec_of = [&](const BoundsRow& row, std::uint64_t n) {
    ProblemSpec spec;
    spec.cell = row.cell;
    spec.seed = properties::mix(options.seed * 1000003 + n);
    const properties::Draw draw(spec.seed, "sizes");
    spec.sizes = {1 + draw.below(row.n_a + 3, 0), row.n_a, 1 + draw.below(3, 1), row.T, row.T};
    return spec;
  };
  return survey(subject, std::move(kinds), spec_of, options);
}

std::vector<BoundsRow> survey_regimes(const Subject& subject, const BoundsSurveyOptions& options) {
  std::vector<BoundsRow> kinds;
  for (int r = 0; r < properties::regime_count; ++r)
    for (BoundsRow row : cells_and_scalars(subject)) {
      row.regime = static_cast<Regime>(r);
      if (row.regime == Regime::nonfinite || row.regime == Regime::integers) continue;
      kinds.push_back(row);
    }
  const auto spec_of = [&](const BoundsRow& row, std::uint64_t n) {
    properties::SpecLimits limits;
    limits.cell = row.cell;
    limits.regimes = properties::bit(row.regime);
    return properties::decode_spec(
        properties::random_spec_bytes(options.seed * 1000003 + n * 64 +
                                      static_cast<std::uint64_t>(row.regime)),
        limits);
  };
  return survey(subject, std::move(kinds), spec_of, options);
}

std::vector<BoundsRow> survey_models(const Subject& subject, const BoundsSurveyOptions& options) {
  using properties::SizeSet;
  std::vector<BoundsRow> rows;
  for (const BoundsRow& kind : cells_and_scalars(subject)) {
    const Sizes first = properties::model_problem(SizeSet::real, kind.cell, options.seed, 0).sizes;
    for (int k = 0;; ++k) {
      const ProblemSpec spec = properties::model_problem(SizeSet::real, kind.cell, options.seed, k);
      const Sizes& s = spec.sizes;
      if ((k > 0 && s == first) || (options.models > 0 && k == options.models)) break;
      Sample sample;
      sample.row = kind;
      sample.row.n_x = s.n_x;
      sample.row.n_a = s.n_a;
      sample.row.m = s.m;
      sample.row.T = s.T_x;
      const auto arrays =
          static_cast<long long>(state_names(kind.cell).size() + gradient_names(kind.cell).size());
      const auto of_an_array = std::max<Index>(1, options.entries_per_row / arrays);
      if (kind.scalar == Scalar::f32)
        sample.judge_large<float>(subject, spec, of_an_array);
      else
        sample.judge_large<double>(subject, spec, of_an_array);
      rows.push_back(finish(sample));
      if (options.progress) options.progress(rows.size(), 0);
    }
  }
  return rows;
}

std::string sizes_table(const std::vector<BoundsRow>& rows) {
  std::string text =
      "| cell | scalar | n_a | T | entries | error / sigma: median | by gradient | 99 % | largest "
      "| "
      "largest error / certain | beyond certain | accused |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const BoundsRow& r : rows)
    text += fmt::format(
        "| {} | {} | {} | {} | {} | {:.2f} | {:.2f} .. {:.2f} | {:.2f} | {:.2f} | "
        "{:.1e} | {} | {} |\n",
        name_of(r.cell), name_of(r.scalar), r.n_a, r.T, r.entries, r.median, r.lowest_median,
        r.highest_median, r.percentile_99, r.largest, r.certain_share, r.beyond_certain, r.accused);
  return text;
}

std::string models_table(const std::vector<BoundsRow>& rows) {
  std::string text =
      "| cell | scalar | n_x n_a m T | entries | error / sigma: median | by gradient | largest | "
      "largest error / certain | beyond certain | accused |\n"
      "|---|---|---|---|---|---|---|---|---|---|\n";
  for (const BoundsRow& r : rows)
    text += fmt::format(
        "| {} | {} | {} {} {} {} | {} | {:.2f} | {:.2f} .. {:.2f} | {:.2f} | {:.1e} | {} | {} |\n",
        name_of(r.cell), name_of(r.scalar), r.n_x, r.n_a, r.m, r.T, r.entries, r.median,
        r.lowest_median, r.highest_median, r.largest, r.certain_share, r.beyond_certain, r.accused);
  return text;
}

std::string regimes_table(const std::vector<BoundsRow>& rows) {
  std::string text =
      "| regime | cell | scalar | entries | error / sigma: median | 99 % | largest | largest error "
      "/ "
      "certain | beyond certain | accused | problems in doubt |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const BoundsRow& r : rows)
    text +=
        fmt::format("| {} | {} | {} | {} | {:.2f} | {:.2f} | {:.2f} | {:.1e} | {} | {} | {} |\n",
                    properties::name_of(r.regime), name_of(r.cell), name_of(r.scalar), r.entries,
                    r.median, r.percentile_99, r.largest, r.certain_share, r.beyond_certain,
                    r.accused, r.doubtful_problems);
  return text;
}

}  // namespace bptt::verify
