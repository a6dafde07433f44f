// The one inner loop of every matrix product: a tile of V vectors by J columns kept in registers
// while K products are added to it.
//   out[j][v] = init[j][v] + sum_k A[k][v] B[k][j]
// A is packed: k-major, V vectors for each k, so that it is read as one stream. B is read where it
// is, one scalar at a time. Deliberately without tails: packed operands are padded with zeros.

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>

#include "core/shape.hpp"
#include "optimized/units-inl.hpp"

#if defined(BPTT_OPTIMIZED_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_TILE_INL
#undef BPTT_OPTIMIZED_TILE_INL
#else
#define BPTT_OPTIMIZED_TILE_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

#if HWY_COMPILER_CLANG
#define BPTT_UNROLL _Pragma("clang loop unroll(full)")
#else
#define BPTT_UNROLL _Pragma("GCC unroll 16")
#endif

/// Someone's arrays as the end of a tile: what its vectors are added to, or replace.
template <class S>
struct Destination {
  S* vector[4];
  Index ld[4];     // from column to column
  Index count[4];  // lanes that exist
  bool add;
};

template <class S>
struct TileArguments {
  const S* A;
  Index lda;  // elements from k to k+1 in A
  const S* B;
  Index ldb;       // elements from column to column of B (from k to k+1 if B is by rows)
  Index K;         // products for each element
  Index run;       // B is contiguous in k for so many k ..
  Index run_step;  // .. and the next run starts so many elements after the last one
  /// The last products lie in shorter runs: so many products, of each run, from run to run.
  Index tail = 0, tail_run = 0, tail_step = 0;
  const S* init;
  Index ldi;  // from column to column of init; 0: the same column for all
  S* out;
  Index ldo;
  /// What will be streamed as A next, one line of it asked for with each k; null: nothing.
  const S* ahead = nullptr;
  /// Where each vector of the tile goes instead of `out`; null: to `out`.
  const Destination<S>* destination = nullptr;
  /// What the next tile will start from, as long as this tile's init; null: something near.
  const S* next_init = nullptr;
};

/// How B lies. columns: B[k][j] = B[k + j ldb] within a run; rows: B[k][j] = B[k ldb + j].
enum class StorageOrder { columns, rows };

/// Sums of one tile element that are formed side by side, so that a narrow tile too keeps the
/// multiply-add units busy (two of them, four cycles each).
constexpr int chains(int vectors, int columns) {
  return columns == 1 ? (vectors > 2 ? 4 : 8) : (columns == 2 ? 2 : 1);
}

