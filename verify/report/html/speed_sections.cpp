// What bptt_bench measured, and how it changed.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include "core/error.hpp"
#include "verify/report/html/sections.hpp"

namespace bptt::verify::html {
namespace {

/// Where and when it was measured.
std::string origin(const Json& json) {
  return fmt::format(
      "<p>Measured on {}, instruction set {}, commit {}, {}. Peak, measured in the "
      "same run on registers alone: {:.1f} GFLOP/s in f32, {:.1f} in f64.</p>\n",
      escaped(text_at(json, "cpu")), escaped(text_at(json, "target")),
      escaped(text_at(json, "commit")), date_text(count_at(json, "time")),
      json.at("peak_gflops").at("f32").get<double>(),
      json.at("peak_gflops").at("f64").get<double>());
}

const Json* curve_of(const Json& plot, const char* contestant) {
  for (const Json& curve : plot.at("curves"))
    if (curve.at("contestant") == contestant) return &curve;
  return nullptr;
}

Field seconds_cell(const Json* curve, const Json& at) {
  if (curve == nullptr) return Field::text("-");
  const Json& points = curve->at("at");
  const auto found = std::find(points.begin(), points.end(), at);
  if (found == points.end()) return Field::text("-");
  const Json& seconds = curve->at("seconds").at(static_cast<std::size_t>(found - points.begin()));
  return Field::shown(time_text(seconds.get<double>()), seconds);
}

/// Both ways back through time, with how many steps of the cell each takes.
std::string times_table(const Json& plot) {
  const Json* pass = curve_of(plot, "reference");
  const Json* walks = curve_of(plot, "walks");
  if (pass == nullptr || walks == nullptr) return "";
  const auto cell = text_at(plot, "cell");
  Table table(fmt::format("{}: one pass, and one walk for each loss", cell),
              {"T", "cell steps of one pass, T", "its time", "cell steps of the walks, T(T+1)/2",
               "their time", "one pass, optimized"});
  for (const Json& at : pass->at("at")) {
    const auto T = at.get<long long>();
    table.row(
        {Field::count(at), Field::count(T), seconds_cell(pass, at), Field::count(T * (T + 1) / 2),
         seconds_cell(walks, at), seconds_cell(curve_of(plot, "optimized"), at)},
        fmt::format("{} {}", cell, T));
  }
  return table.str();
}

struct Group {
  std::string cell, pass, scalar, shape, threads;
  std::map<std::string, const Json*> contestants;  // seconds

