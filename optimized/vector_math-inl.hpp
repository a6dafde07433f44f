// tanh and sigmoid on vectors, for each instruction set that is compiled for.
// Their errors: every_float_test.cpp measures each f32, vector_math_test.cpp samples f64, and
// vector_math_bound_test.cpp adds up what the roundings of the formulas can be at most.
// Deliberately no table and no branch: a lane costs the same whatever its neighbours hold.

#include <hwy/highway.h>

// Included once for each target (hwy/foreach_target.h).
#if defined(BPTT_OPTIMIZED_VECTOR_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BPTT_OPTIMIZED_VECTOR_MATH_INL
#undef BPTT_OPTIMIZED_VECTOR_MATH_INL
#else
#define BPTT_OPTIMIZED_VECTOR_MATH_INL
#endif

HWY_BEFORE_NAMESPACE();
namespace bptt::optimized::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// What the exponential needs of a scalar: y = n ln2 + r, |r| <= ln2 / 2, expm1(r) by its Taylor
/// series r + r^2 (1/2! + r/3! + ..), whose first neglected term is below u / 4 of the result.
template <class S>
struct ExpConstants;
template <>
struct ExpConstants<float> {
  static constexpr float round = 0x1.8p23F;  // adding it leaves round(value) in the low bits
  static constexpr float log2e = 0x1.715476p+0F, ln2_hi = 0x1.62e4p-1F, ln2_lo = 0x1.7f7d1cp-20F;
  static constexpr float coefficients[] = {1.0F / 40320, 1.0F / 5040, 1.0F / 720, 1.0F / 120,
                                           1.0F / 24,    1.0F / 6,    0.5F};
  static constexpr int mantissa = 23, bias = 127;
  static constexpr float tanh_is_one = 10, exp_is_zero = 104;
  static constexpr float lift = 0x1p64F, lower = 0x1p-64F;
};
template <>
struct ExpConstants<double> {
  static constexpr double round = 0x1.8p52;
  static constexpr double log2e = 0x1.71547652b82fep+0;
  static constexpr double ln2_hi = 0x1.62e42fefa3800p-1, ln2_lo = 0x1.ef35793c76730p-45;
  static constexpr double coefficients[] = {
      1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800, 1.0 / 362880, 1.0 / 40320,
      1.0 / 5040,       1.0 / 720,       1.0 / 120,      1.0 / 24,      1.0 / 6,      0.5};
  static constexpr int mantissa = 52, bias = 1023;
  static constexpr double tanh_is_one = 20, exp_is_zero = 746;
  static constexpr double lift = 0x1p128, lower = 0x1p-128;
};

/// exp(y) = scale (1 + p) / lift, p = expm1(r). |y| must not exceed what the callers clamp it to.
template <class D, class V = hn::Vec<D>>
HWY_INLINE void exp_parts(D d, V y, hn::TFromD<D> lift, V& scale, V& p) {
  using S = hn::TFromD<D>;
  using C = ExpConstants<S>;
  const hn::RebindToSigned<D> di;
  const V round = hn::Set(d, C::round);
  const V shifted = hn::MulAdd(y, hn::Set(d, C::log2e), round);
  const V n = hn::Sub(shifted, round);
  V r = hn::NegMulAdd(n, hn::Set(d, C::ln2_hi), y);
  r = hn::NegMulAdd(n, hn::Set(d, C::ln2_lo), r);
  V q = hn::Set(d, C::coefficients[0]);
  for (std::size_t k = 1; k < std::size(C::coefficients); ++k)
    q = hn::MulAdd(q, r, hn::Set(d, C::coefficients[k]));
  p = hn::MulAdd(hn::Mul(r, r), q, r);
  // n stands in the low bits of `shifted`; what is above them is shifted out.
  const auto exponent = hn::ShiftLeft<C::mantissa>(hn::BitCast(di, shifted));
  scale = hn::BitCast(d, hn::Add(exponent, hn::BitCast(di, hn::Set(d, lift))));
}

/// min(value, limit), but NaN stays NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V at_most(D d, V value, hn::TFromD<D> limit) {
  const V most = hn::Set(d, limit);
  return hn::IfThenElse(hn::Gt(value, most), most, value);
}

/// tanh(x) = t / (t + 2), t = expm1(2 |x|), with the sign of x. Within 3 ULP, f32 within 2.5;
/// NaN for NaN, the sign of zero kept, subnormal arguments returned.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_tanh(D d, V x) {
  using S = hn::TFromD<D>;
  V y = at_most(d, hn::Abs(x), ExpConstants<S>::tanh_is_one);
  y = hn::Add(y, y);
  V scale, p;
  exp_parts(d, y, S(1), scale, p);
  const V t = hn::MulAdd(scale, p, hn::Sub(scale, hn::Set(d, S(1))));
  return hn::CopySign(hn::Div(t, hn::Add(t, hn::Set(d, S(2)))), x);
}

/// sigmoid(x) = e / (1 + e) for x < 0, 1 / (1 + e) else, e = exp(-|x|): no overflow, and small
/// results keep their digits. Within 2.5 ULP (f32, f64), subnormal results too; NaN for NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vector_sigmoid(D d, V x) {
  using S = hn::TFromD<D>;
  using C = ExpConstants<S>;
  const V one = hn::Set(d, S(1));
  const V y = hn::Neg(at_most(d, hn::Abs(x), C::exp_is_zero));
  V scale, p;
  exp_parts(d, y, C::lift, scale, p);
  const V e = hn::Mul(hn::MulAdd(scale, p, scale), hn::Set(d, C::lower));
  const V numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one);
  return hn::Div(numerator, hn::Add(one, e));
}

}  // namespace bptt::optimized::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
