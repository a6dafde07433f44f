// The kernels of f64, compiled once for each instruction set.
#include "optimized/passes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimized/passes_f64.cpp"
#include <hwy/foreach_target.h>  // includes this file again, once for each target
#include <hwy/highway.h>

#include "optimized/kernels-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {
const Kernels<double>* kernels_f64() {
  static const Kernels<double> kernels = make_kernels<double>();
  return &kernels;
}
}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "optimized/targets.hpp"

namespace bptt::optimized {

HWY_EXPORT(kernels_f64);

template <>
const Kernels<double>& kernels_for<double>(std::string_view target) {
  const OnlyTarget only(target);
  return *HWY_DYNAMIC_DISPATCH(kernels_f64)();
}

}  // namespace bptt::optimized
#endif
