// What every regression means is written in regressions/cases.txt, and it still means that: bytes
// that came to mean another case would be replayed, and nobody would notice.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "core/test_support.hpp"
#include "fuzz/catalogue_target.hpp"
#include "fuzz/target.hpp"

namespace bptt::fuzz {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path(test::source_folder()) / "fuzz/regressions";

/// TARGET/FILE -> the rest of its line in cases.txt.
std::map<std::string, std::string> recorded_cases() {
  std::map<std::string, std::string> cases;
  std::ifstream file(folder / "cases.txt");
  EXPECT_TRUE(file) << "cannot read fuzz/regressions/cases.txt";
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    const std::string meaning = space == std::string::npos ? "" : line.substr(space + 1);
    EXPECT_TRUE(cases.emplace(name, meaning).second) << name << " is there twice";
  }
  return cases;
}

/// The same of the files that are there. Inputs of a parser mean nothing but their bytes.
std::map<std::string, std::string> cases_of_files() {
  std::map<std::string, std::string> cases;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file() || entry.path().filename() == "cases.txt") continue;
    const std::string target = entry.path().parent_path().filename().string();
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::uint8_t> data(bytes.begin(), bytes.end());
    const auto made = find_target(target).make("");
    const auto* catalogue = dynamic_cast<const CatalogueTarget*>(made.get());
    cases[target + "/" + entry.path().filename().string()] =
        catalogue == nullptr ? "" : to_string(catalogue->decode(data));
  }
  return cases;
}

/// Which kernels there are for other instruction sets than the best depends on the machine and the
/// build: where one is missing, an input for it is one for another subject.
std::string without_target(const std::string& meaning, const std::string& recorded) {
  return recorded.starts_with("optimized:target=") ? meaning.substr(meaning.find(' ')) : meaning;
}

TEST(regressions, mean_what_is_written_beside_them) {
  const auto recorded = recorded_cases(), found = cases_of_files();
  EXPECT_FALSE(found.empty());
  for (const auto& [name, meaning] : found) {
    ASSERT_TRUE(recorded.contains(name)) << "fuzz/regressions/cases.txt lacks the line\n"
                                         << name << (meaning.empty() ? "" : " ") << meaning;
    EXPECT_EQ(without_target(meaning, recorded.at(name)),
              without_target(recorded.at(name), recorded.at(name)))
        << "fuzz/regressions/" << name;
  }
  for (const auto& [name, meaning] : recorded)
    EXPECT_TRUE(found.contains(name)) << "fuzz/regressions/" << name << " is not there";
}

}  // namespace
}  // namespace bptt::fuzz
