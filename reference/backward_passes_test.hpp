// For the tests of this folder: problems with their forward pass done, and every way backward
// under its name, so that one test can ask the same of all of them.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <concepts>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/problem.hpp"
#include "reference/lstm_closed_form.hpp"
#include "reference/truncated.hpp"
#include "reference/unrolled.hpp"

namespace bptt::reference {

/// All arrays of one problem, by name. The names in `cache` are those that the forward writes and
/// the backward reads; `out` holds the gradients.
template <class S>
struct Arrays {
  Cell cell = Cell::rnn;
  Activation activation = Activation::tanh;
  NamedTensors<S> in, cache, up, out;
};

/// Arrays of the given sizes whose inputs and upstream gradients are draw(), and their forward
/// pass. The gradients are zero.
template <class S>
Arrays<S> passed_forward(Cell cell, Activation g, const Sizes& sizes, const auto& draw) {
  Arrays<S> arrays{cell,
                   g,
                   make_tensors<S>(cell, input_names(cell), sizes),
                   make_tensors<S>(cell, cache_names(cell), sizes),
                   make_tensors<S>(cell, upstream_names(cell), sizes),
                   make_tensors<S>(cell, gradient_names(cell), sizes)};
  for (auto* tensors : {&arrays.in, &arrays.up})
    for (auto& [name, tensor] : *tensors)
      for (S& element : tensor.elements()) element = draw();
  forward(arrays);
  return arrays;
}

template <class S>
void forward(Arrays<S>& arrays) {
  const NamedViews<const S> in = views_of(std::as_const(arrays.in));
  const NamedViews<S> cache = views_of(arrays.cache);
  if (arrays.cell == Cell::rnn)
    rnn_forward<S>(arrays.activation, rnn_parameters(in), in["x"], in["a0"], cache["a"]);
  else
    lstm_forward<S>(lstm_parameters(in), in["x"], in["a0"], in["c0"], lstm_states(cache));
}

/// Fills arrays.out from the other arrays.
template <class S>
using BackwardPass = std::function<void(Arrays<S>& arrays)>;

template <class S>
BackwardPass<S> rnn_backward_pass(const auto& backward) {
  return [=](Arrays<S>& arrays) {
    const NamedViews<const S> in = views_of(std::as_const(arrays.in));
    backward(arrays.activation, rnn_parameters(in), in["x"], in["a0"],
             View<const S>(arrays.cache["a"].view()), View<const S>(arrays.up["da"].view()),
             rnn_gradients(views_of(arrays.out)));
  };
}

template <class S>
BackwardPass<S> lstm_backward_pass(const auto& backward) {
  return [=](Arrays<S>& arrays) {
    const NamedViews<const S> in = views_of(std::as_const(arrays.in));
    backward(lstm_parameters(in), in["x"], in["a0"], in["c0"],
             lstm_states(views_of(std::as_const(arrays.cache))),
             View<const S>(arrays.up["da"].view()), View<const S>(arrays.up["dc_T"].view()),
             lstm_gradients(views_of(arrays.out)));
  };
}

/// Truncation at `lag` cell steps.
template <class S>
BackwardPass<S> truncated_at(Cell cell, Index lag) {
  if (cell == Cell::rnn)
    return rnn_backward_pass<S>([=](auto&&... args) { rnn_backward_truncated<S>(lag, args...); });
  return lstm_backward_pass<S>([=](auto&&... args) { lstm_backward_truncated<S>(lag, args...); });
}

/// Randomised truncation with the factors xi.
template <class S>
BackwardPass<S> randomised_with(Cell cell, const std::vector<S>& xi) {
  if (cell == Cell::rnn)
    return rnn_backward_pass<S>([=](auto&&... args) { rnn_backward_randomised<S>(xi, args...); });
  return lstm_backward_pass<S>([=](auto&&... args) { lstm_backward_randomised<S>(xi, args...); });
}

/// Every way to the gradients of full backpropagation through T steps; "one pass" is the first.
template <class S>
Named<BackwardPass<S>> backward_passes(Cell cell, Index T) {
  Named<BackwardPass<S>> all;
  if (cell == Cell::rnn) {
    all.add("one pass", rnn_backward_pass<S>([](auto&&... args) { rnn_backward<S>(args...); }));
    all.add("walks", rnn_backward_pass<S>([](auto&&... args) { rnn_backward_walks<S>(args...); }));
    all.add("split", rnn_backward_pass<S>([](auto&&... args) { rnn_backward_split<S>(args...); }));
  } else {
    all.add("one pass", lstm_backward_pass<S>([](auto&&... args) { lstm_backward<S>(args...); }));
    all.add("walks",
            lstm_backward_pass<S>([](auto&&... args) { lstm_backward_walks<S>(args...); }));
    all.add("split",
            lstm_backward_pass<S>([](auto&&... args) { lstm_backward_split<S>(args...); }));
    all.add("closed form",
            lstm_backward_pass<S>([](auto&&... args) { lstm_backward_closed_form<S>(args...); }));
  }
  all.add("truncated at T", truncated_at<S>(cell, T));
  all.add("truncated beyond T", truncated_at<S>(cell, T + 3));
  all.add("randomised with 1",
          randomised_with<S>(cell, std::vector<S>(static_cast<std::size_t>(T), S(1))));
  return all;
}

/// The gradients that `backward` gives for the arrays, from outputs that hold zeros.
template <class S>
NamedTensors<S> gradients_by(const BackwardPass<S>& backward, Arrays<S> arrays) {
  backward(arrays);
  return arrays.out;
}

template <class T>
bool same_bits(const T& p, const T& q) {
  if constexpr (std::same_as<T, double>)
    return std::bit_cast<std::uint64_t>(p) == std::bit_cast<std::uint64_t>(q);
  else
    return p == q;
}

/// Every element equal, to the last bit; a tensor without elements is a failure of the test.
template <class S>
void expect_same(const std::string& what, const Tensor<S>& got, const Tensor<S>& expected) {
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  ASSERT_GT(got.size(), 0) << what;
  for (std::size_t k = 0; k < got.elements().size(); ++k)
    EXPECT_TRUE(same_bits(got.elements()[k], expected.elements()[k]))
        << what << " element " << k << ": " << got.elements()[k] << ", expected "
        << expected.elements()[k];
}

template <class S>
void expect_same(const std::string& what, const NamedTensors<S>& got,
                 const NamedTensors<S>& expected) {
  ASSERT_EQ(got.names(), expected.names()) << what;
  for (const auto& [name, tensor] : expected) expect_same(what + ", " + name, got[name], tensor);
}

template <class S>
Tensor<S> tensor_of(const Shape& shape, std::vector<S> elements) {
  Tensor<S> tensor(shape);
  EXPECT_EQ(shape.size(), static_cast<Index>(elements.size()));
  tensor.elements().assign(elements.begin(), elements.end());
  return tensor;
}

}  // namespace bptt::reference
