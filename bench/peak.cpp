#include "bench/peak.hpp"

#include <algorithm>
#include <chrono>

namespace bptt::bench {
namespace {

#if defined(__AVX512F__)
constexpr int vector_bytes = 64;
#elif defined(__AVX__)
constexpr int vector_bytes = 32;
#else
constexpr int vector_bytes = 16;
#endif

template <class S>
struct Simd;
template <>
struct Simd<float> {
  typedef float type __attribute__((vector_size(vector_bytes)));
};
template <>
struct Simd<double> {
  typedef double type __attribute__((vector_size(vector_bytes)));
};

// Two units with a latency of four cycles need eight independent sums; ten fit 16 registers.
constexpr int sums = 10, steps = 20000, runs = 50;

/// `steps` multiply-adds on each of `sums` registers; the result only keeps them alive.
template <class S>
double multiply_add(S factor, S term) {
  typename Simd<S>::type sum[sums] = {}, factors = {}, terms = {};
  factors += factor;
  terms += term;
  for (int k = 0; k < sums; ++k) sum[k] += static_cast<S>(k);
  for (int step = 0; step < steps; ++step)
    for (int k = 0; k < sums; ++k) sum[k] = sum[k] * factors + terms;
  for (int k = 1; k < sums; ++k) sum[0] += sum[k];
  return static_cast<double>(sum[0][0]);
}

}  // namespace

template <class S>
double peak_gflops() {
  using Clock = std::chrono::steady_clock;
  // Read through volatile, so that nothing is computed ahead of time.
  volatile S factor = S(0.999), term = S(0.001);
  volatile double kept = 0;
  double best = 1e9;
  for (int run = 0; run < runs; ++run) {
    const auto start = Clock::now();
    kept = multiply_add<S>(factor, term);
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  static_cast<void>(kept);
  const double lanes = static_cast<double>(vector_bytes) / sizeof(S);
  return 2 * lanes * sums * steps / best / 1e9;
}

template double peak_gflops<float>();
template double peak_gflops<double>();

}  // namespace bptt::bench
