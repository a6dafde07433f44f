#include "diagnosis/patterns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

namespace bptt::diagnosis {
namespace {

/// Whether a step, unit, sample or column is wrong, of so many.
using Expected = std::function<bool(Index at, Index count, const Sizes&)>;
enum class Axis { step, unit, sample, column };

struct Pattern {
  std::string_view text;
  Axis axis;
  Expected wrong;
};

Index whole(Index n, Index group) { return n / group * group; }

const std::vector<Pattern>& patterns() {
  using S = const Sizes&;
  static const std::vector<Pattern> all{
      {"only the last step is right", Axis::step, [](Index t, Index T, S) { return t < T - 1; }},
      {"only the last step is wrong", Axis::step, [](Index t, Index T, S) { return t == T - 1; }},
      {"only step 0 is wrong", Axis::step, [](Index t, Index, S) { return t == 0; }},
      {"only step 0 is right", Axis::step, [](Index t, Index, S) { return t > 0; }},
      {"every second step is right, the last one first", Axis::step,
       [](Index t, Index T, S) { return (T - 1 - t) % 2 != 0; }},
      {"the last four steps are right, those before them wrong", Axis::step,
       [](Index t, Index T, S) { return t < T - 4; }},
      {"steps before the last multiple of 4 are wrong, the others right", Axis::step,
       [](Index t, Index T, S) { return t < whole(T - 1, 4); }},
      {"steps beyond the last whole group of 4 are wrong, the others right", Axis::step,
       [](Index t, Index T, S) { return t >= whole(T, 4); }},
      {"wrong from step 4 on", Axis::step, [](Index t, Index, S) { return t >= 4; }},
      {"wrong in all but the last eight steps", Axis::step,
       [](Index t, Index T, S) { return t < T - 8; }},
      {"every step is wrong", Axis::step, [](Index, Index, S) { return true; }},
      {"only units beyond the last whole group of 4 are wrong", Axis::unit,
       [](Index i, Index n, S) { return i >= whole(n, 4); }},
      {"only units beyond the last whole group of 8 are wrong", Axis::unit,
       [](Index i, Index n, S) { return i >= whole(n, 8); }},
      {"only units from the 17th on are wrong", Axis::unit,
       [](Index i, Index, S) { return i >= 16; }},
      {"only unit 0 is right", Axis::unit, [](Index i, Index, S) { return i > 0; }},
      {"only unit 0 is wrong", Axis::unit, [](Index i, Index, S) { return i == 0; }},
      {"only the last unit is wrong", Axis::unit, [](Index i, Index n, S) { return i == n - 1; }},
      {"only sample 0 is right", Axis::sample, [](Index j, Index, S) { return j > 0; }},
      {"only sample 0 is wrong", Axis::sample, [](Index j, Index, S) { return j == 0; }},
      {"only samples beyond the last whole group of 4 are wrong", Axis::sample,
       [](Index j, Index m, S) { return j >= whole(m, 4); }},
      {"only columns of features beyond n_a are wrong", Axis::column,
       [](Index k, Index n, S s) { return k - (n - s.n_x) >= s.n_a; }},
      {"only the columns that belong to the state are wrong", Axis::column,
       [](Index k, Index n, S s) { return n > s.n_x && k < n - s.n_x; }},
      {"only the columns that belong to x are wrong", Axis::column,
       [](Index k, Index n, S s) { return n > s.n_x && k >= n - s.n_x; }}};
  return all;
}

/// Which axis of an array a kind of pattern is about; -1 if it has none.
int axis_of(Axis axis, std::string_view name, const Shape& shape) {
  const bool weight = name.starts_with("dW"), bias = name.starts_with("db");
  switch (axis) {
    case Axis::step: return shape.rank() == 3 ? 2 : -1;
    case Axis::unit: return name == "dx" ? -1 : 0;
    case Axis::sample: return weight || bias ? -1 : 1;
    case Axis::column: return weight ? 1 : -1;
  }
  return -1;
}

/// For each index of an axis: wrong, right, or not judged at all.
std::vector<Mark> along(const CaseEvidence& c, int array, int axis) {
  const auto a = static_cast<std::size_t>(array);
  const Shape& shape = c.trace.arrays[a].values.shape();
  std::vector<Mark> marks(static_cast<std::size_t>(shape[axis]), Mark::not_judged);
  for (std::size_t k = 0; k < c.marks[a].size(); ++k) {
    auto rest = static_cast<Index>(k);
    for (int before = 0; before < axis; ++before) rest /= shape[before];
    Mark& mark = marks[static_cast<std::size_t>(rest % shape[axis])];
    if (mark != Mark::wrong && c.marks[a][k] != Mark::not_judged) mark = c.marks[a][k];
  }
  return marks;
}

/// How often a pattern is confirmed by a case that could have shown another; -1 if refuted.
int confirmed(const Pattern& pattern, const Cases& cases, Moment moment, const std::string& name) {
  int count = 0;
  for (const CaseEvidence* c : cases) {
    if (!c->is_wrong(moment, name)) continue;
    const int array = c->find(moment, name);
    const Shape& shape = c->trace.arrays[static_cast<std::size_t>(array)].values.shape();
    const int axis = axis_of(pattern.axis, name, shape);
    if (axis < 0) return -1;
    const Sizes& sizes = c->described().spec.sizes;
    const std::vector<Mark> marks = along(*c, array, axis);
    bool any = false, other = false;
    for (std::size_t k = 0; k < marks.size(); ++k) {
      const bool wrong = pattern.wrong(static_cast<Index>(k), shape[axis], sizes);
      any = any || wrong;
      other = other || !wrong;
      if (marks[k] != Mark::not_judged && (marks[k] == Mark::wrong) != wrong) return -1;
    }
    if (!any) return -1;  // something is wrong, the pattern says that nothing is
    const bool speaks = pattern.text.starts_with("every") ? marks.size() > 1 : other;
    count += speaks ? 1 : 0;
  }
  return count;
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t k = 0; k < names.size(); ++k)
    text += (k == 0 ? "" : k + 1 == names.size() ? " and " : ", ") + names[k];
  return text;
}

std::vector<std::string> wrong_arrays(const Cases& cases, Moment moment) {
  std::vector<std::string> names;
  for (const CaseEvidence* c : cases)
    for (const TracedArray& array : c->trace.arrays)
      if (array.moment == moment && c->is_wrong(moment, array.name) &&
          std::find(names.begin(), names.end(), array.name) == names.end())
        names.push_back(array.name);
  return names;
}

std::vector<std::string> places(const Cases& cases, Moment moment) {
  // Of each axis of an array the first pattern that holds; arrays with the same one together.
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const std::string& name : wrong_arrays(cases, moment)) {
    std::vector<std::string> of_axes;
    for (const Axis axis : {Axis::step, Axis::unit, Axis::sample, Axis::column})
      for (const Pattern& pattern : patterns()) {
        if (pattern.axis != axis || confirmed(pattern, cases, moment, name) < 1) continue;
        of_axes.push_back(std::string(pattern.text));
        break;
      }
    for (const std::string& text : of_axes) {
      const auto same =
          std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.first == text; });
      if (same == found.end())
        found.push_back({text, {name}});
      else
        same->second.push_back(name);
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [text, names] : found)
    sentences.push_back(fmt::format("{}: {}", listed(names), text));
  return sentences;
}

}  // namespace bptt::diagnosis
