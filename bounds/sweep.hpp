// The reversed program run on adjoints: what the errors of all lines do to some results.
// For each result, sum over lines and entries of |adjoint| * certain, and of adjoint^2 *
// deviation^2. Source: Linnainmaa 1976; docs/error_bounds.md, section 3.
#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "bounds/functional.hpp"
#include "bounds/noise.hpp"
#include "bounds/side_by_side.hpp"
#include "core/error.hpp"

namespace bptt::bounds {

template <class N>
class Sweep {
 public:
  Sweep(const Plan& plan, const Noise<N>& noise, bool both)
      : plan_(plan),
        noise_(noise),
        both_(both),
        pool_(plan.tiny()),
        forward_(plan.program().arrays.size()),
        back_(plan.program().arrays.size()),
        carried_(plan.states.size()),
        of_totals_(plan.program().lines.size()) {
    make(start_, plan.states.size());
    for (std::size_t k = 0; k < plan.program().arrays.size(); ++k) {
      const auto role = plan.program().arrays[k].role;
      constant_.push_back(role == cells::Role::input || role == cells::Role::weight ||
                          role == cells::Role::mask || plan.selects(static_cast<int>(k)));
    }
    for (const Upstream& upstream : plan.form.upstream) constant_[Plan::at(upstream.array)] = true;
  }

  /// In units of u.
  std::vector<NoiseBound> run(const Functional* functionals, std::size_t count) {
    beside_ = !plan_.large();
    K_ = static_cast<Index>(count);
    // Whole registers: a few results more take less time than some of them one by one.
    if (beside_ && K_ >= whole_registers / 2)
      K_ = (K_ + whole_registers - 1) / whole_registers * whole_registers;
    sums_.assign(Plan::at(K_), {});
    for (std::vector<Blocks>* all : {&forward_, &back_, &carried_})
      for (Blocks& blocks : *all) clear(blocks);
    clear(start_);
    totals_.clear();
    for (std::size_t r = 0; r < count; ++r)
      for (const Functional::Part& part : functionals[r].parts) seed(part, static_cast<Index>(r));
    if (both_) {
      settle_outputs();
      for (const Plan::Pass& pass : plan_.passes) {
        const auto& order = plan_.visits_in(pass).order;
        for (auto v = order.rbegin(); v != order.rend(); ++v) way_back(*v, pass);
      }
    }
    for (auto pass = plan_.passes.rbegin(); pass != plan_.passes.rend(); ++pass)
      for (Index n = plan_.T_x - 1; n >= 0; --n) way_forward(plan_.step_number(*pass, n), *pass);
    std::vector<NoiseBound> bounds;
    for (std::size_t r = 0; r < count; ++r)
      bounds.push_back({static_cast<long double>(sums_[r].certain),
                        std::sqrt(static_cast<long double>(sums_[r].variance))});
    return bounds;
  }

 private:
  static constexpr Index whole_registers = 8;
  using Accumulator = std::conditional_t<std::is_same_v<N, float>, double, N>;
  struct Sum {
    Accumulator certain = 0, variance = 0;
  };

  /// Adjoints of one block for all results, the result slowest; those of zero take no room.
  struct Block {
    Numbers<N> elements;
    bool any = false;

    explicit Block(Pool& pool) : elements(&pool) {}
    void make(Index size) {
      if (any) return;
      elements.resize(static_cast<std::size_t>(size));
      std::fill(elements.begin(), elements.end(), N(0));
      any = true;
    }
  };
  using Blocks = std::vector<Block>;
  void make(Blocks& blocks, std::size_t count) {
    blocks.reserve(count);
    while (blocks.size() < count) blocks.emplace_back(pool_);
  }
  static void clear(Blocks& blocks) {
    for (Block& block : blocks) block.any = false;
  }

  /// Results stand side by side, or where products are those of matrices one block after another.
  [[nodiscard]] std::size_t place(Index entry, Index result, Index block) const {
    return Plan::at(beside_ ? entry * K_ + result : entry + result * block);
  }

