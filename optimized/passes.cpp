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
  WaT = zeroed(workspace, element_count(layout.rows(), layout.of_state().packed_size(1)));
  WxT = zeroed(workspace, element_count(layout.rows(), layout.of_input().packed_size(1)));
}

template <class S>
Shared<S>::Shared(Workspace<S>& workspace, const Layout& layout, const Blocking& blocking) {
  const Index width = layout.width(), blocks_of_units = layout.blocks(), batch = blocking.batch;
  const Index n = layout.n_a + layout.n_x;
  zeros = zeroed(workspace, width);
  blocks = zeroed(workspace, element_count(std::max(blocking.input_steps, blocking.gradient_steps),
                                           element_count(batch, width), blocks_of_units));
  da_prev = zeroed(workspace, element_count(layout.of_state().count(), batch, width));
  dc = layout.cell == Cell::lstm ? zeroed(workspace, element_count(batch, layout.stack() / 4))
                                 : nullptr;
  rows = workspace.take(element_count(blocking.gradient_steps, batch, n));
  dW = zeroed(workspace, element_count(blocks_of_units, n, width));
  db = zeroed(workspace, element_count(blocks_of_units, width));
}

template <class S>
Scratch<S>::Scratch(Workspace<S>& workspace, const Layout& layout, const Blocking& blocking,
                    const Thresholds& thresholds, const Shared<S>& shared, const Member& of,
                    const Scratch* first_member)
    : Shared<S>(shared),
      member(of),
      limits(thresholds),
      batch(blocking.batch),
      input_steps(blocking.input_steps),
      gradient_steps(blocking.gradient_steps),
      first_sample(of.samples(batch).first),
      m(of.samples(batch).count()),
      panels(of.panels(layout.of_state())) {
  const Index width = layout.width(), all_blocks = layout.blocks();
  const Index per_panel = layout.gates();  // blocks of units
  if (of.walks())
    blocks_of_units = {panels.first * per_panel, std::min(panels.last * per_panel, all_blocks)};
  const Index block_bytes = element_count(m, width) * static_cast<Index>(sizeof(S));
  blocks_together = std::clamp<Index>(limits.activated_bytes / block_bytes, 1, all_blocks);
  z = zeroed(workspace, element_count(blocks_together, m, width));
  const Index columns = divided_up(element_count(gradient_steps, batch), of.count);
  panel = workspace.take(element_count(columns, width));
  for (S*& slot : slots) slot = workspace.take(element_count(2, layout.n_a, m));
  const bool shares_states = of.by_units && first_member != nullptr;
  std::copy_n(shares_states ? first_member->slots : slots, 6, state_slots);
  x_slot = workspace.take(element_count(layout.n_x, m, input_steps));
}

template struct PackedWeights<float>;
template struct PackedWeights<double>;
template struct Shared<float>;
template struct Shared<double>;
template struct Scratch<float>;
template struct Scratch<double>;

}  // namespace bptt::optimized
