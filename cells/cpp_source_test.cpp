// The C++ of every cell, compiled as users compile it, against the lines themselves: over a finite
// field, where the order of a sum makes no difference, they agree exactly.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "arithmetic/modular.hpp"
#include "cells/awkward_cells_test.hpp"
#include "cells/random_walk_test.hpp"
#include "cells/signature.hpp"

namespace bptt {

/// A residue that C++ text takes for a number: integers turn into it.
struct Residue {
  Modular value;

  Residue() = default;
  Residue(int integer) : value(integer) {}  // NOLINT(google-explicit-constructor)
  explicit Residue(Modular v) : value(v) {}
  friend Residue operator+(Residue a, Residue b) { return Residue(a.value + b.value); }
  friend Residue operator-(Residue a, Residue b) { return Residue(a.value - b.value); }
  friend Residue operator*(Residue a, Residue b) { return Residue(a.value * b.value); }
  friend Residue operator/(Residue a, Residue b) { return Residue(a.value / b.value); }
  friend Residue operator-(Residue a) { return Residue(-a.value); }
  Residue& operator+=(Residue b) { return *this = *this + b; }
  Residue& operator-=(Residue b) { return *this = *this - b; }
  friend bool operator==(Residue a, Residue b) { return a.value == b.value; }
  friend std::ostream& operator<<(std::ostream& out, Residue a) { return out << a.value; }
};

/// Half of the field takes the part of the positive numbers, for both sides of a kink.
template <>
struct ScalarFunctions<Residue> {
  using F = ScalarFunctions<Modular>;
  static Residue tanh(Residue z) { return Residue(F::tanh(z.value)); }
  static Residue sigmoid(Residue z) { return Residue(F::sigmoid(z.value)); }
  static Residue exp(Residue z) { return Residue(F::exp(z.value)); }
  static Residue log(Residue z) { return Residue(F::log(z.value)); }
  static Residue relu(Residue z) { return relu_slope(z) * z; }
  static Residue relu_slope(Residue z) { return static_cast<int>(z.value.residue() % 2); }
  static Residue larger(Residue p, Residue q) { return p + relu(q - p); }
  static Residue where(Residue p, Residue on) { return on == 0 ? Residue(0) : p; }
};

// As the C++ text calls them.
using OfResidues = ScalarFunctions<Residue>;
inline Residue tanh(Residue z) { return OfResidues::tanh(z); }
inline Residue sigmoid(Residue z) { return OfResidues::sigmoid(z); }
inline Residue exp(Residue z) { return OfResidues::exp(z); }
inline Residue log(Residue z) { return OfResidues::log(z); }
inline Residue relu(Residue z) { return OfResidues::relu(z); }
inline Residue step(Residue z) { return OfResidues::relu_slope(z); }
inline Residue larger(Residue p, Residue q) { return OfResidues::larger(p, q); }
inline Residue is_larger(Residue p, Residue q) { return 1 - step(q - p); }
inline Residue is_smaller(Residue p, Residue q) { return step(q - p); }

}  // namespace bptt

#include "cells/derived_cells.hpp"  // what write_cpp_test.cpp writes

namespace bptt::cells {
namespace {

/// One problem, and what the C++ makes of it.
struct CppRun {
  using Scalar = Residue;
  Extents extents;
  Index m = 0, T_x = 0, T_da = 0;
  NamedTensors<Residue> in, up;
  std::map<std::string, std::vector<Residue>> out;

  const Residue* at(const std::string& name) { return in[name].elements().data(); }
  const Residue* loss(const std::string& name) { return up[name].elements().data(); }
  Residue* gradient(const std::string& name, bool over_time) {
    auto& values = out["d" + name];
    const std::size_t all = in[name].elements().size();
    values.resize(over_time ? all / static_cast<std::size_t>(T_x) * static_cast<std::size_t>(T_da)
                            : all);
    return values.data();
  }
};

TEST(CppSource, IsTheLinesOverAFiniteField) {
  std::mt19937_64 engine(5);
  auto cells = built_in();
  for (const Definition& cell : awkward_cells()) cells.push_back(cell);
  std::size_t steps = 0;
  for_every_cell([&](std::size_t cell, Function activation, const auto& run) {
    const Program step = cells[cell].with(activation);
    const Signature of(step);
    ++steps;
    for (int k = 0; k < 20; ++k) {
      auto given = draw<Residue>(step, engine, [&] { return Residue(Modular(engine() >> 3U)); });
      CppRun cpp;
      for (const auto& [array, tensor] : given.up) {
        // The functions take no more than these losses.
        const bool last = array.ends_with("_T");
        const int of_what = step.array(array.substr(1, array.size() - (last ? 3 : 1)));
        if (of.is_seen(of_what) != last) cpp.up.add(array, tensor);
        if (!last) cpp.T_da = tensor.shape()[tensor.shape().rank() - 1];
      }
      cpp.extents = given.extents;
      cpp.m = given.m;
      cpp.T_x = given.T;
      cpp.in = given.in;
      run(cpp);

      Walk<Residue> walk(step, given.extents, given.m);
      auto expected = walk.forward(given.in);
      for (auto& [array, tensor] : walk.backward(cpp.up)) expected.add(array, tensor);
      ASSERT_EQ(cpp.out.size(), expected.size());
      for (const auto& [array, tensor] : expected)
        ASSERT_EQ(cpp.out[array], std::vector(tensor.elements().begin(), tensor.elements().end()))
            << array << " of " << cells[cell].name << ", problem " << k;
    }
  });
  EXPECT_EQ(steps, steps_of(built_in()).size() + awkward_cells().size());
}

// The functions of numbers that stand in the text are those of ScalarFunctions, to the bit.
TEST(CppSource, HasTheFunctionsOfNumbers) {
  using F = ScalarFunctions<double>;
  for (const double p : {-700.0, -1.5, -0.0, 0.0, 0.25, 3.0, 710.0}) {
    EXPECT_EQ(lstm::sigmoid(p), F::sigmoid(p));
    EXPECT_EQ(rnn_relu::relu(p), F::relu(p));
    EXPECT_EQ(rnn_relu::step(p), F::relu_slope(p));
    for (const double q : {-2.0, 0.0, 3.0}) {
      EXPECT_EQ(slstm::larger(p, q), F::larger(p, q));
      EXPECT_EQ(slstm::is_larger(p, q), apply(Function::is_larger, p, q));
      EXPECT_EQ(slstm::is_smaller(p, q), apply(Function::is_smaller, p, q));
    }
  }
}

}  // namespace
}  // namespace bptt::cells
