#include "reference/truncated.hpp"

#include <gtest/gtest.h>

#include <random>

#include "arithmetic/modular.hpp"
#include "reference/backward_passes_test.hpp"

namespace bptt::reference {
namespace {

// Full backpropagation at lag >= T and with every factor 1 is in unrolled_test.cpp.
struct Truncated : testing::TestWithParam<Cell> {
  std::mt19937_64 random{6};
  Sizes sizes{.n_x = 2, .n_a = 3, .m = 2, .T_x = 6, .T_da = 5};
  Arrays<Modular> arrays = passed_forward<Modular>(GetParam(), Activation::tanh, sizes,
                                                   [this] { return Modular(random()); });

  NamedTensors<Modular> one_pass(const Arrays<Modular>& of) const {
    return gradients_by(backward_passes<Modular>(GetParam(), of.up["da"].shape()[2])["one pass"],
                        of);
  }
  NamedTensors<Modular> zeros() const {
    return make_tensors<Modular>(GetParam(), gradient_names(GetParam()), sizes);
  }
  static void add(const NamedTensors<Modular>& terms, NamedTensors<Modular>& sums) {
    for (const auto& [name, tensor] : terms)
      for (std::size_t k = 0; k < tensor.elements().size(); ++k)
        sums[name].elements()[k] += tensor.elements()[k];
  }
  /// The arrays of the steps first .. last-1 alone: what stands before them is their a0, c0.
  Arrays<Modular> window(Index first, Index last) const {
    Arrays<Modular> part = arrays;
    const auto cut = [&](NamedTensors<Modular>& tensors, const std::string& name) {
      const auto steps = std::as_const(tensors)[name].view().slice(2, first, last);
      Tensor<Modular> shorter(steps.shape());
      copy(steps, shorter.view());
      tensors[name] = shorter;
    };
    cut(part.in, "x");
    cut(part.up, "da");
    for (const std::string& name : cache_names(GetParam())) cut(part.cache, name);
    for (const char* state : {"a", "c"})
      if (first > 0 && part.cache.contains(state))
        copy(arrays.cache[state].view().at_step(first - 1),
             part.in[std::string(state) + "0"].view());
    if (part.up.contains("dc_T") && last != sizes.T_da) fill(part.up["dc_T"].view(), Modular(0));
    part.out["dx"] = Tensor<Modular>({sizes.n_x, sizes.m, last - first});
    return part;
  }
};

TEST_P(Truncated, AtLagZeroNothingGoesBack) {
  for (auto& [name, tensor] : arrays.out) fill(tensor.view(), Modular(7));
  const auto out = gradients_by(truncated_at<Modular>(GetParam(), 0), arrays);
  for (const auto& [name, tensor] : out)
    for (const Modular value : tensor.elements())
      EXPECT_EQ(value, Modular(accumulates(arrays.cell, name) ? 7 : 0)) << name;
}

TEST_P(Truncated, AtLagOneEveryStepIsASequenceOfItsOwn) {
  NamedTensors<Modular> expected = zeros();
  for (Index t = 0; t < sizes.T_da; ++t) {
    const auto alone = one_pass(window(t, t + 1));
    for (const auto& [name, tensor] : alone) {
      if (name == "dx")
        copy(tensor.view().at_step(0), expected["dx"].view().at_step(t));
      else if (accumulates(arrays.cell, name))
        add_to(tensor.view(), expected[name].view());
      else if (t == 0)
        expected[name] = tensor;
    }
  }
  expect_same("lag 1", gradients_by(truncated_at<Modular>(GetParam(), 1), arrays), expected);
}

// By another route: full backpropagation of each loss alone, through the window of `lag` steps that
// ends with it.
TEST_P(Truncated, AtAnyLagIsTheSumOfTheLossesThroughTheirWindows) {
  for (Index lag = 0; lag <= sizes.T_da; ++lag) {
    NamedTensors<Modular> windows = zeros();
    for (Index loss = 0; loss < sizes.T_da && lag > 0; ++loss) {
      const Index first = std::max<Index>(0, loss - lag + 1);
      Arrays<Modular> part = window(first, loss + 1);
      for (Index t = 0; t < loss - first; ++t) fill(part.up["da"].view().at_step(t), Modular(0));
      const auto out = one_pass(part);
      for (const auto& [name, tensor] : out) {
        if (name == "dx")
          for (Index t = first; t <= loss; ++t)
            add_to(tensor.view().at_step(t - first), windows["dx"].view().at_step(t));
        else if (accumulates(arrays.cell, name) || first == 0)
          add_to(tensor.view(), windows[name].view());
      }
    }
    expect_same("lag " + std::to_string(lag),
                gradients_by(truncated_at<Modular>(GetParam(), lag), arrays), windows);
    if (lag == sizes.T_da) expect_same("full", windows, one_pass(arrays));
  }
}

TEST_P(Truncated, FactorsOfZeroCutTheSequence) {
  // xi[2] = 0: steps 3 and 4 never reach the steps 0 .. 2.
  std::vector<Modular> xi(5, Modular(1));
  xi[2] = Modular(0);
  NamedTensors<Modular> expected = zeros();
  for (const auto& [first, last] : {std::pair<Index, Index>{0, 3}, {3, 5}}) {
    const auto out = one_pass(window(first, last));
    for (const auto& [name, tensor] : out) {
      if (name == "dx")
        copy(tensor.view(), expected["dx"].view().slice(2, first, last));
      else if (accumulates(arrays.cell, name))
        add_to(tensor.view(), expected[name].view());
      else if (first == 0)
        expected[name] = tensor;
    }
  }
  expect_same("cut", gradients_by(randomised_with<Modular>(GetParam(), xi), arrays), expected);
}

// Every outcome of xi in {0, 1/pi}^(T-1), weighted with its probability: the expectation itself.
TEST_P(Truncated, RandomisedIsUnbiased) {
  const Modular pi = Modular(1) / Modular(3);
  NamedTensors<Modular> mean = zeros();
  for (unsigned outcome = 0; outcome < 16; ++outcome) {
    Modular probability(1);
    std::vector<Modular> xi(5, Modular(12345));  // the last one is not read
    for (unsigned t = 0; t < 4; ++t) {
      const bool carried = (outcome >> t & 1) != 0;
      xi[t] = carried ? Modular(1) / pi : Modular(0);
      probability = probability * (carried ? pi : Modular(1) - pi);
    }
    auto out = gradients_by(randomised_with<Modular>(GetParam(), xi), arrays);
    for (auto& [name, tensor] : out)
      for (Modular& value : tensor.elements()) value = value * probability;
    add(out, mean);
  }
  expect_same("mean", mean, one_pass(arrays));
}

INSTANTIATE_TEST_SUITE_P(Cells, Truncated, testing::Values(Cell::rnn, Cell::lstm),
                         [](const auto& param) { return std::string(name_of(param.param)); });

}  // namespace
}  // namespace bptt::reference
