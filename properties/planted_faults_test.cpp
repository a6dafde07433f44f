// Every planted fault is found by the catalogue, and the same code without a fault is not accused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "properties/draw.hpp"
#include "properties/property.hpp"
#include "properties/replay.hpp"
#include "properties/run_options.hpp"
#include "subjects/faults/scale_claims_test.hpp"
#include "subjects/registry.hpp"

namespace bptt::properties {
namespace {

/// Properties of subjects, the cheapest first.
std::vector<const Property*> properties_by_cost() {
  std::vector<const Property*> order;
  for (const Property& p : catalogue())
    if (p.about == About::subject) order.push_back(&p);
  std::stable_sort(order.begin(), order.end(),
                   [](const Property* p, const Property* q) { return p->cost < q->cost; });
  return order;
}

/// Where a property was first broken.
struct Found {
  bool broken = false;
  int cases = 0;  // tried, the broken one included
  ReplayCase replay;
  Verdict verdict;
};

Found search(const Subject& subject, const Property& property, Scalar scalar, int cases,
             std::uint64_t seed) {
  Found found;
  const Capabilities can = subject.capabilities();
  const Draw draw(seed, property.id);
  for (int k = 0; k < cases; ++k)
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      if (!applies(property, can, cell, scalar)) continue;
      SpecLimits limits = limits_for(property, can, cell);
      limits.wide = false;
      const ProblemSpec spec = decode_spec(random_spec_bytes(draw.bits(k)), limits);
      ++found.cases;
      found.verdict = check(property, subject, scalar, spec);
      if (found.verdict.unbroken()) continue;
      found.broken = true;
      found.replay = {subject.name(), std::string(property.id), scalar, spec};
      return found;
    }
  return found;
}

constexpr Scalar scalars[] = {Scalar::f64, Scalar::f32};

/// A fault that is looked for.
struct Sought {
  std::unique_ptr<Subject> subject;
  Capabilities can;
  int tried = 0;
  std::string first;  // property that it breaks; empty until it is found
};

/// The same cases as search() tries, each on every fault that is not found yet: what the numbers
/// must be is worked out once for all of them.
void search(std::vector<Sought>& all, const Property& property, Scalar scalar, int cases,
            std::uint64_t seed, bool wide) {
  const Draw draw(seed, property.id);
  for (int k = 0; k < cases; ++k)
    for (const Cell cell : {Cell::rnn, Cell::lstm})
      for (Sought& fault : all) {
        if (!fault.first.empty() || !applies(property, fault.can, cell, scalar)) continue;
        SpecLimits limits = limits_for(property, fault.can, cell);
        limits.wide = limits.wide && wide;
        const ProblemSpec spec = decode_spec(random_spec_bytes(draw.bits(k)), limits);
        ++fault.tried;
        if (check(property, *fault.subject, scalar, spec).outcome == Outcome::broken)
          fault.first = property.id;
      }
}

TEST(PlantedFaults, EachIsFound) {
  const RunOptions options = RunOptions::from_environment();
  // At least 20 also where few cases are asked for: a fault seen in one of thirty is thin.
  const int cases = std::max(20, options.cases / 2);
  std::vector<Sought> all;
  for (const std::string& name : fault_names()) {
    auto subject = make_subject(name);
    const Capabilities can = subject->capabilities();
    all.push_back({.subject = std::move(subject), .can = can, .tried = 0, .first = {}});
  }
  // Most faults show in small problems, which are cheap; one that shows at a single large size
  // takes many of them.
  for (const auto& [wide, times] : {std::pair{false, 1}, {true, 1}, {true, 16}})
    for (const Scalar scalar : scalars)
      for (const Property* property : properties_by_cost())
        search(all, *property, scalar, times * cases, options.seed, wide);
  fmt::print("{:36} {:34} cases\n", "fault", "first property that it breaks");
  for (const Sought& fault : all) {
    const std::string name = fault.subject->name();
    fmt::print("{:36} {:34} {:5}\n", name, fault.first.empty() ? "none" : fault.first, fault.tried);
    EXPECT_FALSE(fault.first.empty())
        << name << " breaks no property in " << fault.tried << " cases";
  }
}

// Faults of scale show past their extents alone: each is asked there, in one of its cells.
TEST(PlantedFaults, EachOfScaleIsFoundWhereItIsWrong) {
  std::vector<std::string> sought = scale_fault_names();
  for (const test::ScaleClaim& claim : test::scale_claims) {
    const Cell cell = claim.rnn == test::not_asked ? Cell::lstm : Cell::rnn;
    const std::string name = "fault:" + std::string(claim.fault);
    if (claim.wrong(cell).empty() || std::erase(sought, name) == 0) continue;
    ProblemSpec spec;
    spec.cell = cell;
    spec.sizes = claim.sizes;
    const Verdict verdict =
        check(find_property("equals_reference"), *make_subject(name), claim.scalar, spec);
    EXPECT_EQ(verdict.outcome, Outcome::broken)
        << name << " " << to_string(spec) << ": " << describe(verdict) << verdict.reason;
  }
  EXPECT_TRUE(sought.empty()) << sought.front() << " is wrong nowhere";
}

TEST(PlantedFaults, TheSameCodeWithoutAFaultBreaksNothing) {
  const RunOptions options = RunOptions::from_environment();
  const auto subject = make_subject("fault:none");
  int tried = 0;
  for (const Scalar scalar : scalars)
    for (const Property* property : properties_by_cost()) {
      const int cases = options.cases_of_cost(2 * property->cost);
      const Found found = search(*subject, *property, scalar, cases, options.seed);
      tried += found.cases;
      EXPECT_FALSE(found.broken) << describe(found.verdict) << "\n" << replay_command(found.replay);
    }
  EXPECT_GT(tried, 0);
}

}  // namespace
}  // namespace bptt::properties
