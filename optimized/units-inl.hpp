// Vectors of units: whole ones, and the last one of a column, of which `count` lanes exist.

#include <hwy/highway.h>

#include <cstring>

#include "core/shape.hpp"

#if defined(BPTT_OPTIMIZED_UNITS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_UNITS_INL
#undef BPTT_OPTIMIZED_UNITS_INL
#else
#define BPTT_OPTIMIZED_UNITS_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

template <class S>
using Tag = hn::ScalableTag<S>;

template <class S>
constexpr Index lanes_of() {
  return static_cast<Index>(hn::MaxLanes(Tag<S>()));
}

template <class S>
HWY_INLINE hn::Vec<Tag<S>> load_units(const S* from, Index count) {
  const Tag<S> d;
  if (count >= lanes_of<S>()) return hn::LoadU(d, from);
#if HWY_TARGET <= HWY_AVX2
  return hn::MaskedLoad(hn::FirstN(d, static_cast<std::size_t>(count)), d, from);
#else
  alignas(64) S lanes[lanes_of<S>()] = {};
  std::memcpy(lanes, from, static_cast<std::size_t>(count) * sizeof(S));
  return hn::Load(d, lanes);
#endif
}

template <class S>
HWY_INLINE void store_units(hn::Vec<Tag<S>> v, S* to, Index count) {
  const Tag<S> d;
  if (count >= lanes_of<S>()) return hn::StoreU(v, d, to);
#if HWY_TARGET <= HWY_AVX2
  hn::BlendedStore(v, hn::FirstN(d, static_cast<std::size_t>(count)), d, to);
#else
  alignas(64) S lanes[lanes_of<S>()];
  hn::Store(v, d, lanes);
  std::memcpy(to, lanes, static_cast<std::size_t>(count) * sizeof(S));
#endif
}

/// v with zeros in the lanes that do not exist.
template <class S>
HWY_INLINE hn::Vec<Tag<S>> existing(hn::Vec<Tag<S>> v, Index count) {
  const Tag<S> d;
  if (count >= lanes_of<S>()) return v;
  return hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(count)), v);
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
