// What the RNN and the LSTM share, for one instruction set: packing, and the matrix products of a
// forward and a backward pass over the stack of all gates.
//   z_t = b + Wx x_t + Wa a_prev,   da_prev = Wa^T dz_t,
//   dW = sum over steps and samples of dz [a_prev; x]^T,  db = sum of dz,  dx_t = Wx^T dz_t
// What a cell does with z_t and da_prev is its own (rnn_passes-inl.hpp, lstm_passes-inl.hpp).

#include <hwy/highway.h>

#include <cstring>

#include "optimized/passes.hpp"
#include "optimized/steps.hpp"
#include "optimized/tile-inl.hpp"
#include "optimized/units-inl.hpp"
#include "optimized/weight_gradients-inl.hpp"

#if defined(BPTT_OPTIMIZED_STACKED_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_STACKED_INL
#undef BPTT_OPTIMIZED_STACKED_INL
#else
#define BPTT_OPTIMIZED_STACKED_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// `count` units of a column of the caller's, from `row` on, to or from whole vectors of our own.
template <class S>
void read_units(const View<const S>& from, Index row, Index column, Index count, S* to) {
  const Tag<S> d;
  if (has_contiguous_columns(from)) {
    const S* at = &from(row, column);
    for (Index i = 0; i < count; i += lanes_of<S>())
      hn::Store(load_units(at + i, count - i), d, to + i);
  } else {
    for (Index i = 0; i < count; ++i) to[i] = from(row + i, column);
  }
}

template <class S>
void write_units(const S* from, const View<S>& to, Index row, Index column, Index count) {
  const Tag<S> d;
  if (has_contiguous_columns(to)) {
    S* at = &to(row, column);
    for (Index i = 0; i < count; i += lanes_of<S>())
      store_units<S>(hn::Load(d, from + i), at + i, count - i);
  } else {
    for (Index i = 0; i < count; ++i) to(row + i, column) = from[i];
  }
}

/// True if a packed matrix of so many elements does not stay in the second-level cache.
template <class S>
bool is_far(const Scratch<S>& scratch, Index elements) {
  const bool far = elements * static_cast<Index>(sizeof(S)) > scratch.limits.near_bytes;
  if (far) scratch.paths.take(Path::far_weights);
  return far;
}

// ---- Packing

/// Rows first .. of W^T, all panels: to[panel][row of the stack][unit of the panel].
template <class S>
void pack_transposed(const Layout& layout, Index gate, const View<const S>& W, const Panels& panels,
                     S* to) {
  const Index lanes = layout.lanes;
  for (Index p = 0; p < panels.count(); ++p) {
    const Index width = panels.vectors(p) * lanes;
    const Index columns = std::min(width, panels.rows - p * panels.width());
    S* panel = to + p * panels.width() * layout.rows();
    // A vector of units at a time: a line of W is read once, and its rows of the panel stay near.
    for (Index first = 0; first < layout.n_a; first += lanes)
      for (Index k = 0; k < columns; ++k)
        for (Index i = first; i < std::min(first + lanes, layout.n_a); ++i) {
          panel[layout.row(gate, i) * width + k] = W(i, p * panels.width() + k);
        }
  }
}

template <class S>
void pack_forward(const PackedWeights<S>& packed, Index gate, const Gate<const S>& from) {
  const Layout& layout = packed.layout;
  const Index per_block = layout.units_per_block(), lanes = layout.lanes;
  for (Index block = 0; block < layout.blocks(); ++block) {
    const Index width = layout.vectors(block) * lanes, first = block * per_block;
    const auto rows_of = [&](const View<const S>& W, S* to) {
      const Index units = layout.units(block);
      for (Index k = 0; k < W.extent(1); ++k) {
        S* column = to + k * width + gate * lanes;
        if (has_contiguous_columns(W))
          std::memcpy(column, &W(first, k), static_cast<std::size_t>(units) * sizeof(S));
        else
          for (Index i = 0; i < units; ++i) column[i] = W(first + i, k);
      }
    };
    rows_of(from.Wa, packed.Wa + block * layout.width() * layout.n_a);
    rows_of(from.Wx, packed.Wx + block * layout.width() * layout.n_x);
    rows_of(from.b, packed.bias + block * layout.width());
  }
}

