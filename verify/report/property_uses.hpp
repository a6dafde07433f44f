// Why a property is in the catalogue even if every fault that it kills is killed by many others.
// A test refuses a property that has neither a fault which few others kill nor a line here.
#pragma once

#include <span>
#include <string_view>

namespace bptt::verify {

/// A property is of use by itself if it kills a fault that at most so many others kill.
inline constexpr std::size_t rare_kill_others = 5;

struct PropertyUse {
  std::string_view property, use;
};

[[nodiscard]] std::span<const PropertyUse> property_uses();

}  // namespace bptt::verify
