// The tables that follow from lines, and the numbers that cells get.
#include "cells/network.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cells/built_in.hpp"
#include "cells/parse.hpp"

namespace bptt::cells {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(Tables, OfTheLinesAreThoseOfTheRnnAndTheLstm) {
  for (const Cell cell : {Cell::rnn, Cell::lstm}) {
    const CellTable& known = bptt::table_of(cell);
    const CellTable of_lines = table_of(built_in(name_of(cell)));
    EXPECT_EQ(of_lines.sizes(), known.sizes());
    EXPECT_EQ(of_lines.activations(), known.activations());
    // The LSTM's way back reads tanh(c) too; RNN and LSTM keep what the course's caches hold.
    for (const CellArray& array : of_lines.arrays())
      EXPECT_TRUE(known.find(array.name) != nullptr || array.name == "tanh_c") << array.name;
    for (const CellArray& array : known.arrays()) {
      const CellArray* found = of_lines.find(array.name);
      ASSERT_NE(found, nullptr) << array.name;
      EXPECT_EQ(found->role, array.role) << array.name;
      EXPECT_EQ(found->axes, array.axes) << array.name;
      EXPECT_EQ(found->of, array.of) << array.name;
      const Sizes sizes{3, 5, 2, 7, 4};
      EXPECT_EQ(found->shape(sizes), array.shape(sizes)) << array.name;
    }
  }
}

TEST(Tables, OfACellWithThreeSizesAndOneWithAMatrixAsState) {
  const CellTable& projected = bptt::table_of(cell_named("lstm_projected"));
  ASSERT_EQ(projected.sizes().size(), 3U);
  const Sizes sizes{3, 5, 2, 7, 4, 6};  // n_x n_a m T_x T_da, and n_b for n_p
  EXPECT_EQ(projected.find("R")->shape(sizes), (Shape{6, 5}));
  EXPECT_EQ(projected.find("dbf")->shape(sizes), (Shape{5, 1}));
  EXPECT_EQ(projected.find("h")->shape(sizes), (Shape{6, 2, 7}));
  EXPECT_EQ(projected.find("dh")->shape(sizes), (Shape{6, 2, 4}));
  EXPECT_EQ(projected.find("dc_T")->shape(sizes), (Shape{5, 2}));
  EXPECT_EQ(projected.find("dc"), nullptr);

  const CellTable& delta = bptt::table_of(cell_named("gated_delta"));
  EXPECT_EQ(delta.find("S")->shape(sizes), (Shape{5, 6, 2, 7}));
  EXPECT_EQ(delta.find("S")->step_axis(), 3);
  EXPECT_EQ(delta.find("dalpha")->shape(sizes), (Shape{2, 4}));
  EXPECT_THAT(delta.upstream, ElementsAre("do", "dS_T"));
  EXPECT_THAT(delta.states, ElementsAre("S", "o"));
  EXPECT_FALSE(delta.find("dbeta")->accumulates()) << "an input's gradient, whatever its name";
}

TEST(Tables, KeepWhatTheTextNames) {
  EXPECT_THAT(bptt::table_of(cell_named("gru")).cache, ElementsAre("h", "r", "z", "q", "n"));
  const CellArray* n0 = bptt::table_of(cell_named("slstm")).find("n0");
  EXPECT_EQ(n0->low, 0.5);
  EXPECT_EQ(n0->high, 1.5);
}

TEST(Cells, HaveOneNumberEach) {
  EXPECT_EQ(built_in_cells().size(), built_in().size());
  for (const Cell cell : built_in_cells()) {
    EXPECT_EQ(cell_named(name_of(cell)), cell);
    EXPECT_EQ(definition_of(cell).name, name_of(cell));
    EXPECT_EQ(compares_nothing(cell), name_of(cell) != "slstm");
  }
  EXPECT_TRUE(has_exact_sums(cell_named("scan"), Activation::tanh));
  EXPECT_TRUE(has_exact_sums(Cell::rnn, Activation::relu));
  EXPECT_FALSE(has_exact_sums(Cell::rnn, Activation::tanh));
}

TEST(Cells, OfOnesOwnGetANumberAndKeepTheirName) {
  const std::string text =
      "cell mine\naxes i j: n_h\nstate h[i]\ninput x[i]\nweight W[i,j]\n"
      "range h: 0 1   x: -0.5 0.25\nh[i] = W[i,j] h'[j] + x[i]\n";
  const Cell mine = add_cell(parse(text, "mine.cell"));
  EXPECT_EQ(cell_named("mine"), mine);
  EXPECT_EQ(definition_of(mine).step.lines.size(), 1U);
  EXPECT_EQ(bptt::table_of(mine).find("h0")->high, 1);
  EXPECT_EQ(bptt::table_of(mine).find("x")->low, -0.5);
  EXPECT_THAT([&] { static_cast<void>(add_cell(parse(text, "mine.cell"))); },
              ThrowsMessage<Error>(HasSubstr("there is a cell named mine already")));
  EXPECT_THAT([] { static_cast<void>(add_cell(built_in("gru"))); },
              ThrowsMessage<Error>(HasSubstr("gru is built in")));
  EXPECT_THAT([] { static_cast<void>(cell_named("elman")); },
              ThrowsMessage<UnsupportedError>(HasSubstr("there is no cell 'elman'; they are")));
}

TEST(Cells, OfLayersAreBuiltFromOne) {
  const Cell two = cell_named("lstm_x2");
  EXPECT_EQ(cell_named("lstm_x2"), two);
  EXPECT_EQ(layers_of(two)->one, Cell::lstm);
  EXPECT_EQ(layers_of(two)->count, 2);
  EXPECT_FALSE(layers_of(Cell::lstm));
  const CellTable& table = bptt::table_of(two);
  EXPECT_THAT(table.states, ElementsAre("a", "c", "l2_a", "l2_c"));
  EXPECT_THAT(table.upstream, ElementsAre("dl2_a", "da_T", "dc_T", "dl2_c_T"));
  const Sizes sizes{3, 5, 2, 7, 4};
  EXPECT_EQ(table.find("Wf")->shape(sizes), (Shape{5, 8}));
  EXPECT_EQ(table.find("l2_Wf")->shape(sizes), (Shape{5, 10})) << "it reads a, not x";
  EXPECT_EQ(
      bptt::table_of(cell_named("lstm_projected_x2")).find("l2_Wf")->shape({3, 5, 2, 7, 4, 6}),
      (Shape{5, 6}))
      << "it reads what is projected";
  EXPECT_THAT([] { static_cast<void>(cell_named("scan_x2")); },
              ThrowsMessage<UnsupportedError>(HasSubstr("scan cannot be stacked")));
  EXPECT_THAT([] { static_cast<void>(cell_named("gru_x2_x2")); },
              ThrowsMessage<UnsupportedError>(HasSubstr("there are no layers of layers")));
  EXPECT_THAT([] { static_cast<void>(cell_named("elman_x2")); },
              ThrowsMessage<UnsupportedError>(HasSubstr("there is no cell 'elman'")));
}

TEST(Cells, WithTooManySizesOrAWrongRangeAreRefused) {
  const auto refused = [](const std::string& text, const std::string& words) {
    EXPECT_THAT([&] { static_cast<void>(table_of(parse(text, "f"))); },
                ThrowsMessage<Error>(HasSubstr(words)));
  };
  const std::string head = "cell c\naxes i: n_h\nstate h[i]\ninput x[i]\n", line = "h[i] = x[i]\n";
  refused("cell c\naxes i: n_1+n_2+n_3+n_4\nstate h[i]\ninput x[i]\nh[i] = x[i]\n",
          "more than three sizes beside n_x; n_4 is one too many");
  refused(head + "range y: 0 1\n" + line, "f:5:7: a range is of an input, a state or a weight");
  refused(head + "range x: 1 1\n" + line, "f:5:7: the range of x ends where it begins");
  refused(head + "range x: 1\n" + line, "f:5:11: expected a number, found the end of the line");
  refused(head + "range x 0 1\n" + line, "f:5:9: expected ':'");
}

}  // namespace
}  // namespace bptt::cells
