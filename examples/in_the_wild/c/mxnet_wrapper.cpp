// apache/mxnet src/operator/rnn_impl.h, the CPU's own kernels (those without oneDNN), f32 and f64:
// rnn (tanh, ReLU), lstm, gru, layers and both directions. mshadow's tensors, linalg_gemm and the
// engine are stood in for by mxnet_parts.hpp.
// -DREQ_PARAMS=kAddTo: grad_req 'add' of the weights; =kNullOp: grad_req 'null'. -DCELLS='"gru
// gru_x2"'
#include <string>
#include "mxnet_parts.hpp"
#include "rnn_impl.h"
#include "wrap.hpp"
#ifndef REQ_PARAMS
#define REQ_PARAMS kWriteTo
#endif
#ifndef CELLS
#define CELLS                                                                             \
  "rnn lstm gru rnn_x2 lstm_x2 gru_x2 lstm_x3 gru_x3 rnn_x3 rnn_both lstm_both gru_both " \
  "rnn_both_x2 lstm_both_x2 gru_both_x2"
#endif
using namespace mxnet::op;
struct Net {  // sizes, and the parameters as MXNet packs them: all weights, then all biases
  std::string base;
  long T, N, I, H, L, D;
  int mode;
  bool lstm, gru;
  long G;
  explicit Net(const bptt_call* c) : base(c->cell) {
    T = size_of(c, "T_x"), N = size_of(c, "m"), I = size_of(c, "n_x"),
    H = std::max(size_of(c, "n_a"), size_of(c, "n_h"));
    L = base.find("_x") == std::string::npos ? 1 : base.back() - '0',
    D = base.find("_both") == std::string::npos ? 1 : 2;
    base = base.substr(0, base.find('_'));
    lstm = base == "lstm", gru = base == "gru",
    G = lstm  ? 4
        : gru ? 3
              : 1,
    mode = std::strcmp(c->activation, "relu") != 0;
  }
  std::string name(long l, long d, const std::string& n) const {
    return (l ? "l" + std::to_string(l + 1) + "_" : "") + (d ? "r_" : "") + n;
  }
  long in(long l) const { return l ? D * H : I; }
  long weights() const {
    long n = 0;
    for (long l = 0; l < L; ++l) n += D * (in(l) + H) * G * H;
    return n;
  }
  // f(element of MXNet's parameters, array's name, index there); the second bias, where the cell
  // has one, or nothing
  template <class F>
  void each(F f) const {
    static const char* const g4[] = {"i", "f", "c", "o"};
    static const char* const g3[] = {"r", "z", "n"};
    long w = 0, b = weights();
    for (long l = 0; l < L; ++l)
      for (long d = 0; d < D; ++d) {
        for (int hidden = 0; hidden < 2; ++hidden)
          for (long g = 0; g < G; ++g)
            for (long i = 0; i < H; ++i)
              for (long k = 0; k < (hidden ? H : in(l)); ++k, ++w) {
                if (lstm)
                  f(w, name(l, d, std::string("W") + g4[g]), i + H * (hidden ? k : H + k));
                else if (gru)
                  f(w, name(l, d, std::string(hidden ? "U" : "W") + g3[g]), i + H * k);
                else
                  f(w, name(l, d, hidden ? "Waa" : "Wax"), i + H * k);
              }
        for (int hidden = 0; hidden < 2; ++hidden)
          for (long g = 0; g < G; ++g)
            for (long i = 0; i < H; ++i, ++b) {
              if (gru && hidden && g == 2)
                f(b, name(l, d, "cn"), i);
              else if (!hidden)
                f(b,
                  name(l, d,
                       lstm  ? std::string("b") + g4[g]
                       : gru ? std::string("b") + g3[g]
                             : "ba"),
                  i);
            }
      }
  }
};
template <class R>
struct Space {
  std::vector<R> ws, rs, w, hx, cx, y, hy, cy;
};
struct Session {
  Space<float> f;
  Space<double> d;
};
template <class R>
Space<R>& space(void* s) {
  if constexpr (sizeof(R) == 4)
    return ((Session*)s)->f;
  else
    return ((Session*)s)->d;
}

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = BPTT_F32 | BPTT_F64 | BPTT_RELU;
  o->cells = CELLS;