  [[nodiscard]] Block& forward(int array, Index slot) {
    const int owner = plan_.owner(array);
    Blocks& blocks = forward_[Plan::at(owner)];
    const bool passing = plan_.passing(owner);
    if (blocks.empty()) make(blocks, passing ? 1 : Plan::at(plan_.blocks(owner)));
    return blocks[passing ? 0 : Plan::at(slot)];
  }
  /// Of arrays of a visit one block, since the visits come one after another; of those that one
  /// pass leaves to another one a visit.
  [[nodiscard]] Block& adjoint(int array, Index t, Index visit) {
    switch (plan_.home(array)) {
      case Plan::Home::visit: {
        Blocks& blocks = back_[Plan::at(array)];
        const bool crosses = plan_.crosses(array);
        if (blocks.empty()) make(blocks, crosses ? plan_.visits.visits.size() : 1);
        return blocks[crosses ? Plan::at(visit) : 0];
      }
      default: return forward(array, plan_.slot(array, t, visit));
    }
  }

  // ---- The results
  void seed(const Functional::Part& part, Index r) {
    if (part.array != target_.name) target_ = target(part.array);
    if (target_.start >= 0) {
      const Index block = plan_.layout.block(plan_.states[Plan::at(target_.start)].state);
      Block& to = start_[Plan::at(target_.start)];
      to.make(block * K_);
      each_entry(part, block,
                 [&](Index e, double w) { to.elements[place(e, r, block)] += static_cast<N>(w); });
      return;
    }
    const int array = target_.array;
    if (array < 0) return;
    if (plan_.passing(array)) throw Error(part.array + " is neither a state nor a gradient");
    const Index block = plan_.layout.block(array);
    if (plan_.home(array) == Plan::Home::total) {
      totals_.push_back({array, r, &part});
      return;
    }
    const Index states = plan_.home(array) == Plan::Home::state ? 1 : 0;
    each_entry(part, block * (plan_.blocks(array) - states), [&](Index e, double w) {
      Block& to = forward(array, e / block + plan_.first_slot(array));
      to.make(block * K_);
      to.elements[place(e % block, r, block)] += static_cast<N>(w);
    });
  }

  /// Where a result's array stands: the gradient of a state before the first step, or an array; -1:
  /// not there.
  struct Target {
    std::string name;
    Index start = -1;
    int array = -1;
  };
  [[nodiscard]] Target target(const std::string& name) const {
    const auto& program = plan_.program();
    for (std::size_t s = 0; s < plan_.states.size(); ++s)
      if (name == "d" + plan_.array(plan_.states[s].state).name + "0")
        return {name, static_cast<Index>(s), -1};
    if (program.find(name) < 0 && name.starts_with("d") && program.find(name.substr(1)) >= 0)
      return {name, -1, -1};  // the gradient of what no loss depends on is zero
    return {name, -1, program.array(name)};
  }

  template <class Visit>
  static void each_entry(const Functional::Part& part, Index size, const Visit& visit) {
    if (part.weight)
      for (Index e = 0; e < size; ++e)
        if (const double w = part.weight(e); w != 0) visit(e, w);
    for (const auto& [e, w] : part.entries) visit(e, w);
  }

  struct Total {
    int array;
    Index result;
    const Functional::Part* part;
  };

  /// From weights of a weight's gradient to the adjoint of what one of its lines reads.
  struct FromTotal {
    struct All {
      Index result;
      const N* weights;
    };
    struct Entry {
      N weight;
      Index to, value;  // where the adjoint begins, and the other factor of the term
    };
    std::size_t term, read;
    Contraction of_entry, of_all;
    std::vector<All> all;
    std::vector<Entry> entries;
  };

  /// The errors of what no other line reads: gradients of weights, inputs and first states.
  void settle_outputs() {
    for (const Total& total : totals_) {
      const auto &E = noise_.certain().all(total.array), &D = noise_.deviation().all(total.array);
      if (E.empty()) continue;
      Sum& sum = sums_[Plan::at(total.result)];
      each_entry(*total.part, plan_.layout.block(total.array), [&](Index e, double w) {
        sum.certain +=
            static_cast<Accumulator>(std::abs(w)) * static_cast<Accumulator>(E[Plan::at(e)]);
        const auto d = static_cast<Accumulator>(w) * static_cast<Accumulator>(D[Plan::at(e)]);
        sum.variance += d * d;
      });
    }
    prepare_totals();
    for (std::size_t k = 0; k < plan_.program().arrays.size(); ++k) {
      const auto array = static_cast<int>(k);
      if (plan_.home(array) != Plan::Home::input_gradient || forward_[k].empty()) continue;
      for (Index t = 0; t < plan_.blocks(array); ++t) count(array, t, forward(array, t));
    }
    for (std::size_t s = 0; s < plan_.states.size(); ++s)
      if (start_[s].any && !noise_.start_certain(s).empty())
        count(start_[s], noise_.start_certain(s).data(), noise_.start_deviation(s).data(),
              plan_.layout.block(plan_.states[s].state));
  }

