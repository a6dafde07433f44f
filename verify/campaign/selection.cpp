#include "verify/campaign/selection.hpp"

#include <regex>

#include "core/error.hpp"

namespace bptt::verify {

void select_properties(const std::string& pattern, CampaignOptions& options) {
  std::regex regex;
  try {
    regex = std::regex(pattern);
  } catch (const std::regex_error& error) {
    throw FormatError("'" + pattern + "' is no regular expression: " + error.what());
  }
  const auto matches = [&](const std::string& id) { return std::regex_search(id, regex); };
  for (const auto& p : properties::catalogue())
    if (matches(std::string(p.id))) options.properties.push_back(&p);
  for (const auto& p : properties::published_cases())
    if (const std::string name(p.name); matches(std::string(published_prefix) + name) ||
                                        matches(std::string(specification_prefix) + name))
      options.published.push_back(&p);
  if (options.properties.empty() && options.published.empty())
    throw UnsupportedError("no property matches '" + pattern +
                           "' (see: bptt-verify list properties)");
}

}  // namespace bptt::verify
