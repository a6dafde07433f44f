#include "cells/program.hpp"

#include <algorithm>

#include "cells/functions.hpp"
#include "core/error.hpp"

namespace bptt::cells {

Index Extent::of(const Extents& extents) const {
  Index sum = 0;
  for (const std::string& size : sizes) {
    if (!extents.contains(size))
      throw Error("no size is given for " + size + "; there are: " + extents.names());
    sum += extents[size];
  }
  return sum;
}

std::string Extent::str() const {
  std::string text;
  for (const std::string& size : sizes) text += (text.empty() ? "" : "+") + size;
  return text;
}

std::vector<std::size_t> Program::letters_of(const Place& place) const {
  std::vector<std::size_t> of(place.at.begin(), place.at.end());
  if (arrays[static_cast<std::size_t>(place.array)].of_samples) of.push_back(sample());
  return of;
}

std::vector<std::size_t> Program::summed(const Term& term,
                                         const std::vector<std::size_t>& outer) const {
  std::vector<std::size_t> inner;
  const auto has = [](const std::vector<std::size_t>& some, std::size_t letter) {
    return std::find(some.begin(), some.end(), letter) != some.end();
  };
  for (const Place& place : term.reads)
    for (const std::size_t letter : letters_of(place))
      if (!has(outer, letter) && !has(inner, letter)) inner.push_back(letter);
  return inner;
}

int Program::find(std::string_view name) const {
  const auto found = std::find_if(arrays.begin(), arrays.end(),
                                  [&](const Array& array) { return array.name == name; });
  return found == arrays.end() ? -1 : static_cast<int>(found - arrays.begin());
}

int Program::array(std::string_view name) const {
  const int found = find(name);
  if (found >= 0) return found;
  std::string names;
  for (const Array& array : arrays) names += " " + array.name;
  throw Error("no array named " + std::string(name) + "; there are:" + names);
}

std::vector<int> Program::arrays_of(Role role) const {
  std::vector<int> found;
  for (std::size_t k = 0; k < arrays.size(); ++k)
    if (arrays[k].role == role) found.push_back(static_cast<int>(k));
  return found;
}

int Program::pass_of(int array) const {
  const Array& of = arrays[static_cast<std::size_t>(array)];
  if (of.role == Role::before) return pass_of(find(of.name.substr(0, of.name.size() - 1)));
  for (const Line& line : lines)
    if (line.to.array == array) return line.pass;
  return 0;
}

Shape Program::shape(int array, const Extents& extents, Index m) const {
  const Array& of = arrays[static_cast<std::size_t>(array)];
  Shape shape;
  for (const int letter : of.axes)
    shape.append(letters[static_cast<std::size_t>(letter)].extent.of(extents));
  if (of.of_samples) shape.append(m);
  return shape;
}

Place Program::whole(int array) const {
  const auto& axes = arrays[static_cast<std::size_t>(array)].axes;
  return {array, axes, std::vector<Extent>(axes.size())};
}

Program Definition::with(Function activation) const {
  if (!activation_name.empty() &&
      std::find(activations.begin(), activations.end(), activation) == activations.end()) {
    std::string names;
    for (const Function known : activations) names += " " + std::string(name_of(known));
    throw UnsupportedError("the cell " + name + " has no " + activation_name + " = " +
                           std::string(name_of(activation)) + "; it has:" + names);
  }
  Program program = step;
  for (Line& line : program.lines)
    if (line.function == Function::activation) line.function = activation;
  return program;
}

}  // namespace bptt::cells
