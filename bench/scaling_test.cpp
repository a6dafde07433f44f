// What the scaling plots measure and what their document says. No time is measured here.
#include "bench/scaling.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace bptt::bench {
namespace {

using Doubles = std::vector<double>;

// Logarithms to the base 2 of powers of two are whole, and so is all that follows: exact.
TEST(Scaling, SlopeOfAPowerIsItsExponent) {
  const Doubles x{1, 2, 4, 8, 16};
  EXPECT_EQ(fitted_slope(x, Doubles{8, 8, 8, 8, 8}), 0);
  EXPECT_EQ(fitted_slope(x, Doubles{4, 8, 16, 32, 64}), 1);
  EXPECT_EQ(fitted_slope(x, Doubles{1, 4, 16, 64, 256}), 2);
  EXPECT_EQ(fitted_slope(x, Doubles{16, 8, 4, 2, 1}), -1);
}

// (0,0) (1,1) (2,4) in logarithms: (3 * 9 - 3 * 5) / (3 * 5 - 3 * 3).
TEST(Scaling, SlopeIsThatOfLeastSquares) {
  EXPECT_EQ(fitted_slope(Doubles{1, 2, 4}, Doubles{1, 2, 16}), 2);
}

TEST(Scaling, QuantilesLieOnTheLineBetweenRepetitions) {
  const Results::Timing one{.seconds = {7}}, four{.seconds = {4, 1, 3, 2}},
      five{.seconds = {50, 10, 40, 20, 30}};
  for (const double part : {0.0, 0.25, 0.5, 1.0}) EXPECT_EQ(one.quantile(part), 7);
  EXPECT_EQ(four.quantile(0.25), 1.75);
  EXPECT_EQ(four.median(), 2.5);
  EXPECT_EQ(four.quantile(0.75), 3.25);
  EXPECT_EQ(five.quantile(0.25), 20);
  EXPECT_EQ(five.median(), 30);
  EXPECT_EQ(five.quantile(0.75), 40);
  EXPECT_EQ(five.quantile(1), 50);
}

Index at(const ScalingPlot& plot, const Sizes& sizes) {
  return plot.against == "T_x" ? sizes.T_x : plot.against == "n_a" ? sizes.n_a : sizes.m;
}

TEST(Scaling, EachPlotVariesOneSizeAndHoldsTheRest) {
  std::set<std::string> seen;
  for (const ScalingPlot& plot : scaling_plots()) {
    SCOPED_TRACE(plot.points.front().name());
    seen.insert(std::string(name_of(plot.points.front().cell)) + "/" + plot.against);
    Index before = 0;
    for (const Group& point : plot.points) {
      EXPECT_LT(before, at(plot, point.sizes));
      before = at(plot, point.sizes);

      Sizes expected = plot.points.front().sizes;
      if (plot.against == "T_x") expected.T_x = expected.T_da = point.sizes.T_x;
      if (plot.against == "n_a") expected.n_x = expected.n_a = point.sizes.n_a;
      if (plot.against == "m") expected.m = point.sizes.m;
      EXPECT_EQ(point.sizes, expected);
      EXPECT_EQ(point.sizes.T_da, point.sizes.T_x) << "there is a loss at each step";
      EXPECT_EQ(point.sizes.n_x, point.sizes.n_a);
      EXPECT_EQ(point.pass, Pass::backward);
      EXPECT_EQ(point.threads, 1);
    }
  }
  EXPECT_EQ(seen, (std::set<std::string>{"lstm/T_x", "lstm/n_a", "lstm/m", "rnn/T_x", "rnn/n_a",
                                         "rnn/m"}));
}

TEST(Scaling, PlotsReachFarAndOffTheWidthOfVectors) {
  for (const ScalingPlot& plot : scaling_plots()) {
    const Index first = at(plot, plot.points.front().sizes);
    const Index last = at(plot, plot.points.back().sizes);
    if (plot.against == "T_x") {
      EXPECT_EQ(first, 1);
      EXPECT_GE(last, 128);
      const std::set<std::string> ways(plot.contestants.begin(), plot.contestants.end());
      EXPECT_EQ(ways, (std::set<std::string>{"optimized", "reference", "split", "walks"}));
      continue;
    }
    EXPECT_EQ(first, plot.against == "n_a" ? 8 : 1);
    EXPECT_EQ(last, plot.against == "n_a" ? 1024 : 128);
    const auto odd = std::count_if(plot.points.begin(), plot.points.end(), [&](const Group& g) {
      return at(plot, g.sizes) > 16 && at(plot, g.sizes) % 8 != 0;
    });
    EXPECT_GE(odd, 6);
    EXPECT_EQ(plot.contestants.front(), "optimized");
    EXPECT_TRUE(std::find(plot.contestants.begin(), plot.contestants.end(), "eigen") !=
                plot.contestants.end());
  }
}

// Results keep a group's repetitions under its name, whichever plot they were made for.
TEST(Scaling, NoTwoPlotsShareAPoint) {
  std::set<std::string> names;
  for (const ScalingPlot& plot : scaling_plots())
    for (const Group& point : plot.points)
      EXPECT_TRUE(names.insert(point.name()).second) << point.name();
}

TEST(Scaling, WhoIsNamedCanRun) {
  for (const ScalingPlot& plot : scaling_plots())
    for (const Entry& entry : plot.entries()) {
      const Sizes& s = entry.group.sizes;
      if (s.n_a > 33 || s.m > 33 || s.T_x > 33) continue;
      const auto runner = make_contestant<float>(entry.contestant, entry.group.cell, s, 1);
      ASSERT_NE(runner, nullptr) << entry.group.name() << '/' << entry.contestant;
      EXPECT_TRUE(runner->runs(Pass::backward));
    }
}

/// A plot's results as if a pass took `seconds(contestant, size)`, by a repetition that is twice as
/// fast, one as said, and one three times as slow.
Results pretended(const ScalingPlot& plot, const auto& seconds) {
  Results results;
  results.set_peak(Scalar::f32, 200);
  results.set_peak(Scalar::f64, 100);
  results.set_target("AVX9");
  results.set_commit("0123abc");
  for (const Entry& entry : plot.entries()) {
    const double each = seconds(entry.contestant, at(plot, entry.group.sizes));
    for (const double factor : {3.0, 0.5, 1.0})
      results.add(entry.group, entry.contestant, {true, 2, 2 * factor * each, 0, 0}, 3);
  }
  return results;
}

ScalingPlot plot_against(const std::string& against) {
  for (const ScalingPlot& plot : scaling_plots())
    if (plot.against == against) return plot;
  throw std::out_of_range(against);
}

TEST(Scaling, DocumentHoldsWhatWasMeasured) {
  ScalingPlot plot = plot_against("T_x");
  plot.contestants = {"reference", "walks"};
  // Below T_x = 32 everything takes as long as there: no slope may come from that part.
  const Results results = pretended(plot, [](const std::string& contestant, Index T) {
    const auto size = static_cast<double>(std::max(T, Index(32)));
    return contestant == "walks" ? size * size / 1024 : size / 1024;
  });
  const auto json = nlohmann::json::parse(scaling_json({plot}, results));
  EXPECT_EQ(json["version"], 1);
  EXPECT_EQ(json["commit"], "0123abc");
  EXPECT_EQ(json["target"], "AVX9");
  EXPECT_EQ(json["peak_gflops"]["f32"], 200);
  EXPECT_TRUE(json["time"].is_number_integer());
  EXPECT_TRUE(json["cpu"].is_string());
  ASSERT_EQ(json["plots"].size(), 1U);
  const auto& drawn = json["plots"][0];
  EXPECT_EQ(drawn["cell"], "lstm");
  EXPECT_EQ(drawn["against"], "T_x");
  EXPECT_EQ(drawn["held"], nlohmann::json::parse(R"({"n_x": 16, "n_a": 16, "m": 4})"));
  ASSERT_EQ(drawn["curves"].size(), 2U);
  const auto& walks = drawn["curves"][1];
  EXPECT_EQ(walks["contestant"], "walks");
  EXPECT_EQ(walks["repetitions"], 3);
  EXPECT_EQ(walks["at"], (Doubles{1, 2, 4, 8, 16, 32, 64, 128, 256}));
  EXPECT_EQ(walks["seconds"], (Doubles{1, 1, 1, 1, 1, 1, 4, 16, 64}));
  EXPECT_EQ(walks["lower"][6], 3);  // of 2, 4 and 12
  EXPECT_EQ(walks["upper"][6], 8);
  EXPECT_NEAR(walks["gflop"][6], flops(Cell::lstm, Pass::backward, plot.points[6].sizes) / 1e9,
              1e-7);  // five digits
  EXPECT_EQ(walks["slope"], nlohmann::json::parse(R"({"value": 2.0, "from": 32, "to": 256})"));
  EXPECT_EQ(drawn["curves"][0]["slope"]["value"], 1);
  EXPECT_EQ(slopes_of({plot}, results),
            "lstm backward, reference: time as T_x^1.00 (T_x 32 to 256)\n"
            "lstm backward, walks: time as T_x^2.00 (T_x 32 to 256)\n");
}

TEST(Scaling, DocumentLeavesOutWhatWasNotMeasured) {
  const ScalingPlot all = plot_against("n_a"), other = plot_against("m");
  ScalingPlot some = all;
  some.contestants = {"optimized"};
  some.points.resize(2);
  const Results results = pretended(some, [](const std::string&, Index) { return 1.0; });
  const auto json = nlohmann::json::parse(scaling_json({all, other}, results));
  ASSERT_EQ(json["plots"].size(), 1U);
  EXPECT_EQ(json["plots"][0]["held"],
            nlohmann::json::parse(R"({"n_x": "n_a", "m": 32, "T_x": 16})"));
  ASSERT_EQ(json["plots"][0]["curves"].size(), 1U);
  EXPECT_EQ(json["plots"][0]["curves"][0]["at"], (Doubles{8, 12}));
  EXPECT_FALSE(json["plots"][0]["curves"][0].contains("slope"));

  ScalingPlot two = plot_against("T_x");
  two.points.resize(2);
  const Results short_run = pretended(two, [](const std::string&, Index) { return 1.0; });
  EXPECT_FALSE(
      nlohmann::json::parse(scaling_json({two}, short_run))["plots"][0]["curves"][0].contains(
          "slope"));
  EXPECT_EQ(slopes_of({two}, short_run), "");
}

}  // namespace
}  // namespace bptt::bench
