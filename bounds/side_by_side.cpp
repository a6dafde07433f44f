#include "bounds/side_by_side.hpp"

#include <cstddef>
#include <type_traits>

namespace bptt::bounds {
namespace {

/// Numbers that stand one after another, as the compiler keeps them in one register, or in two of
/// half its width.
template <class T, std::size_t bytes>
struct Register {
  static constexpr Index lanes = bytes / sizeof(T);
  using type [[gnu::vector_size(bytes), gnu::aligned(alignof(T)), gnu::may_alias]] = T;
};
template <std::size_t bytes>
struct Register<long double, bytes> {
  static constexpr Index lanes = 1;
  using type = long double;
};
template <class T>
struct Single {
  static constexpr Index lanes = 1;
  using type = T;
};

/// What an instruction set has: the width of a register, how many make a strip of results, and how
/// many outputs a sum of products is formed for at once. Twice as many sums as registers of a strip
/// or more, since each addition waits for the one before.
struct Baseline {
  static constexpr std::size_t bytes = 32;
  static constexpr Index strip = 4, outputs = 1;
};
#if defined(__x86_64__)
struct Avx2 {
  static constexpr std::size_t bytes = 32;
  static constexpr Index strip = 4, outputs = 2;
};
struct Avx512 {
  static constexpr std::size_t bytes = 64;
  static constexpr Index strip = 2, outputs = 4;
};
#endif

/// `count` registers of results from the first one on.
template <class R, Index count, class T>
[[gnu::always_inline]] inline void add_strip(const Axis& axis, Index K, T factor, T* out,
                                             const T* p, const T* q) {
  using V = typename R::type;
  const auto at = [&](Index k) { return q == nullptr ? factor : factor * q[k * axis.q]; };
  if (axis.out != 0) {
    for (Index k = 0; k < axis.extent; ++k) {
      const T f = at(k);
      auto* to = reinterpret_cast<V*>(out + K * k * axis.out);
      const auto* from = reinterpret_cast<const V*>(p + K * k * axis.p);
      for (Index n = 0; n < count; ++n) to[n] += f * from[n];
    }
    return;
  }
  auto* to = reinterpret_cast<V*>(out);
  V sum[count];  // NOLINT(modernize-avoid-c-arrays): stays in registers
  for (Index n = 0; n < count; ++n) sum[n] = to[n];
  for (Index k = 0; k < axis.extent; ++k) {
    const T f = at(k);
    const auto* from = reinterpret_cast<const V*>(p + K * k * axis.p);
    for (Index n = 0; n < count; ++n) sum[n] += f * from[n];
  }
  for (Index n = 0; n < count; ++n) to[n] = sum[n];
}

/// The same for so many outputs, which share what is read of p.
template <class R, Index count, Index outputs, class T>
[[gnu::always_inline]] inline void multiply_strip(const Axis& over, const Axis& summed, Index K,
                                                  T factor, T* out, const T* p, const T* q) {
  using V = typename R::type;
  V sum[outputs][count] = {};  // NOLINT(modernize-avoid-c-arrays): stays in registers
  for (Index k = 0; k < summed.extent; ++k) {
    const auto* from = reinterpret_cast<const V*>(p + K * k * summed.p);
    for (Index l = 0; l < outputs; ++l)
      for (Index n = 0; n < count; ++n) sum[l][n] += q[k * summed.q + l * over.q] * from[n];
  }
  for (Index l = 0; l < outputs; ++l) {
    auto* to = reinterpret_cast<V*>(out + K * l * over.out);
    for (Index n = 0; n < count; ++n) to[n] += factor * sum[l][n];
  }
}

template <class R, Index count, class T>
[[gnu::always_inline]] inline void count_strip(Index entries, Index K, const T* d, const T* E,
                                               const T* D, T* certain, T* variance) {
  using V = typename R::type;
  auto *to_c = reinterpret_cast<V*>(certain), *to_v = reinterpret_cast<V*>(variance);
  V c[count], v[count];  // NOLINT(modernize-avoid-c-arrays): stay in registers
  for (Index n = 0; n < count; ++n) {
    c[n] = to_c[n];
    v[n] = to_v[n];
  }
  for (Index e = 0; e < entries; ++e) {
    const auto* from = reinterpret_cast<const V*>(d + K * e);
    for (Index n = 0; n < count; ++n) {
      const V x = from[n], y = x * D[e];
      c[n] += (x < 0 ? -x : x) * E[e];
      v[n] += y * y;
    }
  }
  for (Index n = 0; n < count; ++n) {
    to_c[n] = c[n];
    to_v[n] = v[n];
  }
}

/// strip(first result, R, count) for strips as wide as fit.
template <class Set, class T, class Visit>
[[gnu::always_inline]] inline void in_strips(Index K, const Visit& strip) {
  using Whole = Register<T, Set::bytes>;
  constexpr Index lanes = Whole::lanes, several = Set::strip;
  Index r = 0;
  for (; r + several * lanes <= K; r += several * lanes)
    strip(r, Whole(), std::integral_constant<Index, several>());
  for (; r + lanes <= K; r += lanes) strip(r, Whole(), std::integral_constant<Index, 1>());
  for (; r < K; ++r) strip(r, Single<T>(), std::integral_constant<Index, 1>());
}

template <class Set, class T>
[[gnu::always_inline]] inline void add_strips(const Axis& axis, Index K, T factor, T* out,
                                              const T* p, const T* q) {
  in_strips<Set, T>(
      K, [&](Index r, auto kind, auto count) __attribute__((always_inline)) {
        add_strip<decltype(kind), decltype(count)::value>(axis, K, factor, out + r, p + r, q);
      });
}
template <class Set, class T>
[[gnu::always_inline]] inline void multiply_strips(const Axis& over, const Axis& summed, Index K,
                                                   T factor, T* out, const T* p, const T* q) {
  in_strips<Set, T>(
      K, [&](Index r, auto kind, auto count) __attribute__((always_inline)) {
        using R = decltype(kind);
        constexpr Index registers = decltype(count)::value, outputs = Set::outputs;
        Index l = 0;
        for (; l + outputs <= over.extent; l += outputs)
          multiply_strip<R, registers, outputs>(over, summed, K, factor, out + r + K * l * over.out,
                                                p + r, q + l * over.q);
        for (; l < over.extent; ++l)
          multiply_strip<R, registers, 1>(over, summed, K, factor, out + r + K * l * over.out,
                                          p + r, q + l * over.q);
      });
}
template <class Set, class T>
[[gnu::always_inline]] inline void count_strips(Index entries, Index K, const T* d, const T* E,
                                                const T* D, T* certain, T* variance) {
  in_strips<Set, T>(
      K, [&](Index r, auto kind, auto count) __attribute__((always_inline)) {
        count_strip<decltype(kind), decltype(count)::value>(entries, K, d + r, E, D, certain + r,
                                                            variance + r);
      });
}

// The same loops for each width of vector registers.
template <class T>
struct Loops {
  void (*add)(const Axis&, Index, T, T*, const T*, const T*);
  void (*multiply)(const Axis&, const Axis&, Index, T, T*, const T*, const T*);
  void (*count)(Index, Index, const T*, const T*, const T*, T*, T*);
};
template <class T>
constexpr Loops<T> baseline{add_strips<Baseline, T>, multiply_strips<Baseline, T>,
                            count_strips<Baseline, T>};
#if defined(__x86_64__)
template <class T>
[[gnu::target("avx2,fma")]] void add_avx2(const Axis& axis, Index K, T factor, T* out, const T* p,
                                          const T* q) {
  add_strips<Avx2>(axis, K, factor, out, p, q);
}
template <class T>
[[gnu::target("avx2,fma")]] void multiply_avx2(const Axis& over, const Axis& summed, Index K,
                                               T factor, T* out, const T* p, const T* q) {
  multiply_strips<Avx2>(over, summed, K, factor, out, p, q);
}
template <class T>
[[gnu::target("avx2,fma")]] void count_avx2(Index entries, Index K, const T* d, const T* E,
                                            const T* D, T* certain, T* variance) {
  count_strips<Avx2>(entries, K, d, E, D, certain, variance);
}
template <class T>
[[gnu::target("avx512f,fma")]] void add_avx512(const Axis& axis, Index K, T factor, T* out,
                                               const T* p, const T* q) {
  add_strips<Avx512>(axis, K, factor, out, p, q);
}
template <class T>
[[gnu::target("avx512f,fma")]] void multiply_avx512(const Axis& over, const Axis& summed, Index K,
                                                    T factor, T* out, const T* p, const T* q) {
  multiply_strips<Avx512>(over, summed, K, factor, out, p, q);
}
template <class T>
[[gnu::target("avx512f,fma")]] void count_avx512(Index entries, Index K, const T* d, const T* E,
                                                 const T* D, T* certain, T* variance) {
  count_strips<Avx512>(entries, K, d, E, D, certain, variance);
}
#endif

template <class T>
Loops<T> fastest() {
#if defined(__x86_64__)
  const bool fma = __builtin_cpu_supports("fma") != 0;
  if (fma && __builtin_cpu_supports("avx512f") != 0)
    return {add_avx512<T>, multiply_avx512<T>, count_avx512<T>};
  if (fma && __builtin_cpu_supports("avx2") != 0)
    return {add_avx2<T>, multiply_avx2<T>, count_avx2<T>};
#endif
  return baseline<T>;
}
template <class T>
const Loops<T>& loops() {
  static const Loops<T> chosen = fastest<T>();
  return chosen;
}

}  // namespace

template <class T>
void add_beside(const Axis& axis, Index K, T factor, T* out, const T* p, const T* q) {
  loops<T>().add(axis, K, factor, out, p, q);
}

template <class T>
void multiply_beside(const Axis& over, const Axis& summed, Index K, T factor, T* out, const T* p,
                     const T* q) {
  loops<T>().multiply(over, summed, K, factor, out, p, q);
}

template <class T>
void count_beside(Index entries, Index K, const T* d, const T* E, const T* D, T* certain,
                  T* variance) {
  loops<T>().count(entries, K, d, E, D, certain, variance);
}

template void add_beside(const Axis&, Index, float, float*, const float*, const float*);
template void add_beside(const Axis&, Index, double, double*, const double*, const double*);
template void add_beside(const Axis&, Index, long double, long double*, const long double*,
                         const long double*);
template void multiply_beside(const Axis&, const Axis&, Index, float, float*, const float*,
                              const float*);
template void multiply_beside(const Axis&, const Axis&, Index, double, double*, const double*,
                              const double*);
template void multiply_beside(const Axis&, const Axis&, Index, long double, long double*,
                              const long double*, const long double*);
template void count_beside(Index, Index, const float*, const float*, const float*, float*, float*);
template void count_beside(Index, Index, const double*, const double*, const double*, double*,
                           double*);
template void count_beside(Index, Index, const long double*, const long double*, const long double*,
                           long double*, long double*);

}  // namespace bptt::bounds
