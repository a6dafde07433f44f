// The diagonal scan h<t> = a<t> h<t-1> + b<t>, as threads do it: bptt-verify check ./libscan.so
//
//     c++ -std=c++17 -O2 -fPIC -shared -pthread -I PREFIX/include scan.cpp -o libscan.so
//
// The steps are cut into one chunk for each thread. Each thread scans its chunk as if the state
// before it were zero and keeps the products of its a; then the chunks' last states are carried
// over, one after another, and each thread adds what was carried to its own steps. Backward is the
// same scan from the last step to the first: g<t> = dh<t> + a<t+1> g<t+1>. BPTT_SCAN_THREADS says
// how many threads there are; 3 if it does not. Takes dense arrays only and keeps no session.
#include <bptt_subject.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

// What a step has: n_h * m numbers, which do not know of one another.
template <class S>
struct Steps {
  S* data;
  std::int64_t width;
  S* operator[](std::int64_t t) const { return data + t * width; }
};

/// Without data if it is not there: a gradient that is not asked for.
template <class S>
Steps<S> array(const bptt_call& call, const char* name) {
  for (int k = 0; k < call.array_count; ++k) {
    const bptt_named_array& array = call.arrays[k];
    if (std::strcmp(array.name, name) == 0)
      return {static_cast<S*>(array.data), array.extent[0] * array.extent[1]};
  }
  return {nullptr, 0};
}

std::int64_t size(const bptt_call& call, const char* name) {
  for (int k = 0; k < call.size_count; ++k)
    if (std::strcmp(call.sizes[k].name, name) == 0) return call.sizes[k].value;
  throw std::invalid_argument(std::string("there is no size ") + name);
}

std::int64_t threads() {
  const char* said = std::getenv("BPTT_SCAN_THREADS");
  return said != nullptr ? std::max(1L, std::atol(said)) : 3;
}

// y_0 = r_0 before + z_0, y_k = r_k y_{k-1} + z_k over `length` steps. r(k), z(k), y(k) are the
// k-th step's numbers, as the scan comes to them; r(0) may be nullptr for ones.
template <class S, class R, class Z, class Y>
void scan(std::int64_t length, std::int64_t width, const S* before, const R& r, const Z& z,
          const Y& y) {
  const std::int64_t count = std::min(threads(), length);
  const auto begin_of = [&](std::int64_t chunk) { return chunk * length / count; };
  std::vector<S> products(static_cast<std::size_t>(length * width));
  const auto product = [&](std::int64_t k) { return products.data() + k * width; };
  const auto in_each_chunk = [&](const auto& work) {
    std::vector<std::thread> running;
    for (std::int64_t chunk = 1; chunk < count; ++chunk) running.emplace_back(work, chunk);
    work(0);
    for (std::thread& thread : running) thread.join();
  };

  in_each_chunk([&](std::int64_t chunk) {
    const std::int64_t first = begin_of(chunk), end = begin_of(chunk + 1);
    for (std::int64_t k = first; k < end; ++k)
      for (std::int64_t e = 0; e < width; ++e) {
        const S factor = r(k) != nullptr ? r(k)[e] : S(1);
        product(k)[e] = k > first ? product(k - 1)[e] * factor : factor;
        y(k)[e] = k > first ? factor * y(k - 1)[e] + z(k)[e] : z(k)[e];
      }
  });
  // What is carried into each chunk: the last state of the one before, with what came into that.
  std::vector<S> carried(static_cast<std::size_t>(count * width), S(0));
  if (before != nullptr) std::copy(before, before + width, carried.begin());
  for (std::int64_t chunk = 1; chunk < count; ++chunk) {
    const std::int64_t last = begin_of(chunk) - 1;
    S* to = carried.data() + chunk * width;
    const S* from = to - width;
    for (std::int64_t e = 0; e < width; ++e) to[e] = y(last)[e] + product(last)[e] * from[e];
  }
  in_each_chunk([&](std::int64_t chunk) {
    const S* from = carried.data() + chunk * width;
    for (std::int64_t k = begin_of(chunk); k < begin_of(chunk + 1); ++k)
      for (std::int64_t e = 0; e < width; ++e) y(k)[e] += product(k)[e] * from[e];
  });
}

template <class S>
void forward(const bptt_call& call) {
  const auto a = array<S>(call, "a"), b = array<S>(call, "b"), h0 = array<S>(call, "h0"),
             h = array<S>(call, "h");
  scan<S>(
      size(call, "T_x"), h.width, h0.data, [&](auto t) { return a[t]; },
      [&](auto t) { return b[t]; }, [&](auto t) { return h[t]; });
}

template <class S>
void backward(const bptt_call& call) {
  const auto a = array<S>(call, "a"), h0 = array<S>(call, "h0"), h = array<S>(call, "h"),
             dh = array<S>(call, "dh"), da = array<S>(call, "da"), dh0 = array<S>(call, "dh0");
  auto db = array<S>(call, "db");
  const std::int64_t T = size(call, "T_da");
  const auto step = [&](std::int64_t k) { return T - 1 - k; };
  // db is g itself: what reaches h<t> from its own loss and from all later ones.
  std::vector<S> g(db.data == nullptr ? static_cast<std::size_t>(T * h.width) : 0);
  if (db.data == nullptr) db = {g.data(), h.width};
  scan<S>(
      T, h.width, nullptr, [&](auto k) { return k > 0 ? a[step(k) + 1] : nullptr; },
      [&](auto k) { return dh[step(k)]; }, [&](auto k) { return db[step(k)]; });
  for (std::int64_t t = 0; t < T && da.data != nullptr; ++t)
    for (std::int64_t e = 0; e < h.width; ++e)
      da[t][e] = db[t][e] * (t > 0 ? h[t - 1][e] : h0.data[e]);
  for (std::int64_t e = 0; e < h.width && dh0.data != nullptr; ++e)
    dh0.data[e] = a[0][e] * db[0][e];
}

}  // namespace

extern "C" {

std::int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }

void bptt_subject_describe(bptt_description* out) {
  out->flags = BPTT_F32 | BPTT_F64 | BPTT_FEWER_LOSSES | BPTT_SOME_GRADIENTS;
  out->cells = "scan";
  out->text = "the diagonal scan in chunks, one for each thread";
}

std::int32_t bptt_forward(void**, const bptt_call* call) {
  call->scalar == BPTT_SCALAR_F32 ? forward<float>(*call) : forward<double>(*call);
  return BPTT_OK;
}

std::int32_t bptt_backward(void**, const bptt_call* call) {
  call->scalar == BPTT_SCALAR_F32 ? backward<float>(*call) : backward<double>(*call);
  return BPTT_OK;
}
}
