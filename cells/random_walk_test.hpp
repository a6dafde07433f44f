// Every cell, and random problems for it: what the tests of cells/ go through.
#pragma once

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "cells/every_cell_test.hpp"
#include "cells/walk.hpp"

namespace bptt::cells {

/// Cells with each of their activations.
inline std::vector<Program> steps_of(const std::vector<Definition>& cells) {
  std::vector<Program> steps;
  for (const Definition& cell : cells)
    for (const Function g : {Function::tanh, Function::relu, Function::identity})
      if (!cell.activation_name.empty() || g == Function::tanh) steps.push_back(cell.with(g));
  return steps;
}

/// Of every cell, and of small networks of them.
inline std::vector<Program> every_step() {
  std::vector<Program> steps = steps_of(built_in());
  for (Program& step : steps_of(small_networks())) steps.push_back(std::move(step));
  return steps;
}

inline bool uses(const Program& step, std::initializer_list<Function> functions) {
  for (const Line& line : step.lines)
    for (const Function function : functions)
      if (line.function == function) return true;
  return false;
}

/// A problem: what a walk is given, and the upstream gradients of all states and outputs.
template <class S>
struct Given {
  Extents extents;
  Index m = 1, T = 1;
  NamedTensors<S> in, up;
  std::vector<std::string> backwards;  // states whose last step is the first
};

template <class S, class Draw>
Given<S> draw(const Program& step, std::mt19937_64& engine, const Draw& number) {
  const auto below = [&](int n) { return static_cast<Index>(engine() % static_cast<unsigned>(n)); };
  Given<S> given;
  for (const Letter& letter : step.letters)
    for (const std::string& size : letter.extent.sizes)
      if (!given.extents.contains(size)) given.extents.add(size, 1 + below(3));
  given.m = 1 + below(3);
  given.T = 1 + below(4);
  const Index T_da = step.is_causal() ? 1 + below(static_cast<int>(given.T)) : given.T;
  const auto add = [&](NamedTensors<S>& to, const std::string& name, Shape shape, Index steps) {
    if (steps > 0) shape.append(steps);
    Tensor<S> tensor(shape);
    for (S& entry : tensor.elements()) entry = number();
    to.add(name, std::move(tensor));
  };
  for (std::size_t k = 0; k < step.arrays.size(); ++k) {
    const Array& array = step.arrays[k];
    const Shape shape = step.shape(static_cast<int>(k), given.extents, given.m);
    if (array.role == Role::input) add(given.in, array.name, shape, given.T);
    if (array.role == Role::mask) {
      Tensor<S> mask({given.m, given.T});
      for (Index j = 0; j < given.m; ++j) {
        const Index length = 1 + below(static_cast<int>(given.T));
        for (Index t = 0; t < length; ++t) mask(j, t) = S(1);
      }
      given.in.add(array.name, std::move(mask));
    }
    if (array.role == Role::weight) add(given.in, array.name, shape, 0);
    if (array.role == Role::state || array.role == Role::output)
      add(given.up, "d" + array.name, shape, T_da);
    if (array.role != Role::state) continue;
    if (step.goes_backwards(step.pass_of(static_cast<int>(k))))
      given.backwards.push_back(array.name);
    add(given.in, array.name + "0", shape, 0);
    add(given.up, "d" + array.name + "_T", shape, 0);
  }
  return given;
}

/// <up, what the cell gives>: the loss whose gradients are asked for.
template <class S, class T>
S loss(const Given<S>& given, const NamedTensors<T>& out, S (*part)(const T&)) {
  S sum(0);
  for (const auto& [name, weights] : given.up) {
    const bool final = name.ends_with("_T");
    const std::string of = name.substr(1, name.size() - (final ? 3 : 1));
    const auto& values = out[of].elements();
    const std::size_t count = weights.elements().size();
    // The state after the last step that has a loss, or all of those steps.
    const auto T_da = given.up["d" + of].elements().size();
    const bool backwards =
        std::find(given.backwards.begin(), given.backwards.end(), of) != given.backwards.end();
    const std::size_t first = final && !backwards ? T_da - count : 0;
    for (std::size_t k = 0; k < count; ++k) sum += weights.elements()[k] * part(values[first + k]);
  }
  return sum;
}

/// The gradient of an input: of x the steps that have a loss alone.
template <class S>
S gradient_at(const NamedTensors<S>& gradients, const std::string& name, std::size_t entry) {
  const auto& all = gradients["d" + name].elements();
  return entry < all.size() ? all[entry] : S(0);
}

}  // namespace bptt::cells
