// The error that each line of a network may commit, array by array. docs/error_bounds.md,
// section 4.
//
// Of a sum of terms t: their number, the sum of their magnitudes A and of their squares Q, each
// formed by the line's own product on magnitudes and on squares. Errors are kept in units of u.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <type_traits>

#include "arithmetic/rounding.hpp"
#include "bounds/values.hpp"

namespace bptt::bounds {

/// Noise in the arithmetic N: float for values of usual size, long double where squares leave the
/// range of double.
template <class N>
class Noise {
 public:
  template <class V>
  Noise(const Plan& plan, const Values<V>& of, const Rounding& rounding, bool both)
      : plan_(plan),
        rounding_(rounding),
        both_(both),
        pool_(plan.tiny()),
        values_(plan, pool_),
        certain_(plan, pool_),
        deviation_(plan, pool_),
        meanwhile_(std::make_unique<Meanwhile>(plan)) {
    for (int k = 0; k < static_cast<int>(plan.program().arrays.size()); ++k) {
      if (plan.owner(k) != k || !of.arrays().has(k)) continue;
      const auto& from = of.arrays().all(k);
      values_.all(k).resize(from.size());
      std::transform(from.begin(), from.end(), values_.all(k).begin(), number<V>);
    }
    for (std::size_t s = 0; both && s < plan.states.size(); ++s) {
      start_values_.emplace_back(of.at_start(s).size(), &pool_);
      std::transform(of.at_start(s).begin(), of.at_start(s).end(), start_values_[s].begin(),
                     number<V>);
    }
    run();
    meanwhile_.reset();
  }

  [[nodiscard]] const Arrays<N>& values() const { return values_; }
  [[nodiscard]] const Arrays<N>& certain() const { return certain_; }
  [[nodiscard]] const Arrays<N>& deviation() const { return deviation_; }
  /// Of the gradient of a state before the first step.
  [[nodiscard]] const Numbers<N>& start_certain(std::size_t s) const { return start_certain_[s]; }
  [[nodiscard]] const Numbers<N>& start_deviation(std::size_t s) const {
    return start_deviation_[s];
  }

  [[nodiscard]] bool near_kink() const { return near_kink_; }
  [[nodiscard]] bool may_overflow() const { return may_overflow_; }
  [[nodiscard]] double largest_sum() const { return largest_sum_; }
  [[nodiscard]] double smallest_value() const { return smallest_value_; }

 private:
  using Home = Plan::Home;

  /// What is known of the sums of an array, element by element.
  struct Sums {
    Numbers<N> magnitudes, squares, count, products, underflows;

    explicit Sums(Pool& pool)
        : magnitudes(&pool), squares(&pool), count(&pool), products(&pool), underflows(&pool) {}
    void make(std::size_t size) {
      for (auto* part : {&magnitudes, &squares, &count, &products, &underflows})
        part->assign(size, N(0));
    }
    void add(const Sums& from, Index at, Index to, Index block) {
      const auto add_part = [&](const Numbers<N>& p, Numbers<N>& q) {
        for (Index k = 0; k < block; ++k) q[Plan::at(to + k)] += p[Plan::at(at + k)];
      };
      add_part(from.magnitudes, magnitudes);
      add_part(from.squares, squares);
      add_part(from.count, count);
      add_part(from.products, products);
      add_part(from.underflows, underflows);
    }
  };

  struct Least {
    double size = std::numeric_limits<double>::infinity();
    bool zeros = false;
    bool known = false;
  };

  /// What nobody asks for any more once the errors are known.
  struct Meanwhile {
    Pool pool;
    std::vector<Sums> sums, spare;  // spare: room of those that are done
    Arrays<N> magnitudes, squares, nonzero;
    std::vector<Least> least;

    explicit Meanwhile(const Plan& plan)
        : pool(plan.tiny()),
          magnitudes(plan, pool),
          squares(plan, pool),
          nonzero(plan, pool),
          least(plan.program().arrays.size()) {
      sums.reserve(least.size());
      for (std::size_t k = 0; k < least.size(); ++k) sums.emplace_back(pool);
    }
  };

  /// What N rounds to zero is no zero: such a product underflows, and is charged.
  template <class V>
  static N number(V v) {
    const N n = static_cast<N>(v);
    if (n == 0 && v != 0)
      return std::copysign(std::numeric_limits<N>::denorm_min(), static_cast<N>(v));
    return n;
  }

