#include "properties/reference_ways.hpp"

#include <algorithm>

#include "arithmetic/double_double.hpp"
#include "properties/parts.hpp"
#include "properties/reference_run.hpp"

namespace bptt::properties {
#if defined(__x86_64__)
namespace {

using Four = DoubleDouble4;
constexpr auto samples_at_once = static_cast<Index>(Four::count);

/// The same without the samples, or with one.
Shape of_one_sample(bool has_samples, const Shape& shape) {
  if (!has_samples) return shape;
  Shape one;
  for (Index axis = 0; axis < shape.rank(); ++axis) one.append(axis == 1 ? 1 : shape[axis]);
  return one;
}

/// visit(entry of an array of one sample, its entry for sample j of the group that begins at
/// `first`, j); for an array without samples the same entry for each j. Samples past the last are
/// left out.
template <class Visit>
void for_each_sample(bool batch, const Shape& shape, Index first, const Visit& visit) {
  const Index inner = batch ? shape[0] : shape.size(), m = batch ? shape[1] : samples_at_once;
  const Index steps = batch ? shape[2] : 1, begin = batch ? first : 0;
  for (Index t = 0; t < steps; ++t)
    for (Index j = 0; j < std::min(samples_at_once, m - begin); ++j)
      for (Index i = 0; i < inner; ++i)
        visit(static_cast<std::size_t>(i + inner * t),
              static_cast<std::size_t>(batch ? i + inner * (begin + j + m * t) : i),
              static_cast<std::size_t>(j));
}

NamedTensors<Four> side_by_side(Cell cell, const NamedTensors<long double>& from, Index first) {
  NamedTensors<Four> to;
  for (const auto& [name, tensor] : from) {
    const bool batch = array_of(cell, name).has_samples;
    Tensor<Four> four(of_one_sample(batch, tensor.shape()));
    for_each_sample(
        batch, tensor.shape(), first,
        [&, &elements = tensor.elements()](std::size_t e, std::size_t of, std::size_t j) {
          four.elements()[e].set(j, elements[of]);
        });
    to.add(name, std::move(four));
  }
  return to;
}

/// Without calls: each operation is a few instructions.
[[gnu::target("avx2,fma"), gnu::flatten]] void go_back(const RnnParameters<Four>& p, Activation g,
                                                       Derivation way,
                                                       const NamedViews<const Four>& in,
                                                       const NamedViews<const Four>& states,
                                                       const NamedViews<const Four>& up,
                                                       const RnnGradients<Four>& out) {
  const View<const Four> x = in["x"], a0 = in["a0"], a = states["a"], da = up["da"];
  if (way == Derivation::one_walk_per_loss)
    reference::rnn_backward_walks<Four>(g, p, x, a0, a, da, out);
  else
    reference::rnn_backward_split<Four>(g, p, x, a0, a, da, out);
}
[[gnu::target("avx2,fma"), gnu::flatten]] void go_back(const LstmParameters<Four>& p,
                                                       Derivation way,
                                                       const NamedViews<const Four>& in,
                                                       const LstmStates<const Four>& states,
                                                       const NamedViews<const Four>& up,
                                                       const LstmGradients<Four>& out) {
  const View<const Four> x = in["x"], a0 = in["a0"], c0 = in["c0"], da = up["da"],
                         dc_T = up["dc_T"];
  if (way == Derivation::one_walk_per_loss)
    reference::lstm_backward_walks<Four>(p, x, a0, c0, states, da, dc_T, out);
  else
    reference::lstm_backward_split<Four>(p, x, a0, c0, states, da, dc_T, out);
}

NamedTensors<long double> by_fours(const Problem<long double>& problem,
                                   const NamedTensors<long double>& cache, Derivation way) {
  auto all = make_tensors<long double>(problem.cell, gradient_names(problem.cell), problem.sizes);
  Sizes one = problem.sizes;
  one.m = 1;
  for (Index first = 0; first < problem.sizes.m; first += samples_at_once) {
    const auto in = side_by_side(problem.cell, problem.in, first),
               up = side_by_side(problem.cell, problem.up, first),
               states = side_by_side(problem.cell, cache, first);
    auto gradients = make_tensors<Four>(problem.cell, gradient_names(problem.cell), one);
    const auto in_views = views_of(in), up_views = views_of(up), state_views = views_of(states);
    const auto out = views_of(gradients);
    if (problem.cell == Cell::rnn)
      go_back(rnn_parameters(in_views), problem.activation, way, in_views, state_views, up_views,
              rnn_gradients(out));
    else
      go_back(lstm_parameters(in_views), way, in_views, lstm_states(state_views), up_views,
              lstm_gradients(out));
    for (auto& [name, tensor] : all)
      for_each_sample(
          array_of(problem.cell, name).has_samples, tensor.shape(), first,
          [&elements = tensor.elements(), &four = gradients[name].elements()](
              std::size_t e, std::size_t of, std::size_t j) { elements[of] += four[e].at(j); });
  }
  return all;
}

}  // namespace
#endif

NamedTensors<long double> reference_gradients(const Problem<long double>& problem,
                                              const NamedTensors<long double>& cache,
                                              Derivation way, bool fits_doubles) {
#if defined(__x86_64__)
  const bool slow = way == Derivation::one_walk_per_loss || way == Derivation::split;
  if (slow && fits_doubles && double_doubles_run() && !has_lines_alone(problem.cell))
    return by_fours(problem, cache, way);
#endif
  return reference_backward(problem, cache, way);
}

}  // namespace bptt::properties
