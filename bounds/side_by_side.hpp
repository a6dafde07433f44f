// Loops over several results that stand side by side: result r of entry e is at [K e + r].
#pragma once

#include "bounds/contraction.hpp"

namespace bptt::bounds {

/// For every k of the axis and every r < K:
/// out[K k axis.out + r] += factor * p[K k axis.p + r] * q[k axis.q]; where q is null, it is 1.
/// T: float, double or long double.
template <class T>
void add_beside(const Axis& axis, Index K, T factor, T* out, const T* p, const T* q);

/// The same for every l of `over`, along which p does not move, and sums over the other one:
/// out[K l over.out + r] += factor * sum over k of p[K k summed.p + r] * q[k summed.q + l over.q].
template <class T>
void multiply_beside(const Axis& over, const Axis& summed, Index K, T factor, T* out, const T* p,
                     const T* q);

/// For every entry e and r < K: certain[r] += |d| E[e] and variance[r] += (d D[e])^2, where d is
/// d[K e + r].
template <class T>
void count_beside(Index entries, Index K, const T* d, const T* E, const T* D, T* certain,
                  T* variance);

}  // namespace bptt::bounds
