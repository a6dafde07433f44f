#include "properties/problem_spec.hpp"

#include <gtest/gtest.h>

#include "cells/network.hpp"
#include "properties/codec.hpp"
#include "properties/draw.hpp"
#include "properties/replay.hpp"

namespace bptt::properties {
namespace {

/// A spec of any kind, also of sizes and digits that the codec never draws.
ProblemSpec any_spec(std::uint64_t seed) {
  const Draw draw(seed, "any spec");
  ProblemSpec spec;
  spec.cell = draw.below(2, 0) == 0 ? Cell::rnn : Cell::lstm;
  spec.activation = static_cast<Activation>(draw.below(3, 1));
  spec.sizes = {1 + draw.below(70, 2), 1 + draw.below(70, 3), 1 + draw.below(70, 4),
                1 + draw.below(70, 5)};
  spec.sizes.T_da = 1 + draw.below(spec.sizes.T_x, 6);
  spec.regime = static_cast<Regime>(draw.below(regime_count, 7));
  spec.seed = draw.bits(8) >> (draw.below(2, 9) * 60);
  spec.zero_arrays = static_cast<unsigned>(draw.bits(10)) & static_cast<unsigned>(draw.bits(11)) &
                     ((1U << drawn_names(spec.cell).size()) - 1);
  spec.digits = static_cast<int>(draw.below(65, 12));
  return spec;
}

TEST(ProblemSpec, ReadsBackWhatItWrote) {
  for (std::uint64_t seed = 0; seed < 5000; ++seed) {
    const ProblemSpec spec = any_spec(seed);
    ASSERT_EQ(parse_problem_spec(to_string(spec)), spec) << to_string(spec);
  }
}

TEST(ProblemSpec, IsOneLineAsDocumented) {
  ProblemSpec spec{.cell = Cell::lstm, .sizes = {3, 5, 2, 4, 4}, .seed = 7};
  EXPECT_EQ(to_string(spec), "lstm n_x=3 n_a=5 m=2 T_x=4 T_da=4 regime=unit seed=7");
  spec.zero_arrays = 0b110;
  spec.digits = 8;
  EXPECT_EQ(to_string(spec),
            "lstm n_x=3 n_a=5 m=2 T_x=4 T_da=4 regime=unit seed=7 zero=a0,c0 digits=8");
  spec = {};
  spec.activation = Activation::relu;
  spec.regime = Regime::signed_zeros;
  EXPECT_EQ(to_string(spec),
            "rnn n_x=1 n_a=1 m=1 T_x=1 T_da=1 regime=signed_zeros seed=0 act=relu");
}

TEST(ProblemSpec, WordsComeInAnyOrderAndMayBeLeftOut) {
  const ProblemSpec spec = parse_problem_spec("  rnn T_x=5  seed=18446744073709551615\tn_a=2 ");
  EXPECT_EQ(spec.sizes, (Sizes{.n_x = 1, .n_a = 2, .m = 1, .T_x = 5, .T_da = 5}));
  EXPECT_EQ(spec.seed, ~std::uint64_t{0});
  EXPECT_EQ(parse_problem_spec("rnn T_da=3 T_x=5").sizes.T_da, 3);
}

template <class E>
void expect_error(const std::string& text, const std::string& message) {
  try {
    (void)parse_problem_spec(text);
    FAIL() << "'" << text << "' was understood";
  } catch (const E& error) {
    EXPECT_EQ(error.what(), message) << text;
  }
}

TEST(ProblemSpec, EveryErrorNamesTheWord) {
  expect_error<FormatError>(
      "", "an empty line has no problem; it begins with a cell, such as rnn or lstm");
  expect_error<FormatError>(
      " \n", "an empty line has no problem; it begins with a cell, such as rnn or lstm");
  std::string cells;
  for (const Cell cell : cells::built_in_cells())
    cells += (cells.empty() ? "" : ", ") + std::string(bptt::name_of(cell));
  expect_error<FormatError>("elman n_x=1", "there is no cell 'elman'; they are " + cells);
  expect_error<FormatError>("rnn n_x", "'n_x' is not of the form name=value");
  expect_error<FormatError>("rnn n_x=", "'n_x=': '' is not a whole number in range");
  expect_error<FormatError>("rnn n_x=3a", "'n_x=3a': '3a' is not a whole number in range");
  expect_error<FormatError>("rnn m=+3", "'m=+3': '+3' is not a whole number in range");
  expect_error<FormatError>("rnn m=2.0", "'m=2.0': '2.0' is not a whole number in range");
  expect_error<FormatError>("rnn seed=-1", "'seed=-1': '-1' is not a whole number in range");
  expect_error<FormatError>("rnn seed=18446744073709551616",
                            "'seed=18446744073709551616': '18446744073709551616' is not a whole "
                            "number in range");
  expect_error<FormatError>("rnn act=gelu", "'act=gelu': the activations are tanh relu identity");
  expect_error<FormatError>("rnn regime=odd",
                            "'regime=odd': the regimes are integers unit tiny saturating expanding "
                            "subnormal signed_zeros nonfinite");
  expect_error<FormatError>("rnn zero=a0,c0", "'zero=a0,c0': the rnn has no array c0");
  expect_error<FormatError>("lstm zero=Waa", "'zero=Waa': the lstm has no array Waa");
  expect_error<FormatError>(
      "rnn n_y=3", "'n_y=3': the names are n_x n_a m T_x T_da regime seed act zero digits");
  expect_error<FormatError>("rnn =3",
                            "'=3': the names are n_x n_a m T_x T_da regime seed act zero digits");
  expect_error<FormatError>("rnn digits=65", "digits=65 is outside 0 .. 64");
  expect_error<FormatError>("rnn digits=-1", "digits=-1 is outside 0 .. 64");
  expect_error<ShapeError>("rnn n_a=0", "size 0 is outside 1 .. 4096");
  expect_error<ShapeError>("rnn m=-4", "size -4 is outside 1 .. 4096");
  expect_error<ShapeError>("rnn T_x=4097", "size 4097 is outside 1 .. 4096");
  expect_error<ShapeError>("rnn T_x=3 T_da=4", "T_da=4 is above T_x=3");
  expect_error<ShapeError>("rnn n_a=4096 m=4096 T_x=2",
                           "an array of 33554432 entries is above the limit of 16777216");
  expect_error<ShapeError>("lstm n_a=4096 n_x=1",
                           "an array of 16781312 entries is above the limit of 16777216");
  EXPECT_NO_THROW((void)parse_problem_spec("rnn n_a=2048 n_x=4096 m=4096"));  // 2^24 entries
}

TEST(DrawnNames, AreInputsThenUpstreamGradients) {
  EXPECT_EQ(drawn_names(Cell::rnn),
            (std::vector<std::string>{"x", "a0", "Wax", "Waa", "ba", "da"}));
  EXPECT_EQ(drawn_names(Cell::lstm),
            (std::vector<std::string>{"x", "a0", "c0", "Wf", "bf", "Wi", "bi", "Wc", "bc", "Wo",
                                      "bo", "da", "dc_T"}));
}

TEST(Replay, ReadsBackWhatItWrote) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const ReplayCase replay{seed % 2 == 0 ? "optimized" : "fault:no_carry+assign_dw",
                            "linear_in_da", seed % 3 == 0 ? Scalar::f32 : Scalar::f64,
                            any_spec(seed)};
    const ReplayCase again = parse_replay_case(to_string(replay));
    ASSERT_EQ(again.subject, replay.subject);
    ASSERT_EQ(again.property, replay.property);
    ASSERT_EQ(again.scalar, replay.scalar);
    ASSERT_EQ(again.spec, replay.spec);
  }
}

