// A network's lines, visits and sizes together: which array is stored for which steps.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bounds/layout.hpp"
#include "bounds/normal_form.hpp"
#include "bounds/pool.hpp"
#include "bounds/visits.hpp"

namespace bptt::bounds {

class Plan {
 public:
  /// Throws Error if a size is missing, UnsupportedError for a derivation that the network does not
  /// have.
  Plan(std::shared_ptr<const NormalForm> lines, const cells::Extents& extents, Index m, Index T_x,
       Index T_da, Derivation derivation);

  enum class Home {
    nowhere,
    once,            // a weight
    forward,         // each step
    state,           // each step, and before the first
    visit,           // each visit
    input_gradient,  // each step with a loss; the visits of a step add up
    total            // a weight's gradient: all visits add up
  };
  [[nodiscard]] Home home(int array) const { return homes_[at(array)]; }
  /// Under which number it is stored: a state before the step is stored as the state.
  [[nodiscard]] int owner(int array) const { return owners_[at(array)]; }
  [[nodiscard]] Index blocks(int array) const;
  /// The block of an array at a step of a visit. visit is of no account on the way forward.
  [[nodiscard]] Index slot(int array, Index t, Index visit) const;
  /// The last line that writes to it, or -1.
  [[nodiscard]] Index last_line(int array) const { return last_lines_[at(array)]; }

  [[nodiscard]] const cells::Program& program() const { return form.program; }
  [[nodiscard]] const cells::Line& line(std::size_t k) const { return form.program.lines[k]; }
  [[nodiscard]] const cells::Array& array(int k) const { return form.program.arrays[at(k)]; }
  [[nodiscard]] bool on_the_way_back(std::size_t line) const { return line >= form.forward; }

  /// One over time: its lines forwards and back, and its visits.
  struct Pass {
    int number = 0;
    bool backwards = false;
    std::size_t forward = 0, forward_end = 0, back = 0, back_end = 0;
  };
  /// Forwards in this order, back in the other one.
  std::vector<Pass> passes;
  [[nodiscard]] const Visits& visits_in(const Pass& pass) const {
    return pass.backwards ? turned : visits;
  }
  [[nodiscard]] const Visits& visits_of_state(std::size_t state) const {
    return visits_in(passes[at(states[state].pass)]);
  }
  /// The k-th step that a pass comes to.
  [[nodiscard]] Index step_number(const Pass& pass, Index k) const {
    return pass.backwards ? T_x - 1 - k : k;
  }
  /// Of a state, where the one before the first step stands.
  [[nodiscard]] Index start_slot(int array) const { return turned_[at(owner(array))] ? T_x : 0; }
  /// Where step 0 of an array of each step stands.
  [[nodiscard]] Index first_slot(int array) const {
    return home(array) == Home::state && !turned_[at(array)] ? 1 : 0;
  }
  /// An array of the way back that one pass leaves to another.
  [[nodiscard]] bool crosses(int array) const { return crosses_[at(array)]; }

  /// visit(t, number of the visit, steps): all steps of a line, as many at once as stand together.
  template <class Visit>
  void for_each_batch(std::size_t line, const Visit& visit) const {
    const auto run = [&](Index t, Index first, Index count) {
      if (!step_by_step_[line]) return visit(t, first, count);
      for (Index k = 0; k < count; ++k) visit(t + k, first + k, 1);
    };
    if (!on_the_way_back(line)) return run(0, 0, T_x);
    for (const Visits::Run& r : visits.runs) run(visits.visits[at(r.first)].t, r.first, r.count);
  }