template <class S>
void pack_backward(const PackedWeights<S>& packed, Index gate, const Gate<const S>& from) {
  pack_transposed(packed.layout, gate, from.Wa, packed.layout.of_state(), packed.WaT);
  pack_transposed(packed.layout, gate, from.Wx, packed.layout.of_input(), packed.WxT);
}

/// Few samples read the weights no more than once a step. Every second step then goes through them
/// from the end, so that it begins with those that the step before has left in the caches.
template <class S>
bool goes_back(const Scratch<S>& scratch, Index t) {
  const bool back = scratch.m < scratch.limits.enough_samples && t % 2 == 1;
  if (back) scratch.paths.take(Path::steps_from_the_end);
  return back;
}

// ---- Forward

/// Where the input products of a block of units begin: [step][own samples][width].
template <class S>
S* input_products_of(const Layout& layout, const Scratch<S>& scratch, Index block) {
  const Index width = layout.width(), steps = scratch.input_steps;
  return scratch.blocks +
         (scratch.first_sample * layout.blocks() + block * scratch.m) * steps * width;
}

/// out = Wx x + b for one block of units and so many columns of x. out: [columns][width].
template <class S>
void input_product(const PackedWeights<S>& packed, const Scratch<S>& scratch, Index block,
                   const Matrix<const S>& x, Index columns, S* out) {
  const Layout& layout = packed.layout;
  const Index width = layout.width(), n_x = layout.n_x, vectors = layout.vectors(block);
  scratch.count(vectors * layout.lanes * n_x * columns);
  const int parts =
      panel_product<Tag<S>>(static_cast<int>(vectors),
                            {packed.Wx + block * width * n_x, vectors * layout.lanes, x.data, x.ld,
                             n_x, n_x, 0, 0, 0, 0, packed.bias + block * width, 0, out, width},
                            columns, scratch.limits.panel_bytes);
  if (parts > 1) scratch.paths.take(Path::panels_in_parts);
}

/// True if each step forms Wx x itself, just before Wa a_prev is added: there are enough samples
/// for wide tiles, and Wx is near enough to be read at every step.
template <class S>
bool multiplies_x_at_each_step(const Layout& layout, const Scratch<S>& scratch,
                               const View<const S>& x) {
  const Thresholds& limits = scratch.limits;
  return scratch.m >= limits.enough_samples && has_contiguous_columns(x) &&
         layout.stack() * layout.n_x * static_cast<Index>(sizeof(S)) <= limits.input_weights_bytes;
}

/// Otherwise: Wx x + b of the steps first .. last-1 for the member's samples and units. Few
/// samples: all steps as the columns of one matrix, copied first where their strides do not allow
/// it. What is multiplied in which tiles, and so the bits, depends on the sizes alone.
template <class S>
void input_products(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                    const View<const S>& x, Index first, Index last) {
  const Index m = scratch.m;
  const bool enough_samples = m >= scratch.limits.enough_samples;
  const bool by_steps = enough_samples && has_contiguous_columns(x);
  const Index part = enough_samples ? m : m * (last - first);
  scratch.paths.take(by_steps ? Path::inputs_by_steps : Path::inputs_joined);
  if (first > 0) scratch.paths.take(Path::input_blocks);
  const Matrix<const S> joined =
      by_steps ? Matrix<const S>() : read_columns(x.slice(2, first, last), scratch.x_slot);
  for (Index block = scratch.blocks_of_units.first; block < scratch.blocks_of_units.last; ++block) {
    S* out = input_products_of(packed.layout, scratch, block);
    for (Index column = 0; column < m * (last - first); column += part)
      input_product(packed, scratch, block,
                    by_steps ? step_of(x, first + column / m) : joined.columns(column, part), part,
                    out + column * packed.layout.width());
  }
}

