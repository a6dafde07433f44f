// The committed kill matrix is that of today, in what matters: every fault of the table is in it
// and killed, sampled lines are found again, and every property has a use.
#include "verify/campaign/kill_matrix.hpp"
#include "core/test_support.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "subjects/faults/fault_models.hpp"
#include "verify/report/kill_matrix_pages.hpp"
#include "verify/report/property_uses.hpp"

namespace bptt::verify {
namespace {

using nlohmann::json;

constexpr const char* again =
    "to make it anew: bptt-verify matrix --write docs/kill_matrix.md --json docs/kill_matrix.json";

std::string text_of(const std::string& file) {
  std::ifstream in(test::source_folder() + "/docs/" + file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

json committed() { return json::parse(text_of("kill_matrix.json")); }

TEST(KillMatrix, HasEveryFaultAndKillsIt) {
  const json matrix = committed();
  ASSERT_EQ(matrix.at("faults").size(), fault_count) << again;
  std::vector<int> first;
  for (std::size_t row = 0; row < fault_count; ++row) {
    const json& fault = matrix.at("faults")[row];
    EXPECT_EQ(fault.at("fault"), fault_models[row].id) << again;
    EXPECT_EQ(fault.at("model"), fault_models[row].model) << again;
    ASSERT_FALSE(fault.at("kills").empty()) << fault_models[row].id << " breaks no property";
    first.push_back(fault.at("first").at("judged"));
  }
  std::sort(first.begin(), first.end());
  EXPECT_LE(first[first.size() / 2], 20);
}

TEST(KillMatrix, HasEveryPropertyOfSubjects) {
  const json matrix = committed();
  std::vector<std::string> ids, expected;
  for (const json& property : matrix.at("properties")) ids.push_back(property.at("property"));
  for (const auto& property : properties::catalogue())
    if (is_of_faults(property)) expected.emplace_back(property.id);
  EXPECT_EQ(ids, expected) << again;
}

// A property that kills nothing which few others kill is either explained or superfluous.
TEST(KillMatrix, EveryPropertyHasAUse) {
  const json matrix = committed();
  std::set<std::string> of_use, explained, killing;
  for (const json& fault : matrix.at("faults"))
    for (const auto& [property, first] : fault.at("kills").items()) {
      killing.insert(property);
      if (fault.at("kills").size() <= rare_kill_others + 1) of_use.insert(property);
    }
  for (const PropertyUse& use : property_uses()) {
    EXPECT_FALSE(use.use.empty()) << use.property;
    EXPECT_TRUE(explained.emplace(use.property).second) << use.property << " is explained twice";
  }
  for (const json& row : matrix.at("properties")) {
    const std::string property = row.at("property");
    EXPECT_TRUE(killing.contains(property)) << property << " kills nothing: add the fault";
    EXPECT_TRUE(of_use.contains(property) || explained.contains(property))
        << property << " kills nothing that at most " << rare_kill_others
        << " others do not: add such a fault, or say what it is for in property_uses.cpp";
    explained.erase(property);
  }
  EXPECT_TRUE(explained.empty()) << *explained.begin() << " is explained, but is no property";
}

// The structure of some faults depends on no rounding, so that their lines are the same anywhere.
TEST(KillMatrix, SampledLinesAreFoundAgain) {
  const json matrix = committed();
  const std::string page = text_of("kill_matrix.md");
  MatrixOptions options;
  options.seed = matrix.at("seed");
  options.cases = matrix.at("cases");
  options.jobs = 2;
  for (const FaultId fault : {FaultId("slope_without_da_next"), FaultId("caller_da_modified"),
                              FaultId("db_shape_unchecked"), FaultId("no_tanh_on_c"),
                              FaultId("way_back_tail_of_8_dropped")})
    options.rows.push_back(fault.row);
  const KillMatrix sample = run_matrix(options);
  ASSERT_EQ(sample.faults.size(), options.rows.size());
  const json got = json::parse(json_of(sample, ""));
  for (std::size_t k = 0; k < options.rows.size(); ++k) {
    EXPECT_EQ(got.at("faults")[k], matrix.at("faults")[options.rows[k]]) << again;
    const std::string line = fault_line(sample.faults[k]);
    EXPECT_NE(page.find(line), std::string::npos) << line << again;
  }
}

}  // namespace
}  // namespace bptt::verify