  // ---- The lines, in order
  void run() {
    const std::size_t lines = both_ ? plan_.program().lines.size() : plan_.form.forward;
    for (std::size_t k = 0; k < lines; ++k) {
      const cells::Line& line = plan_.line(k);
      plan_.for_each_batch(k, [&](Index t, Index visit, Index steps) { run(k, t, visit, steps); });
      if (line.function == cells::Function::sum &&
          plan_.last_line(line.to.array) == static_cast<Index>(k) && !goes_on(line.to.array))
        finish(line.to.array);
    }
    if (both_) join_visits();
  }

  /// Gradients of states, in whose sums several visits take part.
  [[nodiscard]] bool goes_on(int array) const {
    return std::any_of(plan_.states.begin(), plan_.states.end(), [&](const Plan::State& s) {
      return array == s.gradient || array == s.gradient_before;
    });
  }

  Sums& sums(int array) {
    Sums& s = meanwhile_->sums[Plan::at(array)];
    if (!s.count.empty()) return s;
    if (!meanwhile_->spare.empty()) {
      s = std::move(meanwhile_->spare.back());
      meanwhile_->spare.pop_back();
    }
    s.make(Plan::at(plan_.blocks(array) * plan_.layout.block(array)));
    return s;
  }

  void done(Sums& s) {
    meanwhile_->spare.push_back(std::move(s));
    s = Sums(meanwhile_->pool);
  }

  void run(std::size_t number, Index t, Index visit, Index steps) {
    const cells::Line& line = plan_.line(number);
    if (line.function == cells::Function::larger) return look_for_ties(number, t, visit, steps);
    if (line.function != cells::Function::sum) return apply(line, t, visit, steps);
    for (std::size_t k = 0; k < line.terms.size(); ++k)
      add_term(line, k, plan_.contraction(number, k, steps), t, visit);
  }

  // ---- Sums
  /// What sums are formed of, beside the values: made when it is first read.
  template <class Map>
  const Arrays<N>& mapped(Arrays<N>& to, int array, const Map& map) {
    if (!to.has(array)) {
      const auto& from = values_.all(array);
      auto& all = to.all(array);
      all.resize(from.size());
      std::transform(from.begin(), from.end(), all.begin(), map);
    }
    return to;
  }
  struct Reads {
    const N *p = nullptr, *q = nullptr;
  };
  template <class Map>
  Reads mapped(Arrays<N>& to, const cells::Term& term, Index t, Index visit, const Map& map) {
    Reads reads;
    if (!term.reads.empty())
      reads.p = mapped(to, term.reads[0].array, map).at(term.reads[0], t, visit);
    if (term.reads.size() > 1)
      reads.q = mapped(to, term.reads[1].array, map).at(term.reads[1], t, visit);
    return reads;
  }

  /// Of all steps of an array.
  const Least& least(int array) {
    Least& of = meanwhile_->least[Plan::at(plan_.owner(array))];
    if (of.known) return of;
    N least = std::numeric_limits<N>::infinity();
    for (const N v : values_.all(array)) {
      const N a = std::abs(v);
      of.zeros = of.zeros || a == 0;
      least = a == 0 ? least : std::min(least, a);
    }
    of.size = static_cast<double>(least);
    of.known = true;
    return of;
  }

  void add_term(const cells::Line& line, std::size_t number, const Contraction& sum, Index t,
                Index visit) {
    const cells::Term& term = line.terms[number];
    const N factor = std::abs(as_number<N>(term.factor));
    int factors = factor == 1 ? 0 : 1;
    double at_least = static_cast<double>(factor);
    bool zeros = false;
    for (const cells::Place& place : term.reads) {
      if (!plan_.selects(place.array)) ++factors;
      const Least& of = least(place.array);
      at_least *= of.size;
      zeros = zeros || of.zeros;
    }
    const bool product = factors >= 2;

    Sums& s = sums(line.to.array);
    const Index at = plan_.slot(line.to.array, t, visit) * plan_.layout.block(line.to.array) +
                     plan_.layout.offset(line.to);
    const Reads sizes =
        mapped(meanwhile_->magnitudes, term, t, visit, [](N v) { return std::abs(v); });
    sum.run(factor, s.magnitudes.data() + at, sizes.p, sizes.q);
    const Reads squares = mapped(meanwhile_->squares, term, t, visit, [](N v) { return v * v; });
    sum.run(factor * factor, s.squares.data() + at, squares.p, squares.q);
    for (auto* count : {&s.count, product ? &s.products : nullptr}) {
      if (count == nullptr) continue;
      if (zeros) {
        const Reads there =
            mapped(meanwhile_->nonzero, term, t, visit, [](N v) { return N(v != 0 ? 1 : 0); });
        sum.run(N(1), count->data() + at, there.p, there.q);
      } else {
        sum.run<N>(N(1), count->data() + at, nullptr, nullptr);
      }
    }
    if (product) note_products(term, sum, factor, s, at, t, visit, at_least);
  }

