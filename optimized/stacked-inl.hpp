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
constexpr bool is_far(Index elements) {
  return elements * static_cast<Index>(sizeof(S)) > 768 * 1024;
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
void pack_forward(const PackedWeights<S>& packed, Index gate, const View<const S>& Wa,
                  const View<const S>& Wx, const View<const S>& b) {
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
    rows_of(Wa, packed.Wa + block * layout.width() * layout.n_a);
    rows_of(Wx, packed.Wx + block * layout.width() * layout.n_x);
    rows_of(b, packed.bias + block * layout.width());
  }
}

template <class S>
void pack_backward(const PackedWeights<S>& packed, Index gate, const View<const S>& Wa,
                   const View<const S>& Wx) {
  pack_transposed(packed.layout, gate, Wa, packed.layout.of_state(), packed.WaT);
  pack_transposed(packed.layout, gate, Wx, packed.layout.of_input(), packed.WxT);
}

/// Samples from which on a step's own columns make wide tiles, so that steps need not be joined.
constexpr Index enough_samples = 12;

/// Few samples read the weights no more than once a step. Every second step then goes through them
/// from the end, so that it begins with those that the step before has left in the caches.
inline bool goes_back(Index samples, Index t) { return samples < enough_samples && t % 2 == 1; }

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
void input_product(const PackedWeights<S>& packed, Index block, const Matrix<const S>& x,
                   Index columns, S* out) {
  const Layout& layout = packed.layout;
  const Index width = layout.width(), n_x = layout.n_x, vectors = layout.vectors(block);
  panel_product<Tag<S>>(static_cast<int>(vectors),
                        {packed.Wx + block * width * n_x, vectors * layout.lanes, x.data, x.ld, n_x,
                         n_x, 0, 0, 0, 0, packed.bias + block * width, 0, out, width},
                        columns);
}

/// True if each step forms Wx x itself, just before Wa a_prev is added: there are enough samples
/// for wide tiles, and Wx is near enough to be read at every step.
template <class S>
bool multiplies_x_at_each_step(const Layout& layout, Index m, const View<const S>& x) {
  constexpr Index near_bytes = 6 * 1024 * 1024;
  return m >= enough_samples && has_contiguous_columns(x) &&
         layout.stack() * layout.n_x * static_cast<Index>(sizeof(S)) <= near_bytes;
}

/// Otherwise: Wx x + b of the steps first .. last-1 for the member's samples and units. Few
/// samples: all steps as the columns of one matrix, copied first where their strides do not allow
/// it. What is multiplied in which tiles, and so the bits, depends on the sizes alone.
template <class S>
void input_products(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                    const View<const S>& x, Index first, Index last) {
  const Index m = scratch.m;
  const bool by_steps = m >= enough_samples && has_contiguous_columns(x);
  const Index part = m >= enough_samples ? m : m * (last - first);
  const Matrix<const S> joined =
      by_steps ? Matrix<const S>() : read_columns(x.slice(2, first, last), scratch.x_slot);
  for (Index block = scratch.blocks_of_units.first; block < scratch.blocks_of_units.last; ++block) {
    S* out = input_products_of(packed.layout, scratch, block);
    for (Index column = 0; column < m * (last - first); column += part)
      input_product(packed, block,
                    by_steps ? step_of(x, first + column / m) : joined.columns(column, part), part,
                    out + column * packed.layout.width());
  }
}

/// z = init + Wa a_prev for one block of units. init, z: [m][width].
template <class S>
void recurrent_product(const PackedWeights<S>& packed, Index m, Index block,
                       const Matrix<const S>& a_prev, const S* init, S* z) {
  const Layout& layout = packed.layout;
  const Index width = layout.width(), vectors = layout.vectors(block);
  panel_product<Tag<S>>(
      static_cast<int>(vectors),
      {packed.Wa + block * width * layout.n_a, vectors * layout.lanes, a_prev.data, a_prev.ld,
       layout.n_a, layout.n_a, 0, 0, 0, 0, init, width, z, width},
      m, is_far<S>(layout.stack() * layout.n_a));
}

