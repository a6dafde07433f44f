// out += factor * p * q over named indices: the only arithmetic on arrays that bounds need. An index
// that `out` does not have is summed. Products of matrices are Eigen's where they are large;
// everything else is loops.
#pragma once

#include <vector>

#include "core/shape.hpp"

namespace bptt::bounds {

/// How far an index runs, and how far each array moves with it; 0: it does not have it.
struct Axis {
  Index extent, out, p, q;
};

/// Where `p` or `q` is null, it is 1. T: float, double or long double.
template <class T>
void contract(std::vector<Axis> axes, T factor, T* out, const T* p, const T* q);

/// visit(out, p, q) with the offset of each array at every combination of the indices.
template <class Visit>
void for_each_combination(const std::vector<Axis>& axes, const Visit& visit) {
  for (const Axis& axis : axes)
    if (axis.extent == 0) return;
  std::vector<Index> at(axes.size(), 0);
  Index out = 0, p = 0, q = 0;
  while (true) {
    visit(out, p, q);
    std::size_t k = 0;
    for (; k < axes.size(); ++k) {
      const bool on = ++at[k] < axes[k].extent;
      const Index steps = on ? 1 : 1 - axes[k].extent;
      out += steps * axes[k].out;
      p += steps * axes[k].p;
      q += steps * axes[k].q;
      if (on) break;
      at[k] = 0;
    }
    if (k == axes.size()) return;
  }
}

}  // namespace bptt::bounds
