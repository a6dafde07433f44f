// Which properties and published cases a campaign is about, by their names.
#pragma once

#include <string>

#include "verify/campaign/campaign.hpp"

namespace bptt::verify {

/// Adds every property whose id matches a regular expression somewhere, and every published case
/// whose name does, behind one of its prefixes. Throws FormatError if it is no regular expression,
/// UnsupportedError if nothing matches.
void select_properties(const std::string& pattern, CampaignOptions& options);

}  // namespace bptt::verify
