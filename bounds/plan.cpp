#include "bounds/plan.hpp"

#include <algorithm>

namespace bptt::bounds {

using cells::Role;

Plan::Plan(const cells::Program& step, const cells::Extents& extents, Index m, Index T_x_,
           Index T_da_, Derivation derivation, const WayBack& way_back)
    : form(normal_form(step, way_back)),
      layout(form.program, extents, m),
      visits(visits_of(derivation, T_da_)),
      T_x(T_x_),
      T_da(T_da_) {
  const auto& arrays = form.program.arrays;
  homes_.assign(arrays.size(), Home::nowhere);
  last_lines_.assign(arrays.size(), -1);
  owners_.resize(arrays.size());
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
                      before < 0 ? -1 : form.gradient_of[at(before)]});
  }
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
    case Home::state: return owner(array) == array ? t + 1 : t;
    case Home::visit: return visit;
    default: return 0;
  }
}

}  // namespace bptt::bounds
