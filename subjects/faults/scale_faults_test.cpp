// The faults of scale: below its extent each is the fast kernels to the last bit, from there on the
// arrays that are said to be wrong are; and the sizes that a check asks reach each of them. That
// the suite accuses them there is in properties/planted_faults_test.cpp.
#include "subjects/faults/scale_faults.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "core/test_support.hpp"
#include "properties/model_shapes.hpp"
#include "subjects/faults/fault_models.hpp"
#include "subjects/faults/scale_claims_test.hpp"
#include "subjects/registry.hpp"
#include "subjects/test_support.hpp"

namespace bptt {
namespace {

using properties::SizeSet;
using test::ScaleClaim;

std::vector<Cell> cells_of(const ScaleFault& fault) {
  std::vector<Cell> cells;
  if (fault.words.cells != Cells::lstm) cells.push_back(Cell::rnn);
  if (fault.words.cells != Cells::rnn) cells.push_back(Cell::lstm);
  return cells;
}

template <class S>
test::Outcome<S> outcome_at(const std::string& subject, Cell cell, const Sizes& sizes) {
  return test::outcome_of(*make_subject(subject),
                          test::random_problem<S>(cell, Activation::tanh, sizes, 3));
}

template <class S>
std::string wrong_arrays(const ScaleClaim& claim, Cell cell) {
  return test::differing(outcome_at<S>("optimized", cell, claim.sizes),
                         outcome_at<S>("fault:" + std::string(claim.fault), cell, claim.sizes));
}

std::string where(const ScaleClaim& claim, Cell cell) {
  const Sizes& s = claim.sizes;
  return std::string(claim.fault) + ", " + std::string(name_of(cell)) + " " +
         std::to_string(s.n_x) + " " + std::to_string(s.n_a) + " " + std::to_string(s.m) + " " +
         std::to_string(s.T_x);
}

/// Calls f(fault, claim, cell) for each claim and each cell that it says something of.
template <class F>
void for_each_claim(const F& f) {
  for (const ScaleClaim& claim : test::scale_claims)
    for (const Cell cell : {Cell::rnn, Cell::lstm})
      if (claim.wrong(cell) != test::not_asked) {
        const ScaleFault* fault = find_scale_fault(claim.fault);
        ASSERT_NE(fault, nullptr) << claim.fault;
        f(*fault, claim, cell);
      }
}

TEST(ScaleFaults, AreWrongExactlyWhereTheyAreSaidToBe) {
  for_each_claim([](const ScaleFault&, const ScaleClaim& claim, Cell cell) {
    EXPECT_EQ(claim.scalar == Scalar::f32 ? wrong_arrays<float>(claim, cell)
                                          : wrong_arrays<double>(claim, cell),
              claim.wrong(cell))
        << where(claim, cell);
  });
}

// One less of something, and the extent is not reached.
TEST(ScaleFaults, AreClaimedOnBothSidesOfTheirExtents) {
  std::set<std::pair<std::string_view, Cell>> right, wrong;
  for_each_claim([&](const ScaleFault& fault, const ScaleClaim& claim, Cell cell) {
    const bool reached = fault.reached_by(cell, claim.sizes);
    if (!reached) {
      EXPECT_EQ(claim.wrong(cell), "") << where(claim, cell);
      right.emplace(fault.words.id, cell);
    } else if (!claim.wrong(cell).empty()) {
      wrong.emplace(fault.words.id, cell);
    }
  });
  for (const ScaleFault& fault : scale_faults())
    for (const Cell cell : cells_of(fault)) {
      EXPECT_TRUE(right.contains({fault.words.id, cell})) << fault.words.id << name_of(cell);
      EXPECT_TRUE(wrong.contains({fault.words.id, cell})) << fault.words.id << name_of(cell);
    }
}

TEST(ScaleFaults, EachIsUnlikeEveryOther) {
  for_each_claim([](const ScaleFault& fault, const ScaleClaim& claim, Cell cell) {
    constexpr Index quick = Index{1} << 24;
    if (claim.wrong(cell).empty() || extent_of(Extent::products, cell, claim.sizes) > quick ||
        cell != cells_of(fault).front())
      return;
    const auto outcome = outcome_at<double>("fault:" + std::string(claim.fault), cell, claim.sizes);
    for (const ScaleFault& other : scale_faults()) {
      if (&other == &fault || !other.reached_by(cell, claim.sizes)) continue;
      if (cell == Cell::rnn && other.words.cells == Cells::lstm) continue;
      const std::string name = "fault:" + std::string(other.words.id);
      EXPECT_NE(test::differing(outcome, outcome_at<double>(name, cell, claim.sizes)), "")
          << where(claim, cell) << " does what " << name << " does";
    }
  });
}

TEST(ScaleFaults, IdsAreDistinctAndEveryRowIsFilledIn) {
  std::set<std::string_view> ids;
  for (const FaultModel& row : fault_models) ids.insert(row.id);
  for (const ScaleFault& fault : scale_faults()) {
    const FaultModel& row = fault.words;
    EXPECT_TRUE(ids.insert(row.id).second) << row.id;
    for (const std::string_view text :
         {row.id, row.model, row.mechanism, row.wrong, row.right, row.seen, row.mend, row.source})
      EXPECT_TRUE(!text.empty() && text.find('\n') == std::string_view::npos) << row.id;
    EXPECT_NE(row.wrong, row.right) << row.id;
    EXPECT_TRUE(fault.forward_reads || fault.states || fault.backward_reads || fault.gradients);
  }
  EXPECT_GE(scale_faults().size(), 20U);
}

// Sums accumulate past the extent too, and what is handed in is left as it was.
TEST(ScaleFaults, KeepTheContractOfACall) {
  const Sizes sizes{13, 513, 65, 2, 2};
  for (const ScaleFault& fault : scale_faults()) {
    if (cells_of(fault).front() != Cell::rnn || !fault.reached_by(Cell::rnn, sizes)) continue;
    const auto subject = make_subject("fault:" + std::string(fault.words.id));
    auto problem = test::random_problem<float>(Cell::rnn, Activation::tanh, sizes, 3);
    const auto before = problem;
    auto once = make_tensors<float>(Cell::rnn, gradient_names(Cell::rnn), sizes), again = once;
    for (auto& [name, tensor] : again) fill(tensor.view(), 1.0F);
    const auto session = subject->open<float>(Cell::rnn, Activation::tanh, sizes);
    static_cast<void>(test::run(*session, problem, once));
    static_cast<void>(test::run(*session, problem, again));
    for (const auto& [name, tensor] : once)
      EXPECT_NEAR(again[name](1, 0), tensor(1, 0) + (accumulates(Cell::rnn, name) ? 1.0F : 0.0F),
                  1e-3F)
          << fault.words.id << " " << name;
    for (const auto& [name, tensor] : before.in)
      EXPECT_TRUE(test::same_bits(tensor, problem.in[name])) << fault.words.id << " " << name;
    for (const auto& [name, tensor] : before.up)
      EXPECT_TRUE(test::same_bits(tensor, problem.up[name])) << fault.words.id << " " << name;
    EXPECT_THROW(session->backward(views_of(std::as_const(problem.in)),
                                   views_of(std::as_const(problem.up)), {}),
                 Error);
  }
}

TEST(ScaleFaults, EachHasALineOfTheMeasuredTable) {
  std::ifstream file(test::source_folder() + "/docs/faults_of_scale.md");
  std::ostringstream page;
  page << file.rdbuf();
  for (const ScaleFault& fault : scale_faults()) {
    const std::string line = "| " + std::string(fault.words.id) + " | " +
                             std::string(name_of(fault.extent)) + " = " +
                             std::to_string(fault.from) + " | ";
    EXPECT_NE(page.str().find(line), std::string::npos)
        << line << "\nto make it: verify/time_to_find.py PROGRAM " << fault.words.id;
  }
}

/// Whether one of the first so many shapes of a set reaches the extent.
bool listed(const ScaleFault& fault, Cell cell, SizeSet set, int count) {
  for (int k = 0; k < count; ++k)
    if (fault.reached_by(cell, properties::model_problem(set, cell, 1, k).sizes)) return true;
  return false;
}

// Which a check of 45 s asks soon: the first two middle shapes and the first real one.
TEST(ScaleFaults, EachIsReachedByTheSizesThatACheckAsks) {
  constexpr int middle = 2, real = 1;
  for (const ScaleFault& fault : scale_faults()) {
    bool reached = false;
    for (const Cell cell : cells_of(fault))
      reached = reached || listed(fault, cell, SizeSet::middle, middle) ||
                listed(fault, cell, SizeSet::real, real);
    EXPECT_TRUE(reached) << fault.words.id;
  }
}

}  // namespace
}  // namespace bptt