  /// What a weight's gradient sends to the reads of its lines, for all visits.
  void prepare_totals() {
    dense_.clear();
    for (const Total& total : totals_) {
      dense_.emplace_back(&pool_);
      if (!total.part->weight) continue;
      Numbers<N>& weights = dense_.back();
      weights.resize(Plan::at(plan_.layout.block(total.array)));
      for (std::size_t e = 0; e < weights.size(); ++e)
        weights[e] = static_cast<N>(total.part->weight(static_cast<Index>(e)));
      for (const auto& [e, w] : total.part->entries) weights[Plan::at(e)] += static_cast<N>(w);
    }
    for (std::size_t line = plan_.form.forward; line < of_totals_.size(); ++line) {
      of_totals_[line].clear();
      for (const Plan::OfTotal& of : plan_.of_total(line)) prepare_total(line, of);
    }
  }
  void prepare_total(std::size_t number, const Plan::OfTotal& of) {
    const cells::Line& line = plan_.line(number);
    const auto& reads = line.terms[of.term].reads;
    const cells::Place &read = reads[of.read], &other = reads[reads.size() < 2 ? 0 : 1 - of.read];
    const Index step = beside_ ? K_ : 1, block = plan_.layout.block(read.array),
                first = plan_.layout.offset(read);
    FromTotal from{of.term, of.read, of.of_entry.of_one_among(step), of.of_all, {}, {}};
    for (std::size_t i = 0; i < totals_.size(); ++i) {
      const Total& total = totals_[i];
      if (total.array != line.to.array) continue;
      if (total.part->weight) {
        from.all.push_back({total.result, dense_[i].data() + plan_.layout.offset(line.to)});
        continue;
      }
      const auto to = static_cast<Index>(place(first, total.result, block));
      for (const auto& [e, w] : total.part->entries)
        if (plan_.layout.contains(line.to, e))
          from.entries.push_back({static_cast<N>(w),
                                  to + plan_.layout.moved(read, line.to, e) * step,
                                  plan_.layout.moved(other, line.to, e)});
    }
    of_totals_[number].push_back(std::move(from));
  }

  // ---- The errors of a line
  void count(int array, Index slot, const Block& d) {
    if (!d.any || !noise_.certain().has(array)) return;
    count(d, noise_.certain().block(array, slot), noise_.deviation().block(array, slot),
          plan_.layout.block(array));
  }
  void count(const Block& d, const N* E, const N* D, Index block) {
    beside_ ? count_beside(d, E, D, block) : count_apart(d, E, D, block);
  }
  void count_beside(const Block& d, const N* E, const N* D, Index block) {
    certain_.assign(Plan::at(K_), 0);
    variance_.assign(Plan::at(K_), 0);
    bounds::count_beside(block, K_, d.elements.data(), E, D, certain_.data(), variance_.data());
    for (std::size_t r = 0; r < sums_.size(); ++r) {
      sums_[r].certain += static_cast<Accumulator>(certain_[r]);
      sums_[r].variance += static_cast<Accumulator>(variance_[r]);
    }
  }
  void count_apart(const Block& d, const N* E, const N* D, Index block) {
    constexpr Index lanes = 8;
    for (Index r = 0; r < K_; ++r) {
      const N* a = d.elements.data() + r * block;
      Accumulator certain[lanes] = {}, variance[lanes] = {};  // NOLINT: for the compiler's vectors
      const auto entry = [&](Index k, Index l) {
        const auto c = static_cast<Accumulator>(a[k]);
        certain[l] += std::abs(c) * static_cast<Accumulator>(E[k]);
        const Accumulator v = c * static_cast<Accumulator>(D[k]);
        variance[l] += v * v;
      };
      Index k = 0;
      for (; k + lanes <= block; k += lanes)
        for (Index l = 0; l < lanes; ++l) entry(k + l, l);
      for (; k < block; ++k) entry(k, 0);
      Sum& sum = sums_[Plan::at(r)];
      for (Index l = 0; l < lanes; ++l) {
        sum.certain += certain[l];
        sum.variance += variance[l];
      }
    }
  }

