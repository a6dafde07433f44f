#include "verify/report/bounds_json.hpp"

#include <nlohmann/json.hpp>

namespace bptt::verify {

std::string bounds_json(std::string_view subject, std::string_view program,
                        const std::vector<BoundsRow>& rows) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const BoundsRow& row : rows) {
    Json arrays = Json::array();
    for (const auto& [name, errors] : row.arrays)
      arrays.push_back({{"array", name},
                        {"entries", errors.entries},
                        {"median_sigma", errors.median},
                        {"largest_sigma", errors.largest},
                        {"median_ulp", errors.median_ulp},
                        {"largest_ulp", errors.largest_ulp}});
    list.push_back({{"cell", name_of(row.cell)},
                    {"scalar", name_of(row.scalar)},
                    {"regime", properties::name_of(row.regime)},
                    {"n_x", row.n_x},
                    {"n_a", row.n_a},
                    {"m", row.m},
                    {"T_x", row.T},
                    {"accused", row.accused},
                    {"arrays", arrays}});
  }
  return Json{{"schema", "bptt-verify/bounds"},
              {"version", 1},
              {"program", program},
              {"subject", subject},
              {"rows", list}}
             .dump(1) +
         "\n";
}

}  // namespace bptt::verify
