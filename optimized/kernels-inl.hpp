// The table of one instruction set's kernels.

#include "optimized/lstm_passes-inl.hpp"
#include "optimized/rnn_passes-inl.hpp"

#if defined(BPTT_OPTIMIZED_KERNELS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_KERNELS_INL
#undef BPTT_OPTIMIZED_KERNELS_INL
#else
#define BPTT_OPTIMIZED_KERNELS_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

template <class S>
void tanh_of(const S* from, S* to, Index count) {
  const Index lanes = lanes_of<S>();
  for (Index i = 0; i < count; i += lanes)
    store_units<S>(vector_tanh(Tag<S>(), load_units(from + i, count - i)), to + i, count - i);
}

template <class S>
void sigmoid_of(const S* from, S* to, Index count) {
  const Index lanes = lanes_of<S>();
  for (Index i = 0; i < count; i += lanes)
    store_units<S>(vector_sigmoid(Tag<S>(), load_units(from + i, count - i)), to + i, count - i);
}

template <class S>
Kernels<S> make_kernels() {
  return {.target = hwy::TargetName(HWY_TARGET),
          .lanes = lanes_of<S>(),
          .pack_forward = pack_forward<S>,
          .pack_backward = pack_backward<S>,
          .rnn_forward = rnn_forward<S>,
          .rnn_backward = rnn_backward<S>,
          .lstm_forward = lstm_forward<S>,
          .lstm_backward = lstm_backward<S>,
          .tanh = tanh_of<S>,
          .sigmoid = sigmoid_of<S>};
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