  /// The sums of a line's term, or the elements of its function, over so many steps that
  /// for_each_batch gives, or over one.
  [[nodiscard]] const Contraction& contraction(std::size_t line, std::size_t term,
                                               Index steps) const;
  /// From the adjoint of a line, results side by side, to that of its read or argument.
  [[nodiscard]] const Contraction& adjoint(std::size_t line, std::size_t term,
                                           std::size_t read) const {
    return adjoints_[line][term][read];
  }
  /// A weight's gradient is read by results alone: from the adjoint of one entry, and from those of
  /// all of them, to that of a line's read.
  struct OfTotal {
    std::size_t term, read;
    Contraction of_entry, of_all;
  };
  [[nodiscard]] const std::vector<OfTotal>& of_total(std::size_t line) const {
    return of_totals_[line];
  }
  /// An array of the way forward whose adjoint is of one step alone: no result, and read by no line
  /// of the way back.
  [[nodiscard]] bool passing(int array) const { return passing_[at(array)]; }
  /// An array of zeros and ones, a product with which rounds nothing.
  [[nodiscard]] bool selects(int array) const { return selects_[at(array)]; }
  /// Its products are so large that they are worth one of matrices.
  [[nodiscard]] bool large() const { return large_; }
  /// All its arrays together are a few pages, so that allocating them takes longer than filling
  /// them.
  [[nodiscard]] bool tiny() const { return tiny_; }

  /// A state, the array that holds it before the step, and their gradients; -1: there is none.
  struct State {
    int state, before, gradient, gradient_before;
    int pass;
  };

  std::shared_ptr<const NormalForm> shared_form;
  const NormalForm& form;
  Layout layout;
  Visits visits, turned;
  Index T_x, T_da;
  std::vector<State> states;

  static std::size_t at(Index k) { return static_cast<std::size_t>(k); }

 private:
  std::vector<Home> homes_;
  std::vector<int> owners_;
  std::vector<Index> last_lines_;
  struct OfSteps {
    Index steps;
    Contraction contraction;
  };
  void find_passes();
  void prepare();
  void prepare_total(const cells::Line& line);

  std::vector<std::vector<std::vector<OfSteps>>> contractions_;  // line, term
  std::vector<std::vector<std::vector<Contraction>>> adjoints_;  // line, term, read
  std::vector<std::vector<OfTotal>> of_totals_;                  // line
  std::vector<bool> selects_, passing_, turned_, crosses_;
  bool large_ = false, tiny_ = false;
  std::vector<bool> step_by_step_;  // lines with an array of each step that has no samples
};

/// The elements of all arrays, by the numbers of their owners.
template <class T>
class Arrays {
 public:
  Arrays(const Plan& plan, Pool& pool) : plan_(&plan) {
    of_.reserve(plan.program().arrays.size());
    for (std::size_t k = 0; k < plan.program().arrays.size(); ++k) of_.emplace_back(&pool);
  }

  /// Room for an array: zeros.
  void make(int array, Index times = 1) {
    const int owner = plan_->owner(array);
    auto& elements = of_[Plan::at(owner)];
    elements.assign(Plan::at(plan_->blocks(owner) * plan_->layout.block(owner) * times), T(0));
  }
  [[nodiscard]] bool has(int array) const { return !of_[Plan::at(plan_->owner(array))].empty(); }
  [[nodiscard]] Numbers<T>& all(int array) { return of_[Plan::at(plan_->owner(array))]; }
  [[nodiscard]] const Numbers<T>& all(int array) const {
    return of_[Plan::at(plan_->owner(array))];
  }
  [[nodiscard]] T* block(int array, Index slot) {
    return all(array).data() + slot * plan_->layout.block(array);
  }
  [[nodiscard]] const T* block(int array, Index slot) const {
    return all(array).data() + slot * plan_->layout.block(array);
  }
  [[nodiscard]] T* at(const cells::Place& place, Index t, Index visit) {
    return block(place.array, plan_->slot(place.array, t, visit)) + plan_->layout.offset(place);
  }
  [[nodiscard]] const T* at(const cells::Place& place, Index t, Index visit) const {
    return block(place.array, plan_->slot(place.array, t, visit)) + plan_->layout.offset(place);
  }

 private:
  const Plan* plan_;
  std::vector<Numbers<T>> of_;
};

}  // namespace bptt::bounds
