#include "bounds/contraction.hpp"

#include <algorithm>
#include <type_traits>

#include "bounds/products.hpp"
#include "bounds/side_by_side.hpp"
#include "core/error.hpp"

namespace bptt::bounds {
namespace {

/// From so many multiplications on a product of matrices is worth a call.
constexpr Index large = 4096;

/// Two indices that all arrays move with as with one become one.
void coalesce(std::vector<Axis>& axes) {
  std::erase_if(axes, [](const Axis& axis) { return axis.extent == 1; });
  const auto pair = [&]() -> bool {
    for (std::size_t k = 0; k < axes.size(); ++k)
      for (std::size_t l = 0; l < axes.size(); ++l) {
        const Axis &a = axes[k], &b = axes[l];
        if (k == l || b.out != a.extent * a.out || b.p != a.extent * a.p || b.q != a.extent * a.q)
          continue;
        axes[k].extent *= b.extent;
        axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(l));
        return true;
      }
    return false;
  };
  while (pair()) {
  }
}

/// How well an index suits as the innermost one: no array jumps.
int rank(const Axis& axis) {
  const bool near = axis.p <= 1 && axis.q <= 1;
  if (axis.out == 1 && near) return 3;
  if (axis.out == 0 && near) return 2;
  return axis.out == 1 ? 1 : 0;
}

/// Where the summed index is the innermost one: around it one that shares what is read of p.
int depth(const Axis& axis) {
  if (axis.out == 0) return 2;
  return axis.p == 0 ? 1 : 0;
}

template <class T>
[[gnu::always_inline]] inline void add_along(const Axis& axis, T factor, T* out, const T* p,
                                             const T* q) {
  const Index n = axis.extent;
  if (axis.out == 0) {
    T sum = 0;
    if (p != nullptr && q != nullptr)
      for (Index k = 0; k < n; ++k) sum += p[k * axis.p] * q[k * axis.q];
    else if (p != nullptr)
      for (Index k = 0; k < n; ++k) sum += p[k * axis.p];
    else if (q != nullptr)
      for (Index k = 0; k < n; ++k) sum += q[k * axis.q];
    else
      sum = static_cast<T>(n);
    *out += factor * sum;
    return;
  }
  if (q != nullptr && p != nullptr && axis.out == 1 && axis.p == 1 && axis.q == 1) {
    for (Index k = 0; k < n; ++k) out[k] += factor * p[k] * q[k];
  } else if (q != nullptr && p != nullptr && axis.out == 1 && axis.p == 1 && axis.q == 0) {
    const T f = factor * *q;
    for (Index k = 0; k < n; ++k) out[k] += f * p[k];
  } else if (q != nullptr && axis.out == 1 && axis.p == 0 && axis.q == 1) {
    const T f = p == nullptr ? factor : factor * *p;
    for (Index k = 0; k < n; ++k) out[k] += f * q[k];
  } else {
    for (Index k = 0; k < n; ++k) {
      const T left = p == nullptr ? T(1) : p[k * axis.p];
      out[k * axis.out] += factor * (q == nullptr ? left : left * q[k * axis.q]);
    }
  }
}

// The same loops for two widths of vector registers.
template <class T>
struct Plain {
  static void along(const Axis& axis, T factor, T* out, const T* p, const T* q) {
    add_along(axis, factor, out, p, q);
  }
};
#if defined(__x86_64__)
template <class T>
struct Wide {
  [[gnu::target("avx2,fma")]] static void along(const Axis& axis, T factor, T* out, const T* p,
                                                const T* q) {
    add_along(axis, factor, out, p, q);
  }
};
const bool wide = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
#else
template <class T>
using Wide = Plain<T>;
constexpr bool wide = false;
#endif

template <class T>
void innermost(const Axis& axis, T factor, T* out, const T* p, const T* q) {
  wide ? Wide<T>::along(axis, factor, out, p, q) : Plain<T>::along(axis, factor, out, p, q);
}

}  // namespace

Contraction::Contraction(std::vector<Axis> axes, Innermost innermost) {
  for (const Axis& axis : axes) empty_ = empty_ || axis.extent == 0;
  if (empty_) return;
  coalesce(axes);
  if (axes.size() > most) throw Error("a line has more indices than can be summed");
  // The largest index of each kind that a product of matrices has.
  const auto largest = [&](bool out, bool p, bool q) {
    auto found = axes.end();
    for (auto axis = axes.begin(); axis != axes.end(); ++axis)
      if ((axis->out != 0) == out && (axis->p != 0) == p && (axis->q != 0) == q &&
          (found == axes.end() || axis->extent > found->extent))
        found = axis;
    return found;
  };
  const auto m = largest(true, true, false), n = largest(true, false, true),
             k = largest(false, true, true);
  product_ = m != axes.end() && n != axes.end() && k != axes.end() &&
             m->extent * n->extent * k->extent >= large;
  if (product_) {
    const Axis of_m = *m, of_n = *n, of_k = *k;
    const auto is = [](const Axis& a, const Axis& b) {
      return a.extent == b.extent && a.out == b.out && a.p == b.p && a.q == b.q;
    };
    std::erase_if(axes, [&](const Axis& a) { return is(a, of_m) || is(a, of_n) || is(a, of_k); });
    axes.insert(axes.end(), {of_m, of_n, of_k});
  } else {
    std::stable_sort(axes.begin(), axes.end(), [&](const Axis& a, const Axis& b) {
      if (innermost == Innermost::summed) return depth(a) < depth(b);
      return rank(a) != rank(b) ? rank(a) < rank(b) : a.out != 0 && b.out == 0;
    });
  }
  count_ = axes.size();
  std::copy(axes.begin(), axes.end(), axes_.begin());
}