  // ---- From the value of a line to what it reads
  void reverse(std::size_t number, const Block& d, Index t, Index visit) {
    if (!d.any) return;
    const cells::Line& line = plan_.line(number);
    if (line.function != cells::Function::sum) return reverse_function(number, d, t, visit);
    for (std::size_t n = 0; n < line.terms.size(); ++n) {
      const auto& [factor, reads] = line.terms[n];
      for (std::size_t k = 0; k < reads.size(); ++k)
        if (!is_constant(reads[k], t, visit))
          send(number, n, k, reads.size() < 2 ? nullptr : &reads[1 - k], d, as_number<N>(factor),
               reads.size() < 2 ? nullptr : noise_.values().at(reads[1 - k], t, visit), t, visit);
    }
  }

  [[nodiscard]] bool is_constant(const cells::Place& place, Index t, Index visit) const {
    return constant_[Plan::at(place.array)] ||
           (plan_.home(place.array) == Plan::Home::state &&
            plan_.slot(place.array, t, visit) == plan_.start_slot(place.array));
  }

  /// Adds factor * d * value to the adjoint of what the line reads.
  void send(std::size_t number, std::size_t term, std::size_t read, const cells::Place* other,
            const Block& d, N factor, const N* value, Index t, Index visit) {
    const cells::Line& line = plan_.line(number);
    const cells::Place& to =
        line.function == cells::Function::sum ? line.terms[term].reads[read] : line.arguments[read];
    const Index block = plan_.layout.block(to.array);
    Block& a = adjoint(to.array, t, visit);
    a.make(block * K_);
    N* const out = a.elements.data() + plan_.layout.offset(to) * (beside_ ? K_ : 1);
    const N* const from = d.elements.data() + plan_.layout.offset(line.to) * (beside_ ? K_ : 1);
    if (beside_)
      plan_.adjoint(number, term, read).run_beside(K_, factor, out, from, value);
    else
      Contraction(plan_.layout.axes({&to, block}, {&line.to, plan_.layout.block(line.to.array)},
                                    {other, 0}, plan_.layout.m(), K_))
          .run(factor, out, from, value);
  }

  void reverse_function(std::size_t number, const Block& d, Index t, Index visit) {
    const cells::Line& line = plan_.line(number);
    const N* y = noise_.values().at(line.to, t, visit);
    const N *p = noise_.values().at(line.arguments.front(), t, visit),
            *q = noise_.values().at(line.arguments.back(), t, visit);
    for (std::size_t k = 0; k < line.arguments.size(); ++k) {
      if (is_constant(line.arguments[k], t, visit)) continue;
      slope_.resize(Plan::at(plan_.layout.block(line.to.array)));
      plan_.contraction(number, 0, 1).for_each([&](Index e, Index i, Index j) {
        slope_[Plan::at(e)] = slope(line.function, k, y[e], p[i], q[j]);
      });
      send(number, 0, k, &line.to, d, N(1), slope_.data(), t, visit);
    }
  }

  static N slope(cells::Function function, std::size_t argument, N y, N p, N q) {
    switch (function) {
      case cells::Function::tanh: return N(1) - y * y;
      case cells::Function::sigmoid: return y * (N(1) - y);
      case cells::Function::exp: return y;
      case cells::Function::log: return N(1) / p;
      case cells::Function::relu: return y > 0 ? N(1) : N(0);
      case cells::Function::identity: return N(1);
      case cells::Function::reciprocal: return -y * y;
      case cells::Function::larger: return (q > p) == (argument == 1) ? N(1) : N(0);
      case cells::Function::where_on: return q != 0 ? N(1) : N(0);
      case cells::Function::where_off: return q == 0 ? N(1) : N(0);
      default: return N(0);
    }
  }

