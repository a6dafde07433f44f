// Guidance: how near a case came to its error bound, told to the engine as if it were coverage, so
// that the search keeps what is less accurate than all before and climbs.
//
// libFuzzer reads an array of counters beside its own; other engines take no notice of it.
#pragma once

#include <cstdint>
#include <span>

namespace bptt::fuzz {

inline constexpr int guidance_levels = 64, guidance_slots = 32;

/// The level of a ratio error / bound, in half-octaves: 0 for anything up to 2^-24, 48 at the
/// bound, 63 from 2^7.5 on. -1 for 0: there was no error, or nothing was measured.
[[nodiscard]] int guidance_level(double ratio);

/// Notes the ratio of a case of the property (or the like) number `slot`, modulo guidance_slots.
/// Does nothing while guidance is off.
void guide(std::size_t slot, double ratio);

/// On from the start.
void set_guidance(bool on);

/// The largest ratio of all cases so far, whether guidance is on or not; 0 before the first.
[[nodiscard]] double worst_ratio();

/// The array that libFuzzer reads after each input, and clears before it: slot by slot.
[[nodiscard]] std::span<std::uint8_t> guidance_counters();

}  // namespace bptt::fuzz
