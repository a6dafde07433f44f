#include "properties/codec.hpp"

#include <algorithm>
#include <array>

#include "cells/network.hpp"
#include "properties/draw.hpp"
#include "properties/zeros.hpp"

namespace bptt::properties {
namespace {

using Bytes = std::array<std::uint8_t, spec_bytes>;

constexpr std::array<int, 4> short_digits{16, 8, 2, 1};
constexpr unsigned first_wide = 224;  // bytes from here on: 4 sizes x 8 values

std::vector<Regime> regimes_in(Regimes set) {
  std::vector<Regime> list;
  for (int r = 0; r < regime_count; ++r)
    if ((set >> static_cast<unsigned>(r) & 1U) != 0) list.push_back(static_cast<Regime>(r));
  return list;
}

Index decode_T(std::uint8_t byte, Index max_size) {
  if (byte < 16 || max_size < 2) return 1;
  if (byte < 40 || max_size < 3) return 2;
  return 3 + (byte - 40) % (max_size - 2);
}

/// Three bytes of four give an odd batch.
Index decode_m(std::uint8_t byte, Index max_size) {
  const Index m = 1 + (byte / 4) % max_size;
  return byte % 4 != 0 && m % 2 == 0 ? m - 1 : m;
}

Activation decode_activation(std::uint8_t byte, const SpecLimits& limits, Regime regime) {
  if (table_of(limits.cell).activations().empty()) return Activation::tanh;
  std::vector<Activation> list;
  const bool only_tanh = !limits.relu && !limits.identity;
  if (only_tanh || (limits.tanh && regime != Regime::integers)) list.push_back(Activation::tanh);
  if (limits.relu) list.push_back(Activation::relu);
  if (limits.identity) list.push_back(Activation::identity);
  return list[byte % list.size()];
}

/// The integer regime is about exact sums, which tanh and sigmoid do not have.
bool may_be_exact(const SpecLimits& limits) {
  const bool open = !table_of(limits.cell).activations().empty();
  return cells::may_have_exact_sums(limits.cell) && (!open || limits.relu || limits.identity);
}

Regime decode_regime(std::uint8_t byte, const SpecLimits& limits) {
  const bool exact_sums = (limits.regimes & bit(Regime::integers)) != 0 && may_be_exact(limits);
  Regimes set = limits.regimes;
  if (!exact_sums && set != bit(Regime::integers)) set &= ~bit(Regime::integers);
  const auto list = regimes_in(set);
  // Half of all cases are of the first usual regime.
  if (byte >= 128 && (set & bit(Regime::unit)) != 0) return Regime::unit;
  return list[byte % list.size()];
}

void decode_wide(std::uint8_t byte, Sizes& s, const SpecLimits& limits) {
  if (byte < first_wide) return;
  const unsigned choice = byte - first_wide;
  for (Index* size : {&s.n_a, &s.n_x, &s.m, &s.T_x, &s.n_b, &s.n_c})
    *size = std::min(*size, std::max(limits.beside_wide, Index{1}));
  s.m = std::max(s.m, limits.min_m);
  s.T_x = std::max(s.T_x, limits.min_T);
  const Index value = wide_sizes[choice % 8];
  switch (choice / 8) {
    case 0: s.n_a = value; break;
    case 1: s.n_x = value; break;
    case 2: s.m = value; break;
    default: s.T_x = value; break;
  }
}

/// Three quarters of all cases have no zero array; else one, seldom two.
ArraySet decode_zeros(std::uint8_t byte, Cell cell) {
  if (byte < 192) return {};
  const auto names = drawn_names(cell);
  std::vector<std::size_t> candidates;
  for (std::size_t k = 0; k < names.size(); ++k)
    if (may_be_zero(array_of(cell, names[k]))) candidates.push_back(k);
  if (candidates.empty()) return {};
  const std::size_t first = byte % candidates.size();
  ArraySet zeros;
  zeros.set(candidates[first]);
  if (byte >= 240) zeros.set(candidates[(first + 1) % candidates.size()]);
  return zeros;
}

ProblemSpec decode(const Bytes& b, const SpecLimits& limits) {
  ProblemSpec spec;
  spec.cell = limits.cell;
  Sizes& s = spec.sizes;
  s.n_a = 1 + b[n_a_at] % limits.max_size;
  s.n_x = 1 + b[n_x_at] % limits.max_size;
  if (s.n_x == s.n_a && b[twin_at] % 8 != 0) s.n_x = s.n_a == limits.max_size ? 1 : s.n_a + 1;
  s.m = std::max(decode_m(b[m_at], limits.max_size), limits.min_m);
  s.T_x = std::max(decode_T(b[T_at], limits.max_size), limits.min_T);
  for (const auto& [name, size] : table_of(spec.cell).sizes()) {
    if (size == &Sizes::n_b) s.n_b = 1 + b[n_b_at] % limits.max_size;
    if (size == &Sizes::n_c) s.n_c = 1 + b[n_c_at] % limits.max_size;
  }
  if (limits.wide) decode_wide(b[wide_at], s, limits);
  s.T_x = std::min(s.T_x, limits.max_T);
  s.m = std::min(s.m, limits.max_m);
  settle(limits.size_rules, spec.cell, s);
  const bool all_losses = !limits.fewer_losses || b[T_da_at] < 192;
  s.T_da = all_losses ? s.T_x : std::max(1 + b[T_da_at] % s.T_x, limits.min_T);
  spec.regime = decode_regime(b[regime_at], limits);
  spec.activation = decode_activation(b[activation_at], limits, spec.regime);
  spec.zero_arrays = decode_zeros(b[zeros_at], limits.cell) | limits.always_zero;
  spec.digits = b[digits_at] < 192 ? 0 : short_digits[b[digits_at] % 4];
  for (std::size_t k = 0; k < 8; ++k)
    spec.seed |= static_cast<std::uint64_t>(b[seed_at + k]) << (8 * k);
  return spec;
}

}  // namespace

ProblemSpec decode_spec(std::span<const std::uint8_t> bytes, const SpecLimits& limits) {
  Bytes padded{};
  for (std::size_t k = 0; k < std::min(bytes.size(), padded.size()); ++k) padded[k] = bytes[k];
  return decode(padded, limits);
}

std::vector<std::uint8_t> encode_spec(const ProblemSpec& spec, const SpecLimits& limits) {
  Bytes bytes{};
  for (std::size_t k = 0; k < 8; ++k)
    bytes[seed_at + k] = static_cast<std::uint8_t>(spec.seed >> (8 * k));
  // Each byte decides one thing once the bytes before it stand, so that trying all its values
  // finds it. The wide size comes first, since it overrides the others.
  const auto settle = [&](SpecField field, const auto& agrees) {
    for (unsigned value = 0; value < 256; ++value) {
      bytes[field] = static_cast<std::uint8_t>(value);
      if (agrees(decode(bytes, limits))) return;
    }
    throw FormatError("no bytes decode to '" + to_string(spec) +
                      "' within max_size=" + std::to_string(limits.max_size));
  };
  const Sizes& want = spec.sizes;
  const auto is_wide = [&](Index size) { return size > limits.max_size; };
  settle(wide_at, [&](const ProblemSpec& got) {
    return (!is_wide(want.n_a) || got.sizes.n_a == want.n_a) &&
           (!is_wide(want.n_x) || got.sizes.n_x == want.n_x) &&
           (!is_wide(want.m) || got.sizes.m == want.m) &&
           (!is_wide(want.T_x) || got.sizes.T_x == want.T_x);
  });
  settle(n_a_at, [&](const ProblemSpec& got) { return got.sizes.n_a == want.n_a; });
  settle(n_x_at, [&](const ProblemSpec& got) { return got.sizes.n_x == want.n_x; });
  settle(m_at, [&](const ProblemSpec& got) { return got.sizes.m == want.m; });
  settle(n_b_at, [&](const ProblemSpec& got) { return got.sizes.n_b == want.n_b; });
  settle(n_c_at, [&](const ProblemSpec& got) { return got.sizes.n_c == want.n_c; });
  settle(T_at, [&](const ProblemSpec& got) { return got.sizes.T_x == want.T_x; });
  settle(T_da_at, [&](const ProblemSpec& got) { return got.sizes.T_da == want.T_da; });
  settle(regime_at, [&](const ProblemSpec& got) { return got.regime == spec.regime; });
  settle(activation_at, [&](const ProblemSpec& got) { return got.activation == spec.activation; });
  settle(zeros_at, [&](const ProblemSpec& got) { return got.zero_arrays == spec.zero_arrays; });
  settle(digits_at, [&](const ProblemSpec& got) { return got == spec; });
  return {bytes.begin(), bytes.end()};
}

void set_size(std::span<std::uint8_t> bytes, SpecField which, Index size,
              const SpecLimits& limits) {
  if (bytes.size() < spec_bytes || which > T_at || size < 1) return;
  const auto wide = std::find(wide_sizes.begin(), wide_sizes.end(), size);
  if (size > limits.max_size) {
    if (!limits.wide || wide == wide_sizes.end()) return;
    const auto choice = static_cast<std::size_t>(wide - wide_sizes.begin());
    bytes[wide_at] = static_cast<std::uint8_t>(first_wide + 8 * which + choice);
    return;
  }
  bytes[wide_at] = 0;
  const auto less = static_cast<std::uint8_t>(std::min<Index>(size, 64) - 1);
  switch (which) {
    case m_at: bytes[which] = static_cast<std::uint8_t>(4 * less); break;
    case T_at: bytes[which] = static_cast<std::uint8_t>(less < 2 ? 16 * less : 38 + less); break;
    default: bytes[which] = less;
  }
}

std::vector<std::uint8_t> random_spec_bytes(std::uint64_t seed) {
  std::vector<std::uint8_t> bytes(spec_bytes);
  for (std::size_t k = 0; k < bytes.size(); ++k)
    bytes[k] = static_cast<std::uint8_t>(mix(mix(seed) + k) >> 56U);
  return bytes;
}

}  // namespace bptt::properties
