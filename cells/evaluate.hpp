// The values of a program's lines, over any arithmetic, in plain loops: they follow the notation and
// nothing else. Deliberately slow: bounds/ has products as matrix products.
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
  /// Carries out every line, from the first to the last.
  void run(std::vector<Tensor<S>>& arrays) const {
    for (const Line& line : program_.lines) run(line, arrays);
  }

 private:
  /// Loops over letters, the sample as the last of them, and where each moves in one array.
  struct Walker {
    const S* data = nullptr;
    std::vector<Index> strides;  // of each letter; the sample's is the last
    Index first = 0;
  };

  [[nodiscard]] std::size_t sample() const { return program_.letters.size(); }
  [[nodiscard]] Index extent(std::size_t letter) const {
    return letter == sample() ? m_ : program_.letters[letter].extent.of(extents_);
  }

  [[nodiscard]] Walker walker(const Place& place, const Tensor<S>& tensor) const {
    Walker w{tensor.elements().data(), std::vector<Index>(sample() + 1, 0), 0};
    Index stride = 1;
    const Array& array = program_.arrays[static_cast<std::size_t>(place.array)];
    for (std::size_t axis = 0; axis < place.at.size(); ++axis) {
      w.strides[static_cast<std::size_t>(place.at[axis])] = stride;
      w.first += place.first[axis].of(extents_) * stride;
      stride *= program_.letters[static_cast<std::size_t>(array.axes[axis])].extent.of(extents_);
    }
    if (array.of_samples) w.strides[sample()] = stride;
    return w;
  }

  /// visit(index of each letter) for all of them, the first letter fastest. indices: of every letter.
  template <class Visit>
  void for_each(const std::vector<std::size_t>& letters, std::vector<Index>& indices,
                const Visit& visit) const {
    for (const std::size_t letter : letters) {
      indices[letter] = 0;
      if (extent(letter) == 0) return;
    }
    while (true) {
      visit();
      std::size_t k = 0;
      for (; k < letters.size(); ++k) {
        if (++indices[letters[k]] < extent(letters[k])) break;
        indices[letters[k]] = 0;
      }
      if (k == letters.size()) return;
    }
  }

  static std::size_t offset(const Walker& w, const std::vector<Index>& indices) {
    Index sum = w.first;
    for (std::size_t k = 0; k < indices.size(); ++k) sum += w.strides[k] * indices[k];
    return static_cast<std::size_t>(sum);
  }

  [[nodiscard]] std::vector<std::size_t> letters_of(const Place& place) const {
    std::vector<std::size_t> letters(place.at.begin(), place.at.end());
    if (program_.arrays[static_cast<std::size_t>(place.array)].of_samples)
      letters.push_back(sample());
    return letters;
  }

  void run(const Line& line, std::vector<Tensor<S>>& arrays) const {
    Tensor<S>& to = arrays[static_cast<std::size_t>(line.to.array)];
    const std::vector<std::size_t> outer = letters_of(line.to);
    const Walker target = walker(line.to, to);
    std::vector<Index> indices(sample() + 1, 0);
    const auto walkers_of = [&](const std::vector<Place>& places) {
      std::vector<Walker> walkers;
      for (const Place& place : places)
        walkers.push_back(walker(place, arrays[static_cast<std::size_t>(place.array)]));
      return walkers;
    };
    if (line.function != Function::sum) {
      const auto from = walkers_of(line.arguments);
      for_each(outer, indices, [&] {
        const S& p = from.front().data[offset(from.front(), indices)];
        const S& q = from.back().data[offset(from.back(), indices)];
        to.elements()[offset(target, indices)] = apply(line.function, p, q);
      });
      return;
    }
    if (!line.adds)
      for_each(outer, indices, [&] { to.elements()[offset(target, indices)] = S(0); });
    for (const Term& term : line.terms) {
      const auto from = walkers_of(term.reads);
      const std::vector<std::size_t> inner = summed(outer, term);
      for_each(outer, indices, [&] {
        S& sum = to.elements()[offset(target, indices)];
        for_each(inner, indices, [&] { sum += product(term, from, indices); });
        for (const std::size_t letter : inner) indices[letter] = 0;
      });
    }
  }

  [[nodiscard]] std::vector<std::size_t> summed(const std::vector<std::size_t>& outer,
                                                const Term& term) const {
    std::vector<std::size_t> inner;
    const auto has = [](const std::vector<std::size_t>& letters, std::size_t letter) {
      return std::find(letters.begin(), letters.end(), letter) != letters.end();
    };
    for (const Place& place : term.reads)
      for (const std::size_t letter : letters_of(place))
        if (!has(outer, letter) && !has(inner, letter)) inner.push_back(letter);
    return inner;
  }

  [[nodiscard]] static S product(const Term& term, const std::vector<Walker>& from,
                                 const std::vector<Index>& indices) {
    const auto factor = [&] {
      const S numerator(term.factor.numerator);
      return term.factor.denominator == 1
                 ? numerator
                 : numerator / S(term.factor.denominator);
    };
    if (from.empty()) return factor();
    S value = from.front().data[offset(from.front(), indices)];
    for (std::size_t k = 1; k < from.size(); ++k)
      value = value * from[k].data[offset(from[k], indices)];
    if (term.factor == Number{}) return value;
    return term.factor == Number{-1, 1} ? -value : factor() * value;
  }

  const Program& program_;
  const Extents& extents_;
  Index m_;
};

}  // namespace bptt::cells
