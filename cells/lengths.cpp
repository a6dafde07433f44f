#include "cells/lengths.hpp"

#include <map>
#include <utility>

namespace bptt::cells {
namespace {

/// Copies the lines of a step, and puts in between what the ends of samples take.
class Lengths {
 public:
  explicit Lengths(const Definition& cell) : old_(cell.step), all_(cell) {
    all_.name += "_lengths";
    all_.title = "Samples of unequal lengths: " + all_.title;
    all_.step.lines.clear();
    mask_ = add_array("mask", Role::mask, {});
    for (std::size_t k = 0; k < old_.lines.size(); ++k) copy(k);
  }

  Definition take() { return std::move(all_); }

 private:
  static std::size_t at(int k) { return static_cast<std::size_t>(k); }
  [[nodiscard]] Program& step() { return all_.step; }

  void copy(std::size_t k) {
    Line line = old_.lines[k];
    for (Term& term : line.terms)
      for (Place& place : term.reads) place.array = while_it_lasts(place.array, line.pass);
    for (Place& place : line.arguments) place.array = while_it_lasts(place.array, line.pass);
    const int to = line.to.array, pass = line.pass;
    const Role role = old_.arrays[at(to)].role;
    if (role != Role::state && role != Role::output) {
      step().lines.push_back(std::move(line));
      return;
    }
    const auto [found, fresh] = new_.try_emplace(to, 0);
    if (fresh)
      found->second =
          add_array(old_.arrays[at(to)].name + "_new", Role::local, old_.arrays[at(to)].axes);
    line.to.array = found->second;
    step().lines.push_back(std::move(line));
    for (std::size_t later = k + 1; later < old_.lines.size(); ++later)
      if (old_.lines[later].to.array == to) return;  // it is written in several lines
    const Place fresh_one = step().whole(found->second), result = step().whole(to);
    if (role == Role::output) {
      select(result, Function::where_on, fresh_one, pass);
      return;
    }
    const Place on = part(to, "_on"), off = part(to, "_off");
    select(on, Function::where_on, fresh_one, pass);
    select(off, Function::where_off, step().whole(before(to)), pass);
    step().lines.push_back({result, false, Function::sum, {{{}, {on}}, {{}, {off}}}, {}, pass});
  }

  /// What a line reads in the place of an input.
  int while_it_lasts(int array, int pass) {
    if (old_.arrays[at(array)].role != Role::input) return array;
    const auto [found, fresh] = inputs_.try_emplace({array, pass}, 0);
    if (!fresh) return found->second;
    found->second =
        add_array(old_.arrays[at(array)].name + "_on", Role::local, old_.arrays[at(array)].axes);
    select(step().whole(found->second), Function::where_on, step().whole(array), pass);
    return found->second;
  }

  /// The state before the step, which no line may have read yet.
  int before(int state) {
    const std::string name = old_.arrays[at(state)].name + "'";
    const int known = step().find(name);
    return known >= 0 ? known : add_array(name, Role::before, old_.arrays[at(state)].axes);
  }

  Place part(int of, const std::string& suffix) {
    return step().whole(
        add_array(old_.arrays[at(of)].name + suffix, Role::local, old_.arrays[at(of)].axes));
  }

  void select(const Place& to, Function function, const Place& from, int pass) {
    step().lines.push_back({to, false, function, {}, {from, step().whole(mask_)}, pass});
  }

  int add_array(std::string name, Role role, const std::vector<int>& axes) {
    while (step().find(name) >= 0) name += "_";
    const bool named = role != Role::local;
    step().arrays.push_back({std::move(name), role, axes, true, named});
    return static_cast<int>(step().arrays.size()) - 1;
  }

  const Program& old_;
  Definition all_;
  int mask_ = 0;
  std::map<int, int> new_;                     // of states and outputs
  std::map<std::pair<int, int>, int> inputs_;  // of an input, in a pass
};

}  // namespace

Definition with_lengths(const Definition& cell) { return Lengths(cell).take(); }

}  // namespace bptt::cells
