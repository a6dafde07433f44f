// Views of any strides: the same bits as dense ones, and nothing written between the elements.
#include <gtest/gtest.h>

#include <cstring>

#include "optimized/test_support.hpp"

namespace bptt::optimized {
namespace {

enum class Placement { unaligned, inner_gap, batch_slice, time_reversed, all_reversed };

/// An array inside a larger one, whose other elements are `gap`.
struct Strided {
  static constexpr float gap = 12345;
  std::vector<float> storage;
  View<float> view;

  Strided(const Tensor<float>& from, Placement layout) {
    const Shape shape = from.shape();
    const Index inner = layout == Placement::inner_gap ? 2 : 1;
    const Index m_all = shape[1] + (layout == Placement::batch_slice ? 3 : 0);
    const Strides strides{inner, inner * shape[0] + 1, (inner * shape[0] + 1) * m_all, 0};
    storage.assign(static_cast<std::size_t>(strides[2] * shape[2] + 1), gap);
    view = {storage.data() + 1, shape, strides};
    const Index last = shape.rank() - 1;
    if (layout == Placement::time_reversed) view = view.reversed(last);
    if (layout == Placement::all_reversed)
      for (Index axis = 0; axis < shape.rank(); ++axis) view = view.reversed(axis);
    copy(from.view(), view);
  }
  [[nodiscard]] Index gaps() const { return std::count(storage.begin(), storage.end(), gap); }
};

Named<Strided> strided(const NamedTensors<float>& tensors, Placement layout) {
  Named<Strided> result;
  for (const auto& [name, tensor] : tensors) result.add(name, Strided(tensor, layout));
  return result;
}

template <class S>
NamedViews<S> views(const Named<Strided>& arrays) {
  NamedViews<S> result;
  for (const auto& [name, array] : arrays) result.add(name, View<S>(array.view));
  return result;
}

void expect_same_bits(const Named<Strided>& got, const NamedTensors<float>& expected) {
  for (const auto& [name, tensor] : expected) {
    Tensor<float> dense(tensor.shape());
    copy(got[name].view, dense.view());
    EXPECT_EQ(std::memcmp(dense.elements().data(), tensor.elements().data(),
                          tensor.elements().size() * sizeof(float)),
              0)
        << name;
    EXPECT_EQ(got[name].gaps() + tensor.size(), static_cast<Index>(got[name].storage.size()))
        << name << ": written between the elements";
  }
}

TEST(Strided, SameBitsAsDense) {
  for (const Cell cell : {Cell::rnn, Cell::lstm})
    for (const Sizes& sizes : {Sizes{3, 5, 10, 7, 6}, Sizes{17, 34, 1, 4, 4}, Sizes{1, 1, 1, 1, 1},
                               Sizes{5, 20, 70, 9, 9}})
      for (const Placement layout :
           {Placement::unaligned, Placement::inner_gap, Placement::batch_slice,
            Placement::time_reversed, Placement::all_reversed})
        for (const Options& options :
             {Options{}, Options{2, 2}, Options{.weight_gradients = WeightGradients::overwrite}}) {
          SCOPED_TRACE("layout " + std::to_string(static_cast<int>(layout)) + " n_a " +
                       std::to_string(sizes.n_a));
          const Problem<float> problem = real_problem<float>(cell, sizes);
          const Outcome<float> expected = optimized_run(problem, options);
          const Outcome<float> blank = blank_run(problem);
          const Named<Strided> in = strided(problem.in, layout), up = strided(problem.up, layout),
                               states = strided(blank.states, layout),
                               gradients = strided(blank.gradients, layout);
          run_optimized<float>(problem, options, views<const float>(in), views<const float>(up),
                               views<float>(states), views<float>(gradients));
          expect_same_bits(states, expected.states);
          expect_same_bits(gradients, expected.gradients);
          expect_same_bits(in, problem.in);
          expect_same_bits(up, problem.up);
        }
}

TEST(Strided, AnInputMayRepeatOneStepWithStrideZero) {
  const Sizes sizes{3, 5, 4, 6, 6};
  Problem<float> problem = real_problem<float>(Cell::rnn, sizes);
  for (Index t = 1; t < sizes.T_x; ++t)
    copy(problem.in["x"].view().at_step(0), problem.in["x"].view().at_step(t));
  const Outcome<float> expected = optimized_run(problem);

  NamedViews<const float> in;
  for (const auto& [name, tensor] : problem.in)
    in.add(name, name == "x"
                     ? View<const float>(tensor.view().data(), tensor.shape(), {1, sizes.n_x, 0, 0})
                     : tensor.view());
  Outcome<float> got = blank_run(problem);
  run_optimized<float>(problem, {}, in, views_of(std::as_const(problem.up)), views_of(got.states),
                       views_of(got.gradients));
  for (const auto& [name, tensor] : expected.gradients)
    EXPECT_EQ(got.gradients[name].elements(), tensor.elements()) << name;
}

}  // namespace
}  // namespace bptt::optimized
