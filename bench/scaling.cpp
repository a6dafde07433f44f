#include "bench/scaling.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

namespace bptt::bench {
namespace {

using Json = nlohmann::ordered_json;

Index& varied(Sizes& sizes, const std::string& against) {
  return against == "T_x" ? sizes.T_x : against == "n_a" ? sizes.n_a : sizes.m;
}

ScalingPlot plot(Cell cell, const std::string& against, Sizes sizes, const std::vector<Index>& at,
                 std::vector<std::string> contestants) {
  ScalingPlot result{against, {}, std::move(contestants)};
  for (const Index value : at) {
    varied(sizes, against) = value;
    sizes.T_da = sizes.T_x;
    sizes.n_x = sizes.n_a;
    result.points.push_back({cell, Scalar::f32, Pass::backward, sizes, 1});
  }
  return result;
}

struct Slope {
  double value;
  Index from, to;
};

/// What was measured of one contestant of a plot.
struct Curve {
  std::vector<Index> at;
  std::vector<double> seconds, lower, upper, gflop;
  std::size_t repetitions = 0;
};

Curve curve_of(const ScalingPlot& plot, const std::string& contestant, const Results& results) {
  Curve curve;
  for (Group point : plot.points) {
    const auto& groups = results.groups();
    const auto group = std::find_if(groups.begin(), groups.end(),
                                    [&](const auto& g) { return g.name == point.name(); });
    if (group == groups.end()) continue;
    const auto found = group->contestants.find(contestant);
    if (found == group->contestants.end() || found->second.seconds.empty()) continue;
    const Results::Timing& timing = found->second;
    curve.repetitions = curve.at.empty() ? timing.seconds.size()
                                         : std::min(curve.repetitions, timing.seconds.size());
    curve.at.push_back(varied(point.sizes, plot.against));
    curve.seconds.push_back(timing.median());
    curve.lower.push_back(timing.quantile(0.25));
    curve.upper.push_back(timing.quantile(0.75));
    curve.gflop.push_back(timing.gflop);
  }
  return curve;
}

/// Of the longest sequences, where what a pass costs beside its steps no longer counts.
std::optional<Slope> slope_of(const ScalingPlot& plot, const Curve& curve) {
  if (plot.against != "T_x") return std::nullopt;
  std::vector<double> x, y;
  for (std::size_t k = 0; k < curve.at.size(); ++k)
    if (8 * curve.at[k] >= curve.at.back()) {
      x.push_back(static_cast<double>(curve.at[k]));
      y.push_back(curve.seconds[k]);
    }
  if (x.size() < 3) return std::nullopt;
  return Slope{fitted_slope(x, y), static_cast<Index>(x.front()), curve.at.back()};
}

/// To five digits: more than a measured time has.
double rounded(double value) { return std::stod(fmt::format("{:.5g}", value)); }

Json rounded(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(rounded(value));
  return list;
}

Json json_of(const Curve& curve, const std::string& contestant) {
  return {{"contestant", contestant},
          {"repetitions", curve.repetitions},
          {"at", curve.at},
          {"seconds", rounded(curve.seconds)},
          {"lower", rounded(curve.lower)},
          {"upper", rounded(curve.upper)},
          {"gflop", rounded(curve.gflop)}};
}

Json held(const ScalingPlot& plot) {
  const Sizes& s = plot.points.front().sizes;
  Json json = Json::object();
  if (plot.against == "n_a")
    json["n_x"] = "n_a";
  else
    json = {{"n_x", s.n_x}, {"n_a", s.n_a}};
  if (plot.against != "m") json["m"] = s.m;
  if (plot.against != "T_x") json["T_x"] = s.T_x;
  return json;
}

/// A list of numbers stays on one line.
std::string text_of(const Json& json, const std::string& indent) {
  const bool nested = std::any_of(json.begin(), json.end(),
                                  [](const Json& element) { return element.is_structured(); });
  if (!json.is_structured() || !nested) return json.dump();
  std::string text = json.is_array() ? "[" : "{", separator = "\n";
  for (const auto& [key, element] : json.items()) {
    text += separator + indent + " ";
    if (json.is_object()) text += Json(key).dump() + ": ";
    text += text_of(element, indent + " ");
    separator = ",\n";
  }
  return text + "\n" + indent + (json.is_array() ? "]" : "}");
}

}  // namespace

std::vector<Entry> ScalingPlot::entries() const {
  std::vector<Entry> all;
  for (const Group& point : points)
    for (const std::string& contestant : contestants) all.push_back({point, contestant});
  return all;
}

std::vector<ScalingPlot> scaling_plots() {
  const std::vector<std::string> ways{"optimized", "reference", "split", "walks"};
  std::vector<std::string> fast;
  for (const auto name : contestant_names())
    if (std::find(ways.begin() + 1, ways.end(), name) == ways.end()) fast.emplace_back(name);
  const std::vector<Index> T_x{1, 2, 4, 8, 16, 32, 64, 128, 256};
  // Beside whole vectors (16 of AVX-512, 8 of AVX2) one more and one less, and sizes of models.
  const std::vector<Index> n_a{8,   12,  15,  16,  17,  24,  31,  32,  33,   48,
                               63,  64,  65,  80,  96,  100, 127, 128, 129,  192,
                               200, 255, 256, 257, 384, 500, 512, 768, 1000, 1024};
  const std::vector<Index> m{1,  2,  3,  4,  5,  6,  7,  8,  10, 12, 15,  16, 17,
                             20, 24, 31, 32, 33, 48, 63, 64, 65, 96, 127, 128};
  std::vector<ScalingPlot> plots;
  for (const Cell cell : {Cell::lstm, Cell::rnn}) {
    plots.push_back(plot(cell, "T_x", {.n_a = 16, .m = 4}, T_x, ways));
    plots.push_back(plot(cell, "n_a", {.m = 32, .T_x = 16}, n_a, fast));
    plots.push_back(plot(cell, "m", {.n_a = 256, .T_x = 20}, m, fast));
  }
  return plots;
}

double fitted_slope(std::span<const double> x, std::span<const double> y) {
  double n = 0, sum_x = 0, sum_y = 0, sum_xx = 0, sum_xy = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const double u = std::log2(x[k]), v = std::log2(y[k]);
    n += 1;
    sum_x += u;
    sum_y += v;
    sum_xx += u * u;
    sum_xy += u * v;
  }
  return (n * sum_xy - sum_x * sum_y) / (n * sum_xx - sum_x * sum_x);
}

