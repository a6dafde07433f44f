// The reference run once over Recorded numbers: what it gives, and the bounds read from its tape.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "arithmetic/noise_model.hpp"
#include "core/problem.hpp"
#include "core/subject.hpp"
#include "properties/bounded_run.hpp"
#include "properties/probes.hpp"

namespace bptt::properties {

class TapeRun {
 public:
  /// `rounding` and `derivation`: of the implementation judged.
  TapeRun(const Problem<long double>& problem, const Rounding& rounding, Derivation derivation,
          Passes passes);

  /// In 64-bit mantissas.
  [[nodiscard]] const NamedTensors<long double>& values() const { return values_; }
  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Probe>& probes) const;
  [[nodiscard]] const NoiseModel& noise() const { return *noise_; }
  [[nodiscard]] bool exact() const { return exact_; }

 private:
  struct Array {
    Tensor<std::int32_t> nodes;
    [[nodiscard]] Functional functional(const Probe& probe) const;
  };
  NamedTensors<long double> values_;
  Named<Array> arrays_;
  std::unique_ptr<NoiseModel> noise_;
  bool exact_ = false;
};

}  // namespace bptt::properties