  [[nodiscard]] std::string name() const {
    return cell + " " + pass + " " + scalar + " " + shape + " " + threads;
  }
  /// As bench counts them: of matrix products alone.
  [[nodiscard]] std::optional<double> gflop() const {
    long long n_x = 0, n_a = 0, m = 0, T = 0;
    if (std::sscanf(shape.c_str(), "%lldx%lldx%lldx%lld", &n_x, &n_a, &m, &T) != 4)
      return std::nullopt;
    return (pass == "forward" ? 2 : 4) * (cell == "rnn" ? 1 : 4) * 1e-9 * static_cast<double>(T) *
           static_cast<double>(m) * static_cast<double>(n_a) * static_cast<double>(n_a + n_x);
  }
};

/// "lstm/backward/f32/64x64x32x100/1/onednn", in the order in which they are written.
std::vector<Group> groups_of(const Json& benchmarks) {
  std::vector<Group> groups;
  for (const auto& [name, of] : benchmarks.items()) {
    std::array<std::string, 6> parts;
    std::size_t begin = 0;
    for (std::string& part : parts) {
      const std::size_t end = std::min(name.find('/', begin), name.size());
      part = name.substr(std::min(begin, name.size()), end - std::min(begin, name.size()));
      begin = end + 1;
    }
    Group group{parts[0], parts[1], parts[2], parts[3], parts[4], {}};
    const std::string& contestant = parts[5];
    if (contestant.empty())
      throw FormatError("a benchmark is named cell/pass/scalar/shape/threads/contestant, not " +
                        name);
    auto found = std::find_if(groups.begin(), groups.end(),
                              [&](const Group& g) { return g.name() == group.name(); });
    if (found == groups.end()) found = groups.insert(found, std::move(group));
    found->contestants[contestant] = &of.at("seconds");
  }
  return groups;
}

std::string change_text(double before, double after) {
  return before == 0 ? "" : fmt::format("{:+.1f} %", 100 * (after / before - 1));
}

}  // namespace

std::string scaling_section(const Document& document, std::size_t place) {
  const Json& json = document.json;
  std::string html = origin(json), tables;
  for (const Json& plot : json.at("plots"))
    if (plot.at("against") == "T_x") tables += times_table(plot);
  html +=
      picture("scaling", std::to_string(place),
              "Time against the number of steps, on logarithmic axes, beside the number of cell "
              "steps; the figures are in the table below.",
              "Going back once through T steps takes T cell steps; one walk back for each loss "
              "takes T(T+1)/2, and gives the same gradients. Left the counts, which are exact; "
              "then the times, medians, with bands from the first to the third quartile.");
  if (!tables.empty()) html += details("Counts and times", tables);
  return html;
}

std::string bench_section(const Document& document, std::size_t place) {
  const Json& json = document.json;
  const auto groups = groups_of(json.at("benchmarks"));
  Table table("Optimized kernels beside others, shape by shape",
              {"benchmark", "threads", "time", "GFLOP/s", "of the peak", "fastest other",
               "its time", "that is slower by"});
  for (const Group& group : groups) {
    const auto own = group.contestants.find("optimized");
    if (own == group.contestants.end()) continue;
    const Json& seconds = *own->second;
    const std::pair<const std::string, const Json*>* other = nullptr;
    for (const auto& each : group.contestants)
      if (each.first != "optimized" && each.first != "reference" && each.first != "split" &&
          (other == nullptr || *each.second < *other->second))
        other = &each;
    const auto gflop = group.gflop();
    const double rate = gflop.value_or(0) / seconds.get<double>();
    // Of one core: there is no peak of several.
    const double peak = json.at("peak_gflops").at(group.scalar).get<double>();
    const std::string name = group.cell + " " + group.pass + " " + group.scalar + " " + group.shape;
    table.row(
        {Field::text(name), Field::text(group.threads),
         Field::shown(time_text(seconds.get<double>()), seconds),
         Field::text(gflop ? fmt::format("{:.1f}", rate) : "-"),
         Field::text(gflop && group.threads == "1" ? fmt::format("{:.0f} %", 100 * rate / peak)
                                                   : "-"),
         Field::text(other == nullptr ? "-" : other->first),
         other == nullptr ? Field::text("-")
                          : Field::shown(time_text(other->second->get<double>()), *other->second),
         Field::text(other == nullptr ? "-"
                                      : fmt::format("{:.2f} x", other->second->get<double>() /
                                                                    seconds.get<double>()))},
        group.name());
  }
  return origin(json) +
         picture("speed", std::to_string(place),
                 "Speed of each contestant as a part of the measured peak, shape by shape, on one "
                 "thread; the times are in the table below.",
                 "One thread; a mark for each contestant at its part of the measured peak. "
                 "Operations are those of the matrix products. Shapes are n_x x n_a x m x T.") +
         details(fmt::format("All {} benchmarks", groups.size()), table.str());
}

std::string history_section(const Document& document, std::size_t place) {
  Table changes("Changes", {"series", "commit", "before", "after", "change", "p"});
  Table series("Series", {"series", "unit", "points", "changes", "first", "last"});
  for (const Json& each : document.json.at("series")) {
    const std::string machine = each.value("machine", "");
    const auto name = text_at(each, "name") + (machine.empty() ? "" : ", " + machine);
    const Json& points = each.at("points");
    series.row({Field::text(name), Field::text(text_at(each, "unit")), Field::count(points.size()),
                Field::count(each.at("changes").size()),
                points.empty()
                    ? Field::text("-")
                    : Field::shown(fmt::format("{:.4g}", points.front().at("value").get<double>()),
                                   points.front().at("value")),
                points.empty()
                    ? Field::text("-")
                    : Field::shown(fmt::format("{:.4g}", points.back().at("value").get<double>()),
                                   points.back().at("value"))},
               name);
    for (const Json& change : each.at("changes")) {
      const auto before = number_of(change.at("before")), after = number_of(change.at("after"));
      changes.row({Field::text(name), Field::text(text_at(change, "commit").substr(0, 12)),
                   Field::shown(fmt::format("{:.4g}", before.value_or(0)), change.at("before")),
                   Field::shown(fmt::format("{:.4g}", after.value_or(0)), change.at("after")),
                   Field::text(change_text(before.value_or(0), after.value_or(0))),
                   Field::shown(fmt::format("{:.2g}", number_of(change.at("p")).value_or(1)),
                                change.at("p"))},
                  name);
    }
  }
  return picture(
             "history", std::to_string(place),
             "Each series over its commits, with the level before and after each change; the "
             "changes are in the table below.",
             "A point for each commit, in their order; a line is the level between two changes, "
             "a triangle marks the first commit of a new level. Of more than 24 series those with "
             "most changes are drawn.") +
         (changes.empty() ? "<p>No series has a change.</p>\n" : changes.str()) +
         details("All series", series.str());
}

}  // namespace bptt::verify::html
