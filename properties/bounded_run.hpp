// A problem's states and gradients with the bounds of bounds/, and a memory of those asked for
// before.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "arithmetic/rounding.hpp"
#include "bounds/network_bounds.hpp"
#include "core/problem.hpp"
#include "core/subject.hpp"
#include "properties/probes.hpp"

namespace bptt::properties {

/// How much of a problem is computed.
enum class Passes { forward, both };

/// About the bytes that a BoundedRun takes at its largest.
[[nodiscard]] double bytes_of_bounds(const Problem<long double>& problem, const Rounding& rounding,
                                     Derivation derivation, Passes passes);

/// Several threads may ask one run at once.
class BoundedRun {
 public:
  /// rounding, derivation: of the implementation judged. Throws CheckerError if it would take more
  /// than oracle_memory().
  BoundedRun(std::shared_ptr<const Problem<long double>> problem, const Rounding& rounding,
             Derivation derivation, Passes passes);

  /// In 64-bit mantissas; none of a forward pass alone.
  [[nodiscard]] const NamedTensors<long double>& values() const { return values_; }
  /// cache_names of the problem by the reference, for its ways back.
  [[nodiscard]] const NamedTensors<long double>& reference_states();
  /// The bound of each probe; one that was asked for before is not derived again.
  [[nodiscard]] std::vector<NoiseBound> bounds(const std::vector<Probe>& probes);
  /// The bounds of <weights, arrays>: weights has some of the arrays of values().
  [[nodiscard]] std::vector<NoiseBound> bounds_of(
      const std::vector<NamedTensors<long double>>& weights) const;
  [[nodiscard]] const bounds::NetworkBounds& noise() const { return noise_; }
  /// Every value is a whole number and every sum is exact in any order.
  [[nodiscard]] bool exact() const { return exact_; }
  /// About what it takes.
  [[nodiscard]] double bytes() const { return bytes_; }

 private:
  struct Known {
    std::vector<NoiseBound> of_entry;  // certain < 0: not derived yet; empty: none is
    std::map<std::uint64_t, NoiseBound> of_projection;

    [[nodiscard]] const NoiseBound* find(const Probe& probe) const;
    void learn(const Probe& probe, const NoiseBound& bound, Index entries);
  };
  std::shared_ptr<const Problem<long double>> problem_;  // noise_ reads it
  double bytes_ = 0;
  bounds::NetworkBounds noise_;
  NamedTensors<long double> values_;
  bool exact_ = false;
  std::mutex mutex_;  // of what follows
  Named<Known> known_;
  NamedTensors<long double> reference_states_;  // none: not computed yet
};

}  // namespace bptt::properties
