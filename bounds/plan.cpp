#include "bounds/plan.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"

namespace bptt::bounds {

using cells::Role;

Plan::Plan(std::shared_ptr<const NormalForm> lines, const cells::Extents& extents, Index m,
           Index T_x_, Index T_da_, Derivation derivation)
    : shared_form(std::move(lines)),
      form(*shared_form),
      layout(form.program, extents, m),
      visits(visits_of(derivation, T_da_)),
      T_x(T_x_),
      T_da(T_da_) {
  if (!form.program.is_causal()) {
    if (derivation != Derivation::one_pass && derivation != Derivation::closed_form)
      throw UnsupportedError("bounds of a network that does not go forwards once are of one pass");
    if (T_da != T_x) throw UnsupportedError("bounds of such a network are of losses of all steps");
    turned = turned_visits(T_x);
  }
  const auto& arrays = form.program.arrays;
  homes_.assign(arrays.size(), Home::nowhere);
  last_lines_.assign(arrays.size(), -1);
  owners_.resize(arrays.size());
  turned_.assign(arrays.size(), false);
  for (int k = 0; k < static_cast<int>(arrays.size()); ++k) owners_[at(k)] = k;
  for (std::size_t k = 0; k < form.program.lines.size(); ++k) {
    const int to = form.program.lines[k].to.array;
    last_lines_[at(to)] = static_cast<Index>(k);
    homes_[at(to)] = on_the_way_back(k) ? Home::visit : Home::forward;
  }
  for (int k = 0; k < static_cast<int>(arrays.size()); ++k) {
    const int d = form.gradient_of[at(k)];
    switch (arrays[at(k)].role) {
      case Role::weight:
        homes_[at(k)] = Home::once;
        if (d >= 0) homes_[at(d)] = Home::total;
        break;
      case Role::input:
        homes_[at(k)] = Home::forward;
        if (d >= 0) homes_[at(d)] = Home::input_gradient;
        break;
      case Role::mask: homes_[at(k)] = Home::forward; break;
      case Role::state: homes_[at(k)] = Home::state; break;
      case Role::before: {
        const std::string& name = arrays[at(k)].name;
        owners_[at(k)] = form.program.array(name.substr(0, name.size() - 1));
        homes_[at(k)] = Home::state;
        if (d >= 0) homes_[at(d)] = Home::visit;
        break;
      }
      default: break;
    }
    if (d >= 0 && homes_[at(d)] == Home::nowhere) homes_[at(d)] = Home::visit;
  }
  for (const Upstream& upstream : form.upstream) homes_[at(upstream.array)] = Home::visit;
  for (const int state : form.program.arrays_of(Role::state)) {
    const int before = form.program.find(arrays[at(state)].name + "'");
    states.push_back({state, before, form.gradient_of[at(state)],
                      before < 0 ? -1 : form.gradient_of[at(before)], form.program.pass_of(state)});
    turned_[at(state)] = form.program.goes_backwards(states.back().pass);
  }
  find_passes();
  const auto alone = [&](const cells::Place& place) {
    const Home home = homes_[at(place.array)];
    return !arrays[at(place.array)].of_samples && home != Home::once && home != Home::total;
  };
  for (const cells::Line& line : form.program.lines) {
    bool any = alone(line.to);
    for (const cells::Term& term : line.terms)
      for (const cells::Place& place : term.reads) any = any || alone(place);
    for (const cells::Place& place : line.arguments) any = any || alone(place);
    step_by_step_.push_back(any);
  }
  prepare();
}

void Plan::find_passes() {
  const auto& lines = form.program.lines;
  for (int p = 0; p < form.program.passes(); ++p) {
    const auto ends = [&](std::size_t from, std::size_t to) {
      const auto is_of = [&](const cells::Line& line) { return line.pass == p; };
      const auto begin = lines.begin() + static_cast<std::ptrdiff_t>(from),
                 end = lines.begin() + static_cast<std::ptrdiff_t>(to);
      const auto first = std::find_if(begin, end, is_of);
      const auto last = std::find_if_not(first, end, is_of);
      return std::pair(static_cast<std::size_t>(first - lines.begin()),
                       static_cast<std::size_t>(last - lines.begin()));
    };
    const auto forward = ends(0, form.forward), back = ends(form.forward, lines.size());
    passes.push_back({p, form.program.goes_backwards(p), forward.first, forward.second, back.first,
                      back.second});
  }
  // Written or read on the way back in several passes.
  std::vector<int> pass_of(form.program.arrays.size(), -1);
  crosses_.assign(form.program.arrays.size(), false);
  for (std::size_t k = form.forward; k < lines.size(); ++k) {
    const auto note = [&](const cells::Place& place) {
      int& pass = pass_of[at(place.array)];
      if (pass >= 0 && pass != lines[k].pass) crosses_[at(place.array)] = true;
      pass = lines[k].pass;
    };
    note(lines[k].to);
    for (const cells::Term& term : lines[k].terms)
      std::for_each(term.reads.begin(), term.reads.end(), note);
    std::for_each(lines[k].arguments.begin(), lines[k].arguments.end(), note);
  }
}

void Plan::prepare() {
  /// From so many multiplications in one term of one step on.
  constexpr double worth_a_product = 32768;
  /// Of all arrays together.
  constexpr Index most_of_tiny = 4096;
  const auto& lines = form.program.lines;
  Index elements = 0;
  for (int k = 0; k < static_cast<int>(form.program.arrays.size()); ++k)
    if (owner(k) == k) elements += blocks(k) * layout.block(k);
  tiny_ = elements <= most_of_tiny;
  for (int k = 0; k < static_cast<int>(form.program.arrays.size()); ++k)
    selects_.push_back(is_selector(form.program, k));
  for (int k = 0; k < static_cast<int>(form.program.arrays.size()); ++k)
    passing_.push_back(home(k) == Home::forward && array(k).role == Role::local);
  for (std::size_t k = 0; k < lines.size(); ++k) {
    const cells::Line& line = lines[k];
    if (on_the_way_back(k)) {
      for (const cells::Place& place : line.arguments) passing_[at(place.array)] = false;
      for (const cells::Term& term : line.terms)
        for (const cells::Place& place : term.reads) passing_[at(place.array)] = false;
    }
    std::vector<Index> steps{1};
    for_each_batch(k, [&](Index, Index, Index count) {
      if (std::find(steps.begin(), steps.end(), count) == steps.end()) steps.push_back(count);
    });
    // A function is one term that reads its arguments.
    std::vector<std::vector<const cells::Place*>> terms;
    for (const cells::Term& term : line.terms) {
      terms.emplace_back();
      for (const cells::Place& place : term.reads) terms.back().push_back(&place);
    }
    if (line.function != cells::Function::sum)
      terms.push_back({&line.arguments.front(), &line.arguments.back()});
    prepare_total(line);
    contractions_.emplace_back();
    adjoints_.emplace_back();
    for (const auto& reads : terms) {
      const cells::Place* p = reads.empty() ? nullptr : reads[0];
      const cells::Place* q = reads.size() < 2 ? nullptr : reads[1];
      contractions_.back().emplace_back();
      for (const Index count : steps)
        contractions_.back().back().push_back(
            {count, Contraction(layout.axes({&line.to}, {p}, {q}, layout.m() * count))});
      adjoints_.back().emplace_back();
      for (std::size_t r = 0; r < reads.size(); ++r) {
        const cells::Place* other = line.function != cells::Function::sum ? &line.to
                                    : reads.size() < 2                    ? nullptr
                                                                          : reads[1 - r];
        const auto axes = layout.axes({reads[r]}, {&line.to}, {other}, layout.m());
        double multiplications = 1;
        for (const Axis& axis : axes) multiplications *= static_cast<double>(axis.extent);
        large_ =
            large_ || (multiplications >= worth_a_product && line.function == cells::Function::sum);
        adjoints_.back().back().emplace_back(axes, Contraction::Innermost::summed);
      }
    }
  }
}

void Plan::prepare_total(const cells::Line& line) {
  of_totals_.emplace_back();
  if (homes_[at(line.to.array)] != Home::total) return;
  for (std::size_t n = 0; n < line.terms.size(); ++n) {
    const auto& reads = line.terms[n].reads;
    for (std::size_t k = 0; k < reads.size(); ++k) {
      const cells::Place* other = reads.size() < 2 ? nullptr : &reads[1 - k];
      const auto from = [&](const cells::Place* weights, const cells::Place* fixed) {
        return Contraction(layout.axes({&reads[k]}, {weights}, {other}, layout.m(), 1, fixed));
      };
      of_totals_.back().push_back({n, k, from(nullptr, &line.to), from(&line.to, nullptr)});
    }
  }
}

const Contraction& Plan::contraction(std::size_t line, std::size_t term, Index steps) const {
  const auto& of = contractions_[line][term];
  return std::find_if(of.begin(), of.end(), [&](const OfSteps& s) { return s.steps == steps; })
      ->contraction;
}

Index Plan::blocks(int array) const {
  switch (home(array)) {
    case Home::nowhere: return 0;
    case Home::once:
    case Home::total: return 1;
    case Home::forward: return T_x;
    case Home::state: return T_x + 1;
    case Home::input_gradient: return T_da;
    case Home::visit: break;
  }
  return static_cast<Index>(visits.visits.size());
}

Index Plan::slot(int array, Index t, Index visit) const {
  switch (home(array)) {
    case Home::forward:
    case Home::input_gradient: return t;
    case Home::state: return (owner(array) == array) != turned_[at(owner(array))] ? t + 1 : t;
    case Home::visit: return visit;
    default: return 0;
  }
}

}  // namespace bptt::bounds
