// Every correct subject on every published case; and what must be seen to fail.
#include "properties/published_cases.hpp"
#include "core/test_support.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "subjects/registry.hpp"

namespace bptt::properties {
namespace {

/// One test.
struct Pair {
  std::string subject;
  const PublishedCase* published;
  friend void PrintTo(const Pair& pair, std::ostream* out) { *out << pair.published->name; }
};

std::string test_name(const testing::TestParamInfo<Pair>& info) {
  std::string name = std::string(info.param.published->name) + "_" + info.param.subject;
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return name;
}

std::vector<Pair> pairs() {
  std::vector<Pair> all;
  for (const auto& subject : subject_names())
    for (const PublishedCase& p : published_cases())
      if (applies(p, make_subject(subject)->capabilities())) all.push_back({subject, &p});
  return all;
}

class PublishedCases : public testing::TestWithParam<Pair> {};

TEST_P(PublishedCases, AreReproduced) {
  const auto& [subject, published] = GetParam();
  const Verdict verdict = check_published_case(*make_subject(subject), *published);
  EXPECT_EQ(verdict.outcome, Outcome::held) << describe(verdict);
  Index entries = 0;
  for (const auto& name : state_names(published->cell))
    if (published->expected.contains(name)) entries += published->expected[name].size();
  if (published->backward) {
    for (const auto& name : gradient_names(published->cell))
      if (published->expected.contains(name)) entries += published->expected[name].size();
  }
  EXPECT_GE(verdict.compared, entries - verdict.trivial);
  // The bound says something: no more than 1e-13 beside numbers of order one.
  EXPECT_LT(verdict.worst.bound, 1e-13);
}

INSTANTIATE_TEST_SUITE_P(All, PublishedCases, testing::ValuesIn(pairs()), test_name);

class PublishedSpecification : public testing::TestWithParam<std::string> {};

TEST_P(PublishedSpecification, GatesAndPredictionsAreReproduced) {
  const PublishedCase& published = find_published_case(GetParam());
  const Verdict verdict = check_published_specification(published);
  EXPECT_EQ(verdict.outcome, Outcome::held) << describe(verdict);
  Index entries = published.expected["y"].size();
  for (const auto& name : cache_names(published.cell))
    if (published.expected.contains(name)) entries += published.expected[name].size();
  EXPECT_GE(verdict.compared + verdict.trivial, entries);
}

std::vector<std::string> case_names() {
  std::vector<std::string> names;
  for (const PublishedCase& p : published_cases()) names.emplace_back(p.name);
  return names;
}
INSTANTIATE_TEST_SUITE_P(All, PublishedSpecification, testing::ValuesIn(case_names()),
                         [](const auto& published) { return published.param; });

TEST(PublishedCase, AllEightAreThereWithAllTheirArrays) {
  ASSERT_EQ(published_cases().size(), 8U);
  for (const PublishedCase& p : published_cases()) {
    for (const auto& name : state_names(p.cell)) EXPECT_TRUE(p.expected.contains(name)) << p.name;
    EXPECT_EQ(p.backward, p.name.find("backward") != std::string_view::npos);
    if (p.backward) {
      for (const auto& name : gradient_names(p.cell))
        EXPECT_TRUE(p.expected.contains(name)) << p.name << " " << name;
    }
    EXPECT_FALSE(p.printed.empty()) << p.name;
    EXPECT_NO_THROW(require_consistent(p.problem)) << p.name;
  }
  EXPECT_EQ(find_published_case("lstm_backward_new").sizes, (Sizes{3, 5, 10, 7, 4}));
  EXPECT_THROW((void)find_published_case("lstm_backward_old"), UnsupportedError);
}

TEST(PublishedCase, AnEntryOffInTheTwelfthDecimalIsSeen) {
  for (const PublishedCase& p : published_cases()) {
    PublishedCase altered = p;
    altered.expected["a"].elements()[7] += 1e-12;
    const Verdict verdict = check_published_case(*make_subject("reference"), altered);
    EXPECT_EQ(verdict.outcome, Outcome::broken) << p.name;
    EXPECT_EQ(verdict.worst.array, "a");
    EXPECT_EQ(verdict.worst.index, (std::vector<Index>{2, 1, 0}));
    PublishedCase head = p;
    head.expected["y"].elements()[3] *= 1 + 1e-12;
    EXPECT_EQ(check_published_specification(head).outcome, Outcome::broken) << p.name;
  }
}

TEST(PublishedCase, APrintedDigitThatDiffersIsSeen) {
  PublishedCase altered = find_published_case("rnn_forward_nb");
  altered.printed[0].digits[1] = "0.77911236";
  const Verdict verdict = check_published_case(*make_subject("reference"), altered);
  EXPECT_EQ(verdict.outcome, Outcome::broken);
  EXPECT_EQ(verdict.reason, "a[4,1,1] is printed as 0.77911235, published as 0.77911236");
}

TEST(PublishedCase, AFaultIsSeen) {
  const auto faulty = make_subject("fault:no_carry");
  EXPECT_EQ(check_published_case(*faulty, find_published_case("lstm_backward_new")).outcome,
            Outcome::broken);
}

// The table that early editions of the notebook expected of lstm_backward: each of its arrays.
TEST(PublishedCase, TheReferenceDisagreesWithTheEarlyTable) {
  const auto table = nlohmann::json::parse(
      std::ifstream(test::source_folder() + "/subjects/test_data/course_v1_v3_expected.json"));
  const PublishedCase& right = find_published_case("lstm_backward_new");
  std::string wrong;
  for (const auto& [name, array] : table.at("arrays").items()) {
    PublishedCase early = right;
    Tensor<double>& expected = early.expected[name];
    const std::vector<double> values = array.at("data");
    ASSERT_EQ(static_cast<Index>(values.size()), expected.size()) << name;
    const Shape& shape = expected.shape();
    std::size_t k = 0;  // row-major
    for (Index i = 0; i < shape[0]; ++i)
      for (Index j = 0; j < shape[1]; ++j)
        for (Index t = 0; t < shape[2]; ++t) expected(i, j, t) = values[k++];
    const Verdict verdict = check_published_case(*make_subject("reference"), early);
    EXPECT_EQ(verdict.outcome, Outcome::broken) << name;
    EXPECT_EQ(verdict.worst.array, name);
    wrong += name + " ";
  }
  EXPECT_EQ(wrong, "dWc dWf dWi dWo da0 dbc dbf dbi dbo dx ");
}

}  // namespace
}  // namespace bptt::properties