  /// at_least: no product but zero is smaller.
  void note_products(const cells::Term& term, const Contraction& sum, N factor, Sums& s, Index at,
                     Index t, Index visit, double at_least) {
    const double threshold = 2 * rounding_.smallest_normal;
    if (at_least >= std::max(threshold, 0x1p-100)) {
      smallest_value_ = std::min(smallest_value_, at_least);
      return;
    }
    const N* left = term.reads.empty() ? nullptr : values_.at(term.reads[0], t, visit);
    const N* right = term.reads.size() < 2 ? nullptr : values_.at(term.reads[1], t, visit);
    sum.for_each([&](Index o, Index i, Index j) {
      const N l = left == nullptr ? N(1) : left[i], r = right == nullptr ? N(1) : right[j];
      if (l == 0 || r == 0) return;
      const auto size = static_cast<double>(std::abs(factor * l * r));
      if (size < threshold) s.underflows[Plan::at(at + o)] += N(1);
      smallest_value_ =
          std::min(smallest_value_, std::max(size, std::numeric_limits<double>::denorm_min()));
    });
  }

  void finish(int array) {
    certain_.make(array);
    deviation_.make(array);
    finish(sums(array), values_.all(array), certain_.all(array), deviation_.all(array));
    done(sums(array));
  }

  void finish(const Sums& s, const Numbers<N>& values, Numbers<N>& certain, Numbers<N>& deviation) {
    if (rounding_.u == 0) {
      for (const N a : s.magnitudes) note_sum(static_cast<double>(a));
      return;
    }
    const N third = N(1) / N(3);
    constexpr N smallest_square = std::is_same_v<N, float> ? N(1e-30F) : N(0);
    const N per_underflow =
        static_cast<N>(2 * static_cast<long double>(rounding_.smallest_subnormal) /
                       static_cast<long double>(rounding_.u));
    for (std::size_t k = 0; k < values.size(); ++k) {
      const N count = s.count[k], A = s.magnitudes[k], z = values[k];
      // Squares that N rounds to zero: their sum is at most that of the magnitudes, squared.
      const N Q = s.squares[k] > smallest_square ? s.squares[k] : A * A;
      const N absolute = s.underflows[k] * per_underflow;
      const bool rounds = count >= 2 || s.products[k] > 0;
      const N sum = rounds ? count * A : N(0);
      const N variance = rounds ? (count - 1) * std::max(Q, z * z) + Q : N(0);
      certain[k] = sum + absolute;
      deviation[k] = std::sqrt(third * (variance + absolute * absolute));
      if (std::is_same_v<N, float> && deviation[k] == 0 && certain[k] != 0)
        deviation[k] = certain[k];
      note_sum(static_cast<double>(A));
    }
  }

  void note_sum(double magnitudes) {
    largest_sum_ = std::max(largest_sum_, magnitudes);
    note_size(magnitudes);
  }
  void note_size(double y) {
    if (!(y <= rounding_.largest / overflow_margin)) may_overflow_ = true;
    if (y > 0) smallest_value_ = std::min(smallest_value_, y);
  }

  // ---- Gradients of states: sums that go from one visit to the next
  void join_visits() {
    for (std::size_t k = 0; k < plan_.states.size(); ++k) {
      const Plan::State& state = plan_.states[k];
      const Index block = plan_.layout.block(state.state);
      Sums& to = sums(state.gradient);
      Sums none(meanwhile_->pool);
      Sums& back = state.gradient_before < 0 ? none : sums(state.gradient_before);
      const Visits& visits = plan_.visits_of_state(k);
      for (std::size_t v = 0; state.gradient_before >= 0 && v < visits.visits.size(); ++v)
        for (const Index from : visits.visits[v].from)
          to.add(back, from * block, static_cast<Index>(v) * block, block);
      Sums start(meanwhile_->pool);
      start.make(Plan::at(block));
      if (state.gradient_before >= 0)
        for (const Index v : visits.to_start) start.add(back, v * block, 0, block);
      start_certain_.emplace_back(Plan::at(block), N(0), &pool_);
      start_deviation_.emplace_back(Plan::at(block), N(0), &pool_);
      finish(start, start_values_[k], start_certain_[k], start_deviation_[k]);
      finish(state.gradient);
      if (state.gradient_before >= 0) done(back);
    }
  }