/// z = init + Wa a_prev for one block of units. init, z: [m][width].
template <class S>
void recurrent_product(const PackedWeights<S>& packed, const Scratch<S>& scratch, Index block,
                       const Matrix<const S>& a_prev, const S* init, S* z) {
  const Layout& layout = packed.layout;
  const Index width = layout.width(), vectors = layout.vectors(block);
  scratch.count(vectors * layout.lanes * layout.n_a * scratch.m);
  const int parts = panel_product<Tag<S>>(
      static_cast<int>(vectors),
      {packed.Wa + block * width * layout.n_a, vectors * layout.lanes, a_prev.data, a_prev.ld,
       layout.n_a, layout.n_a, 0, 0, 0, 0, init, width, z, width},
      scratch.m, scratch.limits.panel_bytes, is_far(scratch, layout.stack() * layout.n_a));
  if (parts > 1) scratch.paths.take(Path::panels_in_parts);
}

/// The member's samples of a view (n, m, ..).
template <class S, class T>
HWY_NOINLINE View<T> own_samples(const Scratch<S>& scratch, const View<T>& view) {
  return view.slice(1, scratch.first_sample, scratch.first_sample + scratch.m);
}

/// The loop over time: cell(t, from, to, z) writes what it makes of the pre-activations of the
/// blocks from .. to-1, [block][m][width]; a_at(t) gives the columns of a<t>, which the next step
/// reads; done(t) brings home what was written, of all units.
template <class S, class StateAt, class CellStep, class StepDone>
void forward_steps(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                   const View<const S>& x, const Matrix<const S>& a0, StateAt&& a_at,
                   CellStep&& cell, StepDone&& done) {
  const Layout& layout = packed.layout;
  const Index m = scratch.m, step = m * layout.width(), T_x = x.extent(2);
  const Range blocks = scratch.blocks_of_units;
  const Index together = scratch.blocks_together;
  const bool at_each_step = multiplies_x_at_each_step(layout, scratch, x);
  if (at_each_step) scratch.paths.take(Path::inputs_at_each_step);
  if (together < blocks.count()) scratch.paths.take(Path::activated_in_groups);
  Matrix<const S> a_prev = a0;
  for (Index first = 0; first < T_x; first += scratch.input_steps) {
    const Index last = std::min(first + scratch.input_steps, T_x);
    if (!at_each_step) input_products(packed, scratch, x, first, last);
    for (Index t = first; t < last; ++t) {
      const bool back = goes_back(scratch, t);
      for (Index before = 0; before < blocks.count(); before += together) {
        const Index count = std::min(together, blocks.count() - before);
        const Index from = back ? blocks.last - before - count : blocks.first + before;
        const Index to = from + count;
        for (Index i = 0; i < count; ++i) {
          const Index block = back ? to - 1 - i : from + i;
          S* z = scratch.z + (block - from) * step;
          const S* init = z;
          if (at_each_step)
            input_product(packed, scratch, block, step_of(x, t), m, z);
          else
            init = input_products_of(layout, scratch, block) + (t - first) * step;
          recurrent_product(packed, scratch, block, a_prev, init, z);
        }
        cell(t, from, to, scratch.z);
      }
      scratch.member.wait_for_step();
      a_prev = a_at(t);
      // Of shared slots, those of step t are written again at t+2, after another wait.
      if (!scratch.member.by_units || scratch.member.index == 0) done(t);
    }
  }
}

// ---- Backward

/// out = W^T dz, one panel of W^T, for so many columns of dz (step after step, sample after sample)
/// from column `first` of the block of steps on. out: [columns][width].
template <class S>
void transposed_product(const Layout& layout, const Scratch<S>& scratch, const S* WT,
                        const Panels& panels, Index panel, Index first, Index columns, S* out) {
  const Index width = layout.width(), K = layout.rows(), vectors = panels.vectors(panel);
  const Index tail = layout.rows_of_tail();
  scratch.count(vectors * layout.lanes * K * columns);
  const int parts = panel_product<Tag<S>>(
      static_cast<int>(vectors),
      {WT + panel * width * K, vectors * layout.lanes, scratch.blocks + first * width, width, K,
       width, scratch.gradient_steps * scratch.batch * width, tail, tail / layout.gates(),
       layout.lanes, scratch.zeros, 0, out, width},
      columns, scratch.limits.panel_bytes, is_far(scratch, K * panels.rows));
  if (parts > 1) scratch.paths.take(Path::transposed_in_parts);
}

