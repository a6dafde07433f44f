// The values of a program's lines, over any arithmetic, in plain loops: they follow the notation
// and nothing else. Deliberately slow: bounds/ has products as matrix products.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "cells/functions.hpp"
#include "cells/program.hpp"
#include "core/error.hpp"
#include "core/scalar_functions.hpp"

namespace bptt::cells {

/// One function of one or two numbers, as core/scalar_functions.hpp has them. Throws what S throws.
template <class S>
[[nodiscard]] S apply(Function function, const S& p, const S& q) {
  using F = ScalarFunctions<S>;
  switch (function) {
    case Function::tanh: return F::tanh(p);
    case Function::sigmoid: return F::sigmoid(p);
    case Function::identity: return p;
    case Function::reciprocal: return S(1) / p;
    case Function::relu: return F::relu(p);
    case Function::step: return F::relu_slope(p);
    case Function::is_larger: return S(1) - F::relu_slope(q - p);
    case Function::is_smaller: return F::relu_slope(q - p);
    case Function::exp: return F::exp(p);
    case Function::log: return F::log(p);
    case Function::larger: return F::larger(p, q);
    case Function::where_on: return F::where(p, q);
    case Function::where_off: return F::where(p, S(1) - q);
    case Function::sum:
    case Function::activation: break;
  }
  throw Error(std::string(name_of(function)) + " is no function of numbers");
}

/// What `program` computes, of given sizes. The arrays are in the order of program.arrays.
template <class S>
class Evaluation {
 public:
  /// m: samples. Throws Error if a size is missing.
  Evaluation(const Program& program, const Extents& extents, Index m)
      : program_(program), extents_(extents), m_(m) {}

  /// An array of zeros.
  [[nodiscard]] Tensor<S> make(int array) const {
    return Tensor<S>(program_.shape(array, extents_, m_));
  }
  /// Carries out every line of a pass over time, from the first to the last.
  void run(std::vector<Tensor<S>>& arrays, int pass = 0) const {
    for (const Line& line : program_.lines)
      if (line.pass == pass) run(line, arrays);
  }

 private:
  /// The arrays that a line writes and reads, and where each of them is in a loop over letters.
  struct Cursor {
    const Place* place;
    const S* data;
    Index offset;
  };
  /// A letter, or the sample as the last of them, and how far each cursor moves with it.
  struct Loop {
    Index extent, index;
    std::vector<Index> strides;
  };

  [[nodiscard]] Index extent(std::size_t letter) const {
    return letter == program_.sample() ? m_ : program_.letters[letter].extent.of(extents_);
  }
  [[nodiscard]] const Array& array(const Place& place) const {
    return program_.arrays[static_cast<std::size_t>(place.array)];
  }

  [[nodiscard]] Cursor cursor(const Place& place, const std::vector<Tensor<S>>& arrays) const {
    Cursor c{&place, arrays[static_cast<std::size_t>(place.array)].elements().data(), 0};
    Index stride = 1;
    for (std::size_t axis = 0; axis < place.at.size(); ++axis) {
      c.offset += place.first[axis].of(extents_) * stride;
      stride *= extent(static_cast<std::size_t>(array(place).axes[axis]));
    }
    return c;
  }

  /// How far the place moves with the letter.
  [[nodiscard]] Index stride_of(const Place& place, std::size_t letter) const {
    Index stride = 1;
    for (std::size_t axis = 0; axis < place.at.size(); ++axis) {
      if (static_cast<std::size_t>(place.at[axis]) == letter) return stride;
      stride *= extent(static_cast<std::size_t>(array(place).axes[axis]));
    }
    return letter == program_.sample() && array(place).of_samples ? stride : 0;
  }

  [[nodiscard]] std::vector<Loop> loops_over(const std::vector<std::size_t>& letters,
                                             const std::vector<Cursor>& cursors) const {
    std::vector<Loop> loops;
    for (const std::size_t letter : letters) {
      loops.push_back({extent(letter), 0, {}});
      for (const Cursor& c : cursors) loops.back().strides.push_back(stride_of(*c.place, letter));
    }
    return loops;
  }

  /// visit() with the cursors at every combination of the letters, the first one running fastest.
  /// They end where they began.
  template <class Visit>
  static void for_each(std::vector<Loop>& loops, std::vector<Cursor>& cursors, const Visit& visit) {
    for (const Loop& loop : loops)
      if (loop.extent == 0) return;
    while (true) {
      visit();
      std::size_t k = 0;
      for (; k < loops.size(); ++k) {
        Loop& loop = loops[k];
        const bool on = ++loop.index < loop.extent;
        const Index steps = on ? 1 : 1 - loop.extent;
        for (std::size_t c = 0; c < cursors.size(); ++c)
          cursors[c].offset += steps * loop.strides[c];
        if (on) break;
        loop.index = 0;
      }
      if (k == loops.size()) return;
    }
  }

  void run(const Line& line, std::vector<Tensor<S>>& arrays) const {
    S* const to = arrays[static_cast<std::size_t>(line.to.array)].elements().data();
    const std::vector<std::size_t> outer = program_.letters_of(line.to);
    const auto cursors_of = [&](const std::vector<Place>& reads) {
      std::vector<Cursor> cursors{cursor(line.to, arrays)};
      for (const Place& place : reads) cursors.push_back(cursor(place, arrays));
      return cursors;
    };
    if (line.function != Function::sum) {
      auto cursors = cursors_of(line.arguments);
      auto loops = loops_over(outer, cursors);
      const Cursor &p = cursors[1], &q = cursors.back();
      for_each(loops, cursors, [&] {
        to[cursors[0].offset] = apply(line.function, p.data[p.offset], q.data[q.offset]);
      });
      return;
    }
    if (!line.adds) {
      auto cursors = cursors_of({});
      auto loops = loops_over(outer, cursors);
      for_each(loops, cursors, [&] { to[cursors[0].offset] = S(0); });
    }
    for (const Term& term : line.terms) {
      auto cursors = cursors_of(term.reads);
      auto loops = loops_over(outer, cursors),
           inner = loops_over(program_.summed(term, outer), cursors);
      for_each(loops, cursors, [&] {
        S& sum = to[cursors[0].offset];
        for_each(inner, cursors, [&] { sum += product(term.factor, cursors); });
      });
    }
  }

  /// factor * what the cursors behind the first one are at, from left to right.
  [[nodiscard]] static S product(const Number& number, const std::vector<Cursor>& cursors) {
    const auto factor = [&] {
      const auto numerator = static_cast<S>(number.numerator);
      return number.denominator == 1 ? numerator : numerator / static_cast<S>(number.denominator);
    };
    if (cursors.size() == 1) return factor();
    S value = cursors[1].data[cursors[1].offset];
    for (std::size_t k = 2; k < cursors.size(); ++k)
      value = value * cursors[k].data[cursors[k].offset];
    if (number == Number{}) return value;
    return number == Number{-1, 1} ? -value : factor() * value;
  }

  const Program& program_;
  const Extents& extents_;
  Index m_;
};

}  // namespace bptt::cells
