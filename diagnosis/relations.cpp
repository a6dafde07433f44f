// What the wrong numbers are instead of the right ones.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "diagnosis/patterns.hpp"

namespace bptt::diagnosis {
namespace {

using Numbers = std::vector<long double>;

/// One array in one case: what it is, and what it should be.
struct Wrong {
  const CaseEvidence* c;
  std::string name;
  Moment moment;
  Numbers got, right;
  Shape shape;

  Wrong(const CaseEvidence& evidence, const std::string& array, Moment when)
      : c(&evidence), name(array), moment(when) {
    const int at = evidence.find(when, array);
    const Tensor<double>& values = evidence.trace.arrays[static_cast<std::size_t>(at)].values;
    const auto& expected = evidence.expected.of(when, array).values.elements();
    got.assign(values.elements().begin(), values.elements().end());
    right.assign(expected.begin(), expected.end());
    shape = values.shape();
  }

  [[nodiscard]] static long double largest(const Numbers& numbers) {
    long double most = 0;
    for (const long double v : numbers)
      if (std::isfinite(v)) most = std::max(most, std::abs(v));
    return most;
  }
  /// Whether all entries are those of `other`, within what rounding does to such arrays.
  [[nodiscard]] bool is(const Numbers& other) const {
    if (other.size() != got.size()) return false;
    const long double scale = std::max({largest(got), largest(other), largest(right)});
    const long double tolerance = 2 * c->expected.relative * scale;
    for (std::size_t k = 0; k < got.size(); ++k)
      if (!(std::abs(got[k] - other[k]) <= tolerance)) return false;
    return true;
  }
  [[nodiscard]] Numbers times(long double factor) const {
    Numbers numbers = right;
    for (long double& v : numbers) v *= factor;
    return numbers;
  }
  [[nodiscard]] Numbers transposed() const {
    const Index n = shape[0];
    Numbers numbers = right;  // beyond the first n columns as they are
    for (Index k = 0; k < n; ++k)
      for (Index i = 0; i < n; ++i)
        numbers[static_cast<std::size_t>(i + n * k)] = right[static_cast<std::size_t>(k + n * i)];
    return numbers;
  }
  /// Step t holds the right value of step source(t); steps without one are as they are.
  template <class F>
  [[nodiscard]] Numbers of_steps(F&& source) const {
    const Index one = shape[0] * shape[1], T = shape[2];
    Numbers numbers = got;
    for (Index t = 0; t < T; ++t)
      if (const Index s = source(t, T); s >= 0 && s < T)
        std::copy_n(right.begin() + one * s, one, numbers.begin() + one * t);
    return numbers;
  }
};

using Holds = std::optional<std::string> (*)(const std::vector<Wrong>&);

template <class F>
bool in_all(const std::vector<Wrong>& wrong, F&& f) {
  return std::all_of(wrong.begin(), wrong.end(), f);
}

std::optional<std::string> not_finite(const std::vector<Wrong>& all) {
  const auto any = [](const Wrong& w) {
    return std::any_of(w.got.begin(), w.got.end(), [](long double v) { return !std::isfinite(v); });
  };
  if (!in_all(all, any)) return std::nullopt;
  return "not finite";
}

std::optional<std::string> zero(const std::vector<Wrong>& all) {
  const auto is = [](const Wrong& w) {
    return std::all_of(w.got.begin(), w.got.end(), [](long double v) { return v == 0; });
  };
  if (!in_all(all, is)) return std::nullopt;
  return "zero";
}

std::optional<std::string> multiple(const std::vector<Wrong>& all) {
  const Wrong& w = all.front();
  std::size_t at = 0;
  for (std::size_t k = 0; k < w.right.size(); ++k)
    if (std::abs(w.right[k]) > std::abs(w.right[at])) at = k;
  if (w.right[at] == 0) return std::nullopt;
  // A fixed factor is one of few; a factor that sizes give holds in all of the cases.
  const auto ratio = static_cast<double>(w.got[at] / w.right[at]);
  const double half = std::nearbyint(2 * ratio) / 2;
  if (half != 0 && half != 1 && std::abs(ratio - half) < 1e-3 &&
      in_all(all, [&](const Wrong& v) { return v.is(v.times(half)); })) {
    if (half == -1) return "the right value with the wrong sign";
    if (half == 2) return "twice the right value";
    if (half == 0.5) return "half of the right value";
    return fmt::format("{} times the right value", half);
  }
  struct Factor {
    std::string_view text;
    double (*of)(const Sizes&);
  };
  constexpr Factor factors[] = {
      {"times m", [](const Sizes& n) { return static_cast<double>(n.m); }},
      {"divided by m", [](const Sizes& n) { return 1 / static_cast<double>(n.m); }},
      {"times T", [](const Sizes& n) { return static_cast<double>(n.T_da); }},
      {"divided by T", [](const Sizes& n) { return 1 / static_cast<double>(n.T_da); }},
      {"times n_a", [](const Sizes& n) { return static_cast<double>(n.n_a); }},
      {"divided by n_a", [](const Sizes& n) { return 1 / static_cast<double>(n.n_a); }}};
  for (const Factor& factor : factors)
    if (in_all(all, [&](const Wrong& v) {
          return v.is(v.times(factor.of(v.c->described().spec.sizes)));
        }))
      return fmt::format("the right value {}", factor.text);
  return std::nullopt;
}

std::optional<std::string> transposed(const std::vector<Wrong>& all) {
  const bool weight = all.front().name.starts_with("dW") && all.front().name != "dWax";
  if (!weight || !in_all(all, [](const Wrong& w) { return w.is(w.transposed()); }))
    return std::nullopt;
  return all.front().name == "dWaa" ? "transposed" : "transposed in the columns of the state";
}

/// Another array's right value, alone or added to its own.
std::optional<std::string> of_another(const std::vector<Wrong>& all) {
  for (const ExpectedArray& other : all.front().c->expected.arrays) {
    if (other.moment != all.front().moment || other.name == all.front().name) continue;
    const auto numbers = [&](const Wrong& w, bool added) {
      const auto& elements = w.c->expected.of(w.moment, other.name).values.elements();
      Numbers result(elements.begin(), elements.end());
      if (added && result.size() == w.right.size())
        for (std::size_t k = 0; k < result.size(); ++k) result[k] += w.right[k];
      return result;
    };
    const auto same_shape = [&](const Wrong& w) {
      return w.c->expected.of(w.moment, other.name).values.shape() == w.shape;
    };
    if (!in_all(all, same_shape)) continue;
    if (in_all(all, [&](const Wrong& w) { return w.is(numbers(w, false)); }))
      return fmt::format("what belongs to {}", other.name);
    if (in_all(all, [&](const Wrong& w) { return w.is(numbers(w, true)); }))
      return fmt::format("its right value with that of {} added", other.name);
  }
  return std::nullopt;
}

std::optional<std::string> of_other_steps(const std::vector<Wrong>& all) {
  if (all.front().shape.rank() != 3) return std::nullopt;
  const auto holds = [&](auto source) {
    return in_all(all, [&](const Wrong& w) { return w.shape[2] > 1 && w.is(w.of_steps(source)); });
  };
  if (holds([](Index t, Index T) { return T - 1 - t; })) return "reversed in time";
  if (holds([](Index t, Index) { return t + 1; })) return "one step early";
  if (holds([](Index t, Index) { return t - 1; })) return "one step late";
  if (holds([](Index, Index T) { return T - 1; })) return "that of the last step at every step";
  if (holds([](Index, Index) { return Index{0}; })) return "that of step 0 at every step";
  return std::nullopt;
}

/// Whether all units have one value, the right one of unit 0 or another.
std::optional<std::string> one_value(const std::vector<Wrong>& all) {
  if (!all.front().name.starts_with("db")) return std::nullopt;
  const auto equal = [](const Wrong& w) {
    Numbers first(w.got.size(), w.got.front());
    return w.got.size() > 1 && w.is(first);
  };
  if (!in_all(all, equal)) return std::nullopt;
  const auto sum = [](const Wrong& w) {
    long double total = 0;
    for (const long double v : w.right) total += v;
    return w.is(Numbers(w.got.size(), total));
  };
  const auto of_unit_0 = [](const Wrong& w) {
    return w.is(Numbers(w.got.size(), w.right.front()));
  };
  if (in_all(all, of_unit_0)) return "that of unit 0 in every unit";
  return in_all(all, sum) ? "the sum over all units in every unit" : "the same in every unit";
}

std::optional<std::string> in_last_digits(const std::vector<Wrong>& all) {
  long double most = 0;
  for (const Wrong& w : all) {
    const long double scale = Wrong::largest(w.right);
    for (std::size_t k = 0; k < w.got.size(); ++k) {
      const long double error = std::abs(w.got[k] - w.right[k]);
      if (!std::isfinite(error) || scale == 0) return std::nullopt;
      most = std::max(most, error / scale);
    }
  }
  if (most > 1e-4L || most == 0) return std::nullopt;
  return fmt::format("wrong in the last digits alone, by {:.1e} of its largest entry at most",
                     static_cast<double>(most));
}

}  // namespace

std::vector<std::string> relations(const Cases& cases, Moment moment) {
  constexpr Holds kinds[] = {not_finite, zero,           multiple,  transposed,
                             of_another, of_other_steps, one_value, in_last_digits};
  std::vector<std::pair<std::string, std::vector<std::string>>> found;
  for (const std::string& name : wrong_arrays(cases, moment)) {
    std::vector<Wrong> all;
    for (const CaseEvidence* c : cases)
      if (c->is_wrong(moment, name)) all.emplace_back(*c, name, moment);
    for (const Holds kind : kinds) {
      const auto text = kind(all);
      if (!text) continue;
      const auto same =
          std::find_if(found.begin(), found.end(), [&](const auto& f) { return f.first == *text; });
      if (same == found.end())
        found.push_back({*text, {name}});
      else
        same->second.push_back(name);
      break;
    }
  }
  std::vector<std::string> sentences;
  for (const auto& [text, names] : found)
    sentences.push_back(
        fmt::format("{} {} {}", listed(names), names.size() == 1 ? "is" : "are each", text));
  return sentences;
}

}  // namespace bptt::diagnosis