  // ---- Through time
  /// The adjoint of a gradient that a visit of a later step reads is sent here.
  void way_back(Index v, const Plan::Pass& pass) {
    const Visits& visits = plan_.visits_in(pass);
    const Visit& visit = visits.visits[Plan::at(v)];
    const Index first = plan_.step_number(pass, 0);
    for (std::size_t k = 0; k < back_.size(); ++k)
      if (!plan_.crosses(static_cast<int>(k))) clear(back_[k]);
    for (std::size_t s = 0; s < plan_.states.size(); ++s) {
      const Plan::State& state = plan_.states[s];
      if (state.gradient_before < 0 || state.pass != pass.number) continue;
      const Index block = plan_.layout.block(state.state);
      Block& to = adjoint(state.gradient_before, visit.t, v);
      const auto add = [&](const Block& from) {
        if (!from.any) return;
        to.make(block * K_);
        for (std::size_t k = 0; k < to.elements.size(); ++k) to.elements[k] += from.elements[k];
      };
      if (visit.t == first) add(start_[s]);
      if (const Index receiver = visits.receiver_of[Plan::at(v)]; receiver >= 0)
        add(carried(s, receiver));
    }
    const auto& program = plan_.program();
    for (std::size_t k = pass.back_end; k-- > pass.back;) {
      const cells::Line& line = program.lines[k];
      const Plan::Home home = plan_.home(line.to.array);
      if (home == Plan::Home::total) {
        reverse_total(k, visit.t, v);
        continue;
      }
      if (home == Plan::Home::input_gradient) {
        if (!forward_[Plan::at(line.to.array)].empty())
          reverse(k, forward(line.to.array, visit.t), visit.t, v);
        continue;
      }
      Block& d = adjoint(line.to.array, visit.t, v);
      if (plan_.last_line(line.to.array) == static_cast<Index>(k) && !is_carried_on(line.to.array))
        count(line.to.array, v, d);
      reverse(k, d, visit.t, v);
    }
    for (std::size_t s = 0; s < plan_.states.size(); ++s) {
      if (plan_.states[s].pass != pass.number) continue;
      const int gradient = plan_.states[s].gradient;
      const Block& d = adjoint(gradient, visit.t, v);
      if (!visit.from.empty() && d.any) carried(s, v) = d;
    }
  }

  /// A sum that the next visit goes on with has no error of its own yet.
  [[nodiscard]] bool is_carried_on(int array) const {
    return std::any_of(plan_.states.begin(), plan_.states.end(),
                       [&](const Plan::State& s) { return s.gradient_before == array; });
  }

  [[nodiscard]] Block& carried(std::size_t state, Index visit) {
    Blocks& blocks = carried_[state];
    if (blocks.empty()) make(blocks, plan_.visits.visits.size());
    return blocks[Plan::at(visit)];
  }

  void way_forward(Index t, const Plan::Pass& pass) {
    for (std::size_t k = 0; k < forward_.size(); ++k)
      if (plan_.passing(static_cast<int>(k))) clear(forward_[k]);
    for (std::size_t k = pass.forward_end; k-- > pass.forward;) {
      const cells::Line& line = plan_.line(k);
      const Index slot = plan_.slot(line.to.array, t, 0);
      Block& d = forward(line.to.array, slot);
      if (plan_.last_line(line.to.array) == static_cast<Index>(k)) count(line.to.array, slot, d);
      reverse(k, d, t, 0);
    }
  }

  /// dW[i,j] += dz[i] a[j], read by results alone: their weights take the place of adjoints.
  void reverse_total(std::size_t number, Index t, Index visit) {
    const cells::Line& line = plan_.line(number);
    for (const FromTotal& from : of_totals_[number]) {
      if (from.entries.empty() && from.all.empty()) continue;
      const auto& [number_of_times, reads] = line.terms[from.term];
      const cells::Place& read = reads[from.read];
      if (is_constant(read, t, visit)) continue;
      const N factor = as_number<N>(number_of_times);
      const N* value =
          reads.size() < 2 ? nullptr : noise_.values().at(reads[1 - from.read], t, visit);
      Block& a = adjoint(read.array, t, visit);
      const Index block = plan_.layout.block(read.array);
      a.make(block * K_);
      for (const auto& [result, weights] : from.all) {
        alone_.assign(Plan::at(block), N(0));
        from.of_all.run(factor, alone_.data() + plan_.layout.offset(read), weights, value);
        for (Index e = 0; e < block; ++e)
          a.elements[place(e, result, block)] += alone_[Plan::at(e)];
      }
      const N* const one = nullptr;
      for (const auto& [weight, to, at] : from.entries)
        from.of_entry.run(factor * weight, a.elements.data() + to, one,
                          value == nullptr ? one : value + at);
    }
  }

  const Plan& plan_;
  const Noise<N>& noise_;
  bool both_;
  Pool pool_;
  Index K_ = 0;
  std::vector<bool> constant_;
  std::vector<Sum> sums_;
  std::vector<Blocks> forward_, back_, carried_;
  Blocks start_;
  Target target_;  // of the last part
  std::vector<Total> totals_;
  std::vector<Numbers<N>> dense_;
  std::vector<std::vector<FromTotal>> of_totals_;  // line
  std::vector<N> slope_, alone_;  // of one block: slopes of a function, an adjoint of one result
  std::vector<N> certain_, variance_;
  bool beside_ = true;
};

}  // namespace bptt::bounds