/// The member's samples of a view (n, m, ..).
template <class S, class T>
View<T> own_samples(const Scratch<S>& scratch, const View<T>& view) {
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
  const bool at_each_step = multiplies_x_at_each_step(layout, m, x);
  Matrix<const S> a_prev = a0;
  for (Index first = 0; first < T_x; first += scratch.input_steps) {
    const Index last = std::min(first + scratch.input_steps, T_x);
    if (!at_each_step) input_products(packed, scratch, x, first, last);
    for (Index t = first; t < last; ++t) {
      const bool back = goes_back(m, t);
      for (Index before = 0; before < blocks.count(); before += together) {
        const Index count = std::min(together, blocks.count() - before);
        const Index from = back ? blocks.last - before - count : blocks.first + before;
        const Index to = from + count;
        for (Index i = 0; i < count; ++i) {
          const Index block = back ? to - 1 - i : from + i;
          S* z = scratch.z + (block - from) * step;
          const S* init = z;
          if (at_each_step)
            input_product(packed, block, step_of(x, t), m, z);
          else
            init = input_products_of(layout, scratch, block) + (t - first) * step;
          recurrent_product(packed, m, block, a_prev, init, z);
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
  panel_product<Tag<S>>(
      static_cast<int>(vectors),
      {WT + panel * width * K, vectors * layout.lanes, scratch.blocks + first * width, width, K,
       width, scratch.gradient_steps * scratch.batch * width, tail, tail / layout.gates(),
       layout.lanes, scratch.zeros, 0, out, width},
      columns, is_far<S>(K * panels.rows));
}

/// Where the columns of dz of one step stand, from the first sample on.
template <class S>
S* dz_of(const Layout& layout, const Scratch<S>& scratch, Index block, Index step_in_block) {
  return scratch.blocks +
         (block * scratch.gradient_steps + step_in_block) * scratch.batch * layout.width();
}

/// One step of an array of any strides.
template <class S>
struct Step {
  const S* data;
  Index row, column;  // elements from one to the next
};

template <class S>
Step<S> any_step_of(const View<const S>& view, Index t) {
  const Strides& s = view.strides();
  return {view.data() + (view.shape().rank() > 2 ? t * s[2] : 0),
          has_contiguous_columns(view) ? 1 : s[0], s[1]};
}

/// Columns of a block of steps, step after step, m samples each.
struct BlockColumns {
  Index m;
  Range range;
};

/// Rows k .. k+J-1 of some columns, J values for each. at(step of the block) gives a Step.
template <int J, class S, class StepAt>
void cut_rows(StepAt&& at, const BlockColumns& columns, Index k, S* to) {
  to += columns.range.first * J;
  Index step = columns.range.first / columns.m, j = columns.range.first % columns.m;
  for (Index left = columns.range.count(); left > 0; ++step, j = 0) {
    const Step<S> from = at(step);
    const Index end = std::min(columns.m, j + left);
    left -= end - j;
    const S* column = from.data + j * from.column + k * from.row;
    for (; j < end; ++j, column += from.column, to += J) {
      if (from.row == 1)
        std::memcpy(to, column, J * sizeof(S));
      else
        for (Index i = 0; i < J; ++i) to[i] = column[i * from.row];
    }
  }
}

/// All rows of some columns, cut as `tiling` says: to[tile][column < all][row of the tile].
template <class S, class StepAt>
void cut_into_tiles(const Tiling& tiling, Index all, StepAt&& at, const BlockColumns& columns,
                    S* to) {
  Index k = 0;
  for (Index tile = 0; tile < tiling.tiles(); ++tile) {
    const int J = tiling.width(tile);
    switch (J) {
      case 1: cut_rows<1, S>(at, columns, k, to); break;
      case 2: cut_rows<2, S>(at, columns, k, to); break;
      case 3: cut_rows<3, S>(at, columns, k, to); break;
      case 4: cut_rows<4, S>(at, columns, k, to); break;
      case 5: cut_rows<5, S>(at, columns, k, to); break;
      case 6: cut_rows<6, S>(at, columns, k, to); break;
      case 7: cut_rows<7, S>(at, columns, k, to); break;
      default: cut_rows<8, S>(at, columns, k, to); break;
    }
    k += J;
    to += J * all;
  }
}

/// One vector of a column of the caller's, from unit `row` on: sum added to it, or put there.
template <class S>
HWY_INLINE void deliver(hn::Vec<Tag<S>> sum, bool add, const View<S>& to, bool contiguous,
                        Index row, Index k, Index count) {
  if (contiguous) {
    S* at = to.data() + k * to.strides()[1] + row;
    return store_units<S>(add ? hn::Add(load_units(at, count), sum) : sum, at, count);
  }
  alignas(64) S values[lanes_of<S>()];
  hn::Store(sum, Tag<S>(), values);
  for (Index i = 0; i < std::min(count, lanes_of<S>()); ++i)
    to(row + i, k) = add ? to(row + i, k) + values[i] : values[i];
}

/// Columns k .. k+J-1 of one block of a stack's gradient, [J][width], added to the callers' arrays
/// of all gates or put in their place. `to` gives the array of a gate.
template <class S, class ArrayOf>
void deliver_columns(const Layout& layout, Index block, Index k, int J, const S* from, bool add,
                     ArrayOf&& to) {
  const Index width = layout.width(), lanes = layout.lanes, units = layout.units(block);
  const Index row = block * layout.units_per_block();
  for (Index gate = 0; gate < layout.gates(); ++gate) {
    const View<S>& array = to(gate);
    const bool contiguous = has_contiguous_columns(array);
    for (int j = 0; j < J; ++j)
      for (Index i = 0; i < units; i += lanes)
        deliver<S>(hn::Load(Tag<S>(), from + j * width + gate * lanes + i), add, array, contiguous,
                   row + i, k + j, units - i);
  }
}

/// Columns k .. of one block of a stack's gradient in the callers' arrays, as the end of a tile.
template <class S, class ArrayOf>
HWY_INLINE Home<S> home_of(const Layout& layout, Index block, Index k, bool add, ArrayOf&& to) {
  Home<S> home;
  const Index row = block * layout.units_per_block(), units = layout.units(block);
  const bool by_gates = layout.gates() > 1;
  for (Index v = 0; v < layout.vectors(block); ++v) {
    const View<S>& array = to(by_gates ? v : 0);
    const Index first = by_gates ? 0 : v * layout.lanes;
    home.vector[v] = array.data() + k * array.strides()[1] + row + first;
    home.ld[v] = array.strides()[1];
    home.count[v] = units - first;
  }
  home.add = add;
  return home;
}

/// db += sum of dz over the columns of a block of steps, for one block of units; `fresh`: = .
template <class S>
void bias_gradients(const Layout& layout, const Scratch<S>& scratch, Index block, Index columns,
                    bool fresh) {
  const Tag<S> d;
  const Index width = layout.width();
  for (Index v = 0; v < layout.vectors(block) * layout.lanes; v += layout.lanes) {
    S* db = scratch.db + block * width + v;
    // Four partial sums, so that one addition need not wait for the one before.
    hn::Vec<Tag<S>> sum[4] = {fresh ? hn::Zero(d) : hn::Load(d, db), hn::Zero(d), hn::Zero(d),
                              hn::Zero(d)};
    const S* at = dz_of(layout, scratch, block, 0) + v;
    Index left = columns;
    for (; left >= 4; left -= 4, at += 4 * width) {
      sum[0] = hn::Add(sum[0], hn::Load(d, at));
      sum[1] = hn::Add(sum[1], hn::Load(d, at + width));
      sum[2] = hn::Add(sum[2], hn::Load(d, at + 2 * width));
      sum[3] = hn::Add(sum[3], hn::Load(d, at + 3 * width));
    }
    for (; left > 0; --left, at += width) sum[0] = hn::Add(sum[0], hn::Load(d, at));
    hn::Store(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), d, db);
  }
}

/// A block of steps in the backward pass.
struct StepBlock {
  Index first, last;  // steps
  Index columns;      // of dz: steps times samples
  bool fresh;         // the first of the pass: = for +=
  bool final;         // the last one, whose gradients go on to the caller's arrays
};

/// The member's part of dW += dz [a_prev; x]^T and db += sum of dz over a block of steps, into dW
/// and db of the workspace. Divided by blocks of units, or by rows of [a_prev; x] where there are
/// too few of those.
template <class S>
void weight_gradients(const Layout& layout, const Scratch<S>& scratch, const Tiling& state_tiles,
                      const Tiling& input_tiles, const StepBlock& steps,
                      const WeightTargets<S>& to) {
  const Index width = layout.width(), n = layout.n_a + layout.n_x, columns = steps.columns;
  const bool add = to.how == WeightGradients::accumulate;
  const Member& member = scratch.member;
  const Index all_tiles = state_tiles.tiles() + input_tiles.tiles();
  const bool by_blocks = layout.blocks() % member.count == 0 || layout.blocks() >= 4 * member.count;
  const Range own_blocks = member.share(layout.blocks());
  const Range blocks = by_blocks ? own_blocks : Range{0, layout.blocks()};
  const Range tiles = by_blocks ? Range{0, all_tiles} : member.share(all_tiles);
  // Blocks whose dz stay in the second-level cache together: their units are neighbours in the
  // caller's columns, and the cut rows are read once for all of them.
  constexpr Index cached_bytes = 384 * 1024;
  const Index together = std::clamp<Index>(
      cached_bytes / (columns * width * static_cast<Index>(sizeof(S))), 1, panel_vectors);
  // Rows that stay in the third-level cache while all blocks of units use them.
  constexpr Index near_bytes = 2 * 1024 * 1024;
  const Index tiles_together = std::max<Index>(
      1, near_bytes / (columns * widest_tile(panel_vectors) * static_cast<Index>(sizeof(S))));
  const auto for_each_part = [&](auto&& work) {
    for (Index tile = tiles.first; tile < tiles.last; tile += tiles_together)
      for (Index from = blocks.first; from < blocks.last; from += together)
        work(Range{tile, std::min(tile + tiles_together, tiles.last)},
             Range{from, std::min(from + together, blocks.last)});
  };
  for_each_part([&](Range own_tiles, Range group) {
    const S* rows = scratch.rows;
    Index row = 0;  // of [a_prev; x]
    Index count = 0;
    for (const bool of_state : {true, false}) {
      const Tiling& tiling = of_state ? state_tiles : input_tiles;
      const auto array_of = [&](Index gate) -> const View<S>& {
        return of_state ? to.gates[gate].dWa : to.gates[gate].dWx;
      };
      bool direct = steps.final;
      for (Index gate = 0; direct && gate < layout.gates(); ++gate)
        direct = has_contiguous_columns(array_of(gate));
      Index k = 0;
      for (Index tile = 0; tile < tiling.tiles(); ++tile, ++count) {
        const int J = tiling.width(tile);
        const bool own = own_tiles.first <= count && count < own_tiles.last;
        for (Index block = group.first; own && block < group.last; ++block) {
          S* dW = scratch.dW + (block * n + row) * width;
          const Home<S> home = direct ? home_of<S>(layout, block, k, add, array_of) : Home<S>();
          tile_of<Tag<S>, Lie::rows>(
              static_cast<int>(layout.vectors(block)), J,
              {dz_of(layout, scratch, block, 0), width, rows, J, columns, columns, 0, 0, 0, 0,
               steps.fresh ? scratch.zeros : dW, steps.fresh ? 0 : width, dW, width, nullptr,
               direct ? &home : nullptr, steps.fresh ? nullptr : dW + J * width});
          if (steps.final && !direct) deliver_columns(layout, block, k, J, dW, add, array_of);
        }
        rows += J * columns;
        k += J;
        row += J;
      }
    }
  });
  for (Index block = own_blocks.first; block < own_blocks.last; ++block) {
    bias_gradients(layout, scratch, block, columns, steps.fresh);
    if (steps.final)
      deliver_columns(layout, block, 0, 1, scratch.db + block * width, add,
                      [&](Index gate) -> const View<S>& { return to.gates[gate].db; });
  }
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
    for (Index t = last - 1; member.walks() && t >= first; --t) {
      cell(t, t - first);
      member.wait_for_step();
      for (Index i = 0; i < own_panels.count(); ++i) {
        const Index p = goes_back(m, t) ? own_panels.last - 1 - i : own_panels.first + i;
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
