#include "optimized/passes.hpp"

#include "core/error.hpp"

namespace bptt::optimized {

namespace {

/// Packed arrays are written where there are weights; the padding keeps these zeros for ever.
template <class S>
S* zeroed(Workspace<S>& workspace, Index count) {
  S* array = workspace.take(count);
  std::fill_n(array, count, S(0));
  return array;
}

}  // namespace

template <class S>
PackedWeights<S>::PackedWeights(Workspace<S>& workspace, const Layout& of) : layout(of) {
  const Index stack = layout.stack();
  Wa = zeroed(workspace, element_count(stack, layout.n_a));
  Wx = zeroed(workspace, element_count(stack, layout.n_x));
  bias = zeroed(workspace, element_count(layout.blocks(), layout.width()));
  WaT = zeroed(workspace, element_count(stack, layout.of_state().packed_size(1)));
  WxT = zeroed(workspace, element_count(stack, layout.of_input().packed_size(1)));
}

template <class S>
Scratch<S>::Scratch(Workspace<S>& workspace, const Layout& layout, Index samples,
                    Index steps_of_input, Index steps_of_gradient)
    : m(samples), input_steps(steps_of_input), gradient_steps(steps_of_gradient) {
  constexpr Index cached_bytes = 24 * 1024;
  const Index width = layout.width(), blocks_of_units = layout.blocks();
  const Index columns = element_count(gradient_steps, m);
  const Index block_bytes = element_count(m, width) * static_cast<Index>(sizeof(S));
  blocks_together = std::clamp<Index>(cached_bytes / block_bytes, 1, blocks_of_units);
  const Index n = layout.n_a + layout.n_x;
  zeros = zeroed(workspace, width);
  z = zeroed(workspace, element_count(blocks_together, m, width));
  // dz of padded vectors is never written and must be zero.
  blocks = zeroed(workspace, element_count(std::max(input_steps, gradient_steps),
                                           element_count(m, width), blocks_of_units));
  da_prev = zeroed(workspace, element_count(layout.of_state().count(), m, width));
  dc =
      layout.cell == Cell::lstm ? zeroed(workspace, element_count(m, layout.stack() / 4)) : nullptr;
  panel = workspace.take(element_count(columns, width));
  rows = workspace.take(element_count(columns, n));
  dW = zeroed(workspace, element_count(blocks_of_units, n, width));
  db = zeroed(workspace, element_count(blocks_of_units, width));
  for (S*& slot : slots) slot = workspace.take(element_count(2, layout.n_a, m));
  x_slot = workspace.take(element_count(layout.n_x, m, input_steps));
}

template struct PackedWeights<float>;
template struct PackedWeights<double>;
template struct Scratch<float>;
template struct Scratch<double>;

}  // namespace bptt::optimized
