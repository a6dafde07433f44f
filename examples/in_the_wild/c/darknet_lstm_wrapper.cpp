// darknet src/lstm_layer.c on the CPU, f32. As it is: -DAS_IS. With dc_cpu cleared before each
// backward: -DCLEAR_DC.
#include <pthread.h>
#include <stdio.h>
#include <cmath>
#include <cstdlib>
#include "wrap.hpp"
extern "C" {
#include "darknet/include/darknet.h"
#include "darknet/src/lstm_layer.h"
void backward_lstm_layer(layer l, network state);
}
#include <cstdlib>
struct Session {
  layer l;
  int m, T, nx, na;
};
enum { F, I, C, O };
static layer* U(layer& l, int g) { return g == F ? l.uf : g == I ? l.ui : g == C ? l.ug : l.uo; }
static layer* W(layer& l, int g) { return g == F ? l.wf : g == I ? l.wi : g == C ? l.wg : l.wo; }
static const char *const wn[] = {"Wf", "Wi", "Wc", "Wo"}, *const bn[] = {"bf", "bi", "bc", "bo"},
                         *const dwn[] = {"dWf", "dWi", "dWc", "dWo"},
                         *const dbn[] = {"dbf", "dbi", "dbc", "dbo"};

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = BPTT_F32;
  o->cells = "lstm";
  o->without =
      "a0 c0 da0 dc0 dc_T";   // an initial state is there (h_cpu, c_cpu), its gradient is not
  o->absolute_error = 4e-16;  // tanh is (exp(2x)-1)/(exp(2x)+1), in double
  o->text = "darknet lstm_layer.c, CPU";
}
extern "C" int32_t bptt_forward(void** s, const bptt_call* c) {
  const int m = size_of(c, "m"), T = size_of(c, "T_x"), nx = size_of(c, "n_x"),
            na = size_of(c, "n_a");
  if (!*s) {
    auto* n = new Session{make_lstm_layer(m * T, nx, na, T, 0, 0), m, T, nx, na};
    n->l.delta = (float*)calloc(na * m * T,
                                sizeof(float));  // make_lstm_layer allocates it for the GPU alone
    *s = n;
  }
  Session& n = *(Session*)*s;
  layer& l = n.l;
  for (int g = 0; g < 4; ++g) {
    const float* w =
        arr<float>(c, wn[g]);  // (na, na + nx) column-major; darknet: row-major (out, in)
    for (int i = 0; i < na; ++i) {
      for (int j = 0; j < na; ++j) W(l, g)->weights[i * na + j] = w[i + na * j];
      for (int k = 0; k < nx; ++k) U(l, g)->weights[i * nx + k] = w[i + na * (na + k)];
      U(l, g)->biases[i] = arr<float>(c, bn[g])[i];
      W(l, g)->biases[i] = 0;
    }
  }
  std::fill_n(l.h_cpu, na * m, 0.f);
  std::fill_n(l.c_cpu, na * m, 0.f);
  network net = {};
  net.train = 1;
  net.input = arr<float>(c, "x");
  forward_lstm_layer(l, net);
  std::copy_n(l.output, na * m * T, arr<float>(c, "a"));
  std::copy_n(l.cell_cpu, na * m * T, arr<float>(c, "c"));
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** s, const bptt_call* c) {
  Session& n = *(Session*)*s;
  layer& l = n.l;
  const int m = n.m, T = n.T, nx = n.nx, na = n.na;
  std::copy_n(arr<float>(c, "da"), na * m * T, l.delta);
  for (int g = 0; g < 4; ++g)
    for (layer* p : {U(l, g), W(l, g)}) {
      std::fill_n(p->weight_updates, p->inputs * p->outputs, 0.f);
      std::fill_n(p->bias_updates, p->outputs, 0.f);
      std::fill_n(p->delta, na * m * T, 0.f);
    }
#ifdef CLEAR_DC
  std::fill_n(l.dc_cpu, na * m, 0.f);
#endif
#ifdef CLEAR_PREV  // so that step 0 reads zeros wherever T = 1
  std::fill_n(l.prev_cell_cpu, na * m, 0.f);
  std::fill_n(l.prev_state_cpu, na * m, 0.f);
#endif
  network net = {};
  net.train = 1;
  net.input = arr<float>(c, "x");
  net.delta = arr<float>(c, "dx");
  std::fill_n(net.delta, nx * m * T, 0.f);  // darknet adds to it
  backward_lstm_layer(l, net);
  for (int g = 0; g < 4; ++g)
    for (int i = 0; i < na; ++i) {
      float* d = arr<float>(c, dwn[g]);
      for (int j = 0; j < na; ++j) d[i + na * j] += W(l, g)->weight_updates[i * na + j];
      for (int k = 0; k < nx; ++k) d[i + na * (na + k)] += U(l, g)->weight_updates[i * nx + k];
      arr<float>(c, dbn[g])[i] += U(l, g)->bias_updates[i];
    }
  return BPTT_OK;
}
