// The LSTM's element-wise part, for one instruction set. A block's vectors are f i c o.
//   forward    c<t> = ft c<t-1> + it cct,  a<t> = ot tanh(c<t>)
//   backward   the same lines reversed; tanh(c<t>) is computed again rather than kept

#include "optimized/stacked-inl.hpp"
#include "optimized/vector_math-inl.hpp"

#if defined(BPTT_OPTIMIZED_LSTM_PASSES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_LSTM_PASSES_INL
#undef BPTT_OPTIMIZED_LSTM_PASSES_INL
#else
#define BPTT_OPTIMIZED_LSTM_PASSES_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class S>
void lstm_forward(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                  const LstmForward<S>& pass) {
  const Tag<S> d;
  const Layout& layout = packed.layout;
  const Index width = layout.width(), lanes = layout.lanes, m = scratch.m;
  const StepReader<S> a0(own_samples(scratch, pass.a0), scratch.slots[6]);
  const StepReader<S> c0(own_samples(scratch, pass.c0), scratch.slots[7]);
  const LstmStates<S>& out = pass.states;
  const StepWriter<S> a(own_samples(scratch, out.a), scratch.state_slots[0]);
  const StepWriter<S> c(own_samples(scratch, out.c), scratch.state_slots[1]);
  const StepWriter<S> ft(own_samples(scratch, out.ft), scratch.state_slots[2]);
  const StepWriter<S> it(own_samples(scratch, out.it), scratch.state_slots[3]);
  const StepWriter<S> cct(own_samples(scratch, out.cct), scratch.state_slots[4]);
  const StepWriter<S> ot(own_samples(scratch, out.ot), scratch.state_slots[5]);
  forward_steps(
      packed, scratch, own_samples(scratch, pass.x), a0.at(0),
      [&](Index t) { return constant(a.at(t)); },
      [&](Index t, Index from, Index to, const S* z_of_blocks) HWY_ATTR {
        const Matrix<const S> c_prev = t == 0 ? c0.at(0) : constant(c.at(t - 1));
        const Matrix<S> a_t = a.at(t), c_t = c.at(t), f_t = ft.at(t), i_t = it.at(t),
                        cc_t = cct.at(t), o_t = ot.at(t);
        for (Index j = 0; j < m; ++j)
          for (Index block = from; block < to; ++block) {
            const Index first = block * lanes, units = layout.units(block);
            const S* z = z_of_blocks + ((block - from) * m + j) * width;
            const auto f = vector_sigmoid(d, hn::Load(d, z));
            const auto i = vector_sigmoid(d, hn::Load(d, z + lanes));
            const auto cc = vector_tanh(d, hn::Load(d, z + 2 * lanes));
            const auto o = vector_sigmoid(d, hn::Load(d, z + 3 * lanes));
            const auto c_next =
                hn::MulAdd(f, load_units(c_prev.column(j) + first, units), hn::Mul(i, cc));
            store_units<S>(f, f_t.column(j) + first, units);
            store_units<S>(i, i_t.column(j) + first, units);
            store_units<S>(cc, cc_t.column(j) + first, units);
            store_units<S>(o, o_t.column(j) + first, units);
            store_units<S>(c_next, c_t.column(j) + first, units);
            store_units<S>(hn::Mul(o, vector_tanh(d, c_next)), a_t.column(j) + first, units);
          }
      },
      [&](Index t) {
        for (const StepWriter<S>* written : {&a, &c, &ft, &it, &cct, &ot}) written->done(t);
      });
}

