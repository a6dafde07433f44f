#include "diagnosis/sentences.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "diagnosis/conditions.hpp"
#include "diagnosis/trace_cases.hpp"

namespace bptt::diagnosis {
namespace {

std::vector<std::string> joined(std::vector<std::string> list,
                                const std::vector<std::string>& more) {
  list.insert(list.end(), more.begin(), more.end());
  return list;
}

/// Gradients whose names begin with `prefix`, in the cell's order.
std::vector<std::string> gradients_with(Cell cell, std::string_view prefix) {
  std::vector<std::string> names;
  for (const std::string& name : gradient_names(cell))
    if (name.starts_with(prefix)) names.push_back(name);
  return names;
}

class Writer {
 public:
  explicit Writer(const Evidence& evidence)
      : evidence_(evidence), usual_(evidence.claims.f64 ? Scalar::f64 : Scalar::f32) {
    for (const CaseEvidence& c : evidence.cases) {
      const TraceCase& d = c.described();
      if (d.scalar == usual_ && is_plain(d, evidence.claims)) plain_.push_back(&c);
      if (d.script == Script::once) one_call_.push_back(&c);
    }
  }

  [[nodiscard]] std::vector<std::string> write() {
    failures();
    scope();
    dependence();
    const Cases& where = any_wrong(plain_) ? plain_ : one_call_;
    text_ = joined(std::move(text_), places(where, Moment::first));
    text_ = joined(std::move(text_), relations(where, Moment::first));
    calls();
    behaviour_sentences();
    return std::move(text_);
  }

 private:
  static bool any_wrong(const Cases& cases) {
    return std::any_of(cases.begin(), cases.end(), [](const auto* c) { return c->wrong > 0; });
  }

