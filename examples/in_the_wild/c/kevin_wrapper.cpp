// kevin-albert/lstm-c- lib/lstm.h, f32, one sample. Its trainer (trump1.cpp) drops the gradient of
// the state before the step, g.S's last segment; the wrapper adds it to the next dh, as lstm.h
// means it. The bias' gradient is g.S's first four segments (trump1.cpp).
#include <string>
#include "wrap.hpp"
#ifdef FIXED
#include "fixed/lstm.h"
#else
#include "lstm.h"
#endif
struct Session {
  Layer l;
  std::vector<Vector> s;
};
static const char gate[] = "cifo";  // the order of W's rows: candidate, input, forget, output
static std::string nm(const char* p, int g) { return std::string(p) + gate[g]; }

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = BPTT_F32 | BPTT_ONE_SAMPLE;
  o->cells = "lstm";
  o->without = "dc_T";
  o->tanh_ulp = 8, o->sigmoid_ulp = 8;
  o->absolute_error = 1.2e-7;  // sigmoid is (1 + tanh(z / 2)) / 2 in f32
  o->text = "kevin-albert/lstm-c-";
}
extern "C" int32_t bptt_forward(void** p, const bptt_call* c) {
  if (!*p) *p = new Session;
  Session& n = *(Session*)*p;
  const long T = size_of(c, "T_x"), nx = size_of(c, "n_x"), na = size_of(c, "n_a");
  n.l = lstm_layer(nx, na);
  for (int g = 0; g < 4; ++g)
    for (long i = 0; i < na; ++i) {
      const float* w = arr<float>(c, nm("W", g).c_str());
      for (long k = 0; k < nx; ++k) n.l.W(g * na + i, k) = w[i + na * (na + k)];
      for (long j = 0; j < na; ++j) n.l.W(g * na + i, nx + j) = w[i + na * j];
      n.l.b(g * na + i) = arr<float>(c, nm("b", g).c_str())[i];
    }
  n.s.assign(T + 1, lstm_state(na));
  for (long i = 0; i < na; ++i)
    n.s[0](4 * na + i) = arr<float>(c, "c0")[i], n.s[0](5 * na + i) = arr<float>(c, "a0")[i];
  for (long t = 0; t < T; ++t) {
    Vector x = Eigen::Map<Vector>(arr<float>(c, "x") + nx * t, nx);
    lstm_forwardpass(n.l, n.s[t], x, n.s[t + 1]);
    for (long i = 0; i < na; ++i)
      arr<float>(c, "c")[i + na * t] = n.s[t + 1](4 * na + i),
                                  arr<float>(c, "a")[i + na * t] = n.s[t + 1](5 * na + i);
  }
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** p, const bptt_call* c) {
  Session& n = *(Session*)*p;
  const long T = size_of(c, "T_x"), nx = size_of(c, "n_x"), na = size_of(c, "n_a");
  Gradients g = lstm_gradients(nx, na);
  for (long t = T - 1; t >= 0; --t) {
    Vector x = Eigen::Map<Vector>(arr<float>(c, "x") + nx * t, nx), dx = Vector::Zero(nx);
    Vector dh =
        Eigen::Map<Vector>(arr<float>(c, "da") + na * t, na) + Vector(g.S.segment(5 * na, na));
    lstm_backwardpass(t < T - 1, n.l, n.s[t + 1], x, n.s[t], dh, g, dx);
    Eigen::Map<Vector>(arr<float>(c, "dx") + nx * t, nx) = dx;
    for (int q = 0; q < 4; ++q)
      for (long i = 0; i < na; ++i) {
        float* w = arr<float>(c, nm("dW", q).c_str());
        for (long k = 0; k < nx; ++k) w[i + na * (na + k)] += g.W(q * na + i, k);
        for (long j = 0; j < na; ++j) w[i + na * j] += g.W(q * na + i, nx + j);
        arr<float>(c, nm("db", q).c_str())[i] += g.S(q * na + i);
      }
  }
  for (long i = 0; i < na; ++i)
    arr<float>(c, "da0")[i] = g.S(5 * na + i), arr<float>(c, "dc0")[i] = g.S(4 * na + i);
  return BPTT_OK;
}
extern "C" void bptt_close(void* p) { delete (Session*)p; }