TEST(Replay, IsTheCommandThatRepeatsTheCase) {
  const ReplayCase replay{"optimized",
                          "linear_in_da",
                          Scalar::f32,
                          {.cell = Cell::lstm, .sizes = {3, 5, 2, 4, 4}, .seed = 7}};
  EXPECT_EQ(replay_command(replay),
            "bptt-verify replay 'optimized linear_in_da f32 lstm n_x=3 n_a=5 m=2 T_x=4 T_da=4 "
            "regime=unit seed=7'");
}

TEST(Replay, SaysWhatIsWrong) {
  const auto message = [](const std::string& line) -> std::string {
    try {
      (void)parse_replay_case(line);
    } catch (const FormatError& error) {
      return error.what();
    }
    return "understood";
  };
  for (const std::string line : {"", "optimized", "optimized linear_in_da", "a b f32", "a b f32 "})
    EXPECT_EQ(message(line), "'" + line +
                                 "' is no replay line; it reads: SUBJECT PROPERTY f32|f64 "
                                 "rnn|lstm n_x=..");
  EXPECT_EQ(message("a b f16 rnn"), "'f16' is no scalar; the scalars are f32 f64");
  EXPECT_EQ(message("a b f32 gru n_a=1"),
            "'n_a=1': the names are n_x n_h m T_x T_da regime seed act zero digits");
  EXPECT_EQ(message("a b f32 rnn n_x=3\nnonsense"), "'nonsense' is not of the form name=value");
  EXPECT_EQ(message("a b f32 rnn"), "understood");
}

TEST(ParseProblemSpec, RefusesAKeyGivenTwice) {
  try {
    (void)parse_problem_spec("rnn n_x=3 n_x=4");
    FAIL() << "accepted";
  } catch (const FormatError& error) {
    EXPECT_STREQ(error.what(), "'n_x=4': n_x is given twice");
  }
}

}  // namespace
}  // namespace bptt::properties
