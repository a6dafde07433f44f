// Networks of any cell with random sizes and values, for the tests of this folder.
#pragma once

#include <random>
#include <vector>

#include "arithmetic/rounding.hpp"
#include "cells/every_cell_test.hpp"

namespace bptt::bounds {

inline cells::Extents sizes_of(const cells::Program& step, std::mt19937_64& engine) {
  cells::Extents extents;
  for (const cells::Letter& letter : step.letters)
    for (const std::string& size : letter.extent.sizes)
      if (!extents.contains(size)) extents.add(size, 1 + static_cast<Index>(engine() % 4));
  return extents;
}

/// A network at given sizes and values.
struct Question {
  cells::Program step;
  cells::Extents extents;
  Index m = 1, T_x = 1, T_da = 1;
  NamedTensors<long double> in, up;
};

struct Drawn {
  Question question;
  Rounding rounding;
};

inline Drawn draw(const cells::Definition& cell, cells::Function g, std::mt19937_64& engine) {
  Drawn d;
  Question& q = d.question;
  q.step = cell.with(g);
  q.extents = sizes_of(q.step, engine);
  q.m = 1 + static_cast<Index>(engine() % 3);
  q.T_x = 1 + static_cast<Index>(engine() % 4);
  q.T_da = 1 + static_cast<Index>(engine() % static_cast<std::uint64_t>(q.T_x));
  if (!q.step.is_causal()) q.T_da = q.T_x;
  const bool f32 = engine() % 2 == 0;
  d.rounding = f32 ? Rounding::of<float>() : Rounding::of<double>();
  if (engine() % 4 == 0) d.rounding.absolute_error = 8 * d.rounding.u;
  const bool whole = engine() % 8 == 0;
  const long double scale =
      std::vector<long double>{1, 1, 1, 4, 1e-3L, f32 ? 1e-20L : 1e-150L}[engine() % 6];
  std::uniform_real_distribution<double> unit(-1, 1);
  const auto number = [&]() -> long double {
    if (engine() % 9 == 0) return 0;
    if (whole) return static_cast<long double>(engine() % 5) - 2;
    return scale * static_cast<long double>(unit(engine));
  };
  const auto tensor = [&](Shape shape, Index T, const std::string& name = "") {
    if (T >= 0) shape.append(T);
    Tensor<long double> t(shape);
    for (auto& v : t.elements()) v = number();
    // Where the cell needs its numbers: of a quotient by what may be zero there is no bound.
    for (const cells::Range& range : cell.ranges)
      if (range.array == name)
        for (auto& v : t.elements())
          v = range.low + (range.high - range.low) * (unit(engine) + 1) / 2;
    return t;
  };
  for (int k = 0; k < static_cast<int>(q.step.arrays.size()); ++k) {
    const cells::Array& array = q.step.arrays[static_cast<std::size_t>(k)];
    const Shape shape = q.step.shape(k, q.extents, q.m);
    switch (array.role) {
      case cells::Role::input: q.in.add(array.name, tensor(shape, q.T_x, array.name)); break;
      case cells::Role::mask: {
        Tensor<long double> mask({q.m, q.T_x});
        for (Index j = 0; j < q.m; ++j) {
          const auto length = static_cast<Index>(engine() % static_cast<std::uint64_t>(q.T_x)) + 1;
          for (Index t = 0; t < length; ++t) mask(j, t) = 1;
        }
        q.in.add(array.name, std::move(mask));
        break;
      }
      case cells::Role::weight: q.in.add(array.name, tensor(shape, -1, array.name)); break;
      case cells::Role::state:
        q.in.add(array.name + "0", tensor(shape, -1, array.name));
        q.up.add("d" + array.name, tensor(shape, q.T_da));
        if (engine() % 2 == 0) q.up.add("d" + array.name + "_T", tensor(shape, -1));
        break;
      case cells::Role::output: q.up.add("d" + array.name, tensor(shape, q.T_da)); break;
      default: break;
    }
  }
  return d;
}

}  // namespace bptt::bounds
