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
  const Index lanes = layout.lanes, per_block = layout.units_per_block();
  for (Index p = 0; p < panels.count(); ++p) {
    const Index width = panels.vectors(p) * lanes;
    const Index columns = std::min(width, panels.rows - p * panels.width());
    S* panel = to + p * panels.width() * layout.stack();
    // A vector of units at a time: a line of W is read once, and its rows of the panel stay near.
    for (Index first = 0; first < layout.n_a; first += lanes)
      for (Index k = 0; k < columns; ++k)
        for (Index i = first; i < std::min(first + lanes, layout.n_a); ++i) {
          const Index row = i / per_block * layout.width() + gate * lanes + i % per_block;
          panel[row * width + k] = W(i, p * panels.width() + k);
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

// ---- Forward

/// Samples from which on a step's own columns make wide tiles, so that steps need not be joined.
constexpr Index enough_samples = 12;

/// Wx x + b of the steps first .. last-1 into scratch.blocks. Few samples: all steps as the columns
/// of one matrix, copied first where their strides do not allow it. What is multiplied in which
/// tiles, and so the bits, depends on the sizes alone.
template <class S>
void input_products(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                    const View<const S>& x, Index first, Index last) {
  const Layout& layout = packed.layout;
  const Index width = layout.width(), m = scratch.m, n_x = layout.n_x;
  const bool by_steps = m >= enough_samples && has_contiguous_columns(x);
  const Index part = m >= enough_samples ? m : m * (last - first);
  const Matrix<const S> joined =
      by_steps ? Matrix<const S>() : read_columns(x.slice(2, first, last), scratch.x_slot);
  for (Index block = 0; block < layout.blocks(); ++block) {
    const Index vectors = layout.vectors(block);
    S* out = scratch.blocks + block * scratch.input_steps * m * width;
    for (Index column = 0; column < m * (last - first); column += part) {
      const Matrix<const S> B =
          by_steps ? step_of(x, first + column / m) : joined.columns(column, part);
      panel_product<Tag<S>>(
          static_cast<int>(vectors),
          {packed.Wx + block * width * n_x, vectors * layout.lanes, B.data, B.ld, n_x, n_x, 0,
           packed.bias + block * width, 0, out + column * width, width},
          part);
    }
  }
}

/// z = init + Wa a_prev for one block of units. init, z: [m][width].
template <class S>
void recurrent_product(const PackedWeights<S>& packed, Index m, Index block,
                       const Matrix<const S>& a_prev, const S* init, S* z) {
  const Layout& layout = packed.layout;
  const Index width = layout.width(), vectors = layout.vectors(block);
  panel_product<Tag<S>>(static_cast<int>(vectors),
                        {packed.Wa + block * width * layout.n_a, vectors * layout.lanes,
                         a_prev.data, a_prev.ld, layout.n_a, layout.n_a, 0, init, width, z, width},
                        m, is_far<S>(layout.stack() * layout.n_a));
}

/// The loop over time: cell(t, from, to, z) writes what it makes of the pre-activations of the
/// blocks from .. to-1, [block][m][width]; a_at(t) gives the columns of a<t>, which the next step
/// reads.
template <class S, class StateAt, class CellStep, class StepDone>
void forward_steps(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                   const View<const S>& x, const Matrix<const S>& a0, StateAt&& a_at,
                   CellStep&& cell, StepDone&& done) {
  const Layout& layout = packed.layout;
  const Index m = scratch.m, step = m * layout.width(), T_x = x.extent(2);
  const Index blocks = layout.blocks(), together = scratch.blocks_together;
  Matrix<const S> a_prev = a0;
  for (Index first = 0; first < T_x; first += scratch.input_steps) {
    const Index last = std::min(first + scratch.input_steps, T_x);
    input_products(packed, scratch, x, first, last);
    for (Index t = first; t < last; ++t) {
      for (Index from = 0; from < blocks; from += together) {
        const Index to = std::min(from + together, blocks);
        for (Index block = from; block < to; ++block)
          recurrent_product(packed, m, block, a_prev,
                            scratch.blocks + (block * scratch.input_steps + t - first) * step,
                            scratch.z + (block - from) * step);
        cell(t, from, to, scratch.z);
      }
      a_prev = a_at(t);
      done(t);
    }
  }
}

// ---- Backward

/// out = W^T dz, one panel of W^T, for so many columns of dz from column `first` of the block of
/// steps on. out: [columns][width].
template <class S>
void transposed_product(const Layout& layout, const Scratch<S>& scratch, const S* WT,
                        const Panels& panels, Index panel, Index first, Index columns, S* out) {
  const Index width = layout.width(), K = layout.stack(), vectors = panels.vectors(panel);
  panel_product<Tag<S>>(
      static_cast<int>(vectors),
      {WT + panel * width * K, vectors * layout.lanes, scratch.blocks + first * width, width, K,
       width, scratch.gradient_steps * scratch.m * width, scratch.zeros, 0, out, width},
      columns, is_far<S>(K * panels.rows));
}

/// Where the columns of dz of one step stand.
template <class S>
S* dz_of(const Layout& layout, const Scratch<S>& scratch, Index block, Index step_in_block) {
  return scratch.blocks +
         (block * scratch.gradient_steps + step_in_block) * scratch.m * layout.width();
}

/// Rows k .. k+J-1 of the steps first .. last-1 of an array, J values for each column.
template <int J, class S, class ColumnsAt>
void cut_rows(ColumnsAt&& at, Index first, Index last, Index k, S* to) {
  for (Index t = first; t < last; ++t) {
    const Matrix<const S> step = at(t);
    for (Index j = 0; j < step.cols; ++j, to += J)
      std::memcpy(to, step.column(j) + k, J * sizeof(S));
  }
}

/// All rows of the steps, cut as `tiling` says: to[tile][column][row of the tile].
template <class S, class ColumnsAt>
void cut_into_tiles(const Tiling& tiling, Index columns, ColumnsAt&& at, Index first, Index last,
                    S* to) {
  Index k = 0;
  for (Index tile = 0; tile < tiling.tiles(); ++tile) {
    const int J = tiling.width(tile);
    switch (J) {
      case 1: cut_rows<1, S>(at, first, last, k, to); break;
      case 2: cut_rows<2, S>(at, first, last, k, to); break;
      case 3: cut_rows<3, S>(at, first, last, k, to); break;
      case 4: cut_rows<4, S>(at, first, last, k, to); break;
      case 5: cut_rows<5, S>(at, first, last, k, to); break;
      case 6: cut_rows<6, S>(at, first, last, k, to); break;
      case 7: cut_rows<7, S>(at, first, last, k, to); break;
      default: cut_rows<8, S>(at, first, last, k, to); break;
    }
    k += J;
    to += J * columns;
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

/// Asks for what deliver_columns will add to, while the tile is still being computed.
template <class S, class ArrayOf>
void prefetch_columns(const Layout& layout, Index block, Index k, int J, ArrayOf&& to) {
  const Index row = block * layout.units_per_block(), units = layout.units(block);
  for (Index gate = 0; gate < layout.gates(); ++gate) {
    const View<S>& array = to(gate);
    for (int j = 0; j < J; ++j)
      for (Index i = 0; i < units; i += layout.lanes)
        hwy::Prefetch(array.data() + (k + j) * array.strides()[1] + (row + i) * array.strides()[0]);
  }
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

/// dW += dz [a_prev; x]^T and db += sum of dz over the `columns` of a block of steps, into
/// scratch.dW and scratch.db. `fresh`: the first block of the pass, = for +=. `final`: the last
/// one, whose tiles go on to the caller's arrays, if `to` has them.
template <class S>
void weight_gradients(const Layout& layout, const Scratch<S>& scratch, const Tiling& state_tiles,
                      const Tiling& input_tiles, Index columns, bool fresh, bool final,
                      const WeightTargets<S>& to) {
  const Index width = layout.width(), n = layout.n_a + layout.n_x;
  const bool deliver = final && to.gates != nullptr;
  const bool add = to.how == WeightGradients::accumulate;
  // Blocks whose dz stay in the second-level cache together: their units are neighbours in the
  // caller's columns, and the cut rows are read once for all of them.
  constexpr Index cached_bytes = 384 * 1024;
  const Index together = std::clamp<Index>(
      cached_bytes / (columns * width * static_cast<Index>(sizeof(S))), 1, panel_vectors);
  for (Index from = 0; from < layout.blocks(); from += together) {
    const Index end = std::min(from + together, layout.blocks());
    const S* rows = scratch.rows;
    Index row = 0;  // of [a_prev; x]
    for (const bool of_state : {true, false}) {
      const Tiling& tiling = of_state ? state_tiles : input_tiles;
      const auto array_of = [&](Index gate) -> const View<S>& {
        return of_state ? to.gates[gate].dWa : to.gates[gate].dWx;
      };
      bool direct = deliver;
      for (Index gate = 0; direct && gate < layout.gates(); ++gate)
        direct = has_contiguous_columns(array_of(gate));
      Index k = 0;
      for (Index tile = 0; tile < tiling.tiles(); ++tile) {
        const int J = tiling.width(tile);
        if (deliver && add && !direct)
          for (Index block = from; block < end; ++block)
            prefetch_columns<S>(layout, block, k, J, array_of);
        for (Index block = from; block < end; ++block) {
          S* dW = scratch.dW + (block * n + row) * width;
          const Home<S> home = direct ? home_of<S>(layout, block, k, add, array_of) : Home<S>();
          tile_of<Tag<S>, Lie::rows>(
              static_cast<int>(layout.vectors(block)), J,
              {dz_of(layout, scratch, block, 0), width, rows, J, columns, columns, 0,
               fresh ? scratch.zeros : dW, fresh ? 0 : width, dW, width, nullptr,
               direct ? &home : nullptr, fresh ? nullptr : dW + J * width});
        }
        if (deliver && !direct)
          for (Index block = from; block < end; ++block)
            deliver_columns(layout, block, k, J, scratch.dW + (block * n + row) * width, add,
                            array_of);
        rows += J * columns;
        k += J;
        row += J;
      }
    }
    for (Index block = from; block < end; ++block)
      bias_gradients(layout, scratch, block, columns, fresh);
  }
}

/// dx of the steps first .. last-1, from the dz of their block.
template <class S>
void input_gradients(const PackedWeights<S>& packed, const Scratch<S>& scratch, const View<S>& dx,
                     Index first, Index last) {
  const Tag<S> d;
  const Layout& layout = packed.layout;
  const Panels panels = layout.of_input();
  const Index width = layout.width(), lanes = layout.lanes, m = scratch.m;
  const bool contiguous = has_contiguous_columns(dx);
  for (Index p = 0; p < panels.count(); ++p) {
    transposed_product(layout, scratch, packed.WxT, panels, p, 0, (last - first) * m,
                       scratch.panel);
    const Index row = p * width, rows = std::min(width, layout.n_x - row);
    const S* column = scratch.panel;
    for (Index t = first; t < last; ++t)
      for (Index j = 0; j < m; ++j, column += width) {
        if (contiguous) {
          S* to = step_of(dx, t).column(j) + row;
          for (Index i = 0; i < rows; i += lanes)
            store_units<S>(hn::Load(d, column + i), to + i, rows - i);
        } else {
          for (Index i = 0; i < rows; ++i) dx(row + i, j, t) = column[i];
        }
      }
  }
}

/// The loop over time: cell(t, step_in_block, dz's memory) must write dz of step t for all blocks
/// from scratch.da_prev, which holds da_prevt, zero at the last step.
template <class S, class CellStep>
void backward_steps(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                    const View<const S>& x, const View<const S>& a0, const View<const S>& a,
                    const View<S>& dx, const View<S>& da0, const WeightTargets<S>& to,
                    const Part& part, CellStep&& cell) {
  const Layout& layout = packed.layout;
  const Panels panels = layout.of_state();
  const Index width = layout.width(), m = scratch.m, T_da = dx.extent(2);
  const Index steps = scratch.gradient_steps;
  const Tiling state_tiles(layout.n_a, panel_vectors), input_tiles(layout.n_x, panel_vectors);
  const StepReader<S> a0_reader(a0, scratch.slots[0]), a_reader(a, scratch.slots[0]);
  const StepReader<S> x_reader(x, scratch.x_slot);
  const auto a_before = [&](Index t) { return t == 0 ? a0_reader.at(0) : a_reader.at(t - 1); };

  if (part.first) std::fill_n(scratch.da_prev, panels.count() * m * width, S(0));
  for (Index block = (T_da - 1) / steps; block >= 0; --block) {
    const Index first = block * steps, last = std::min(first + steps, T_da);
    for (Index t = last - 1; t >= first; --t) {
      cell(t, t - first);
      for (Index p = 0; p < panels.count(); ++p)
        transposed_product(layout, scratch, packed.WaT, panels, p, (t - first) * m, m,
                           scratch.da_prev + p * m * width);
    }
    const Index columns = (last - first) * m;
    cut_into_tiles(state_tiles, columns, a_before, first, last, scratch.rows);
    cut_into_tiles(
        input_tiles, columns, [&](Index t) { return x_reader.at(t); }, first, last,
        scratch.rows + layout.n_a * columns);
    weight_gradients(layout, scratch, state_tiles, input_tiles, columns, part.first && last == T_da,
                     part.last && first == 0, to);
    input_gradients(packed, scratch, dx, first, last);
  }
  if (!part.last) return;
  for (Index j = 0; j < m; ++j)
    for (Index i = 0; i < layout.n_a; ++i)
      da0(i, j) = scratch.da_prev[(i / width * m + j) * width + i % width];
}

/// One gate's rows of the threads' gradients, summed in the order of the threads, added to dWa, dWx
/// and db or put in their place; of the blocks first .. last-1 only. The first thread's dWa and dWx
/// are there already.
template <class S>
void gather_gradients(const Layout& layout, const std::vector<Scratch<S>>& threads, Index gate,
                      const GateGradients<S>& to, WeightGradients how, Index first, Index last) {
  const Index width = layout.width(), n = layout.n_a + layout.n_x, lanes = layout.lanes;
  for (Index block = first; block < last; ++block) {
    const Index row = block * layout.units_per_block(), units = layout.units(block);
    const auto gather = [&](S* Scratch<S>::*array, Index offset, std::size_t thread,
                            const View<S>& out) HWY_ATTR {
      if (thread == threads.size()) return;
      const bool add = thread > 0 || how == WeightGradients::accumulate;
      const bool contiguous = has_contiguous_columns(out);
      for (Index k = 0; k < out.extent(1); ++k)
        for (Index i = 0; i < units; i += lanes) {
          const Index at = offset + k * width + i;
          auto sum = hn::Load(Tag<S>(), threads[thread].*array + at);
          for (std::size_t next = thread + 1; next < threads.size(); ++next)
            sum = hn::Add(sum, hn::Load(Tag<S>(), threads[next].*array + at));
          deliver<S>(sum, add, out, contiguous, row + i, k, units - i);
        }
    };
    const Index dW = block * n * width + gate * lanes;
    gather(&Scratch<S>::dW, dW, 1, to.dWa);
    gather(&Scratch<S>::dW, dW + layout.n_a * width, 1, to.dWx);
    gather(&Scratch<S>::db, block * width + gate * lanes, 0, to.db);
  }
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
