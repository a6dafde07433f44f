#include "properties/expectation.hpp"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "properties/reference_ways.hpp"

namespace bptt::properties {
namespace {

bool same_bits(const Tensor<long double>& p, const Tensor<long double>& q) {
  return p.shape() == q.shape() &&
         std::equal(p.elements().begin(), p.elements().end(), q.elements().begin(),
                    [](long double x, long double y) {
                      if (std::isnan(x) || std::isnan(y)) return std::isnan(x) && std::isnan(y);
                      return x == y && std::signbit(x) == std::signbit(y);
                    });
}

bool same_bits(const NamedTensors<long double>& p, const NamedTensors<long double>& q) {
  return std::equal(p.begin(), p.end(), q.begin(), q.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && same_bits(x.second, y.second);
  });
}

/// All that a run depends on.
struct Question {
  std::shared_ptr<const Problem<long double>> shared;
  Rounding rounding;
  Derivation derivation;
  Passes passes;

  friend bool operator==(const Question& a, const Question& b) {
    const Problem<long double>&p = *a.shared, &q = *b.shared;
    return p.cell == q.cell && p.activation == q.activation && p.sizes == q.sizes &&
           a.rounding == b.rounding && a.derivation == b.derivation && a.passes == b.passes &&
           same_bits(p.in, q.in) && same_bits(p.up, q.up);
  }
};

/// The last few runs of all threads, the latest first.
class Recent {
 public:
  std::shared_ptr<BoundedRun> find(const Question& question) {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& e) { return e.question == question; });
    if (found == entries_.end()) return nullptr;
    std::rotate(entries_.begin(), found, found + 1);
    return entries_.front().run;
  }
  void keep(Question question, std::shared_ptr<BoundedRun> run) {
    std::vector<Entry> old;  // destroyed after the lock is released
    const std::lock_guard lock(mutex_);
    entries_.insert(entries_.begin(), {std::move(question), std::move(run)});
    double bytes = 0;
    std::size_t kept = 0;
    // The latest two whatever they take: a property may compare two problems.
    while (kept < entries_.size() && kept < capacity &&
           ((bytes += entries_[kept].run->bytes()) <= most_bytes || kept < 2))
      ++kept;
    while (entries_.size() > kept) {
      old.push_back(std::move(entries_.back()));
      entries_.pop_back();
    }
  }

 private:
  struct Entry {
    Question question;
    std::shared_ptr<BoundedRun> run;
  };
  static constexpr double most_bytes = 0x1p28;
  /// A problem, and what a few threads' properties derive from it.
  static constexpr std::size_t capacity = 8;
  std::mutex mutex_;
  std::vector<Entry> entries_;
};

/// How many terms are added to each entry of a weight gradient, at most.
double additions_to_a_weight(Derivation derivation, const Sizes& s) {
  const auto T = static_cast<double>(s.T_da), m = static_cast<double>(s.m);
  switch (derivation) {
    case Derivation::split: return 2 * T * m;
    case Derivation::one_walk_per_loss:
    case Derivation::by_lag: return T * (T + 1) / 2 * m;
    default: return T * m;
  }
}

}  // namespace

BoundedRun& Expectation::run() const {
  static Recent recent;
  if (run_ != nullptr) return *run_;
  Question question{problem_, rounding_, derivation_, passes_};
  run_ = recent.find(question);
  if (run_ == nullptr) {
    run_ = std::make_shared<BoundedRun>(problem_, rounding_, derivation_, passes_);
    // States alone are asked for at one point after another, none of them twice.
    if (passes_ == Passes::both) recent.keep(std::move(question), run_);
  }
  return *run_;
}

NamedTensors<long double> Expectation::reference_gradients(Derivation way) const {
  constexpr double smallest_that_fits = 0x1p-800;
  const bool fits_doubles = doubt().empty() && smallest_value() >= smallest_that_fits;
  return properties::reference_gradients(*problem_, run().reference_states(), way, fits_doubles);
}

std::string Expectation::doubt() const {
  if (exact()) return "";
  if (run().noise().may_overflow())
    return "intermediate values come near the largest finite number";
  if (run().noise().near_kink())
    return "a ReLU's argument, or a choice of the larger of two, is within rounding of its kink";
  return "";
}

NoiseBound accumulated(const NoiseBound& of_gradient, long double size, double u,
                       Derivation derivation, const Sizes& sizes) {
  // A sum's certain bound is at least u times the magnitudes of its terms, unless it is one exact
  // term: that one is in `size`.
  const double additions = additions_to_a_weight(derivation, sizes);
  return {
      3 * of_gradient.certain + (additions + 1) * u * size,
      std::hypot(std::sqrt(3.0L) * of_gradient.sigma, std::sqrt((additions + 1) / 3) * u * size)};
}

}  // namespace bptt::properties
