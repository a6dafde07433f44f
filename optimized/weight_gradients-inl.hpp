// The gradients of weights and biases over a block of steps, for one instruction set:
//   dW += dz [a_prev; x]^T,  db += sum of dz
// One long product for each tile of dW. dz is the packed operand as it is; the rows of a and x are
// cut into the columns of tiles first.

#include <hwy/highway.h>

#include <cstring>

#include "optimized/passes.hpp"
#include "optimized/steps.hpp"
#include "optimized/tile-inl.hpp"
#include "optimized/units-inl.hpp"

#if defined(BPTT_OPTIMIZED_WEIGHT_GRADIENTS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_WEIGHT_GRADIENTS_INL
#undef BPTT_OPTIMIZED_WEIGHT_GRADIENTS_INL
#else
#define BPTT_OPTIMIZED_WEIGHT_GRADIENTS_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

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
HWY_INLINE Destination<S> destination_of(const Layout& layout, Index block, Index k, bool add,
                                         ArrayOf&& to) {
  Destination<S> destination;
  const Index row = block * layout.units_per_block(), units = layout.units(block);
  const bool by_gates = layout.gates() > 1;
  for (Index v = 0; v < layout.vectors(block); ++v) {
    const View<S>& array = to(by_gates ? v : 0);
    const Index first = by_gates ? 0 : v * layout.lanes;
    destination.vector[v] = array.data() + k * array.strides()[1] + row + first;
    destination.ld[v] = array.strides()[1];
    destination.count[v] = units - first;
  }
  destination.add = add;
  return destination;
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
  const Index together =
      std::clamp<Index>(scratch.limits.dz_bytes / (columns * width * static_cast<Index>(sizeof(S))),
                        1, panel_vectors);
  // Rows that stay in the third-level cache while all blocks of units use them.
  const Index tiles_together = std::max<Index>(
      1, scratch.limits.rows_bytes /
             (columns * widest_tile(panel_vectors) * static_cast<Index>(sizeof(S))));
  if (!by_blocks) scratch.paths.take(Path::gradients_by_rows);
  if (together < blocks.count()) scratch.paths.take(Path::blocks_in_groups);
  if (tiles_together < tiles.count()) scratch.paths.take(Path::rows_in_groups);
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
        return of_state ? to.gates[gate].Wa : to.gates[gate].Wx;
      };
      bool direct = steps.final;
      for (Index gate = 0; direct && gate < layout.gates(); ++gate)
        direct = has_contiguous_columns(array_of(gate));
      if (steps.final)
        scratch.paths.take(direct ? Path::delivered_directly : Path::delivered_by_elements);
      Index k = 0;
      for (Index tile = 0; tile < tiling.tiles(); ++tile, ++count) {
        const int J = tiling.width(tile);
        const bool own = own_tiles.first <= count && count < own_tiles.last;
        for (Index block = group.first; own && block < group.last; ++block) {
          S* dW = scratch.dW + (block * n + row) * width;
          scratch.count(layout.vectors(block) * layout.lanes * J * columns);
          const Destination<S> destination =
              direct ? destination_of<S>(layout, block, k, add, array_of) : Destination<S>();
          tile_of<Tag<S>, StorageOrder::rows>(
              static_cast<int>(layout.vectors(block)), J,
              {dz_of(layout, scratch, block, 0), width, rows, J, columns, columns, 0, 0, 0, 0,
               steps.fresh ? scratch.zeros : dW, steps.fresh ? 0 : width, dW, width, nullptr,
               direct ? &destination : nullptr, steps.fresh ? nullptr : dW + J * width});
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
                      [&](Index gate) -> const View<S>& { return to.gates[gate].b; });
  }
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
