#include "diagnosis/first_wrong_number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "properties/replay.hpp"

namespace bptt::diagnosis {
namespace {

/// Smallest first; one call before several, usual values before others.
const CaseEvidence* smallest_wrong(const Evidence& evidence) {
  const auto rank = [](const CaseEvidence& c) {
    const TraceCase& d = c.described();
    return (d.script == Script::once ? 0 : 2) +
           (d.spec.regime == properties::Regime::unit && d.exponent == 0 ? 0 : 1);
  };
  const CaseEvidence* smallest = nullptr;
  for (const CaseEvidence& c : evidence.cases) {
    if (c.wrong == 0) continue;
    if (smallest == nullptr || rank(c) < rank(*smallest) ||
        (rank(c) == rank(*smallest) && c.work() < smallest->work()))
      smallest = &c;
  }
  return smallest;
}

char sign(Mark mark) { return mark == Mark::wrong ? 'X' : mark == Mark::right ? '.' : '?'; }

/// The worse of two marks.
Mark worse(Mark p, Mark q) {
  if (p == Mark::wrong || q == Mark::wrong) return Mark::wrong;
  return p == Mark::right || q == Mark::right ? Mark::right : Mark::not_judged;
}

constexpr Index widest_map = 40, tallest_map = 20;

/// Who lies across a map of that array.
std::string_view across_of(const std::string& name, const Shape& shape) {
  if (shape.rank() == 3) return "step";
  if (shape[1] == 1) return "";
  return name.starts_with("dW") || name.starts_with("W") ? "column" : "sample";
}

ArrayMap map_of(const CaseEvidence& c, std::size_t a) {
  const std::string& name = c.trace.arrays[a].name;
  const Shape& shape = c.trace.arrays[a].values.shape();
  const bool timed = shape.rank() == 3;
  const Index rows = shape[0], columns = timed ? shape[2] : shape[1];
  // Column after column.
  std::vector<Mark> marks(static_cast<std::size_t>(rows * columns), Mark::not_judged);
  for (Index t = 0; t < shape[2]; ++t)
    for (Index j = 0; j < shape[1]; ++j)
      for (Index i = 0; i < shape[0]; ++i) {
        Mark& mark = marks[static_cast<std::size_t>(i + rows * (timed ? t : j))];
        mark = worse(mark, c.marks[a][static_cast<std::size_t>(i + rows * (j + shape[1] * t))]);
      }

  ArrayMap map{name,
               name == "dx" || name == "x" ? "feature" : "unit",
               std::string(across_of(name, shape)),
               std::count(marks.begin(), marks.end(), Mark::wrong),
               std::ssize(marks),
               {}};
  if (rows > tallest_map || columns > widest_map) return map;
  for (Index i = 0; i < rows; ++i) {
    map.marks.emplace_back();
    for (Index k = 0; k < columns; ++k)
      map.marks.back() += sign(marks[static_cast<std::size_t>(i + rows * k)]);
  }
  return map;
}

void add_text(const ArrayMap& map, std::vector<std::string>& text) {
  if (map.wrong == 0 || map.wrong == map.places) {
    text.push_back(
        fmt::format("{:<5} {}", map.array, map.wrong == 0 ? "right" : "wrong everywhere"));
  } else if (map.marks.empty()) {
    text.push_back(fmt::format("{:<5} wrong at {} of {} places", map.array, map.wrong, map.places));
  } else if (map.marks.front().size() == 1) {
    std::string line;
    for (const std::string& mark : map.marks) line += mark;
    text.push_back(
        fmt::format("{:<5} {}s 0..{}  {}", map.array, map.down, map.marks.size() - 1, line));
  } else {
    for (std::size_t i = 0; i < map.marks.size(); ++i)
      text.push_back(
          fmt::format("{:<5} {} {:<2} {}{}", i == 0 ? map.array : "", map.down, i, map.marks[i],
                      i == 0 ? fmt::format("  {}s 0..{}", map.across, map.marks.front().size() - 1)
                             : std::string()));
  }
}

}  // namespace

std::optional<FirstWrongNumber> first_wrong_number(const Evidence& evidence,
                                                   const std::string& subject) {
  const CaseEvidence* c = smallest_wrong(evidence);
  if (c == nullptr) return std::nullopt;
  const TraceCase& described = c->described();
  FirstWrongNumber d;
  d.problem = to_string(described);
  if (described.script == Script::once && described.exponent == 0)
    d.replay =
        properties::replay_command({subject, "equals_reference", described.scalar, described.spec});

  // Positions of the first wrong entry of each array, and how early each is computed.
  std::vector<long long> best;
  for (std::size_t a = 0; a < c->trace.arrays.size(); ++a) {
    const TracedArray& array = c->trace.arrays[a];
    const Shape& shape = array.values.shape();
    const bool gradient = array.name.starts_with("d"), timed = shape.rank() == 3;
    const bool callers = array.moment == Moment::callers || array.moment == Moment::outside;
    for (std::size_t k = 0; k < c->marks[a].size(); ++k) {
      if (c->marks[a][k] != Mark::wrong) continue;
      const std::vector<Index> index = indices_of(static_cast<Index>(k), shape);
      const Index step = timed ? (gradient ? shape[2] - 1 - index[2] : index[2]) : 0;
      const int kind = callers                                   ? 4
                       : !gradient                               ? 0
                       : timed                                   ? 1
                       : !accumulates(evidence.cell, array.name) ? 2
                                                                 : 3;
      const std::vector<long long> order{array.moment == Moment::second ? 1 : 0, kind, step,
                                         static_cast<long long>(a), static_cast<long long>(k)};
      if (!best.empty() && !(order < best)) continue;
      best = order;
      const ExpectedArray& right = c->expected.of(array.moment, array.name);
      d.array = array.name;
      d.moment = array.moment;
      d.index = index;
      d.got = array.values.elements()[k];
      d.right = right.values.elements()[k];
      d.bound = std::max(right.tolerance[k], 0.0L);
    }
  }
  for (std::size_t a = 0; a < c->trace.arrays.size(); ++a)
    if (c->trace.arrays[a].moment == d.moment && d.moment != Moment::outside)
      d.maps.push_back(map_of(*c, a));
  return d;
}

std::optional<CaseMaps> widest_maps(const Evidence& evidence) {
  const auto rank = [](const CaseEvidence& c) {
    const TraceCase& d = c.described();
    const bool usual = d.script == Script::once && d.exponent == 0 &&
                       d.spec.regime == properties::Regime::unit && d.spec.zero_arrays.none();
    const Sizes& sizes = d.spec.sizes;
    const bool shown = std::max(sizes.n_a, sizes.n_x) <= tallest_map && sizes.T_x <= widest_map;
    return std::tuple(usual, shown, std::min(sizes.n_a, sizes.T_x), sizes.n_a * sizes.T_x);
  };
  const CaseEvidence* widest = nullptr;
  for (const CaseEvidence& c : evidence.cases)
    if (c.wrong > 0 && (widest == nullptr || rank(c) > rank(*widest))) widest = &c;
  if (widest == nullptr) return std::nullopt;
  const auto moment_is_wrong = [&](Moment moment) {
    for (std::size_t a = 0; a < widest->trace.arrays.size(); ++a)
      if (widest->trace.arrays[a].moment == moment &&
          std::count(widest->marks[a].begin(), widest->marks[a].end(), Mark::wrong) > 0)
        return true;
    return false;
  };
  CaseMaps maps{to_string(widest->described()), {}};
  for (const Moment moment : {Moment::first, Moment::second, Moment::callers})
    if (moment_is_wrong(moment)) {
      for (std::size_t a = 0; a < widest->trace.arrays.size(); ++a)
        if (widest->trace.arrays[a].moment == moment) maps.arrays.push_back(map_of(*widest, a));
      break;
    }
  return maps;
}

std::vector<std::string> map_text(const FirstWrongNumber& first_wrong) {
  std::vector<std::string> text;
  for (const ArrayMap& map : first_wrong.maps) add_text(map, text);
  return text;
}

std::string place_of(const FirstWrongNumber& d) {
  const auto& at = d.index;
  const bool features = d.array == "dx" || d.array == "x";
  const std::string row =
      at.empty() ? "" : fmt::format("{} {}", features ? "feature" : "unit", at[0]);
  if (d.moment == Moment::outside) return "outside of it";
  if (at.size() == 3) return fmt::format("step {}, {}, sample {}", at[2], row, at[1]);
  if (d.array.starts_with("dW") || d.array.starts_with("W"))
    return fmt::format("{}, column {}", row, at[1]);
  if (d.array.starts_with("db") || d.array.starts_with("b")) return row;
  return at.size() == 2 ? fmt::format("{}, sample {}", row, at[1]) : row;
}

}  // namespace bptt::diagnosis
