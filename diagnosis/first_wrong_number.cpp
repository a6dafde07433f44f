#include "diagnosis/first_wrong_number.hpp"

#include <fmt/format.h>

#include <algorithm>

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

/// Marks of a matrix, column after column: units or features by steps, samples or columns. Of an
/// array with time a mark stands for all samples.
struct Grid {
  Index rows = 0, columns = 0;
  std::vector<Mark> marks;
};

Grid grid_of(const CaseEvidence& c, std::size_t a) {
  const Shape& shape = c.trace.arrays[a].values.shape();
  const bool timed = shape.rank() == 3;
  Grid grid{shape[0], timed ? shape[2] : shape[1], {}};
  grid.marks.assign(static_cast<std::size_t>(grid.rows * grid.columns), Mark::not_judged);
  for (Index t = 0; t < shape[2]; ++t)
    for (Index j = 0; j < shape[1]; ++j)
      for (Index i = 0; i < shape[0]; ++i) {
        Mark& mark = grid.marks[static_cast<std::size_t>(i + shape[0] * (timed ? t : j))];
        mark = worse(mark, c.marks[a][static_cast<std::size_t>(i + shape[0] * (j + shape[1] * t))]);
      }
  return grid;
}

void add_map(const CaseEvidence& c, std::size_t a, std::vector<std::string>& map) {
  const std::string& name = c.trace.arrays[a].name;
  const Grid grid = grid_of(c, a);
  const auto wrong = std::count(grid.marks.begin(), grid.marks.end(), Mark::wrong);
  if (wrong == 0 || wrong == std::ssize(grid.marks)) {
    map.push_back(fmt::format("{:<5} {}", name, wrong == 0 ? "right" : "wrong everywhere"));
    return;
  }
  if (grid.rows > tallest_map || grid.columns > widest_map) {
    map.push_back(fmt::format("{:<5} wrong at {} of {} places", name, wrong, grid.marks.size()));
    return;
  }
  const std::string_view what = name == "dx" || name == "x" ? "feature" : "unit";
  const bool timed = c.trace.arrays[a].values.shape().rank() == 3;
  const std::string_view across = timed                                             ? "steps"
                                  : name.starts_with("dW") || name.starts_with("W") ? "columns"
                                                                                    : "samples";
  if (grid.columns == 1) {
    std::string line;
    for (const Mark mark : grid.marks) line += sign(mark);
    map.push_back(fmt::format("{:<5} {}s 0..{}  {}", name, what, grid.rows - 1, line));
    return;
  }
  for (Index i = 0; i < grid.rows; ++i) {
    std::string line;
    for (Index k = 0; k < grid.columns; ++k)
      line += sign(grid.marks[static_cast<std::size_t>(i + grid.rows * k)]);
    map.push_back(
        fmt::format("{:<5} {} {:<2} {}{}", i == 0 ? name : "", what, i, line,
                    i == 0 ? fmt::format("  {} 0..{}", across, grid.columns - 1) : std::string()));
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
      const int kind = callers ? 4 : !gradient ? 0 : timed ? 1 : !accumulates(array.name) ? 2 : 3;
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
    if (c->trace.arrays[a].moment == d.moment && d.moment != Moment::outside) add_map(*c, a, d.map);
  return d;
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
