// What makes two campaigns the same: all on which case k of a row depends, and what the rows are.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "verify/campaign/lanes.hpp"

namespace bptt::verify {

/// Of what files hold, wherever they are.
[[nodiscard]] std::string fingerprints(const std::vector<std::filesystem::path>& files);

[[nodiscard]] nlohmann::ordered_json identity(const std::string& subject,
                                              const CampaignOptions& options,
                                              const std::vector<Lane>& lanes);

/// That and how many cases there are to be, as text: a journal may have more added to it, of which
/// the parts of one campaign have the same.
[[nodiscard]] std::string whole_identity(const std::string& subject, const CampaignOptions& options,
                                         const std::vector<Lane>& lanes);

}  // namespace bptt::verify