/// The member's columns of dx, from the dz of a block of steps.
template <class S>
void input_gradients(const PackedWeights<S>& packed, const Scratch<S>& scratch, const View<S>& dx,
                     Index first_step, Range columns) {
  const Layout& layout = packed.layout;
  const Panels panels = layout.of_input();
  const Index width = layout.width(), m = scratch.batch;
  for (Index p = 0; p < panels.count(); ++p) {
    transposed_product(layout, scratch, packed.WxT, panels, p, columns.first, columns.count(),
                       scratch.panel);
    const Index row = p * width, rows = std::min(width, layout.n_x - row);
    const S* from = scratch.panel;
    Index t = first_step + columns.first / m, j = columns.first % m;
    for (Index left = columns.count(); left > 0; --left, from += width) {
      write_units(from, dx.at_step(t), row, j, rows);
      if (++j == m) j = 0, ++t;
    }
  }
}

/// The loop over time: cell(t, step_in_block) must write dz of step t, for the member's samples and
/// units, from scratch.da_prev, which holds da_prevt, zero at the last step. Views of all samples.
template <class S, class CellStep>
void backward_steps(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                    const View<const S>& x, const View<const S>& a0, const View<const S>& a,
                    const View<S>& dx, const View<S>& da0, const WeightTargets<S>& to,
                    const Part& part, CellStep&& cell) {
  const Layout& layout = packed.layout;
  const Panels panels = layout.of_state();
  const Member& member = scratch.member;
  const Range own_panels = member.walks() ? scratch.panels : Range();
  const Index width = layout.width(), batch = scratch.batch, m = scratch.m, T_da = dx.extent(2);
  const Index steps = scratch.gradient_steps;
  const Tiling state_tiles(layout.n_a, panel_vectors), input_tiles(layout.n_x, panel_vectors);
  // The member's first column of a panel of da_prev.
  const auto da_prev_of = [&](Index panel) {
    return scratch.da_prev + (panel * batch + scratch.first_sample) * width;
  };

  if (part.first)
    for (Index p = own_panels.first; p < own_panels.last; ++p)
      std::fill_n(da_prev_of(p), m * width, S(0));
  for (Index block = (T_da - 1) / steps; block >= 0; --block) {
    const Index first = block * steps, last = std::min(first + steps, T_da);
    if (last < T_da) scratch.paths.take(Path::gradient_blocks);
    for (Index t = last - 1; member.walks() && t >= first; --t) {
      cell(t, t - first);
      member.wait_for_step();
      for (Index i = 0; i < own_panels.count(); ++i) {
        const Index p = goes_back(scratch, t) ? own_panels.last - 1 - i : own_panels.first + i;
        transposed_product(layout, scratch, packed.WaT, panels, p,
                           (t - first) * batch + scratch.first_sample, m, da_prev_of(p));
      }
    }
    const StepBlock of_steps{first, last, (last - first) * batch, part.first && last == T_da,
                             part.last && first == 0};
    const Range columns = member.share(of_steps.columns);
    const auto a_before = [&](Index step) {
      const Index t = first + step;
      return t == 0 ? any_step_of(a0, 0) : any_step_of(a, t - 1);
    };
    const auto x_at = [&](Index step) { return any_step_of(x, first + step); };
    cut_into_tiles<S>(state_tiles, of_steps.columns, a_before, {batch, columns}, scratch.rows);
    cut_into_tiles<S>(input_tiles, of_steps.columns, x_at, {batch, columns},
                      scratch.rows + layout.n_a * of_steps.columns);
    member.wait_for_all();
    weight_gradients(layout, scratch, state_tiles, input_tiles, of_steps, to);
    if (columns.count() > 0) input_gradients(packed, scratch, dx, first, columns);
    if (block > 0) member.wait_for_all();
  }
  if (!part.last) return;
  for (Index p = own_panels.first; p < own_panels.last; ++p)
    for (Index j = 0; j < m; ++j)
      write_units(da_prev_of(p) + j * width, da0, p * width, scratch.first_sample + j,
                  std::min(width, layout.n_a - p * width));
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
