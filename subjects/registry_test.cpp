// The subjects that are meant to be right: registered, sane, and honest about what they refuse.
// Whether they are right to the last bit that can be asked for is the suite's to judge.
#include "subjects/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "subjects/test_support.hpp"

namespace bptt {
namespace {

using testing::HasSubstr;

std::vector<std::string> all_names() {
  std::vector<std::string> names = subject_names();
  for (const auto& faults : {fault_names(), scale_fault_names()})
    names.insert(names.end(), faults.begin(), faults.end());
  return names;
}

TEST(Registry, HoldsTheSubjectsThatOthersName) {
  EXPECT_THAT(subject_names(),
              testing::IsSupersetOf({"reference", "reference:closed_form", "reference:walks",
                                     "reference:split", "reference:truncated", "lines", "optimized",
                                     "optimized:blocks=1", "optimized:blocks=3",
                                     "optimized:threads=2", "eigen", "eigen:blocks=3"}));
  EXPECT_THAT(fault_names(), testing::Contains("fault:drop_da_prevt"));
  EXPECT_THAT(scale_fault_names(), testing::Contains("fault:far_weights_stored"));
}

TEST(Registry, NamesMakeSubjectsOfThatName) {
  for (const std::string& name : all_names()) {
    const auto subject = make_subject(name);
    EXPECT_EQ(subject->name(), name);
    EXPECT_TRUE(subject->description().ends_with('.')) << name;
  }
}

TEST(Registry, UnknownNamesAreRefusedWithTheNearest) {
  try {
    (void)make_subject("fault:drop_da_prev");
    FAIL() << "no subject has that name";
  } catch (const UnsupportedError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("'fault:drop_da_prev'; the nearest are fault:drop_da_prevt"));
    EXPECT_THAT(error.what(), HasSubstr("reference:closed_form"));
  }
  EXPECT_THROW((void)make_subject(""), UnsupportedError);
  EXPECT_THROW((void)make_subject("reference:walk"), UnsupportedError);
  EXPECT_THROW((void)make_subject("fault:no_carry+far_weights_stored"), UnsupportedError);
}

TEST(Subjects, RefuseWhatTheirCapabilitiesExclude) {
  const Sizes sizes{3, 5, 2, 4, 4};
  for (const std::string& name : all_names()) {
    const auto subject = make_subject(name);
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      if (can_run(subject->capabilities(), cell, Activation::tanh, Scalar::f64))
        EXPECT_NE(subject->open_f64(cell, Activation::tanh, sizes), nullptr) << name;
      else
        EXPECT_THROW((void)subject->open_f64(cell, Activation::tanh, sizes), UnsupportedError)
            << name;
      if (can_run(subject->capabilities(), cell, Activation::tanh, Scalar::f32))
        EXPECT_NE(subject->open_f32(cell, Activation::tanh, sizes), nullptr) << name;
      else
        EXPECT_THROW((void)subject->open_f32(cell, Activation::tanh, sizes), UnsupportedError)
            << name;
    }
  }
  EXPECT_FALSE(make_subject("reference:closed_form")->capabilities().runs(Cell::rnn));
}

TEST(Subjects, RefuseArraysOfOtherSizesThanTheSessions) {
  const Sizes sizes{3, 5, 2, 4, 4}, other{3, 5, 2, 3, 3};
  for (const std::string& name : all_names()) {
    const auto subject = make_subject(name);
    for (const Cell cell : {Cell::rnn, Cell::lstm}) {
      if (!can_run(subject->capabilities(), cell, Activation::tanh, Scalar::f64)) continue;
      auto problem = test::random_problem<double>(cell, Activation::tanh, other, 1);
      auto states = make_tensors<double>(cell, state_names(cell), other);
      const auto session = subject->open_f64(cell, Activation::tanh, sizes);
      EXPECT_THROW(session->forward(views_of(std::as_const(problem.in)), views_of(states)),
                   ShapeError)
          << name;
    }
  }
}

// A thousand roundings' room: far from what a suite asks, far below what a fault does.
template <class S>
void expect_near_reference(const std::string& name, Cell cell, Activation g, const Sizes& sizes) {
  const auto subject = make_subject(name);
  const Scalar scalar = std::is_same_v<S, float> ? Scalar::f32 : Scalar::f64;
  if (!can_run(subject->capabilities(), cell, g, scalar)) return;
  const auto problem = test::random_problem<S>(cell, g, sizes, 7);
  const auto expected = test::outcome_of(*make_subject("reference"), problem);
  const auto got = test::outcome_of(*subject, problem);
  const auto compare = [&](const NamedTensors<S>& want, const NamedTensors<S>& have) {
    for (const auto& [array, tensor] : want) {
      S largest(0);
      for (const S value : tensor.elements()) largest = std::max(largest, std::abs(value));
      for (std::size_t k = 0; k < tensor.elements().size(); ++k)
        ASSERT_NEAR(have[array].elements()[k], tensor.elements()[k],
                    1000 * std::numeric_limits<S>::epsilon() * largest)
            << name << ", " << array;
    }
  };
  compare(expected.states, got.states);
  compare(expected.grad, got.grad);
}

TEST(Subjects, AgreeWithTheReferenceLoosely) {
  for (const std::string& name : subject_names())
    for (const Sizes& sizes : {Sizes{3, 5, 4, 6, 6}, Sizes{17, 9, 1, 5, 3}, Sizes{4, 16, 13, 7, 7},
                               Sizes{1, 1, 1, 1, 1}}) {
      for (const Activation g : {Activation::tanh, Activation::relu, Activation::identity}) {
        // Linear networks grow with every step; three of them keep the numbers comparable.
        Sizes few = sizes;
        if (g != Activation::tanh) few.T_x = few.T_da = std::min<Index>(few.T_da, 3);
        expect_near_reference<float>(name, Cell::rnn, g, few);
        expect_near_reference<double>(name, Cell::rnn, g, few);
      }
      expect_near_reference<float>(name, Cell::lstm, Activation::tanh, sizes);
      expect_near_reference<double>(name, Cell::lstm, Activation::tanh, sizes);
    }
}

TEST(Subjects, OnlyOneSumPerGradientIsCalledAFixedOrder) {
  for (const std::string& name : subject_names())
    EXPECT_EQ(make_subject(name)->capabilities().fixed_summation_order,
              name == "reference" || name == "reference:closed_form")
        << name;
}

}  // namespace
}  // namespace bptt
