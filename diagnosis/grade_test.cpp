#include "diagnosis/grade.hpp"
#include "core/test_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "core/npz.hpp"
#include "properties/generate.hpp"
#include "properties/oracle_memory.hpp"
#include "subjects/registry.hpp"

namespace bptt::diagnosis {
namespace {

using properties::Outcome;
using testing::ElementsAre;
using testing::HasSubstr;

std::string case_file(const std::string& name) {
  return test::source_folder() + "/properties/cases/" + name + ".npz";
}

/// The arrays of a published case, to be changed and written again.
Named<NpyArray> arrays_of(const std::string& name) { return read_npz(case_file(name)); }

std::string written(const Named<NpyArray>& arrays) {
  std::string file = testing::TempDir() + "bptt_graded_" + std::to_string(getpid()) + ".npz";
  write_npz(file, arrays);
  return file;
}

Grade graded(const Named<NpyArray>& arrays, const GradeOptions& options = {}) {
  return grade(written(arrays), options);
}

const GradedArray& array_of(const Grade& grade, const std::string& name) {
  for (const GradedArray& array : grade.arrays)
    if (array.name == name) return array;
  throw Error("no array " + name);
}

/// The names of the arrays that are broken, each with a blank behind it.
std::string broken_in(const Grade& grade) {
  std::string names;
  for (const GradedArray& array : grade.arrays)
    if (array.verdict.outcome == Outcome::broken) names += array.name + " ";
  return names;
}

/// Without those of some names, and under new ones.
Named<NpyArray> changed(const Named<NpyArray>& arrays,
                        const std::function<std::string(const std::string&)>& new_name) {
  Named<NpyArray> result;
  for (const auto& [name, array] : arrays)
    if (const std::string chosen = new_name(name); !chosen.empty()) result.add(chosen, array);
  return result;
}

TEST(Grade, PublishedBackwardPassesHold) {
  for (const std::string name :
       {"rnn_cell_backward_new", "rnn_backward_nb", "lstm_cell_backward_nb", "lstm_backward_new"}) {
    const Grade g = grade(case_file(name), {});
    EXPECT_EQ(outcome_of(g), Outcome::held) << name << ": " << broken_in(g);
    for (const GradedArray& array : g.arrays) {
      EXPECT_TRUE(array.there) << name << " " << array.name;
      EXPECT_FALSE(array.sampled);
      EXPECT_EQ(array.verdict.compared + array.verdict.trivial, array.expected.size());
    }
  }
  const Grade g = grade(case_file("lstm_backward_new"), {});
  EXPECT_EQ(g.sizes, (Sizes{3, 5, 10, 7, 4}));
  EXPECT_THAT(g.assumed_zero, ElementsAre("c0", "dc_T"));
  EXPECT_THAT(g.unknown, testing::Contains("cache.ft"));
}

TEST(Grade, TheEarlyTableOfTheCourseIsBrokenArrayByArray) {
  const auto table = nlohmann::json::parse(
      std::ifstream(test::source_folder() + "/subjects/test_data/course_v1_v3_expected.json"));
  Named<NpyArray> arrays = arrays_of("lstm_backward_new");
  for (const auto& [name, array] : table.at("arrays").items()) {
    NpyArray& into = arrays["grad." + name];
    const std::vector<double> values = array.at("data");  // row-major
    const Shape& s = into.shape;
    std::size_t k = 0;
    for (Index i = 0; i < s[0]; ++i)
      for (Index j = 0; j < s[1]; ++j)
        for (Index t = 0; t < s[2]; ++t)
          into.values[static_cast<std::size_t>(i + s[0] * (j + s[1] * t))] = values[k++];
  }
  const Grade g = graded(arrays);
  EXPECT_EQ(outcome_of(g), Outcome::broken);
  EXPECT_EQ(broken_in(g), "dx da0 dWf dbf dWi dbi dWc dbc dWo dbo ");
  EXPECT_EQ(array_of(g, "dc0").verdict.outcome, Outcome::held) << "not in that table";
}

TEST(Grade, ALastDigitIsSeen) {
  Named<NpyArray> arrays = arrays_of("rnn_backward_nb");
  arrays["grad.dWaa"].values[7] *= 1 + 1e-12;
  const Grade g = graded(arrays);
  EXPECT_EQ(outcome_of(g), Outcome::broken);
  const auto& verdict = array_of(g, "dWaa").verdict;
  EXPECT_EQ(verdict.worst.array, "dWaa");
  EXPECT_EQ(verdict.worst.index, (std::vector<Index>{2, 1}));
  EXPECT_EQ(array_of(g, "dWax").verdict.outcome, Outcome::held);
}

TEST(Grade, ShapesAreJudgedBeforeValues) {
  Named<NpyArray> arrays = arrays_of("rnn_backward_nb");
  arrays["grad.dba"] = {{5, 5}, NpyType::f64, std::vector<double>(25, 1.0)};
  arrays["grad.da0"].shape = {5, 10, 1};
  const Grade g = graded(arrays);
  const auto& verdict = array_of(g, "dba").verdict;
  EXPECT_EQ(verdict.cause, Cause::wrong_shape);
  EXPECT_EQ(verdict.reason, "grad.dba has shape (5,5), expected (5,1)");
  EXPECT_EQ(array_of(g, "da0").verdict.cause, Cause::wrong_shape);
  EXPECT_EQ(outcome_of(g), Outcome::broken);
}

TEST(Grade, WhatIsMissingIsNotGradedAndSaidSo) {
  const Grade g = graded(changed(arrays_of("rnn_backward_nb"), [](const std::string& name) {
    return name == "grad.dWaa" || name.starts_with("out.") ? "" : name;
  }));
  EXPECT_EQ(outcome_of(g), Outcome::held);
  EXPECT_EQ(g.arrays.size(), 5U);
  EXPECT_FALSE(array_of(g, "dWaa").there);
}

TEST(Grade, BareNamesDoAndTwoOfOneArrayDoNot) {
  const auto bare = [](const std::string& name) {
    return name.starts_with("out.") || name.ends_with("by") ? "" : name.substr(name.find('.') + 1);
  };
  EXPECT_EQ(outcome_of(graded(changed(arrays_of("rnn_cell_backward_new"), bare))), Outcome::held);
  Named<NpyArray> twice = arrays_of("rnn_cell_backward_new");
  twice.add("dx", twice["grad.dxt"]);
  try {
    (void)graded(twice);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("are both the array dx"));
  }
}

TEST(Grade, NaNIsNotFinite) {
  Named<NpyArray> arrays = arrays_of("rnn_backward_nb");
  arrays["grad.dba"].values[2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(array_of(graded(arrays), "dba").verdict.cause, Cause::not_finite);
}

TEST(Grade, F32IsJudgedByItsOwnBoundOnItsOwnInputs) {
  properties::ProblemSpec spec;
  spec.cell = Cell::lstm;
  spec.sizes = {3, 4, 2, 5, 5};
  const auto problem = properties::generate<float>(spec);
  const auto session =
      make_subject("reference")->open<float>(spec.cell, spec.activation, spec.sizes);
  auto states = make_tensors<float>(spec.cell, state_names(spec.cell), spec.sizes);
  auto gradients = make_tensors<float>(spec.cell, gradient_names(spec.cell), spec.sizes);
  session->forward(views_of(problem.in), views_of(states));
  session->backward(views_of(problem.in), views_of(problem.up), views_of(gradients));
  Named<NpyArray> arrays;
  for (const NamedTensors<float>* tensors : {&problem.in, &problem.up, &std::as_const(gradients)})
    for (const auto& [name, tensor] : *tensors) arrays.add(name, to_npy(tensor));
  const Grade g = graded(arrays);
  EXPECT_EQ(g.scalar, Scalar::f32);
  EXPECT_EQ(outcome_of(g), Outcome::held) << broken_in(g);
  GradeOptions as_f64;
  as_f64.scalar = Scalar::f64;
  EXPECT_EQ(outcome_of(graded(arrays, as_f64)), Outcome::broken);
  arrays["x"].type = NpyType::f64;
  arrays["x"].values[0] = 0.1;
  try {
    (void)graded(arrays);
    FAIL();
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("which is no f32 number"));
  }
}

TEST(Grade, RefusesWhatCannotBeGraded) {
  const auto refusal = [](const Named<NpyArray>& arrays) {
    try {
      (void)graded(arrays);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("graded");
  };
  const auto without = [&](const std::string& first, const std::string& second) {
    return refusal(changed(arrays_of("rnn_backward_nb"), [&](const std::string& name) {
      return name == first || name == second ? "" : name;
    }));
  };
  EXPECT_THAT(without("in.x", "in.ba"), HasSubstr("lacks x, ba"));
  EXPECT_THAT(refusal(changed(
                  arrays_of("rnn_backward_nb"),
                  [](const std::string& name) { return name.starts_with("grad.") ? "" : name; })),
              HasSubstr("holds no gradient; those of the rnn are dx, da0"));
  Named<NpyArray> arrays = arrays_of("rnn_backward_nb");
  arrays["in.Wax"].shape = {3, 5};
  EXPECT_THAT(refusal(arrays), HasSubstr("in.Wax has shape (3,5), expected (5,3)"));
  EXPECT_THAT(refusal(changed(
                  arrays_of("rnn_backward_nb"),
                  [](const std::string& name) { return name.starts_with("in.W") ? "" : name; })),
              HasSubstr("has neither the weights of an RNN"));
}

TEST(Grade, DoesNotJudgeWhatTakesMoreMemoryThanAllowed) {
  const Sizes large{200, 200, 64, 50, 50};
  Named<NpyArray> zeros;
  for (const auto* names : {&input_names(Cell::lstm), &upstream_names(Cell::lstm)})
    for (const auto& [name, tensor] : make_tensors<double>(Cell::lstm, *names, large))
      zeros.add(name, to_npy(tensor));
  zeros.add("dbf", to_npy(Tensor<double>({200, 1})));
  const std::uint64_t before = properties::oracle_memory();
  properties::set_oracle_memory(std::uint64_t{1} << 30U);
  const Grade g = graded(zeros);
  properties::set_oracle_memory(before);
  EXPECT_EQ(outcome_of(g), Outcome::not_judged);
  EXPECT_THAT(array_of(g, "dbf").verdict.reason,
              HasSubstr(" GB for the bounds, 1 GB allowed (--oracle-memory)"));
}

}  // namespace
}  // namespace bptt::diagnosis
