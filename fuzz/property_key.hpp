// How two bytes of an input name a property of the catalogue.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace bptt::fuzz {

/// A hash of its id: FNV-1a, folded to 16 bits. No two properties of the catalogue share one (a
/// test says so: rename the new one), so that an input keeps its property whatever is added or
/// removed.
[[nodiscard]] std::uint16_t property_key(std::string_view id);

/// The place of that value among the keys. One that is none of them draws a key: each is as likely
/// as the others, and when one is added it takes its share from all of them, while everything else
/// stays (rendezvous hashing: Thaler & Ravishankar 1998). There must be a key.
[[nodiscard]] std::size_t place_of(std::uint16_t value, std::span<const std::uint16_t> keys);

}  // namespace bptt::fuzz
