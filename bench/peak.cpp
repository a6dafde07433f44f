// Compiled once for each instruction set; the best that this machine has is measured.
#include "bench/peak.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/peak.cpp"
#include <hwy/foreach_target.h>  // includes this file again, once for each target
#include <hwy/highway.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <vector>

HWY_BEFORE_NAMESPACE();
namespace bptt::bench::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// `steps` multiply-adds on each of ten sums: two units with a latency of four cycles need eight,
/// and ten fit the 16 registers of the smaller sets. The result only keeps them alive.
template <class S>
double multiply_adds(S factor, S term, long steps) {
  const hn::ScalableTag<S> d;
  const auto f = hn::Set(d, factor), t = hn::Set(d, term);
  auto s0 = hn::Set(d, S(0)), s1 = hn::Set(d, S(1)), s2 = hn::Set(d, S(2)), s3 = hn::Set(d, S(3));
  auto s4 = hn::Set(d, S(4)), s5 = hn::Set(d, S(5)), s6 = hn::Set(d, S(6)), s7 = hn::Set(d, S(7));
  auto s8 = hn::Set(d, S(8)), s9 = hn::Set(d, S(9));
  for (long step = 0; step < steps; ++step) {
    s0 = hn::MulAdd(s0, f, t);
    s1 = hn::MulAdd(s1, f, t);
    s2 = hn::MulAdd(s2, f, t);
    s3 = hn::MulAdd(s3, f, t);
    s4 = hn::MulAdd(s4, f, t);
    s5 = hn::MulAdd(s5, f, t);
    s6 = hn::MulAdd(s6, f, t);
    s7 = hn::MulAdd(s7, f, t);
    s8 = hn::MulAdd(s8, f, t);
    s9 = hn::MulAdd(s9, f, t);
  }
  const auto sum = hn::Add(hn::Add(hn::Add(s0, s1), hn::Add(s2, s3)),
                           hn::Add(hn::Add(hn::Add(s4, s5), hn::Add(s6, s7)), hn::Add(s8, s9)));
  return static_cast<double>(hn::GetLane(sum));
}

template <class S>
double measured_peak() {
  using Clock = std::chrono::steady_clock;
  constexpr long steps = 20000, runs = 50;
  // Read through volatile, so that nothing is computed ahead of time.
  volatile S factor = S(0.999), term = S(0.001);
  volatile double kept = 0;
  double best = 1e9;
  for (int run = 0; run < runs; ++run) {
    const auto start = Clock::now();
    kept = multiply_adds<S>(factor, term, steps);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  static_cast<void>(kept);
  const auto lanes = static_cast<double>(hn::Lanes(hn::ScalableTag<S>()));
  return 2 * lanes * 10 * steps / best / 1e9;
}

double peak_f32() { return measured_peak<float>(); }
double peak_f64() { return measured_peak<double>(); }

}  // namespace bptt::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace bptt::bench {

HWY_EXPORT(peak_f32);
HWY_EXPORT(peak_f64);

double copy_gbytes_per_second() {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t bytes = std::size_t{128} << 20U;
  const std::vector<char> from(bytes, 1);
  std::vector<char> to(bytes);
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {
    const auto start = Clock::now();
    std::memcpy(to.data(), from.data(), bytes);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return 2 * static_cast<double>(bytes) / best / 1e9;
}

template <>
double peak_gflops<float>() {
  return HWY_DYNAMIC_DISPATCH(peak_f32)();
}
template <>
double peak_gflops<double>() {
  return HWY_DYNAMIC_DISPATCH(peak_f64)();
}

}  // namespace bptt::bench
#endif