std::string scaling_json(const std::vector<ScalingPlot>& plots, const Results& results) {
  Json document{{"version", 1}};
  document.update(results.origin());
  document["plots"] = Json::array();
  for (const ScalingPlot& plot : plots) {
    Json curves = Json::array();
    for (const std::string& contestant : plot.contestants) {
      const Curve curve = curve_of(plot, contestant, results);
      if (curve.at.empty()) continue;
      curves.push_back(json_of(curve, contestant));
      if (const auto slope = slope_of(plot, curve))
        curves.back()["slope"] = {
            {"value", rounded(slope->value)}, {"from", slope->from}, {"to", slope->to}};
    }
    if (curves.empty()) continue;
    const Group& first = plot.points.front();
    document["plots"].push_back({{"cell", name_of(first.cell)},
                                 {"pass", "backward"},
                                 {"scalar", name_of(first.scalar)},
                                 {"threads", first.threads},
                                 {"against", plot.against},
                                 {"held", held(plot)},
                                 {"curves", std::move(curves)}});
  }
  return text_of(document, "") + "\n";
}

std::string slopes_of(const std::vector<ScalingPlot>& plots, const Results& results) {
  std::string text;
  for (const ScalingPlot& plot : plots)
    for (const std::string& contestant : plot.contestants)
      if (const auto slope = slope_of(plot, curve_of(plot, contestant, results)))
        text += fmt::format("{} backward, {}: time as T_x^{:.2f} (T_x {} to {})\n",
                            name_of(plot.points.front().cell), contestant, slope->value,
                            slope->from, slope->to);
  return text;
}

}  // namespace bptt::bench