template <class S>
void lstm_backward(const PackedWeights<S>& packed, const Scratch<S>& scratch,
                   const LstmBackward<S>& pass) {
  const Tag<S> d;
  const Layout& layout = packed.layout;
  const Index width = layout.width(), lanes = layout.lanes, m = scratch.m;
  const Range blocks = scratch.blocks_of_units;
  const LstmStates<const S>& s = pass.states;
  const StepReader<S> c0(own_samples(scratch, pass.c0), scratch.slots[1]);
  const StepReader<S> c_prevs(own_samples(scratch, s.c), scratch.slots[1]);
  const StepReader<S> c(own_samples(scratch, s.c), scratch.slots[2]);
  const StepReader<S> ft(own_samples(scratch, s.ft), scratch.slots[3]);
  const StepReader<S> it(own_samples(scratch, s.it), scratch.slots[4]);
  const StepReader<S> cct(own_samples(scratch, s.cct), scratch.slots[5]);
  const StepReader<S> ot(own_samples(scratch, s.ot), scratch.slots[6]);
  const StepReader<S> da(own_samples(scratch, pass.da), scratch.slots[7]);
  // The member's first column of a block of dc.
  const auto dc_of = [&](Index block) {
    return scratch.dc + (block * scratch.batch + scratch.first_sample) * lanes;
  };
  /// visit(dc of the units of a block for one sample, first unit, sample, units).
  const auto for_each_dc = [&](auto&& visit) {
    for (Index block = blocks.first; block < blocks.last; ++block)
      for (Index j = 0; j < m; ++j)
        visit(dc_of(block) + j * lanes, block * lanes, scratch.first_sample + j,
              layout.units(block));
  };
  if (pass.part.first)
    for_each_dc([&](S* dc, Index unit, Index sample, Index units) {
      read_units(pass.dc_T, unit, sample, units, dc);
    });

  backward_steps(packed, scratch, pass.x, pass.a0, s.a, pass.dx, pass.da0, pass.weights, pass.part,
                 [&](Index t, Index step) HWY_ATTR {
                   const Matrix<const S> c_prev_t = t == 0 ? c0.at(0) : c_prevs.at(t - 1),
                                         c_t = c.at(t), f_t = ft.at(t), i_t = it.at(t),
                                         cc_t = cct.at(t), o_t = ot.at(t), da_t = da.at(t);
                   const auto one = hn::Set(d, S(1));
                   for (Index block = blocks.first; block < blocks.last; ++block) {
                     const Index first = block * lanes, units = layout.units(block);
                     // da_prev is in panels of four vectors of units.
                     const S* da_prev =
                         scratch.da_prev +
                         (block / panel_vectors * scratch.batch + scratch.first_sample) * width +
                         block % panel_vectors * lanes;
                     S* dz = dz_of(layout, scratch, block, step) + scratch.first_sample * width;
                     S* dc = dc_of(block);
                     for (Index j = 0; j < m; ++j, dz += width, dc += lanes, da_prev += width) {
                       // a<t> feeds the loss of step t and, through a<t+1>, every later loss: the
                       // two add.
                       const auto da_next = hn::Add(load_units(da_t.column(j) + first, units),
                                                    existing<S>(hn::Load(d, da_prev), units));
                       const auto f = load_units(f_t.column(j) + first, units);
                       const auto i = load_units(i_t.column(j) + first, units);
                       const auto cc = load_units(cc_t.column(j) + first, units);
                       const auto o = load_units(o_t.column(j) + first, units);
                       const auto c_prev = load_units(c_prev_t.column(j) + first, units);
                       const auto th = vector_tanh(d, load_units(c_t.column(j) + first, units));

                       const auto through_a =
                           hn::Mul(hn::Mul(da_next, o), hn::NegMulAdd(th, th, one));
                       const auto dct = hn::Add(existing<S>(hn::Load(d, dc), units), through_a);
                       const auto dzf = hn::Mul(hn::Mul(dct, c_prev), hn::Mul(f, hn::Sub(one, f)));
                       const auto dzi = hn::Mul(hn::Mul(dct, cc), hn::Mul(i, hn::Sub(one, i)));
                       const auto dzc = hn::Mul(hn::Mul(dct, i), hn::NegMulAdd(cc, cc, one));
                       const auto dzo = hn::Mul(hn::Mul(da_next, th), hn::Mul(o, hn::Sub(one, o)));
                       hn::Store(dzf, d, dz);
                       hn::Store(dzi, d, dz + lanes);
                       hn::Store(dzc, d, dz + 2 * lanes);
                       hn::Store(dzo, d, dz + 3 * lanes);
                       hn::Store(hn::Mul(dct, f), d, dc);
                     }
                   }
                 });
  if (pass.part.last)
    for_each_dc([&](const S* dc, Index unit, Index sample, Index units) {
      write_units(dc, pass.dc0, unit, sample, units);
    });
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