  // ---- Functions
  void apply(const cells::Line& line, Index t, Index visit, Index steps) {
    const int y = line.to.array, z = line.arguments.front().array;
    const Index size = plan_.layout.block(y) * steps,
                at = plan_.slot(y, t, visit) * plan_.layout.block(y);
    const Numbers<N>& values = values_.all(y);
    if (line.function == cells::Function::relu) {
      if (certain_.has(z)) look_for_kinks(line.arguments.front(), t, visit, steps);
      return;
    }
    const double ulps = rounding_.u == 0 ? 0 : ulps_of(line.function);
    const bool quotient = line.function == cells::Function::reciprocal;
    if (ulps == 0 && !quotient) return;
    const bool may_be_off =
        line.function == cells::Function::tanh || line.function == cells::Function::sigmoid;
    if (!certain_.has(y)) {
      certain_.make(y);
      deviation_.make(y);
    }
    // Where N is float, u and eta may be beyond its range.
    using W = std::conditional_t<std::is_same_v<N, float>, double, N>;
    constexpr W one_of_sqrt3 = 1 / std::numbers::sqrt3_v<W>;
    const auto u = static_cast<W>(rounding_.u), eta = static_cast<W>(rounding_.smallest_subnormal);
    const W of_eta = u == 0 ? W(0) : eta / u, times = static_cast<W>(ulps);
    const W absolute = u == 0 || !may_be_off ? W(0) : static_cast<W>(rounding_.absolute_error) / u;
    Numbers<N>&certain = certain_.all(y), &deviation = deviation_.all(y);
    for (Index k = at; k < at + size; ++k) {
      const W v = std::abs(static_cast<W>(values[Plan::at(k)]));
      note_size(static_cast<double>(v));
      if ((v == 0 && absolute == 0) || u == 0) continue;
      const bool underflow = v < 2 * static_cast<W>(rounding_.smallest_normal);
      const W e = quotient ? v + (underflow ? 2 * of_eta : W(0))
                           : (v == 0 ? W(0) : times * std::max(2 * v, of_eta)) + absolute;
      certain[Plan::at(k)] = static_cast<N>(e);
      deviation[Plan::at(k)] = static_cast<N>(e * one_of_sqrt3);
    }
  }

  [[nodiscard]] double ulps_of(cells::Function function) const {
    switch (function) {
      case cells::Function::tanh: return rounding_.tanh_ulp;
      case cells::Function::sigmoid: return rounding_.sigmoid_ulp;
      case cells::Function::exp: return rounding_.exp_ulp;
      case cells::Function::log: return rounding_.log_ulp;
      default: return 0;  // a choice or a change of sign
    }
  }

  void look_for_kinks(const cells::Place& z, Index t, Index visit, Index steps) {
    const Index block = plan_.layout.block(z.array), at = plan_.slot(z.array, t, visit) * block;
    for (Index k = at; k < at + block * steps; ++k) {
      const double margin =
          kink_margin * rounding_.u * static_cast<double>(certain_.all(z.array)[Plan::at(k)]);
      if (std::abs(static_cast<double>(values_.all(z.array)[Plan::at(k)])) < margin)
        near_kink_ = true;
    }
  }

  /// Two that are so near each other that rounding may choose the other one.
  void look_for_ties(std::size_t number, Index t, Index visit, Index steps) {
    const cells::Line& line = plan_.line(number);
    const cells::Place &p = line.arguments.front(), &q = line.arguments.back();
    const auto certain = [&](const cells::Place& place, Index at) {
      return certain_.has(place.array) ? static_cast<double>(certain_.at(place, t, visit)[at]) : 0;
    };
    const N *of_p = values_.at(p, t, visit), *of_q = values_.at(q, t, visit);
    plan_.contraction(number, 0, steps).for_each([&](Index, Index i, Index j) {
      const double apart = std::abs(static_cast<double>(of_p[i]) - static_cast<double>(of_q[j]));
      if (apart < kink_margin * rounding_.u * (certain(p, i) + certain(q, j))) near_kink_ = true;
    });
  }

  const Plan& plan_;
  const Rounding& rounding_;
  bool both_;
  Pool pool_;
  Arrays<N> values_, certain_, deviation_;
  std::vector<Numbers<N>> start_values_, start_certain_, start_deviation_;
  std::unique_ptr<Meanwhile> meanwhile_;
  bool near_kink_ = false, may_overflow_ = false;
  double largest_sum_ = 0, smallest_value_ = std::numeric_limits<double>::infinity();
};

}  // namespace bptt::bounds