  template <class... Args>
  void say(fmt::format_string<Args...> format, Args&&... args) {
    text_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  /// "every gradient", "the four biases (dbf, ..)", or the names.
  [[nodiscard]] std::string in_words(const std::vector<std::string>& names) const {
    std::vector<std::string> gradients, sums;
    for (const std::string& name : gradient_names(evidence_.cell)) {
      if (gives(name)) gradients.push_back(name);
      if (accumulates(evidence_.cell, name)) sums.push_back(name);
    }
    if (names == gradients) return "every gradient";
    if (names == sums) return "the gradients of weights and biases";
    if (names.size() > 1 && names == gradients_with(evidence_.cell, "db"))
      return fmt::format("the four biases {}", listed(names));
    if (names == gradients_with(evidence_.cell, "dW"))
      return fmt::format("the weights {}", listed(names));
    return listed(names);
  }

  /// Cases without numbers.
  void failures() {
    Cases all;
    for (const CaseEvidence& c : evidence_.cases) all.push_back(&c);
    const auto failed = std::count_if(all.begin(), all.end(), [](auto* c) { return c->failed(); });
    if (failed > 0) {
      const auto first = std::find_if(all.begin(), all.end(), [](auto* c) { return c->failed(); });
      const TraceFailure& failure = *(*first)->trace.failure;
      const std::string where =
          only_where(plain_, [](const CaseEvidence& c) { return c.failed(); });
      say("no numbers in {} of {} cases{}: {}: {}", failed, all.size(),
          where.empty() ? "" : ", " + where, name_of(failure.cause), failure.text);
    }
    run_to_run(all);
  }

  /// Numbers that another run does not give again.
  void run_to_run(const Cases& all) {
    std::vector<std::string> names;
    for (const CaseEvidence* c : all)
      for (std::size_t a = 0; a < c->unsteady.size(); ++a) {
        const std::string& name = c->trace.arrays[a].name;
        const auto& entries = c->unsteady[a];
        if (std::find(entries.begin(), entries.end(), true) != entries.end() &&
            std::find(names.begin(), names.end(), name) == names.end())
          names.push_back(name);
      }
    if (names.empty()) return;
    const bool sums = std::all_of(names.begin(), names.end(), [this](const std::string& name) {
      return accumulates(evidence_.cell, name);
    });
    const auto cases =
        std::count_if(all.begin(), all.end(), [](auto* c) { return c->differs_from_run_to_run; });
    say("differs from run to run in {} of {} cases: {}. It reads what nobody wrote (as fault:{}), "
        "or threads race; these numbers are compared with no fault",
        cases, all.size(), in_words(names), sums ? "uninitialised_dw" : "uninitialised_carry");
  }

  /// Which arrays are wrong in one call, and which are right.
  void scope() {
    if (const auto changed = wrong_arrays(one_call_, Moment::callers); !changed.empty())
      say("{} {} changed by the calls: handed over for reading alone", listed(changed),
          changed.size() == 1 ? "is" : "are");
    const std::vector<std::string> wrong = wrong_arrays(one_call_, Moment::first);
    if (wrong.empty()) return;
    const Cell cell = evidence_.cell;
    const auto is_wrong = [&](const std::string& name) {
      return std::find(wrong.begin(), wrong.end(), name) != wrong.end();
    };
    std::vector<std::string> states, gradients, right;
    for (const std::string& name : state_names(cell))
      (is_wrong(name) ? states : right).push_back(name);
    for (const std::string& name : gradient_names(cell))
      if (is_wrong(name))
        gradients.push_back(name);
      else if (!one_call_.empty() && gives(name))
        right.push_back(name);
    const bool all =
        gradients.size() == static_cast<std::size_t>(std::count_if(
                                gradient_names(cell).begin(), gradient_names(cell).end(),
                                [&](const std::string& name) { return gives(name); }));
    if (!states.empty())
      say("{} wrong in the forward pass already{}",
          listed(states) + (states.size() > 1 ? " are" : " is"),
          gradients.empty() ? "; every gradient is right"
          : all             ? ", and so is every gradient"
                            : "");
    else if (all)
      say("every gradient is wrong, the states are right");
    if (!states.empty() && !gradients.empty() && !all) say("wrong too: {}", listed(gradients));
    if (!states.empty() || all) return;
    say("only {} {} wrong; right: {}", in_words(gradients), gradients.size() == 1 ? "is" : "are",
        listed(right));
  }

  [[nodiscard]] bool gives(const std::string& name) const {
    return evidence_.claims.backward && evidence_.claims.has(name);
  }

  /// On which sizes and values it depends.
  void dependence() {
    const auto is_wrong = [](const CaseEvidence& c) { return c.wrong > 0; };
    if (any_wrong(plain_)) {
      Cases compared;
      for (const CaseEvidence* c : plain_)
        if (c->usable()) compared.push_back(c);
      say("wrong {}", only_where(compared, is_wrong));
      std::vector<std::string> right;
      for (const CaseEvidence* c : one_call_)
        if (c->usable() && c->wrong == 0 && c->judged > 0 && wrong_at_usual_size() &&
            (c->described().scalar != usual_ || !is_plain(c->described(), evidence_.claims)) &&
            has_upstream(*c))
          right.push_back(special(c->described(), usual_));
      if (!right.empty()) say("right with {}", fmt::join(right, "; "));
      return;
    }
    std::vector<std::string> wrong;
    int right = 0;
    for (const CaseEvidence* c : one_call_)
      if (c->wrong > 0 && c->is_large())
        say("right in all {} small problems; wrong in {}", right, to_string(c->described()));
      else if (c->wrong > 0)
        wrong.push_back(special(c->described(), usual_));
      else
        ++right;
    if (!wrong.empty())
      say("right in all {} plain problems; wrong only with {}", plain_.size(),
          fmt::join(wrong, "; "));
  }

  /// Without upstream gradients every gradient is zero, whatever is wrong.
  [[nodiscard]] static bool has_upstream(const CaseEvidence& c) {
    for (const TracedArray& array : c.trace.arrays)
      if (array.moment == Moment::callers && array.name.starts_with("d") &&
          largest_of(array.values) > 0)
        return true;
    return false;
  }

  /// Whether a plain problem of the size that the special ones have is wrong.
  [[nodiscard]] bool wrong_at_usual_size() const {
    const auto like = [&](const CaseEvidence* c) {
      const Sizes& n = c->described().spec.sizes;
      return n.T_da >= std::min<Index>(3, evidence_.claims.max_T) && n.m > 1 && n.n_a > 4 &&
             n.m < 4;
    };
    const auto right = [&](const CaseEvidence* c) { return like(c) && c->wrong == 0; };
    return std::any_of(plain_.begin(), plain_.end(), like) &&
           std::none_of(plain_.begin(), plain_.end(), right);
  }

  /// What only shows in a second call, or in the caller's arrays.
  void calls() {
    for (const CaseEvidence& c : evidence_.cases) {
      if (!c.usable() || c.wrong == 0 || told_[static_cast<std::size_t>(c.described().script)])
        continue;
      bool told = true;
      switch (c.described().script) {
        case Script::once: break;  // told already
        case Script::twice:
        case Script::second_problem: told = second(c); break;
        case Script::prefilled: prefilled(c); break;
        case Script::states_overwritten:
          if (any_wrong(plain_)) break;
          say("wrong if the caller writes into the states between forward and backward: {}",
              listed(wrong_arrays({&c}, Moment::first)));
          break;
        case Script::strided: strided(c); break;
      }
      told_[static_cast<std::size_t>(c.described().script)] = told;
    }
  }

  bool second(const CaseEvidence& c) {
    auto first = wrong_arrays({&c}, Moment::first);
    std::erase_if(first, [&](const auto& name) { return c.find(Moment::second, name) < 0; });
    const auto wrong = wrong_arrays({&c}, Moment::second);
    if (wrong.empty() || first == wrong) return false;
    const std::string what(name_of(c.described().script));
    if (first.empty())
      say("the first call is right; in {} {} wrong: {}", what,
          wrong.size() == 1 ? "one array is" : "these are", in_words(wrong));
    else
      say("{} is wrong in other arrays than the first: {}", what, in_words(wrong));
    for (const std::string& relation : relations({&c}, Moment::second))
      say("{}: {}", what, relation);
    of_first_call(c, wrong);
    return true;
  }

  /// Whether the second call gives the first one's numbers, or both.
  void of_first_call(const CaseEvidence& c, const std::vector<std::string>& wrong) {
    std::vector<std::string> again, added;
    for (const std::string& name : wrong) {
      if (c.find(Moment::first, name) < 0) continue;
      const auto& got = values(c, Moment::second, name);
      const auto& before = values(c, Moment::first, name);
      const auto& right = c.expected.of(Moment::second, name).values.elements();
      bool same = true, both = true;
      const long double tolerance =
          2 * c.expected.relative * std::max(largest_of(got), largest_of(before));
      for (std::size_t k = 0; k < right.size(); ++k) {
        const long double g = got.elements()[k], b = before.elements()[k];
        same = same && std::abs(g - b) <= tolerance;
        both = both && std::abs(g - b - right[k]) <= tolerance;
      }
      if (same) again.push_back(name);
      if (both) added.push_back(name);
    }
    if (!again.empty()) say("there, as in the first call: {}", in_words(again));
    if (!added.empty()) say("there, with those of the first call added: {}", in_words(added));
  }

  void prefilled(const CaseEvidence& c) {
    std::vector<std::string> overwritten, added, other;
    for (const std::string& name : wrong_arrays({&c}, Moment::first)) {
      const auto& got = values(c, Moment::first, name);
      const auto& right = c.expected.of(Moment::first, name).values.elements();
      const long double tolerance = 4 * c.expected.relative * (largest_of(got) + 2);
      bool onto = true, without = true;
      for (std::size_t k = 0; k < right.size(); ++k) {
        const long double held = held_before(k);
        onto = onto && std::abs(got.elements()[k] - right[k] - held) <= tolerance;
        without = without && std::abs(got.elements()[k] - right[k] + held) <= tolerance;
      }
      (onto && !accumulates(evidence_.cell, name)     ? added
       : without && accumulates(evidence_.cell, name) ? overwritten
                                                      : other)
          .push_back(name);
    }
    if (!overwritten.empty())
      say("what the caller had there is lost, where it must accumulate (+=): {}",
          in_words(overwritten));
    if (!added.empty())
      say("added to what was there before, where it must be overwritten (=): {}", in_words(added));
    if (!other.empty() && !any_wrong(plain_))
      say("wrong where the arrays held numbers before: {}", listed(other));
  }

  void strided(const CaseEvidence& c) {
    const auto outside = wrong_arrays({&c}, Moment::outside);
    if (!outside.empty())
      say("written beside {}: into gaps between columns or steps", listed(outside));
    if (const auto wrong = wrong_arrays({&c}, Moment::first); !wrong.empty() && !any_wrong(plain_))
      say("wrong through views with strides, x read backwards in time: {}", listed(wrong));
  }

  /// Broken properties of bits and memory, where the numbers do not say it already.
  void behaviour_sentences() {
    if (!text_.empty()) return;
    for (const auto& [property, behaved] : evidence_.behaved)
      if (behaved.outcome == properties::Outcome::broken)
        say("every number is within its bound, but this is broken: {} ({})", property->sentence,
            property->id);
  }

  static const Tensor<double>& values(const CaseEvidence& c, Moment moment,
                                      const std::string& name) {
    return c.trace.arrays[static_cast<std::size_t>(c.find(moment, name))].values;
  }

  const Evidence& evidence_;
  Scalar usual_;
  Cases plain_, one_call_;
  bool told_[script_count] = {};
  std::vector<std::string> text_;
};

}  // namespace

std::vector<std::string> sentences(const Evidence& evidence) {
  if (!evidence.any_wrong()) return {};
  return Writer(evidence).write();
}

}  // namespace bptt::diagnosis
