#include "properties/property_families.hpp"

#include <algorithm>

namespace bptt::properties {

const std::vector<Family>& property_families() {
  static const std::vector<Family> table{
      {"linearity",
       "gradients are linear, over time and batch too",
       {"linearity", "splitting", "networks"}},
      {"agreement", "independent ways to the same gradients agree", {"agreement"}},
      {"derivatives", "gradients are derivatives", {"derivatives", "loss_head"}},
      {"exact", "what the reference keeps exactly", {"exact"}},
      {"structure", "shapes, signs, permutations, padding, twins", {"shapes", "transformations"}},
      {"time", "causality, appended steps, memory modes, reversed time", {"time"}},
      {"memory", "sessions, buffers, strides, alignment, repetition", {"buffers"}},
      {"values", "saturation, infinities and NaN, closed forms", {"gates", "closed_forms"}}};
  return table;
}

const Family* family_of(const Property& property) {
  for (const Family& family : property_families())
    if (has(family, property)) return &family;
  return nullptr;
}

bool has(const Family& family, const Property& property) {
  return std::find(family.members.begin(), family.members.end(), property.family) !=
         family.members.end();
}

std::vector<std::string> misplaced_properties(const std::vector<Property>& catalogue) {
  std::vector<std::string> misplaced;
  for (const auto& property : catalogue) {
    const auto in = std::count_if(property_families().begin(), property_families().end(),
                                  [&](const Family& family) { return has(family, property); });
    if (in != 1) misplaced.emplace_back(property.id);
  }
  return misplaced;
}

}  // namespace bptt::properties
