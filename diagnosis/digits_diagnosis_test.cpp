// Printed digits: reading them, and naming the fault behind them. The wrong numbers are published
// ones; where, stands beside each.
#include "diagnosis/digits_diagnosis.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.hpp"
#include "properties/published_cases.hpp"

namespace bptt::diagnosis {
namespace {

const std::vector<std::string> arrays{"dx", "da0", "dba", "a", "dWf"};

TEST(Printout, ReadsRowsAndNumbersAsNumPyPrintsThem) {
  const Printout printout = read_printout(
      "gradients[\"dx\"][1][2] = [-0.15028183 -0.34554547  0.02071758  1.5e-05]\n"
      "and a said gradients['da0'][2, 3]: -0.314942375127\n"
      "a[4][1] = array([ 1.,  nan,\n    -inf])  # more\n",
      arrays);
  ASSERT_EQ(printout.values.size(), 3U);
  EXPECT_EQ(printout.values[0].array, "dx");
  EXPECT_EQ(printout.values[0].index, (std::vector<Index>{1, 2}));
  ASSERT_EQ(printout.values[0].numbers.size(), 4U);
  EXPECT_EQ(printout.values[0].numbers[0].value, -0.15028183);
  EXPECT_NEAR(printout.values[0].numbers[0].unit, 1e-8, 1e-20);
  EXPECT_EQ(printout.values[0].numbers[0].digits, 8);
  EXPECT_EQ(printout.values[0].numbers[2].digits, 7);
  EXPECT_NEAR(printout.values[0].numbers[3].unit, 1e-6, 1e-18);
  EXPECT_EQ(printout.values[1].index, (std::vector<Index>{2, 3}));
  EXPECT_EQ(printout.values[1].line, 2);
  ASSERT_EQ(printout.values[2].numbers.size(), 3U);
  EXPECT_TRUE(std::isnan(printout.values[2].numbers[1].value));
  EXPECT_EQ(printout.values[2].numbers[2].value, -INFINITY);
}

TEST(Printout, ReadsTheTablesOfForumsAndNotebooks) {
  const Printout printout = read_printout(
      "| **gradients[\"dba\"][4]** | [-0.74747722] |\n"
      "<td> **dWf[3][1]** = </td> <td> -0.0698198561274 </td>\n"
      "gradients[\"dba\"].shape = (5, 5)\n",
      arrays);
  ASSERT_EQ(printout.values.size(), 2U);
  EXPECT_EQ(printout.values[0].numbers[0].text, "-0.74747722");
  EXPECT_EQ(printout.values[1].numbers[0].text, "-0.0698198561274");
  ASSERT_EQ(printout.shapes.size(), 1U);
  EXPECT_EQ(printout.shapes[0].extents, (std::vector<Index>{5, 5}));
}

TEST(Printout, ProseIsNoValue) {
  EXPECT_TRUE(read_printout("I get a 5 by 5 array for a, dx is wrong.", arrays).values.empty());
}

TEST(Printout, SaysWhatItCannotRead) {
  EXPECT_THROW((void)read_printout("dx = [[1. 2. ... 3.]]", arrays), FormatError);
  EXPECT_THROW((void)read_printout("dx[1][2] = [1.0 2.0 oops]", arrays), FormatError);
  for (const std::string shape : {"(inf)", "(-1, 2)", "(5.5, 1)", "(5e3, 1)", "(99999999999)"})
    EXPECT_THROW((void)read_printout("dba.shape = " + shape, arrays), FormatError) << shape;
}

TEST(Printout, ReadsNumbersOfAnyLengthAndExponent) {
  const std::string ones(500'000, '1');
  const Printout printout = read_printout(
      "dx = " + ones + "\na = ." + ones + "\nda0 = 1.5e-2147483648\ndba = 1.5e99999999999\n",
      arrays);
  ASSERT_EQ(printout.values.size(), 4U);
  const auto number = [&](std::size_t k) { return printout.values[k].numbers.at(0); };
  EXPECT_EQ(number(0).value, INFINITY);
  EXPECT_EQ(number(0).digits, 500'000);
  EXPECT_EQ(number(1).value, 1.0 / 9);
  EXPECT_EQ(number(1).unit, 0);
  EXPECT_EQ(number(2).value, 0);
  EXPECT_EQ(number(2).text, "1.5e-2147483648");
  EXPECT_EQ(number(3).value, INFINITY);
  EXPECT_EQ(number(3).digits, 2);
}

DigitsDiagnosis diagnosed(const std::string& name, std::string_view text) {
  const auto& published = properties::find_published_case(name);
  return diagnose(name, published.problem, read_printout(text, printable_arrays(published.cell)));
}

TEST(DigitsDiagnosis, RightNumbersAreCalledRight) {
  const auto d = diagnosed("rnn_backward_nb",
                           "gradients[\"dx\"][1][2] = [-2.07101689 -0.59255627 0.02466855 "
                           "0.01483317]\ngradients[\"dba\"][4] = [-0.74747722]\n");
  EXPECT_TRUE(d.right());
  EXPECT_EQ(d.numbers, 5);
  EXPECT_TRUE(d.fits.empty());
}

// community.deeplearning.ai/t/48297
TEST(DigitsDiagnosis, DaPrevtDropped) {
  const auto d =
      diagnosed("rnn_backward_nb",
                "gradients[\"dx\"][1][2] = [-0.15028183 -0.34554547  0.02071758  0.01483317]");
  ASSERT_FALSE(d.fits.empty());
  EXPECT_EQ(d.fits.front(), "drop_da_prevt");
  EXPECT_EQ(d.wrong.size(), 3U) << "the last step is right";
}

// The expected values in the course's own notebooks until 2020.
TEST(DigitsDiagnosis, TheCoursesEarlyTableIsAPairOfFaults) {
  const auto d = diagnosed("lstm_backward_new",
                           "gradients[\"dx\"][1][2] = [-0.00173313  0.08287442 -0.30545663 "
                           "-0.43281115]\n"
                           "gradients[\"da0\"][2][3] = -0.095911501954\n"
                           "gradients[\"dWf\"][3][1] = -0.0698198561274\n"
                           "gradients[\"dWi\"][1][2] = 0.102371820249\n"
                           "gradients[\"dWc\"][3][1] = -0.0624983794927\n"
                           "gradients[\"dWo\"][1][2] = 0.0484389131444\n"
                           "gradients[\"dbf\"][4] = [-0.0565788]\n"
                           "gradients[\"dbi\"][4] = [-0.06997391]\n"
                           "gradients[\"dbc\"][4] = [-0.27441821]\n"
                           "gradients[\"dbo\"][4] = [ 0.16532821]\n");
  ASSERT_FALSE(d.fits.empty());
  EXPECT_EQ(d.fits.front(), "no_carry+copy_paste_bias_accumulators");
}

TEST(DigitsDiagnosis, BiasesSummedFromTheWeights) {
  const auto d = diagnosed("lstm_cell_backward_nb",
                           "gradients[\"dbf\"][4] = [1.23112653]\n"
                           "gradients[\"dbi\"][4] = [-1.22362657]\n"
                           "gradients[\"dbc\"][4] = [1.13641227]\n"
                           "gradients[\"dbo\"][4] = [-0.18974623]\n");
  ASSERT_FALSE(d.fits.empty());
  EXPECT_EQ(d.fits.front(), "db_sums_dw");
}

// community.deeplearning.ai/t/405415: the printed da_prev[2][3] is right.
TEST(DigitsDiagnosis, WeightsNotSliced) {
  const auto d = diagnosed("lstm_cell_backward_nb",
                           "gradients[\"dxt\"][1][2] = 0.3695862892930779\n"
                           "gradients[\"da_prev\"][2][3] = -0.06396214197109236\n"
                           "gradients[\"dc_prev\"][2][3] = 0.797522038797\n"
                           "gradients[\"dWf\"][3][1] = -0.147954838164\n");
  ASSERT_FALSE(d.fits.empty());
  EXPECT_EQ(d.fits.front(), "dx_from_first_columns");
  EXPECT_EQ(d.wrong.size(), 1U);
}

TEST(DigitsDiagnosis, SaysThatNothingFits) {
  const auto d = diagnosed("rnn_backward_nb", "dba[4] = [3.14159265]\ndba[3] = [2.71828183]");
  EXPECT_TRUE(d.fits.empty());
  EXPECT_EQ(d.wrong.size(), 2U);
  EXPECT_GT(d.tried, 1000) << "single faults and pairs";
}

TEST(DigitsDiagnosis, ShapesAndIndicesInNumPysWords) {
  const auto d = diagnosed("rnn_backward_nb", "gradients[\"dba\"].shape = (5, 5)");
  ASSERT_EQ(d.wrong_shapes.size(), 1U);
  EXPECT_EQ(d.wrong_shapes[0], "dba has shape (5, 5), expected (5, 1)");
  EXPECT_FALSE(d.right());
  EXPECT_THROW((void)diagnosed("rnn_backward_nb", "dba[5] = [1.0]"), ShapeError);
  EXPECT_THROW((void)diagnosed("rnn_backward_nb", "dx[1][2] = [1.0 2.0]"), ShapeError);
  EXPECT_THROW((void)diagnosed("rnn_backward_nb", "nothing here"), FormatError);
}

}  // namespace
}  // namespace bptt::diagnosis
