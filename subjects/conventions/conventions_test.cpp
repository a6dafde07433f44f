#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "cells/network.hpp"
#include "subjects/conventions/copy.hpp"

namespace bptt {
namespace {

using ::testing::HasSubstr;

/// Arrays of theirs with their numbers.
struct Theirs {
  Theirs(const Convention& convention, Cell network, const Sizes& sizes)
      : arrays(their_arrays(convention, network, sizes)) {
    for (const TheirArray& array : arrays)
      numbers.emplace_back(static_cast<std::size_t>(array.size()), -1.0);
  }
  [[nodiscard]] auto at() {
    return [this](const TheirArray& array) {
      return numbers[static_cast<std::size_t>(&array - arrays.data())].data();
    };
  }
  [[nodiscard]] std::size_t find(std::string_view name, Index layer = 1,
                                 Index direction = 0) const {
    for (std::size_t k = 0; k < arrays.size(); ++k)
      if (arrays[k].name == name && arrays[k].layer == layer && arrays[k].direction == direction)
        return k;
    throw Error("no array " + std::string(name));
  }
  /// An element, its indices in their order.
  [[nodiscard]] double value(std::string_view name, const std::vector<Index>& indices,
                             Index layer = 1, Index direction = 0) const {
    const std::size_t k = find(name, layer, direction);
    EXPECT_EQ(arrays[k].extents.size(), indices.size());
    Index at = 0;
    for (std::size_t axis = 0; axis < indices.size(); ++axis) {
      EXPECT_LT(indices[axis], arrays[k].extents[axis]);
      at = at * arrays[k].extents[axis] + indices[axis];
    }
    return numbers[k][static_cast<std::size_t>(at)];
  }
  std::vector<TheirArray> arrays;
  std::vector<std::vector<double>> numbers;
};

/// Every number another one: 1, 2, 3, ..
NamedTensors<double> counted(Cell network, const std::vector<std::string>& names,
                             const Sizes& sizes) {
  auto tensors = make_tensors<double>(network, names, sizes);
  double next = 1;
  for (auto& [name, tensor] : tensors)
    for (double& element : tensor.elements()) element = next++;
  return tensors;
}

// Index formulas as the libraries' documentation has them.
TEST(Conventions, OnednnHasTheGatesBesideEachOther) {
  const Sizes sizes{.n_x = 3, .n_a = 2, .m = 4, .T_x = 5, .T_da = 5};
  Theirs theirs(convention_named("onednn"), Cell::lstm, sizes);
  const auto in = counted(Cell::lstm, input_names(Cell::lstm), sizes);
  give_inputs<double>(theirs.arrays, views_of(in), theirs.at());
  for (Index k = 0; k < 3; ++k)
    for (Index i = 0; i < 2; ++i) {
      EXPECT_EQ(theirs.value("weights_layer", {0, 0, k, 1, i}), in["Wf"](i, 2 + k));
      EXPECT_EQ(theirs.value("weights_layer", {0, 0, k, 3, i}), in["Wo"](i, 2 + k));
    }
  for (Index j = 0; j < 2; ++j)
    for (Index i = 0; i < 2; ++i)
      EXPECT_EQ(theirs.value("weights_iter", {0, 0, j, 0, i}), in["Wi"](i, j));
  EXPECT_EQ(theirs.value("bias", {0, 0, 2, 1}), in["bc"](1, 0));
  EXPECT_EQ(theirs.value("src_layer", {4, 3, 2}), in["x"](2, 3, 4));
  EXPECT_EQ(theirs.value("src_iter_c", {0, 0, 3, 1}), in["c0"](1, 3));
}

TEST(Conventions, PytorchHasTheGatesAboveEachOther) {
  const Sizes sizes{.n_x = 3, .n_a = 2, .m = 4, .T_x = 5, .T_da = 5};
  const Cell network = cells::cell_named("gru_both_x2");
  Theirs theirs(convention_named("pytorch"), network, sizes);
  const auto in = counted(network, input_names(network), sizes);
  give_inputs<double>(theirs.arrays, views_of(in), theirs.at());
  EXPECT_EQ(theirs.value("weight_ih", {0 * 2 + 1, 2}, 1, 1), in["r_Wr"](1, 2));
  EXPECT_EQ(theirs.value("weight_ih", {2 * 2 + 0, 3}, 2, 0), in["l2_Wn"](0, 3));
  EXPECT_EQ(theirs.value("bias_hh", {2 * 2 + 1}, 2, 1), in["l2_r_cn"](1, 0));
  EXPECT_EQ(theirs.value("bias_hh", {1}, 2, 1), 0);
  EXPECT_EQ(theirs.value("h0", {1 * 2 + 1, 3, 1}), in["l2_r_h0"](1, 3));

  const auto up = counted(network, upstream_names(network), sizes);
  give_upstream<double>(theirs.arrays, views_of(up), theirs.at());
  EXPECT_EQ(theirs.value("output", {4, 3, 1 * 2 + 0}), up["dl2_r_h"](0, 3, 4));
  EXPECT_EQ(theirs.value("hn", {0 * 2 + 1, 2, 1}), up["dr_h_T"](1, 2));
  EXPECT_EQ(theirs.value("hn", {1 * 2 + 0, 2, 1}), 0) << "the losses of each step read l2_h";
}

// k+j: first the features, then the units; ours have the units first.
TEST(Conventions, PartsOfAnAxisStandInTheirOrder) {
  const auto convention = parse_convention(
      "convention one\ncell lstm\nx [sample, step, k] = x[k]\nh [sample, i] = a0[i]\n"
      "c [sample, i] = c0[i]\nW [k+j, array i] = Wi[i, j+k] Wc Wf Wo\nb [array i, 1] = bi[i] bc bf "
      "bo\n",
      "one");
  const Sizes sizes{.n_x = 3, .n_a = 2, .m = 4, .T_x = 5, .T_da = 5};
  Theirs theirs(convention, Cell::lstm, sizes);
  const auto in = counted(Cell::lstm, input_names(Cell::lstm), sizes);
  give_inputs<double>(theirs.arrays, views_of(in), theirs.at());
  EXPECT_EQ(theirs.value("W", {2, 0 * 2 + 1}), in["Wi"](1, 2 + 2));
  EXPECT_EQ(theirs.value("W", {3 + 1, 1 * 2 + 0}), in["Wc"](0, 1));
  EXPECT_EQ(theirs.value("b", {3 * 2 + 1, 0}), in["bo"](1, 0));
  EXPECT_EQ(theirs.value("x", {3, 4, 2}), in["x"](2, 3, 4));
}

/// Every network that a convention has, at sizes that are all different where its rules allow it.
class Networks : public ::testing::TestWithParam<std::pair<const char*, std::string>> {};

TEST_P(Networks, EveryNumberGoesThereOnceAndComesBack) {
  const auto& [convention, name] = GetParam();
  const Cell network = cells::cell_named(name);
  Sizes sizes{.n_x = 3, .n_a = 3, .m = 4, .T_x = 5, .T_da = 5, .n_b = 3, .n_c = 5};
  if (!cells::layers_of(network)) sizes.n_x = 7;
  Theirs theirs(convention_named(convention), network, sizes);
  const auto in = counted(network, input_names(network), sizes);
  give_inputs<double>(theirs.arrays, views_of(in), theirs.at());
  std::vector<double> there;
  for (std::size_t k = 0; k < theirs.arrays.size(); ++k)
    if (theirs.arrays[k].role != Role::state && theirs.arrays[k].role != Role::output)
      std::copy_if(theirs.numbers[k].begin(), theirs.numbers[k].end(), std::back_inserter(there),
                   [](double number) { return number != 0; });
  std::sort(there.begin(), there.end());
  for (std::size_t k = 0; k < there.size(); ++k) ASSERT_EQ(there[k], static_cast<double>(k + 1));
  double given = 0;
  for (const auto& [of, tensor] : in) given += static_cast<double>(tensor.size());
  EXPECT_EQ(static_cast<double>(there.size()), given);

  // What was given stands for its own gradient: it comes back, added where gradients accumulate.
  auto grad = make_tensors<double>(network, gradient_names(network), sizes);
  for (auto& [of, tensor] : grad)
    for (double& element : tensor.elements()) element = 0.5;
  take_gradients<double>(theirs.arrays, views_of(grad), theirs.at());
  for (const auto& [of, tensor] : in) {
    const double before = accumulates(network, "d" + of) ? 0.5 : 0;
    for (std::size_t k = 0; k < tensor.elements().size(); ++k)
      ASSERT_EQ(grad["d" + of].elements()[k], tensor.elements()[k] + before) << of;
  }

  // Upstream gradients stand for their states: those of every step come back.
  const auto up = counted(network, upstream_names(network), sizes);
  give_upstream<double>(theirs.arrays, views_of(up), theirs.at());
  auto states = make_tensors<double>(network, state_names(network), sizes);
  take_states<double>(theirs.arrays, false, views_of(states), theirs.at());
  for (const std::string& state : state_names(network)) {
    if (!up.contains("d" + state)) continue;
    EXPECT_EQ(states[state].elements(), up["d" + state].elements()) << state;
  }
}

std::vector<std::pair<const char*, std::string>> networks() {
  std::vector<std::pair<const char*, std::string>> all;
  for (const char* convention : {"onednn", "pytorch"})
    for (const ConventionCell& cell : convention_named(convention).cells)
      for (const char* network : {"", "_reverse", "_both", "_x2", "_both_x2"})
        if (cell.name != "augru" || std::string_view(network).find("_x") == std::string_view::npos)
          if (std::string_view(convention) != "onednn" || std::string_view(network) != "_both_x2")
            all.emplace_back(convention, cell.name + network);
  return all;
}
INSTANTIATE_TEST_SUITE_P(Of, Networks, ::testing::ValuesIn(networks()), [](const auto& row) {
  return std::string(row.param.first) + "_" + row.param.second;
});

/// What is said of a text; of the lstm at sizes that are all different.
std::string refusal(const std::string& text, Cell network = Cell::lstm) {
  try {
    (void)their_arrays(parse_convention(text, "my.convention"), network,
                       {.n_x = 3, .n_a = 2, .m = 4, .T_x = 5, .T_da = 5});
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing";
}

TEST(Conventions, WhatIsWrongIsSaidWhereItStands) {
  const std::string head = "convention my\ncell lstm\n";
  EXPECT_EQ(
      refusal(""),
      "my.convention:1:1: the end of the text; expected a convention's cells and their arrays");
  EXPECT_THAT(refusal("cell lstm\n"), HasSubstr("my.convention:1:1: expected 'convention NAME'"));
  EXPECT_THAT(refusal("convention my\nx [i] = x[i]\n"),
              HasSubstr("my.convention:2:1: expected 'cell NAME'"));
  EXPECT_THAT(refusal(head + "cell lstm\n"),
              HasSubstr("my.convention:3:6: there is the cell lstm already"));
  EXPECT_THAT(refusal(head + "x [step, sample, k] = x\n"),
              HasSubstr("my.convention:3:23: expected the axes of x"));
  EXPECT_THAT(refusal(head + "x [step, sample, k = x[k]\n"),
              HasSubstr("my.convention:3:20: expected ','"));
  EXPECT_THAT(refusal(head + "x [step, sample, k] = x[k] W[i,\n"),
              HasSubstr("my.convention:3:32:"));
  EXPECT_THAT(refusal(head + "x [step, sample, k i + j] = x[k]\n"),
              HasSubstr("+ between all of its words or none"));
  EXPECT_THAT(refusal(head + "x [step, sample, k] = x[k]\nx [k] = x[k]\n"),
              HasSubstr("there is an array x already"));
  EXPECT_THAT(refusal(head + "x [step, sample, k] = z[k]\n"),
              HasSubstr("x: the cell lstm has no array z"));
  EXPECT_THAT(refusal(head + "x [step, sample, q] = x[k]\n"),
              HasSubstr("no array of the cell has the letter q"));
  EXPECT_THAT(refusal(head + "x [step, sample, k k] = x[k]\n"), HasSubstr("k stands there twice"));
  EXPECT_THAT(refusal(head + "x [step, k] = x[k]\n"),
              HasSubstr("says nowhere where each sample is"));
  EXPECT_THAT(refusal(head + "b [i] = bf[i] bi\n"),
              HasSubstr("says nowhere where each is: 'array'"));
  EXPECT_THAT(refusal(head + "b [array i] = bf[i] x[k]\n"), HasSubstr("x has another role"));
  EXPECT_THAT(refusal(head + "b [i, j] = bf[i, j]\n"), HasSubstr("bf has 1 axes, not 2"));
  EXPECT_THAT(refusal(head + "W [i, k] = Wf[i, k i]\n"),
              HasSubstr("a letter, or several with + between them"));
  EXPECT_THAT(refusal(head + "W [i, k] = Wf[i, i+j+k]\n"),
              HasSubstr("an axis of 2 sizes, and 3 letters"));
  EXPECT_THAT(refusal(head + "x [step, sample, i] = x[i]\na [sample, i] = a0[i]\n"),
              HasSubstr("i would be 3 and 2"));
  EXPECT_THAT(refusal(head + "x [step, sample, k] = x[k]\n"),
              HasSubstr("the convention my has 0 of the 8 numbers of a0, of the cell lstm"));
  EXPECT_THAT(refusal(head + "x [step, sample, k] = x[k]\ny [step, sample, k] = x[k]\n"),
              HasSubstr("has 120 of the 60 numbers of x"));
  EXPECT_THAT(refusal(head + "x [step, sample, k] = x[k]\n", Cell::rnn),
              HasSubstr("the convention my has no cell 'rnn'; they are lstm"));
  EXPECT_THROW((void)convention_named("none"), UnsupportedError);
}

// Layers whose weights are one array must be alike.
TEST(Conventions, LayersOfOneArrayHaveOneExtent) {
  const Cell network = cells::cell_named("gru_x2");
  try {
    (void)their_arrays(convention_named("onednn"), network, {.n_x = 3, .n_a = 2});
    FAIL() << "the second layer has 2 features";
  } catch (const FormatError& error) {
    EXPECT_THAT(error.what(), HasSubstr("weights_layer: k would be 3 and 2"));
  }
}

}  // namespace
}  // namespace bptt
