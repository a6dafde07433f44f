// Every key that the program writes is described in docs/json.md, under the heading of its schema.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "core/test_support.hpp"
#include "diagnosis/grade.hpp"
#include "properties/problem_spec.hpp"
#include "subjects/registry.hpp"
#include "verify/campaign/campaign.hpp"
#include "verify/campaign/parts.hpp"
#include "verify/commands/inputs.hpp"
#include "verify/report/bounds_json.hpp"
#include "verify/report/digits_report.hpp"
#include "verify/report/json.hpp"
#include "verify/report/kill_matrix_pages.hpp"
#include "verify/report/subject_report.hpp"

namespace bptt::verify {
namespace {

using nlohmann::json;

std::string page() {
  std::ifstream in(test::source_folder() + "/docs/json.md");
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// The part of the page under a heading, with the common first part.
std::string section(const std::string& heading) {
  const std::string text = page();
  const auto first = text.find("\n## " + heading + "\n");
  EXPECT_NE(first, std::string::npos) << heading;
  if (first == std::string::npos) return "";
  const auto next = text.find("\n## ", first + 1);
  return text.substr(0, text.find("\n## ")) + text.substr(first, next - first);
}

/// Keys at any depth; those of an object whose keys are names that the data decide are left out.
void collect(const json& value, std::set<std::string>& keys, const std::set<std::string>& by_name) {
  if (value.is_array())
    for (const json& element : value) collect(element, keys, by_name);
  if (!value.is_object()) return;
  for (const auto& [key, inner] : value.items()) {
    keys.insert(key);
    if (by_name.count(key) == 0)
      collect(inner, keys, by_name);
    else if (inner.is_object())
      for (const auto& [name, of_name] : inner.items()) collect(of_name, keys, by_name);
  }
}

/// Keys that the text does not have in backquotes, alone or after "." and before "[]".
std::set<std::string> undocumented(const std::string& document, const std::string& text,
                                   const std::set<std::string>& by_name = {}) {
  std::set<std::string> keys, missing;
  collect(json::parse(document), keys, by_name);
  EXPECT_GT(keys.size(), 5U);
  for (const std::string& key : keys) {
    bool found = false;
    for (const std::string before : {"`", "."})
      for (const std::string after : {"`", "[]"})
        found = found || text.find(before + key + after) != std::string::npos;
    if (!found) missing.insert(key);
  }
  return missing;
}

const std::set<std::string> none;

TEST(JsonDocumentation, NamesAKeyThatIsNotThere) {
  EXPECT_EQ(undocumented(R"({"schema": 1, "version": 1, "program": 1, "outcome": 1, "cases": 1,
                             "made_up": {"rows": []}})",
                         section("bptt-verify/check")),
            std::set<std::string>{"made_up"});
}

TEST(JsonDocumentation, HasTheKeysOfACheck) {
  const auto subject = make_subject("fault:drop_da_prevt");
  CampaignOptions options;
  options.cases = 20;
  options.cells = {Cell::rnn};
  options.properties = {&properties::find_property("equals_reference")};
  const Report report = run_campaign(*subject, options);
  ASSERT_GT(broken_rows(report), 0);
  diagnosis::DiagnosisOptions diagnosis;
  diagnosis.seconds = diagnosis::no_time_limit;
  diagnosis.cell = Cell::rnn;
  const std::string text = json_of({report}, "1.2.3", {diagnosis::diagnose(*subject, diagnosis)});
  EXPECT_EQ(undocumented(text, section("bptt-verify/check") + section("bptt-verify/diagnosis"),
                         {"regimes", "paths"}),
            none);
  EXPECT_FALSE(json::parse(text)["reports"][0]["diagnosis"]["cells"][0]["fits"].empty());
  EXPECT_TRUE(json::parse(json_of({report}, "1.2.3"))["reports"][0]["diagnosis"].is_null());
}

TEST(JsonDocumentation, HasTheKeysOfAPart) {
  CampaignOptions options;
  options.cases = 20;
  options.cells = {Cell::rnn};
  options.in_parts = true;
  options.properties = {&properties::find_property("equals_reference")};
  Report report = run_campaign(*make_subject("fault:drop_da_prevt"), options);
  Parts parts = *report.parts;
  RowPart& row = parts.all.front().rows.front();
  ASSERT_TRUE(row.broken);
  row.rest.add({});
  row.shapes = {{0, "1 1 1 1"}};
  row.why_not_judged = {0, "memory"};
  report.parts = std::make_shared<const Parts>(parts);
  EXPECT_EQ(
      undocumented(json_of({report}, "1.2.3"), section("bptt-verify/check"), {"regimes", "paths"}),
      none);
}

TEST(JsonDocumentation, HasTheKeysOfADiagnosis) {
  diagnosis::DiagnosisOptions options;
  options.seconds = diagnosis::no_time_limit;
  options.cell = Cell::lstm;
  diagnosis::SubjectDiagnosis found =
      diagnosis::diagnose(*make_subject("fault:dbf_from_dzi"), options);
  found.cells.front().faults.nearest = diagnosis::NearestFault{{0}, {1, 2}};
  EXPECT_EQ(undocumented(json_of({found}, "1.2.3"), section("bptt-verify/diagnosis")), none);
}

TEST(JsonDocumentation, HasTheKeysOfPrintedDigits) {
  const auto problem = problem_named("rnn_backward_nb", Activation::tanh);
  for (const char* printed : {"dx[1][2] = [-0.15028183 -0.34554547 0.02071758 0.01483317]",
                              "dx[1][2] = [9 9 9 0.01483317]"}) {
    const auto diagnosis =
        diagnose("rnn_backward_nb", problem,
                 diagnosis::read_printout(printed, diagnosis::printable_arrays(Cell::rnn)));
    EXPECT_EQ(undocumented(json_of(diagnosis, "1.2.3"),
                           section("Printed digits") + section("bptt-verify/diagnosis")),
              none);
  }
}

TEST(JsonDocumentation, HasTheKeysOfAReplay) {
  const Replayed replayed = replay(
      "fault:drop_da_prevt equals_reference f64 rnn n_x=1 n_a=1 m=1 T_x=2 T_da=2 "
      "regime=unit seed=0");
  EXPECT_EQ(undocumented(json_of(replayed, "1.2.3"), section("bptt-verify/replay")), none);
}

TEST(JsonDocumentation, HasTheKeysOfAGrade) {
  const auto file =
      std::filesystem::path(test::source_folder()) / "properties/cases/rnn_backward_nb.npz";
  const diagnosis::Grade graded = diagnosis::grade(file, {});
  EXPECT_EQ(undocumented(json_of(graded, "1.2.3"),
                         section("bptt-verify/grade") + section("bptt-verify/replay")),
            none);
}

TEST(JsonDocumentation, HasTheKeysOfTheBounds) {
  BoundsRow row;
  row.arrays["dWf"] = {};
  EXPECT_EQ(undocumented(bounds_json("s", "1.2.3", {row}), section("bptt-verify/bounds")), none);
}

TEST(JsonDocumentation, HasTheKeysOfTheMatrix) {
  MatrixOptions options;
  options.cases = 1;
  options.rows = {0};
  EXPECT_EQ(
      undocumented(json_of(run_matrix(options), "1.2.3"), section("bptt-verify/matrix"), {"kills"}),
      none);
}

}  // namespace
}  // namespace bptt::verify