template <class D, int V, int J, StorageOrder order>
HWY_NOINLINE void tile(const TileArguments<hn::TFromD<D>>& args) {
  using S = hn::TFromD<D>;
  constexpr int U = chains(V, J);
  const D d;
  constexpr Index L = static_cast<Index>(hn::MaxLanes(D()));
  constexpr Index line_elements = 64 / sizeof(S);
  hn::Vec<D> sum[U][J][V];
  BPTT_UNROLL for (int j = 0; j < J; ++j) {
    BPTT_UNROLL for (int v = 0; v < V; ++v) sum[0][j][v] =
        hn::Load(d, args.init + j * args.ldi + v * L);
  }
  BPTT_UNROLL for (int u = 1; u < U; ++u) {
    BPTT_UNROLL for (int j = 0; j < J; ++j) {
      BPTT_UNROLL for (int v = 0; v < V; ++v) sum[u][j][v] = hn::Zero(d);
    }
  }

  const S* HWY_RESTRICT A = args.A;
  const S* run_start = args.B;
  const Index lda = args.lda, ldb = args.ldb;
  const S* ahead = args.ahead;
  for (Index left = args.K; left > 0;) {
    const S* HWY_RESTRICT B = run_start;
    const bool in_tail = left <= args.tail;
    Index k = in_tail ? args.tail_run : std::min(left - args.tail, args.run);
    left -= k;
    run_start += in_tail ? args.tail_step : args.run_step;
    // The next run is somewhere else, where no hardware looks for it.
    if (order == StorageOrder::columns && left > args.tail)
      for (int j = 0; j < J; ++j)
        for (Index i = 0; i < args.run; i += line_elements) hwy::Prefetch(run_start + j * ldb + i);
    const auto add = [&](int u, const S* Ak, const S* Bk) HWY_ATTR {
      hn::Vec<D> a[V];
      BPTT_UNROLL for (int v = 0; v < V; ++v) a[v] = hn::Load(d, Ak + v * L);
      BPTT_UNROLL for (int j = 0; j < J; ++j) {
        const auto b = hn::Set(d, Bk[order == StorageOrder::columns ? j * ldb : j]);
        BPTT_UNROLL for (int v = 0; v < V; ++v) sum[u][j][v] = hn::MulAdd(a[v], b, sum[u][j][v]);
      }
    };
    const Index step_B = order == StorageOrder::columns ? 1 : ldb;
    if (order == StorageOrder::columns && ahead != nullptr)
      for (; k >= U; k -= U) {
        for (int u = 0; u < U; ++u, ahead += line_elements) {
          __builtin_prefetch(ahead, 0, 2);  // into the second-level cache
          add(u, A + u * lda, B + u * step_B);
        }
        A += U * lda;
        B += U * step_B;
      }
    // What the sums will be added to is asked for line by line, while there is other work to do:
    // all at once, it would keep the tile's own operands waiting.
    if (order == StorageOrder::rows && (args.destination != nullptr || args.next_init != nullptr)) {
      const Index pause = k / (J * V);
      for (int line = 0; line < J * V && pause >= 4 * U; ++line) {
        const int v = line / J, j = line % J;
        if (args.destination != nullptr)
          __builtin_prefetch(args.destination->vector[v] + j * args.destination->ld[v], 0, 2);
        if (args.next_init != nullptr) __builtin_prefetch(args.next_init + line * L, 0, 2);
        for (Index left_of_pause = pause; left_of_pause >= U; left_of_pause -= U, k -= U) {
          BPTT_UNROLL for (int u = 0; u < U; ++u) add(u, A + u * lda, B + u * step_B);
          A += U * lda;
          B += U * step_B;
        }
      }
    }
    for (; k >= U; k -= U) {
      BPTT_UNROLL for (int u = 0; u < U; ++u) add(u, A + u * lda, B + u * step_B);
      A += U * lda;
      B += U * step_B;
    }
    for (; k > 0; --k, A += lda, B += step_B) add(0, A, B);
  }

  BPTT_UNROLL for (int j = 0; j < J; ++j) {
    BPTT_UNROLL for (int v = 0; v < V; ++v) {
      auto total = sum[0][j][v];
      BPTT_UNROLL for (int u = 1; u < U; ++u) total = hn::Add(total, sum[u][j][v]);
      if (args.destination != nullptr) {
        S* at = args.destination->vector[v] + j * args.destination->ld[v];
        const Index count = args.destination->count[v];
        store_units<S>(args.destination->add ? hn::Add(load_units<S>(at, count), total) : total, at,
                       count);
      } else {
        hn::Store(total, d, args.out + j * args.ldo + v * L);
      }
    }
  }
}

/// The widest tile: accumulators, V vectors of A and one of B fit the registers, of which AVX-512
/// and NEON have 32 and the others 16.
constexpr int widest_tile(int vectors) {
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
  constexpr int widths[] = {0, 8, 8, 8, 6};
#else
  constexpr int widths[] = {0, 8, 6, 4, 3};
#endif
  return widths[vectors];
}

