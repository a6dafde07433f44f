// One codec turns bytes into a ProblemSpec: for RapidCheck, libFuzzer, the corpus and the campaign
// alike. Any bytes decode (missing ones read as zero), and the bytes favour edges: T >= 3 most of
// the time, odd m, n_x != n_a, sizes around the kernels' blocks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// What the engine and the property leave to the bytes.
struct SpecLimits {
  Cell cell = Cell::rnn;
  Index max_size = 10;                             // of n_x, n_a, m; T up to max_size too
  Index min_m = 1, min_T = 1;                      // least batch; least number of steps, of da too
  bool wide = true;                                // one size in some cases near 16, 32 or 64
  Regimes regimes = finite_regimes;                // at least one
  bool tanh = true, relu = true, identity = true;  // of the RNN; at least one
  Index max_T = 4096;                              // T is at most this, whatever max_size says
  bool fewer_losses = true;                        // T_da < T_x in some cases
  unsigned always_zero = 0;                        // as in ProblemSpec::zero_arrays
};

inline constexpr std::size_t spec_bytes = 19;

[[nodiscard]] ProblemSpec decode_spec(std::span<const std::uint8_t> bytes,
                                      const SpecLimits& limits);
/// Bytes that decode to `spec` under the same limits. Throws FormatError if there are none.
[[nodiscard]] std::vector<std::uint8_t> encode_spec(const ProblemSpec& spec,
                                                    const SpecLimits& limits);

/// Bytes drawn from a seed: how a campaign without an engine finds its cases.
[[nodiscard]] std::vector<std::uint8_t> random_spec_bytes(std::uint64_t seed);

}  // namespace bptt::properties
