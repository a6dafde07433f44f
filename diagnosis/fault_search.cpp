#include "diagnosis/fault_search.hpp"

#include <algorithm>

namespace bptt::diagnosis {
namespace {

/// Cases that can tell faults apart; wrong ones first, quick ones before slow ones.
std::vector<const CaseEvidence*> cases_to_compare(const Evidence& evidence) {
  std::vector<const CaseEvidence*> cases;
  for (const CaseEvidence& c : evidence.cases) {
    const bool changed = c.failed() && c.trace.failure->cause == Cause::changed_input;
    if (!c.is_large() && (c.usable() || changed)) cases.push_back(&c);
  }
  std::stable_sort(cases.begin(), cases.end(), [](const auto* p, const auto* q) {
    if (p->is_wrong() != q->is_wrong()) return p->is_wrong();
    return p->work() < q->work();
  });
  return cases;
}

/// Whether a run failed before there was anything to judge.
bool ends_before_numbers(Cause cause) {
  return ends_worker(cause) || cause == Cause::raised || cause == Cause::wrong_shape ||
         cause == Cause::wrong_type || cause == Cause::changed_input;
}

class Search {
 public:
  Search(const Evidence& evidence, FaultTraces& faults, const Deadline& deadline,
         const OnSetsTried& on_tried)
      : evidence_(evidence),
        faults_(faults),
        deadline_(deadline),
        on_tried_(on_tried),
        cases_(cases_to_compare(evidence)),
        rows_(faults_of(evidence.cell)) {
    for (const CaseEvidence* c : cases_)
      if (c->described().script == Script::once) one_call_.push_back(c);
    const auto n = static_cast<int>(rows_.size());
    all_ = n + n * (n - 1) / 2;
  }

  [[nodiscard]] FaultSearch found() {
    if (cases_.empty()) return result_;
    for (const std::size_t row : rows_) attempt({row});
    const bool single = !result_.fits.empty() || !result_.numbers_alone.empty();
    if (!single && wrong_in_one_call()) find_one_call();
    if (result_.fits.empty()) pairs();
    if (result_.fits.empty() && result_.numbers_alone.empty()) find_nearest();
    auto& alone = result_.numbers_alone;
    if (!result_.fits.empty()) alone.clear();
    // A second fault that changes no number only says that it could be there too.
    std::erase_if(alone, [&](const FaultRows& rows) { return rows.size() > alone.front().size(); });
    return result_;
  }

 private:
  /// What is not done for lack of time is said not to be done.
  [[nodiscard]] bool in_time() {
    if (deadline_.passed()) result_.complete = false;
    return result_.complete;
  }

  void attempt(const FaultRows& rows) {
    if (!in_time()) return;
    ++result_.tried;
    if (on_tried_) on_tried_(result_.tried, all_);
    if (!gives_all_numbers(rows, cases_, faults_)) return;
    auto& list = behaves_alike(rows, evidence_, faults_) ? result_.fits : result_.numbers_alone;
    list.push_back(rows);
  }

  void pairs() {
    // Two faults neither of which does anything in the first case do nothing there together.
    const CaseEvidence& first = *cases_.front();
    const std::vector<double> without = faults_.numbers({}, first);
    std::vector<bool> silent;
    for (const std::size_t row : rows_)
      silent.push_back(first.wrong > 0 && faults_.numbers({row}, first) == without);
    for (std::size_t i = 0; i < rows_.size(); ++i)
      for (std::size_t j = i + 1; j < rows_.size(); ++j) {
        if (silent[i] && silent[j])
          ++result_.tried;
        else
          attempt({rows_[i], rows_[j]});
      }
  }

  [[nodiscard]] bool wrong_in_one_call() const {
    return std::any_of(one_call_.begin(), one_call_.end(), [](auto* c) { return c->wrong > 0; });
  }

  void find_one_call() {
    for (const std::size_t row : rows_)
      if (in_time() && gives_all_numbers({row}, one_call_, faults_))
        result_.one_call.push_back({row});
  }

  void find_nearest() {
    long long best = 0;
    for (const std::size_t row : rows_) {
      Likeness sum;
      for (const CaseEvidence* c : cases_) {
        if (!in_time()) return;
        const Likeness like = likeness(*c, faults_.numbers({row}, *c));
        sum.wrong += like.wrong;
        sum.spoiled += like.spoiled;
      }
      if (sum.wrong - sum.spoiled <= best || 4 * sum.wrong < evidence_.wrong_entries()) continue;
      best = sum.wrong - sum.spoiled;
      result_.nearest = NearestFault{{row}, sum};
    }
  }

  const Evidence& evidence_;
  FaultTraces& faults_;
  const Deadline& deadline_;
  const OnSetsTried& on_tried_;
  std::vector<const CaseEvidence*> cases_, one_call_;
  std::vector<std::size_t> rows_;
  int all_ = 0;
  FaultSearch result_;
};

}  // namespace

bool gives_all_numbers(const FaultRows& rows, const std::vector<const CaseEvidence*>& cases,
                       FaultTraces& faults) {
  return std::all_of(cases.begin(), cases.end(), [&](const CaseEvidence* c) {
    return same_numbers(*c, faults.numbers(rows, *c));
  });
}

bool behaves_alike(const FaultRows& rows, const Evidence& evidence, FaultTraces& faults) {
  using properties::Outcome;
  // What is broken first: most sets of faults do not break it.
  for (const bool broken : {true, false})
    for (const auto& [property, behaved] : evidence.behaved) {
      if (ends_before_numbers(behaved.cause)) continue;  // says nothing of the property
      if ((behaved.outcome == Outcome::broken) != broken) continue;
      if ((faults.behaved(rows, *property) == Outcome::broken) != broken) return false;
    }
  return true;
}

FaultSearch search(const Evidence& evidence, FaultTraces& faults, const Deadline& deadline,
                   const OnSetsTried& on_tried) {
  if (!evidence.any_wrong()) return {};
  FaultSearch none;
  none.too_large = std::all_of(evidence.cases.begin(), evidence.cases.end(),
                               [](const CaseEvidence& c) { return c.is_large() || !c.is_wrong(); });
  if (none.too_large && evidence.values_wrong()) return none;
  return Search(evidence, faults, deadline, on_tried).found();
}

}  // namespace bptt::diagnosis
