// The kernels of f32, compiled once for each instruction set.
#include "optimized/passes.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "optimized/passes_f32.cpp"
#include <hwy/foreach_target.h>  // includes this file again, once for each target
#include <hwy/highway.h>

#include "optimized/kernels-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {
const Kernels<float>* kernels_f32() {
  static const Kernels<float> kernels = make_kernels<float>();
  return &kernels;
}
}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "optimized/targets.hpp"

namespace bptt::optimized {

HWY_EXPORT(kernels_f32);

template <>
const Kernels<float>& kernels_for<float>(std::string_view target) {
  const OnlyTarget only(target);
  return *HWY_DYNAMIC_DISPATCH(kernels_f32)();
}

}  // namespace bptt::optimized
#endif