template <class D, int V, StorageOrder order>
HWY_INLINE void tile_of_width(int J, const TileArguments<hn::TFromD<D>>& args) {
  constexpr int most = widest_tile(V);
  switch (J) {
    case 1: return tile<D, V, 1, order>(args);
    case 2: return tile<D, V, 2, order>(args);
    case 3: return tile<D, V, 3, order>(args);
    case 4: return tile < D, V, most < 4 ? most : 4, order > (args);
    case 5: return tile < D, V, most < 5 ? most : 5, order > (args);
    case 6: return tile < D, V, most < 6 ? most : 6, order > (args);
    case 7: return tile < D, V, most < 7 ? most : 7, order > (args);
    case 8: return tile < D, V, most < 8 ? most : 8, order > (args);
    default: break;
  }
}

template <class D, StorageOrder order>
HWY_INLINE void tile_of(int V, int J, const TileArguments<hn::TFromD<D>>& args) {
  switch (V) {
    case 1: return tile_of_width<D, 1, order>(J, args);
    case 2: return tile_of_width<D, 2, order>(J, args);
    case 3: return tile_of_width<D, 3, order>(J, args);
    default: return tile_of_width<D, 4, order>(J, args);
  }
}

/// Columns divided into the fewest tiles, as even as they can be: 32 into 6 6 5 5 5 5.
class Tiling {
 public:
  Tiling(Index columns, int vectors)
      : tiles_((columns + widest_tile(vectors) - 1) / widest_tile(vectors)),
        narrow_(columns / tiles_),
        wide_tiles_(columns % tiles_) {}
  [[nodiscard]] Index tiles() const { return tiles_; }
  [[nodiscard]] int width(Index tile) const {
    return static_cast<int>(narrow_ + (tile < wide_tiles_ ? 1 : 0));
  }

 private:
  Index tiles_, narrow_, wide_tiles_;
};

/// One panel of A (V vectors of rows, K deep) times any number of columns of B. K is cut where the
/// part of the panel that all columns read exceeds so many bytes. Returns the number of parts.
/// `far`: the packed matrix does not stay in that cache from one use to the next; the part or panel
/// that follows in memory is then asked for while this one is used.
template <class D>
int panel_product(int V, TileArguments<hn::TFromD<D>> args, Index columns, Index bytes_of_a_part,
                  bool far = false) {
  using S = hn::TFromD<D>;
  constexpr Index bytes_of_a_row = static_cast<Index>(4 * hn::MaxLanes(D()) * sizeof(S));
  const Index depth = std::max<Index>(1, bytes_of_a_part / bytes_of_a_row);
  int parts = 0;
  const Tiling tiling(columns, V);
  // Whole runs only, so that every part starts at the start of one.
  const Index main = args.K - args.tail;
  const Index runs = args.run >= main ? 1 : (depth + args.run - 1) / args.run;
  Index part = args.run >= main && args.tail == 0 ? depth : runs * args.run;
  Index done = 0;
  const S* B = args.B;
  const Index K = args.K;
  const bool one_run = args.run >= main && args.tail == 0;
  for (; done < K; ++parts) {
    args.K = K - done < part + part / 2 ? K - done : part;
    TileArguments<S> at = args;
    if (done + args.K < K) at.tail = 0;
    at.B = B;
    if (one_run) at.run = args.K;
    const Index next_lines = args.K * args.lda * static_cast<Index>(sizeof(S)) / 64;
    for (Index t = 0; t < tiling.tiles(); ++t) {
      const int J = tiling.width(t);
      at.ahead =
          far && tiling.tiles() * args.K >= next_lines && (t + 1) * args.K <= next_lines
              ? args.A + args.K * args.lda + t * args.K * (64 / static_cast<Index>(sizeof(S)))
              : nullptr;
      tile_of<D, StorageOrder::columns>(V, J, at);
      at.B += J * args.ldb;
      at.init += J * args.ldi;
      at.out += J * args.ldo;
    }
    done += args.K;
    args.A += args.K * args.lda;
    B += one_run ? args.K : args.K / args.run * args.run_step;
    args.init = args.out;
    args.ldi = args.ldo;
  }
  return parts;
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
