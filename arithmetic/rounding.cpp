#include "arithmetic/rounding.hpp"

#include <limits>

namespace bptt {

template <class S>
Rounding Rounding::of() {
  using L = std::numeric_limits<S>;
  Rounding r;
  r.u = static_cast<double>(L::epsilon()) / 2;
  r.smallest_subnormal = static_cast<double>(L::denorm_min());
  r.smallest_normal = static_cast<double>(L::min());
  r.largest = static_cast<double>(L::max());
  return r;
}
template Rounding Rounding::of<float>();
template Rounding Rounding::of<double>();

}  // namespace bptt
