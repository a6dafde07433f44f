// The vanilla RNN's element-wise part, for one instruction set.
//   a<t> = g(z),  dz = g'(z) (da<t> + da_prevt)

#include "optimized/stacked-inl.hpp"
#include "optimized/vector_math-inl.hpp"

#if defined(BPTT_OPTIMIZED_RNN_PASSES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_RNN_PASSES_INL
#undef BPTT_OPTIMIZED_RNN_PASSES_INL
#else
#define BPTT_OPTIMIZED_RNN_PASSES_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <Activation g, class D, class V = hn::Vec<D>>
HWY_INLINE V activation(D d, V z) {
  if constexpr (g == Activation::tanh) return vector_tanh(d, z);
  if constexpr (g == Activation::relu)  // a NaN stays a NaN
    return hn::IfThenElse(hn::Le(z, hn::Zero(d)), hn::Zero(d), z);
  return z;
}

/// g'(z), read from a = g(z).
template <Activation g, class D, class V = hn::Vec<D>>
HWY_INLINE V slope(D d, V a) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  if constexpr (g == Activation::tanh) return hn::NegMulAdd(a, a, one);
  if constexpr (g == Activation::relu)  // a NaN stays a NaN
    return hn::IfThenElse(hn::Le(a, hn::Zero(d)), hn::Zero(d),
                          hn::IfThenElse(hn::Gt(a, hn::Zero(d)), one, a));
  return one;
}

template <Activation g, class S>
void rnn_forward_with(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                      const RnnForward<S>& pass) {
  const Tag<S> d;
  const Layout& layout = packed.layout;
  const Index width = layout.width(), lanes = layout.lanes;
  const StepReader<S> a0(own_samples(scratch, pass.a0), scratch.slots[1]);
  const StepWriter<S> a(own_samples(scratch, pass.a), scratch.state_slots[0]);
  forward_steps(
      packed, scratch, own_samples(scratch, pass.x), a0.at(0),
      [&](Index t) { return constant(a.at(t)); },
      [&](Index t, Index from, Index to, const S* z_of_blocks) HWY_ATTR {
        const Matrix<S> at = a.at(t);
        for (Index j = 0; j < scratch.m; ++j)
          for (Index block = from; block < to; ++block) {
            const Index units = layout.units(block);
            const S* z = z_of_blocks + ((block - from) * scratch.m + j) * width;
            S* column = at.column(j) + block * width;
            for (Index i = 0; i < units; i += lanes)
              store_units<S>(activation<g>(d, hn::Load(d, z + i)), column + i, units - i);
          }
      },
      [&](Index t) { a.done(t); });
}

template <Activation g, class S>
void rnn_backward_with(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                       const RnnBackward<S>& pass) {
  const Tag<S> d;
  const Layout& layout = packed.layout;
  const Index width = layout.width(), lanes = layout.lanes, m = scratch.m;
  const Range blocks = scratch.blocks_of_units;
  const StepReader<S> a(own_samples(scratch, pass.a), scratch.slots[1]);
  const StepReader<S> da(own_samples(scratch, pass.da), scratch.slots[2]);
  backward_steps(
      packed, scratch, pass.x, pass.a0, pass.a, pass.dx, pass.da0, pass.weights, pass.part,
      [&](Index t, Index step) HWY_ATTR {
        const Matrix<const S> at = a.at(t), dat = da.at(t);
        for (Index j = 0; j < m; ++j)
          for (Index block = blocks.first; block < blocks.last; ++block) {
            const Index first = block * width, units = layout.units(block);
            const Index sample = scratch.first_sample + j;
            const S* da_prev = scratch.da_prev + (block * scratch.batch + sample) * width;
            S* dz = dz_of(layout, scratch, block, step) + sample * width;
            for (Index i = 0; i < units; i += lanes) {
              const Index left = units - i;
              // a<t> feeds the loss of step t and, through a<t+1>, every later loss: the
              // two add.
              const auto da_next =
                  hn::Add(load_units(dat.column(j) + first + i, left), hn::Load(d, da_prev + i));
              const auto dz_i =
                  hn::Mul(slope<g>(d, load_units(at.column(j) + first + i, left)), da_next);
              hn::Store(existing<S>(dz_i, left), d, dz + i);
            }
          }
      });
}

template <class S>
void rnn_forward(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                 const RnnForward<S>& pass) {
  switch (pass.g) {
    case Activation::tanh: return rnn_forward_with<Activation::tanh>(packed, scratch, pass);
    case Activation::relu: return rnn_forward_with<Activation::relu>(packed, scratch, pass);
    case Activation::identity: return rnn_forward_with<Activation::identity>(packed, scratch, pass);
  }
}

template <class S>
void rnn_backward(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                  const RnnBackward<S>& pass) {
  switch (pass.g) {
    case Activation::tanh: return rnn_backward_with<Activation::tanh>(packed, scratch, pass);
    case Activation::relu: return rnn_backward_with<Activation::relu>(packed, scratch, pass);
    case Activation::identity:
      return rnn_backward_with<Activation::identity>(packed, scratch, pass);
  }
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
