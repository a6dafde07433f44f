#include "reference/unrolled.hpp"

#include <gtest/gtest.h>

#include <random>

#include "arithmetic/modular.hpp"
#include "reference/backward_passes_test.hpp"

namespace bptt::reference {
namespace {

struct Unrolled {
  Cell cell;
  Activation activation;
};
const Unrolled networks[] = {{Cell::rnn, Activation::tanh},
                             {Cell::rnn, Activation::identity},
                             {Cell::lstm, Activation::tanh}};

std::string described(const Unrolled& network, const Sizes& s) {
  return std::string(name_of(network.cell)) + " " + std::string(name_of(network.activation)) +
         " n_x=" + std::to_string(s.n_x) + " n_a=" + std::to_string(s.n_a) +
         " m=" + std::to_string(s.m) + " T_x=" + std::to_string(s.T_x) +
         " T_da=" + std::to_string(s.T_da);
}

const Sizes edges[] = {{1, 1, 1, 1, 1}, {1, 1, 1, 2, 2}, {3, 2, 1, 4, 4}, {2, 3, 4, 5, 1},
                       {1, 4, 3, 6, 4}, {5, 1, 2, 3, 3}, {2, 5, 5, 3, 2}, {4, 3, 2, 7, 7}};

TEST(WaysBackward, AgreeExactlyOverTheField) {
  std::mt19937_64 random(3);
  const auto draw = [&] { return Modular(random()); };
  for (const Unrolled& network : networks)
    for (const Sizes& sizes : edges) {
      const auto s = passed_forward<Modular>(network.cell, network.activation, sizes, draw);
      const auto all = backward_passes<Modular>(network.cell, sizes.T_da);
      const auto expected = gradients_by(all["one pass"], s);
      for (const auto& [name, backward] : all)
        expect_same(described(network, sizes) + ", " + name, gradients_by(backward, s), expected);
    }
}

TEST(WaysBackward, OverwriteTheStatesGradientsAndAddToTheParameters) {
  std::mt19937_64 random(4);
  const auto draw = [&] { return Modular(random()); };
  const Sizes sizes{.n_x = 2, .n_a = 3, .m = 2, .T_x = 4, .T_da = 3};
  for (const Unrolled& network : networks) {
    const auto s = passed_forward<Modular>(network.cell, network.activation, sizes, draw);
    for (const auto& [backward_name, backward] :
         backward_passes<Modular>(network.cell, sizes.T_da)) {
      NamedTensors<Modular> expected = gradients_by(backward, s);
      auto used = s;
      for (auto& [name, tensor] : used.out)
        for (std::size_t k = 0; k < tensor.elements().size(); ++k) {
          tensor.elements()[k] = draw();
          if (accumulates(network.cell, name)) expected[name].elements()[k] += tensor.elements()[k];
        }
      backward(used);
      expect_same(described(network, sizes) + ", " + backward_name, used.out, expected);
      expect_same("inputs", used.in, s.in);
      expect_same("cache", used.cache, s.cache);
      expect_same("upstream", used.up, s.up);
    }
  }
}

TEST(WaysBackward, FewerUpstreamStepsAreAShorterSequence) {
  std::mt19937_64 random(5);
  std::uniform_real_distribution<double> uniform(-1, 1);
  const auto draw = [&] { return uniform(random); };
  const Sizes sizes{.n_x = 3, .n_a = 4, .m = 2, .T_x = 6, .T_da = 4};
  for (const Unrolled& network : networks) {
    const auto s = passed_forward<double>(network.cell, network.activation, sizes, draw);
    auto shorter = s;
    shorter.in["x"] = Tensor<double>({3, 2, 4});
    copy(s.in["x"].view().slice(2, 0, 4), shorter.in["x"].view());
    for (auto& [name, tensor] : shorter.cache) tensor = Tensor<double>({4, 2, 4});
    forward(shorter);
    for (const auto& [name, backward] : backward_passes<double>(network.cell, sizes.T_da))
      expect_same(described(network, sizes) + ", " + name, gradients_by(backward, s),
                  gradients_by(backward, shorter));
  }
}

TEST(AddTo, AddsElementByElement) {
  const auto source = tensor_of<double>({2, 2}, {1, 2, 3, 4});
  auto destination = tensor_of<double>({2, 2}, {10, 20, 30, 40});
  add_to(source.view(), destination.view());
  EXPECT_EQ(destination.elements(), (AlignedVector<double>{11, 22, 33, 44}));
}

}  // namespace
}  // namespace bptt::reference
