// The optimised kernels at sizes of real models, where blocks of steps and groups of tiles meet
// that small problems do not have.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "cells/network.hpp"
#include "core/error.hpp"
#include "properties/model_shapes.hpp"
#include "properties/oracle_memory.hpp"
#include "properties/property.hpp"
#include "subjects/registry.hpp"

namespace bptt::properties {
namespace {

void expect_held(Cell cell, Scalar scalar, int k, const std::vector<std::string>& properties) {
  const auto subject = make_subject("optimized");
  const ProblemSpec spec = model_problem(SizeSet::real, cell, 1, k);
  for (const std::string& id : properties) {
    const Verdict verdict = check(find_property(id), *subject, scalar, spec);
    EXPECT_EQ(verdict.outcome, Outcome::held)
        << id << " " << to_string(spec) << ": " << describe(verdict) << verdict.reason;
  }
}

// The dear ones are asked where a run is cheapest.
TEST(RealSizes, TheRnnsKernelsAreRightInF32) {
  expect_held(
      Cell::rnn, Scalar::f32, 0,
      {"equals_reference", "batch_in_two_parts", "strided_and_guarded", "adjoint_identity"});
}
TEST(RealSizes, TheLstmsKernelsAreRightInF32) {
  expect_held(Cell::lstm, Scalar::f32, 1,
              {"equals_reference", "batch_in_two_parts", "strided_and_guarded"});
}
TEST(RealSizes, TheLstmsKernelsAreRightInF64) {
  expect_held(Cell::lstm, Scalar::f64, 0, {"equals_reference", "strided_and_guarded"});
}

// What models of every cell need for their judgement is there; networks have the shapes of their
// cell.
TEST(ModelShapes, OfEveryCellAreJudged) {
  for (const std::string cell :
       {"rnn", "lstm", "gru", "augru", "slstm", "scan", "gated_delta", "min_gru"})
    for (int k = 0; k < 8; ++k) {
      const ProblemSpec spec = model_problem(SizeSet::real, cells::cell_named(cell), 1, k);
      EXPECT_LE(bytes_of_arrays(spec.cell, spec.sizes), 8e9) << to_string(spec);
    }
  const auto sizes = [](const char* network) {
    return model_problem(SizeSet::real, cells::cell_named(network), 1, 1).sizes;
  };
  EXPECT_EQ(sizes("gru"), sizes("gru_both_x2_lengths"));
  EXPECT_EQ(sizes("gru"), sizes("gru_reverse"));
  EXPECT_NE(sizes("gru"), sizes("lstm"));
  EXPECT_EQ(sizes("slstm"), sizes("lstm"));
}

TEST(ModelShapes, AreListedOverAndOverWithOtherValues) {
  for (const SizeSet set : {SizeSet::middle, SizeSet::real})
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      const ProblemSpec first = model_problem(set, cell, 1, 0);
      int again = 1;
      while (!(model_problem(set, cell, 1, again).sizes == first.sizes)) ++again;
      EXPECT_GE(again, 5);
      EXPECT_NE(model_problem(set, cell, 1, again).seed, first.seed);
      EXPECT_NE(model_problem(set, cell, 2, 0).seed, first.seed);
      for (int k = 0; k < again; ++k) {
        const Sizes& s = model_problem(set, cell, 1, k).sizes;
        EXPECT_LE(s.T_da, s.T_x);
        if (set == SizeSet::real) {
          EXPECT_GE(s.n_a * (s.n_a + s.n_x) * s.m * s.T_x, 1 << 25) << k;
        }
      }
    }
  EXPECT_THROW(static_cast<void>(model_problem(SizeSet::small, Cell::rnn, 1, 0)), Error);
}

}  // namespace
}  // namespace bptt::properties
