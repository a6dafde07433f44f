#include "bounds/contraction.hpp"

#include <algorithm>
#include <utility>

#include "bounds/products.hpp"

namespace bptt::bounds {
namespace {

/// From so many multiplications on a product of matrices is worth a call.
constexpr Index large = 4096;

/// Two indices that all arrays move with as with one become one.
void coalesce(std::vector<Axis>& axes) {
  std::erase_if(axes, [](const Axis& axis) { return axis.extent == 1; });
  for (std::size_t k = 0; k < axes.size(); ++k)
    for (std::size_t l = 0; l < axes.size(); ++l) {
      Axis &a = axes[k], &b = axes[l];
      if (k == l || b.out != a.extent * a.out || b.p != a.extent * a.p || b.q != a.extent * a.q)
        continue;
      a.extent *= b.extent;
      axes.erase(axes.begin() + static_cast<std::ptrdiff_t>(l));
      k = 0, l = static_cast<std::size_t>(-1);
      if (axes.size() < 2) return;
    }
}

/// How well an index suits as the innermost one: no array jumps.
int rank(const Axis& axis) {
  const bool near = axis.p <= 1 && axis.q <= 1;
  if (axis.out == 1 && near) return 3;
  if (axis.out == 0 && near) return 2;
  return axis.out == 1 ? 1 : 0;
}

template <class T>
void innermost(const Axis& axis, T factor, T* out, const T* p, const T* q) {
  const Index n = axis.extent;
  if (axis.out == 0) {
    T sum = 0;
    if (p != nullptr && q != nullptr)
      for (Index k = 0; k < n; ++k) sum += p[k * axis.p] * q[k * axis.q];
    else if (p != nullptr)
      for (Index k = 0; k < n; ++k) sum += p[k * axis.p];
    else
      sum = static_cast<T>(n);
    *out += factor * sum;
    return;
  }
  if (q != nullptr && axis.out == 1 && axis.p == 1 && axis.q == 1) {
    for (Index k = 0; k < n; ++k) out[k] += factor * p[k] * q[k];
  } else if (q != nullptr && axis.out == 1 && axis.p == 1 && axis.q == 0) {
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

template <class T>
void loops(const Axis* axis, std::size_t rest, T factor, T* out, const T* p, const T* q) {
  if (rest == 0) {
    *out += factor * (p == nullptr ? T(1) : *p) * (q == nullptr ? T(1) : *q);
    return;
  }
  if (rest == 1) return innermost(*axis, factor, out, p, q);
  for (Index k = 0; k < axis->extent; ++k)
    loops(axis + 1, rest - 1, factor, out + k * axis->out, p == nullptr ? p : p + k * axis->p,
          q == nullptr ? q : q + k * axis->q);
}

/// The largest axis with the given arrays, or none.
template <class Has>
const Axis* largest(const std::vector<Axis>& axes, const Has& has) {
  const Axis* found = nullptr;
  for (const Axis& axis : axes)
    if (has(axis) && (found == nullptr || axis.extent > found->extent)) found = &axis;
  return found;
}

}  // namespace

template <class T>
void contract(std::vector<Axis> axes, T factor, T* out, const T* p, const T* q) {
  for (const Axis& axis : axes)
    if (axis.extent == 0) return;
  coalesce(axes);
  if (p != nullptr && q != nullptr) {
    const Axis* m =
        largest(axes, [](const Axis& a) { return a.out != 0 && a.p != 0 && a.q == 0; });
    const Axis* n =
        largest(axes, [](const Axis& a) { return a.out != 0 && a.p == 0 && a.q != 0; });
    const Axis* k =
        largest(axes, [](const Axis& a) { return a.out == 0 && a.p != 0 && a.q != 0; });
    if (m != nullptr && n != nullptr && k != nullptr &&
        m->extent * n->extent * k->extent >= large) {
      std::vector<Axis> outer;
      for (const Axis& axis : axes)
        if (&axis != m && &axis != n && &axis != k) outer.push_back(axis);
      for_each_combination(outer, [&](Index o, Index i, Index j) {
        multiply_add<T>({m->extent, n->extent, k->extent}, factor, {p + i, m->p, k->p},
                        {q + j, k->q, n->q}, out + o, m->out, n->out);
      });
      return;
    }
  }
  std::stable_sort(axes.begin(), axes.end(),
                   [](const Axis& a, const Axis& b) { return rank(a) < rank(b); });
  loops(axes.data(), axes.size(), factor, out, p, q);
}

template void contract(std::vector<Axis>, float, float*, const float*, const float*);
template void contract(std::vector<Axis>, double, double*, const double*, const double*);
template void contract(std::vector<Axis>, long double, long double*, const long double*,
                       const long double*);

}  // namespace bptt::bounds