#ifdef WITHOUT
  o->without = WITHOUT;
#endif
  o->text = "mxnet rnn_impl.h";
}
template <class R>
void forward(void* s, const bptt_call* c) {
  const Net n(c);
  auto& p = space<R>(s);
  const long big = 64 + n.T * n.N * n.H * 24 * n.L * n.D + n.T * n.H * 32 +
                   n.N * n.H * 32 * n.D;  // more than GetRNN..SpaceSize
  p.ws.assign(big, 0), p.rs.assign(big, 0), p.w.assign(n.weights() + n.L * n.D * 2 * n.G * n.H, 0);
  for (auto* v : {&p.hx, &p.cx, &p.hy, &p.cy}) v->assign(n.L * n.D * n.N * n.H, 0);
  p.y.assign(n.T * n.N * n.H * n.D, 0);
  n.each([&](long e, const std::string& a, long i) { p.w[e] = arr<R>(c, a.c_str())[i]; });
  const std::string st = n.gru ? "h" : "a";
  for (long l = 0; l < n.L; ++l)
    for (long d = 0; d < n.D; ++d) {
      if (const R* h = arr<R>(c, n.name(l, d, st + "0").c_str()))
        std::copy_n(h, n.N * n.H, &p.hx[(l * n.D + d) * n.N * n.H]);
      if (const R* h = arr<R>(c, n.name(l, d, "c0").c_str()))
        std::copy_n(h, n.N * n.H, &p.cx[(l * n.D + d) * n.N * n.H]);
    }
  std::mt19937 rnd;
  R* x = arr<R>(c, "x");
  if (n.lstm)
    LstmForwardTraining<R>(p.ws.data(), p.rs.data(), true, n.L, n.D, n.T, n.N, n.I, n.H, x,
                           p.hx.data(), p.cx.data(), p.w.data(), &p.w[n.weights()], p.y.data(),
                           p.hy.data(), p.cy.data(), 0, rnd);
  else if (n.gru)
    GruForwardTraining<R>(p.ws.data(), p.rs.data(), true, n.L, n.D, n.T, n.N, n.I, n.H, x,
                          p.hx.data(), p.w.data(), p.y.data(), p.hy.data(), 0, rnd);
  else
    VanillaRNNForwardTraining<R>(p.ws.data(), p.rs.data(), true, n.L, n.D, n.T, n.N, n.I, n.H, x,
                                 p.hx.data(), p.w.data(), p.y.data(), p.hy.data(), 0, n.mode, rnd);
  const long step = n.N * n.H, all = n.T * step;  // states of every layer lie in the reserve space
  for (long l = 0; l < n.L; ++l)
    for (long d = 0; d < n.D; ++d) {
      const R* base = n.lstm ? &p.rs[(n.L - 1) * n.D * all + l * n.D * all * 6] : nullptr;
      const R* y =
          n.lstm ? base + 5 * all : &p.rs[(n.gru ? 3 : 1) * n.L * n.D * all + l * n.D * all];
      R *a = arr<R>(c, n.name(l, d, st).c_str()), *cell = arr<R>(c, n.name(l, d, "c").c_str());
      for (long t = 0; t < n.T; ++t) {
        for (long b = 0; b < n.N; ++b)
          std::copy_n(y + ((t * n.N + b) * n.D + d) * n.H, n.H, a + (t * n.N + b) * n.H);
        if (n.lstm)
          std::copy_n(base + (d ? 7 * all + (n.T - 1 - t) * step : t * step), step,
                      cell + t * step);
      }
    }
}
template <class R>
void backward(void* s, const bptt_call* c) {
  const Net n(c);
  auto& p = space<R>(s);
  const std::string st = n.gru ? "h" : "a";
  const long cell = n.N * n.H;
  std::vector<R> dy(p.y.size()), dhy(p.hx.size()), dcy(p.hx.size()), dhx(p.hx.size()),
      dcx(p.hx.size()), dw(p.w.size());
  for (long l = 0; l < n.L; ++l)
    for (long d = 0; d < n.D; ++d) {
      if (const R* u = arr<R>(c, ("d" + n.name(l, d, st) + "_T").c_str()))
        std::copy_n(u, cell, &dhy[(l * n.D + d) * cell]);
      if (const R* u = arr<R>(c, ("d" + n.name(l, d, "c") + "_T").c_str()))
        std::copy_n(u, cell, &dcy[(l * n.D + d) * cell]);
      if (const R* u = arr<R>(c, ("d" + n.name(l, d, st)).c_str()); u && l == n.L - 1)
        for (long t = 0; t < n.T * n.N; ++t)
          std::copy_n(u + t * n.H, n.H, &dy[(t * n.D + d) * n.H]);
    }
  const bool add = REQ_PARAMS == kAddTo;
  if (add)
    n.each([&](long e, const std::string& a, long i) { dw[e] = arr<R>(c, ("d" + a).c_str())[i]; });
  R *x = arr<R>(c, "x"), *dx = arr<R>(c, "dx");
  if (n.lstm)
    LstmBackward<R>(p.ws.data(), p.rs.data(), n.L, n.D, n.T, n.N, n.I, n.H, x, p.hx.data(),
                    p.cx.data(), p.w.data(), p.y.data(), dy.data(), dhy.data(), dcy.data(), dx,
                    dhx.data(), dcx.data(), dw.data(), &dw[n.weights()], kWriteTo, REQ_PARAMS,
                    kWriteTo, kWriteTo, 0);
  else if (n.gru)
    GruBackward<R>(p.ws.data(), p.rs.data(), n.L, n.D, n.T, n.N, n.I, n.H, x, p.hx.data(),
                   p.w.data(), dy.data(), dhy.data(), dx, dhx.data(), dw.data(), kWriteTo,
                   REQ_PARAMS, kWriteTo, 0);
  else
    VanillaRNNBackward<R>(p.ws.data(), p.rs.data(), n.L, n.D, n.T, n.N, n.I, n.H, x, p.hx.data(),
                          p.w.data(), dy.data(), dhy.data(), dx, dhx.data(), dw.data(), kWriteTo,
                          REQ_PARAMS, kWriteTo, 0, n.mode);
  if (REQ_PARAMS != kNullOp)
    n.each([&](long e, const std::string& a, long i) {
      R& o = arr<R>(c, ("d" + a).c_str())[i];
      o = add ? dw[e] : o + dw[e];
    });
  for (long l = 0; l < n.L; ++l)
    for (long d = 0; d < n.D; ++d) {
      if (R* g = arr<R>(c, ("d" + n.name(l, d, st) + "0").c_str()))
        std::copy_n(&dhx[(l * n.D + d) * cell], cell, g);
      if (R* g = arr<R>(c, ("d" + n.name(l, d, "c0")).c_str()))
        std::copy_n(&dcx[(l * n.D + d) * cell], cell, g);
    }
}
extern "C" int32_t bptt_forward(void** s, const bptt_call* c) {
  if (!*s) *s = new Session;
  c->scalar == BPTT_SCALAR_F32 ? forward<float>(*s, c) : forward<double>(*s, c);
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** s, const bptt_call* c) {
  c->scalar == BPTT_SCALAR_F32 ? backward<float>(*s, c) : backward<double>(*s, c);
  return BPTT_OK;
}
extern "C" void bptt_close(void* s) { delete (Session*)s; }
