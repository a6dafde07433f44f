// The catalogue under RapidCheck and GoogleTest: every property, for every family of subjects, cell
// and scalar that it applies to, is one test.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "properties/property.hpp"
#include "properties/replay.hpp"
#include "properties/run_options.hpp"
#include "properties/shrink.hpp"
#include "subjects/registry.hpp"

namespace bptt::properties {
// RapidCheck finds this by its argument's namespace.
void showValue(const ProblemSpec& spec, std::ostream& out) { out << to_string(spec); }

namespace {

/// Bytes from RapidCheck's random source, through the codec; `shrinks` in place of its own.
template <class Shrinks>
rc::Gen<ProblemSpec> specs(const SpecLimits& limits, const Shrinks& shrinks) {
  return [=](const rc::Random& random, int) {
    rc::Random source = random;
    return rc::shrinkable::shrinkRecur(decode_spec(random_spec_bytes(source.next()), limits),
                                       shrinks);
  };
}

/// A subject on trial, and what became of its cases.
struct Member {
  std::unique_ptr<Subject> subject;
  int held = 0, judged = 0;
};

/// One property, cell and scalar on all subjects of a family, each case put to every one of them:
/// what the numbers must be is then worked out once for those that round alike.
class PropertyTest : public ::testing::Test {
 public:
  PropertyTest(const Property& property, std::vector<std::string> subjects, Cell cell,
               Scalar scalar)
      : property_(property), subjects_(std::move(subjects)), cell_(cell), scalar_(scalar) {}

  void TestBody() override {
    const RunOptions options = RunOptions::from_environment();
    std::vector<Member> members;
    for (const auto& name : subjects_) members.push_back({make_subject(name)});
    const Capabilities can = members.front().subject->capabilities();
    SpecLimits limits = limits_for(property_, can, cell_);
    limits.max_size = options.size_of(limits.max_size);
    limits.wide = limits.wide && options.max_size == 0;

    rc::detail::TestParams params;
    params.seed = options.seed;
    params.maxSuccess = options.cases_of_cost(property_.cost);
    const auto shrinks = [&](const ProblemSpec& spec) {
      auto simpler = shrink_candidates(spec);
      std::erase_if(simpler, [&](const ProblemSpec& candidate) {
        return !applies(property_, can, scalar_, candidate);
      });
      return rc::seq::fromContainer(std::move(simpler));
    };
    rc::detail::TestMetadata metadata;
    metadata.id = std::string(property_.id);
    const auto result = rc::detail::checkTestable(
        [&] {
          const ProblemSpec spec = *specs(limits, shrinks);
          for (Member& member : members) judge(member, spec);
        },
        metadata, params);

    if (!result.template is<rc::detail::SuccessResult>()) {
      std::ostringstream text;
      rc::detail::printResultMessage(result, text);
      FAIL() << property_.sentence << ": " << property_.mathematics << "\n" << text.str();
    }
    for (const Member& member : members) {
      const std::string name = member.subject->name();
      RecordProperty(suite_of(name) + "_held", member.held);
      EXPECT_EQ(member.judged, params.maxSuccess) << name << " was not asked every case";
      EXPECT_GT(member.held, 0) << name << ": all " << member.judged
                                << " cases were inconclusive (BPTT_SEED=" << options.seed << ")";
    }
  }

  /// GoogleTest's suites and properties are named by subject.
  static std::string suite_of(std::string subject) {
    for (char& c : subject)
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    return subject;
  }

 private:
  void judge(Member& member, const ProblemSpec& spec) const {
    if (!applies(property_, member.subject->capabilities(), scalar_, spec)) return;
    const Verdict verdict = check(property_, *member.subject, scalar_, spec);
    if (!verdict.unbroken())
      RC_FAIL(std::string(name_of(verdict.outcome)) + ": " + describe(verdict) + "\n" +
              replay_command({member.subject->name(), std::string(property_.id), scalar_, spec}));
    ++member.judged;
    if (verdict.outcome == Outcome::held) ++member.held;
  }

  const Property& property_;
  std::vector<std::string> subjects_;
  Cell cell_;
  Scalar scalar_;
};

void register_test(const Property& property, const std::string& family,
                   const std::vector<std::string>& subjects, Cell cell, Scalar scalar) {
  const bool specification = property.about == About::specification;
  std::string name(property.id);
  name.append("_").append(bptt::name_of(cell));
  if (!specification) name.append("_").append(bptt::name_of(scalar));
  ::testing::RegisterTest(specification ? "specification" : family.c_str(), name.c_str(), nullptr,
                          nullptr, __FILE__, __LINE__,
                          [&property, subjects, cell, scalar]() -> PropertyTest* {
                            return new PropertyTest(property, subjects, cell, scalar);
                          });
}

/// A subject that may be asked.
struct Candidate {
  std::string name;
  Capabilities can;
};

/// By the part of a subject's name before the colon. The lines round where the reference does, so
/// that they share what is expected of it.
std::map<std::string, std::vector<Candidate>> families() {
  std::map<std::string, std::vector<Candidate>> all;
  for (const auto& name : subject_names()) {
    const std::string family = name.substr(0, name.find(':'));
    all[family == "lines" ? "reference" : family].push_back(
        {name, make_subject(name)->capabilities()});
  }
  return all;
}

void register_tests() {
  for (const auto& [family, candidates] : families()) {
    for (const Property& property : catalogue())
      for (const Cell cell : {Cell::rnn, Cell::lstm})
        for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
          std::vector<std::string> subjects;
          for (const Candidate& candidate : candidates)
            if (applies(property, candidate.can, cell, scalar)) subjects.push_back(candidate.name);
          if (property.about == About::specification)  // once, whatever is on trial
            subjects.resize(family == "reference" && !subjects.empty() ? 1 : 0);
          if (!subjects.empty()) register_test(property, family, subjects, cell, scalar);
        }
  }
}

}  // namespace
}  // namespace bptt::properties

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  // RapidCheck prints its configuration; let that be what runs.
  const auto options = bptt::properties::RunOptions::from_environment();
  const std::string parameters =
      "seed=" + std::to_string(options.seed) + " max_success=" + std::to_string(options.cases);
  setenv("RC_PARAMS", parameters.c_str(), 1);
  bptt::properties::register_tests();
  return RUN_ALL_TESTS();
}
