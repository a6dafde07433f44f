#include "fuzz/property_key.hpp"

#include "properties/draw.hpp"

namespace bptt::fuzz {

std::uint16_t property_key(std::string_view id) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
  return static_cast<std::uint16_t>(hash ^ hash >> 16U);
}

std::size_t place_of(std::uint16_t value, std::span<const std::uint16_t> keys) {
  std::size_t place = 0;
  std::uint64_t highest = 0;
  for (std::size_t k = 0; k < keys.size(); ++k) {
    if (keys[k] == value) return k;
    const std::uint64_t lot = properties::mix(std::uint64_t{keys[k]} << 16U | value);
    if (lot < highest) continue;
    highest = lot;
    place = k;
  }
  return place;
}

}  // namespace bptt::fuzz
