// The families of properties that are one fuzz target each: files of properties/ put together so
// that each family costs about as much as the others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "properties/property.hpp"

namespace bptt::fuzz {

struct Family {
  std::string_view name;
  std::string_view sentence;
  /// Property::family of its members.
  std::vector<std::string_view> members;
};

[[nodiscard]] const std::vector<Family>& families();

/// Whether a property belongs to the family.
[[nodiscard]] bool has(const Family& family, const properties::Property& property);

/// Properties of the catalogue that are in no family, or in more than one: a mistake in the table.
[[nodiscard]] std::vector<std::string> misplaced_properties(
    const std::vector<properties::Property>& catalogue);

}  // namespace bptt::fuzz
