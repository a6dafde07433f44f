// The reference run once over Recorded numbers: what it gives, and the bounds read from its tape.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "arithmetic/noise_model.hpp"
#include "core/problem.hpp"
#include "core/subject.hpp"
#include "properties/bounded_run.hpp"
#include "properties/probes.hpp"

namespace bptt::properties {

/// Several threads may ask one run at once.
class TapeRun {
 public:
  /// `rounding` and `derivation`: of the implementation judged.
  TapeRun(const Problem<long double>& problem, const Rounding& rounding, Derivation derivation,
          Passes passes);

  /// In 64-bit mantissas.
  [[nodiscard]] const NamedTensors<long double>& values() const { return values_; }
  /// The bound of each probe; one that was asked for before is not derived again.
  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Probe>& probes);
  /// The bounds of <weights, arrays>: weights has some of the arrays of values().
  [[nodiscard]] std::vector<NoiseBound> bounds_of(
      const std::vector<NamedTensors<long double>>& weights) const;
  [[nodiscard]] const NoiseModel& noise() const { return *noise_; }
  [[nodiscard]] bool exact() const { return exact_; }
  /// That it took at its largest, of which oracle_memory.hpp has an estimate.
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  struct Array {
    Tensor<std::int32_t> nodes;
    std::vector<NoiseBound> of_entry;  // certain < 0: not derived yet; empty: none is
    std::map<std::uint64_t, NoiseBound> of_projection;

    [[nodiscard]] const NoiseBound* known(const Probe& probe) const;
    void learn(const Probe& probe, const NoiseBound& bound);
    [[nodiscard]] Functional functional(const Probe& probe) const;
  };
  NamedTensors<long double> values_;
  std::mutex mutex_;  // of the bounds in arrays_; the nodes do not change
  Named<Array> arrays_;
  std::unique_ptr<NoiseModel> noise_;
  bool exact_ = false;
  std::size_t bytes_ = 0;
};

}  // namespace bptt::properties
