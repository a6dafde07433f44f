#include "verify/campaign/identity.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "verify/campaign/parts.hpp"

namespace bptt::verify {

using Json = nlohmann::ordered_json;

std::string fingerprints(const std::vector<std::filesystem::path>& files) {
  std::string all;
  for (const auto& file : files) {  // FNV-1a
    std::ifstream in(file, std::ios::binary);
    std::uint64_t hash = 0xcbf29ce484222325U;
    std::vector<char> bytes(1 << 16);
    while (in.read(bytes.data(), static_cast<std::streamsize>(bytes.size())) || in.gcount() > 0)
      for (std::streamsize k = 0; k < in.gcount(); ++k)
        hash = (hash ^ static_cast<unsigned char>(bytes[static_cast<std::size_t>(k)])) *
               0x100000001b3U;
    all += (all.empty() ? "" : "; ") + fmt::format("{:016x}", hash);
  }
  return all;
}

Json identity(const std::string& subject, const CampaignOptions& options,
              const std::vector<Lane>& lanes) {
  Json rows = Json::array();
  for (const Lane& lane : lanes) rows.push_back(row_name(lane.row));
  return {{"subject", subject},
          {"programs", options.programs},
          {"seed", options.seed},
          {"max_size", options.max_size.value_or(0)},
          {"regime", options.regime ? name_of(*options.regime) : ""},
          {"problem", options.problem ? to_string(*options.problem) : ""},
          {"rows", std::move(rows)}};
}

std::string whole_identity(const std::string& subject, const CampaignOptions& options,
                           const std::vector<Lane>& lanes) {
  Json all = identity(subject, options, lanes);
  all["cases"] = options.cases ? Json(*options.cases) : Json();
  return all.dump();
}

}  // namespace bptt::verify
