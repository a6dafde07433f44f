// Every planted fault is found by the catalogue, and the same code without a fault is not accused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "properties/draw.hpp"
#include "properties/property.hpp"
#include "properties/replay.hpp"
#include "properties/run_options.hpp"
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
  for (int k = 0; k < cases; ++k)
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      if (!applies(property, can, cell, scalar)) continue;
      SpecLimits limits = limits_for(property, can, cell);
      limits.wide = false;  // small problems have every fault's trigger
      const auto bytes = random_spec_bytes(mix(seed) + static_cast<std::uint64_t>(k));
      const ProblemSpec spec = decode_spec(bytes, limits);
      ++found.cases;
      found.verdict = check(property, subject, scalar, spec);
      if (found.verdict.outcome != Outcome::broken) continue;
      found.broken = true;
      found.replay = {subject.name(), std::string(property.id), scalar, spec};
      return found;
    }
  return found;
}

constexpr Scalar scalars[] = {Scalar::f64, Scalar::f32};

TEST(PlantedFaults, EachIsFound) {
  const RunOptions options = RunOptions::from_environment();
  const int cases = std::max(1, options.cases / 2);
  fmt::print("{:36} {:34} cases\n", "fault", "first property that it breaks");
  for (const std::string& name : fault_names()) {
    const auto subject = make_subject(name);
    int tried = 0;
    std::string first;
    for (const Scalar scalar : scalars)
      for (const Property* property : properties_by_cost()) {
        if (!first.empty()) break;
        const Found found = search(*subject, *property, scalar, cases, options.seed);
        tried += found.cases;
        if (found.broken) first = property->id;
      }
    fmt::print("{:36} {:34} {:5}\n", name, first.empty() ? "none" : first, tried);
    EXPECT_FALSE(first.empty()) << name << " breaks no property in " << tried << " cases";
  }
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

// Which faults are seen without a reference to compare with: a table to read, since no single
// property is meant to find them all.
TEST(PlantedFaults, WhatFindsThemWithoutTheReference) {
  const RunOptions options = RunOptions::from_environment();
  const std::vector<std::pair<std::string_view, std::string_view>> columns{
      {"linear_in_da", "lin"},
      {"superposition_over_time", "sup"},
      {"finite_differences", "diff"},
      {"adjoint_identity", "adj"},
      {"time_in_two_parts", "time"},
      {"batch_in_two_parts", "batch"},
      {"backward_twice", "twice"},
      {"overwritten_or_accumulated", "acc"},
      {"causality", "caus"},
      {"duplicates_are_alike", "dup"},
      {"permutations_permute", "perm"},
      {"euler_identities", "euler"}};
  std::string head;
  for (const auto& [id, abbreviation] : columns) head += fmt::format(" {:>5}", abbreviation);
  fmt::print("{:36}{}\n", "fault", head);
  int found_by_any = 0;
  for (const std::string& name : fault_names()) {
    const auto subject = make_subject(name);
    std::string row;
    bool any = false;
    for (const auto& [id, abbreviation] : columns) {
      const Property& property = find_property(id);
      const Found found = search(*subject, property, Scalar::f64,
                                 options.cases_of_cost(4 * property.cost), options.seed);
      any = any || found.broken;
      row += fmt::format(" {:>5}", found.broken ? "x" : ".");
    }
    found_by_any += any ? 1 : 0;
    fmt::print("{:36}{}\n", name, row);
  }
  fmt::print("{} of {} faults without the reference\n", found_by_any, fault_names().size());
  EXPECT_GT(found_by_any, 0);
}

}  // namespace
}  // namespace bptt::properties
