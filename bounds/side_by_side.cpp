#include "bounds/side_by_side.hpp"

#include <type_traits>

namespace bptt::bounds {
namespace {

/// Numbers that stand one after another, as the compiler keeps them in one register, or in two of
/// half its width.
template <class T>
struct Register {
  static constexpr Index lanes = 32 / sizeof(T);
  using type [[gnu::vector_size(32), gnu::aligned(alignof(T)), gnu::may_alias]] = T;
};
template <>
struct Register<long double> {
  static constexpr Index lanes = 1;
  using type = long double;
};
template <class T>
struct Single {
  static constexpr Index lanes = 1;
  using type = T;
};

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
template <class T, class Visit>
[[gnu::always_inline]] inline void in_strips(Index K, const Visit& strip) {
  constexpr Index lanes = Register<T>::lanes;
  Index r = 0;
  for (; r + 4 * lanes <= K; r += 4 * lanes)
    strip(r, Register<T>(), std::integral_constant<Index, 4>());
  for (; r + lanes <= K; r += lanes) strip(r, Register<T>(), std::integral_constant<Index, 1>());
  for (; r < K; ++r) strip(r, Single<T>(), std::integral_constant<Index, 1>());
}

template <class T>
[[gnu::always_inline]] inline void add_strips(const Axis& axis, Index K, T factor, T* out,
                                              const T* p, const T* q) {
  in_strips<T>(
      K, [&](Index r, auto kind, auto count) __attribute__((always_inline)) {
        add_strip<decltype(kind), decltype(count)::value>(axis, K, factor, out + r, p + r, q);
      });
}
template <class T>
[[gnu::always_inline]] inline void count_strips(Index entries, Index K, const T* d, const T* E,
                                                const T* D, T* certain, T* variance) {
  in_strips<T>(
      K, [&](Index r, auto kind, auto count) __attribute__((always_inline)) {
        count_strip<decltype(kind), decltype(count)::value>(entries, K, d + r, E, D, certain + r,
                                                            variance + r);
      });
}

// The same loops for two widths of vector registers.
#if defined(__x86_64__)
template <class T>
[[gnu::target("avx2,fma")]] void add_wide(const Axis& axis, Index K, T factor, T* out, const T* p,
                                          const T* q) {
  add_strips(axis, K, factor, out, p, q);
}
template <class T>
[[gnu::target("avx2,fma")]] void count_wide(Index entries, Index K, const T* d, const T* E,
                                            const T* D, T* certain, T* variance) {
  count_strips(entries, K, d, E, D, certain, variance);
}
const bool wide = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#endif

}  // namespace

template <class T>
void add_beside(const Axis& axis, Index K, T factor, T* out, const T* p, const T* q) {
#if defined(__x86_64__)
  if (wide) return add_wide(axis, K, factor, out, p, q);
#endif
  add_strips(axis, K, factor, out, p, q);
}

template <class T>
void count_beside(Index entries, Index K, const T* d, const T* E, const T* D, T* certain,
                  T* variance) {
#if defined(__x86_64__)
  if (wide) return count_wide(entries, K, d, E, D, certain, variance);
#endif
  count_strips(entries, K, d, E, D, certain, variance);
}

template void add_beside(const Axis&, Index, float, float*, const float*, const float*);
template void add_beside(const Axis&, Index, double, double*, const double*, const double*);
template void add_beside(const Axis&, Index, long double, long double*, const long double*,
                         const long double*);
template void count_beside(Index, Index, const float*, const float*, const float*, float*, float*);
template void count_beside(Index, Index, const double*, const double*, const double*, double*,
                           double*);
template void count_beside(Index, Index, const long double*, const long double*, const long double*,
                           long double*, long double*);

}  // namespace bptt::bounds
