// One codec turns bytes into a ProblemSpec: for RapidCheck, libFuzzer, the corpus and the campaign
// alike. Any bytes decode (missing ones read as zero), and the bytes favour edges: T >= 3 most of
// the time, odd m, n_x != n_a, sizes around the kernels' blocks.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/size_rules.hpp"
#include "properties/problem_spec.hpp"

namespace bptt::properties {

/// What the engine and the property leave to the bytes.
struct SpecLimits {
  Cell cell = Cell::rnn;
  Index max_size = 10;                             // of n_x, n_a, m; T up to max_size too
  Index min_m = 1, min_T = 1;                      // least batch; least number of steps, of da too
  bool wide = true;                                // one size in some cases near 16, 32 or 64
  Regimes regimes = finite_regimes;                // at least one
  bool tanh = true, relu = true, identity = true;  // of a cell that leaves one open; one at least
  Index max_T = 4096, max_m = 65536;               // at most this, whatever max_size says
  bool fewer_losses = true;                        // T_da < T_x in some cases
  ArraySet always_zero{};                          // as in ProblemSpec::zero_arrays
  std::vector<SizeRule> size_rules{};
  Index beside_wide = 4096;  // the other three sizes are at most this where one is wide
};

/// Where each choice is read. The seed takes eight bytes. What came later stands behind it, so that
/// older bytes mean what they meant.
enum SpecField : std::size_t {
  n_a_at,
  n_x_at,
  m_at,
  T_at,
  T_da_at,
  regime_at,
  activation_at,
  zeros_at,
  digits_at,
  wide_at,
  twin_at,
  seed_at,
  n_b_at = seed_at + 8,
  n_c_at
};
inline constexpr std::size_t spec_bytes = n_c_at + 1;

/// Sizes beyond max_size that bytes can ask for: around the kernels' vectors and blocks.
inline constexpr std::array<Index, 8> wide_sizes{15, 16, 17, 31, 32, 33, 64, 65};

[[nodiscard]] ProblemSpec decode_spec(std::span<const std::uint8_t> bytes,
                                      const SpecLimits& limits);
/// Bytes that decode to `spec` under the same limits. Throws FormatError if there are none.
[[nodiscard]] std::vector<std::uint8_t> encode_spec(const ProblemSpec& spec,
                                                    const SpecLimits& limits);

/// Changes spec_bytes bytes so that n_a, n_x, m or T_x (`which`: n_a_at .. T_at) becomes `size`, as
/// far as the limits go. Leaves them alone if no byte means it.
void set_size(std::span<std::uint8_t> bytes, SpecField which, Index size, const SpecLimits& limits);

/// Bytes drawn from a seed: how a campaign without an engine finds its cases.
[[nodiscard]] std::vector<std::uint8_t> random_spec_bytes(std::uint64_t seed);

}  // namespace bptt::properties
