// The families of properties: files of properties/ put together so that each family costs about as
// much as the others. One is a line of a report, and a fuzz target.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "properties/property.hpp"

namespace bptt::properties {

struct Family {
  std::string_view name;
  std::string_view sentence;
  /// Property::family of its members.
  std::vector<std::string_view> members;
};

[[nodiscard]] const std::vector<Family>& property_families();

/// Whether a property belongs to the family.
[[nodiscard]] bool has(const Family& family, const Property& property);
/// Null if it belongs to none, as a made-up one may.
[[nodiscard]] const Family* family_of(const Property& property);

/// Properties of the catalogue that are in no family, or in more than one: a mistake in the table.
[[nodiscard]] std::vector<std::string> misplaced_properties(const std::vector<Property>& catalogue);

}  // namespace bptt::properties
