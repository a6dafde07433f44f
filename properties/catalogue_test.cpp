// The catalogue under RapidCheck and GoogleTest: every property, for every subject, cell and scalar
// that it applies to, is one test.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdlib>
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

/// One property on one subject, cell and scalar.
class PropertyTest : public ::testing::Test {
 public:
  PropertyTest(const Property& property, std::string subject, Cell cell, Scalar scalar)
      : property_(property), subject_name_(std::move(subject)), cell_(cell), scalar_(scalar) {}

  void TestBody() override {
    const RunOptions options = RunOptions::from_environment();
    const auto subject = make_subject(subject_name_);
    SpecLimits limits = limits_for(property_, subject->capabilities(), cell_);
    limits.max_size = options.size_of(limits.max_size);
    limits.wide = limits.wide && options.max_size == 0;

    rc::detail::TestParams params;
    params.seed = options.seed;
    params.maxSuccess = options.cases_of_cost(property_.cost);
    int held = 0, inconclusive = 0;
    const auto shrinks = [&](const ProblemSpec& spec) {
      auto simpler = shrink_candidates(spec);
      std::erase_if(simpler, [&](const ProblemSpec& candidate) {
        return !applies(property_, subject->capabilities(), scalar_, candidate);
      });
      return rc::seq::fromContainer(std::move(simpler));
    };
    rc::detail::TestMetadata metadata;
    metadata.id = std::string(property_.id);
    const auto result = rc::detail::checkTestable(
        [&] {
          const ProblemSpec spec = *specs(limits, shrinks);
          const Verdict verdict = check(property_, *subject, scalar_, spec);
          if (verdict.outcome == Outcome::broken || verdict.outcome == Outcome::not_judged)
            RC_FAIL(describe(verdict) + "\n" +
                    replay_command({subject_name_, std::string(property_.id), scalar_, spec}));
          ++(verdict.outcome == Outcome::held ? held : inconclusive);
        },
        metadata, params);

    if (!result.template is<rc::detail::SuccessResult>()) {
      std::ostringstream text;
      rc::detail::printResultMessage(result, text);
      FAIL() << property_.sentence << ": " << property_.mathematics << "\n" << text.str();
    }
    RecordProperty("held", held);
    RecordProperty("inconclusive", inconclusive);
    EXPECT_GT(held, 0) << "all " << inconclusive
                       << " cases were inconclusive (BPTT_SEED=" << options.seed << ")";
  }

 private:
  const Property& property_;
  std::string subject_name_;
  Cell cell_;
  Scalar scalar_;
};

/// GoogleTest's suites are named by subject, "optimized"; ctest's labels go by suite.
std::string suite_of(std::string subject) {
  for (char& c : subject)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
  return subject;
}

void register_test(const Property& property, const std::string& subject, Cell cell, Scalar scalar) {
  const bool specification = property.about == About::specification;
  const std::string suite = specification ? "specification" : suite_of(subject);
  std::string name(property.id);
  name.append("_").append(bptt::name_of(cell));
  if (!specification) name.append("_").append(bptt::name_of(scalar));
  ::testing::RegisterTest(suite.c_str(), name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [&property, subject, cell, scalar]() -> PropertyTest* {
                            return new PropertyTest(property, subject, cell, scalar);
                          });
}

void register_tests(const std::vector<std::string>& subjects) {
  for (const auto& name : subjects) {
    const Capabilities can = make_subject(name)->capabilities();
    for (const Property& property : catalogue())
      for (const Cell cell : {Cell::rnn, Cell::lstm})
        for (const Scalar scalar : {Scalar::f32, Scalar::f64}) {
          const bool specification = property.about == About::specification;
          if (specification && name != subjects.front()) continue;
          if (applies(property, can, cell, scalar)) register_test(property, name, cell, scalar);
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
  bptt::properties::register_tests(bptt::subject_names());
  return RUN_ALL_TESTS();
}