template <class T>
void Contraction::loops(std::size_t level, T factor, T* out, const T* p, const T* q) const {
  if (product_ && level + 3 == count_) {
    const Axis &m = axes_[level], &n = axes_[level + 1], &k = axes_[level + 2];
    multiply_add<T>({m.extent, n.extent, k.extent}, factor, {p, m.p, k.p}, {q, k.q, n.q}, out,
                    m.out, n.out);
    return;
  }
  const Axis& axis = axes_[level];
  if (level + 1 == count_) return innermost(axis, factor, out, p, q);
  if constexpr (std::is_same_v<T, long double>) {
    // To store a number of 80 bits takes longer than to multiply and add two: sums are innermost.
    if (level + 2 == count_ && axis.out == 0 && axes_[level + 1].out != 0) {
      const Axis& results = axes_[level + 1];
      for (Index k = 0; k < results.extent; ++k)
        innermost(axis, factor, out + k * results.out, p == nullptr ? p : p + k * results.p,
                  q == nullptr ? q : q + k * results.q);
      return;
    }
  }
  for (Index k = 0; k < axis.extent; ++k)
    loops(level + 1, factor, out + k * axis.out, p == nullptr ? p : p + k * axis.p,
          q == nullptr ? q : q + k * axis.q);
}

template <class T>
void Contraction::add_everywhere(std::size_t level, T factor, T* out) const {
  if (level == count_) {
    *out += factor;
    return;
  }
  const Axis& axis = axes_[level];
  if (axis.out == 0) return add_everywhere(level + 1, factor * static_cast<T>(axis.extent), out);
  for (Index k = 0; k < axis.extent; ++k) add_everywhere(level + 1, factor, out + k * axis.out);
}

template <class T>
void Contraction::run(T factor, T* out, const T* p, const T* q) const {
  if (empty_) return;
  if (count_ == 0) {
    *out += factor * (p == nullptr ? T(1) : *p) * (q == nullptr ? T(1) : *q);
    return;
  }
  if (p == nullptr && q == nullptr) return add_everywhere(0, factor, out);
  if (product_ && (p == nullptr || q == nullptr)) {
    for_each([&](Index o, Index i, Index j) {
      out[o] += factor * (p == nullptr ? T(1) : p[i]) * (q == nullptr ? T(1) : q[j]);
    });
    return;
  }
  loops(0, factor, out, p, q);
}

template <class T>
void Contraction::loops_beside(std::size_t level, Index K, T factor, T* out, const T* p,
                               const T* q) const {
  if (level == count_) return add_beside(Axis{1, 0, 0, 0}, K, factor, out, p, q);
  const Axis& axis = axes_[level];
  if (level + 1 == count_) return add_beside(axis, K, factor, out, p, q);
  if (level + 2 == count_ && q != nullptr && axis.p == 0 && axes_[level + 1].out == 0)
    return multiply_beside(axis, axes_[level + 1], K, factor, out, p, q);
  for (Index k = 0; k < axis.extent; ++k)
    loops_beside(level + 1, K, factor, out + K * k * axis.out, p + K * k * axis.p,
                 q == nullptr ? q : q + k * axis.q);
}

Contraction Contraction::of_one_among(Index K) const {
  Contraction scaled = *this;
  for (std::size_t k = 0; k < count_; ++k) scaled.axes_[k].out *= K;
  return scaled;
}

template <class T>
void Contraction::run_beside(Index K, T factor, T* out, const T* p, const T* q) const {
  if (!empty_) loops_beside(0, K, factor, out, p, q);
}

template void Contraction::run(float, float*, const float*, const float*) const;
template void Contraction::run(double, double*, const double*, const double*) const;
template void Contraction::run(long double, long double*, const long double*,
                               const long double*) const;
template void Contraction::run_beside(Index, float, float*, const float*, const float*) const;
template void Contraction::run_beside(Index, double, double*, const double*, const double*) const;
template void Contraction::run_beside(Index, long double, long double*, const long double*,
                                      const long double*) const;

}  // namespace bptt::bounds
