// darknet src/rnn_layer.c on the CPU, f32; darknet_rnn.cell (tanh), or with -DNO_ACTIVATION
// darknet_rnn_linear.cell.
// -DAS_IS leaves make_rnn_layer's l.state, of one step; else the wrapper gives it steps + 1.
#include <pthread.h>
#include <stdio.h>
#include <cmath>
#include <cstdlib>
#include "wrap.hpp"
extern "C" {
#include "darknet/include/darknet.h"
#include "darknet/src/rnn_layer.h"
}
struct Session {
  layer l;
  int m, T, nx, na;
};
#ifdef NO_ACTIVATION
static const char* const cell = "darknet_rnn_linear";
static const ACTIVATION act = LINEAR;
#else
static const char* const cell = "darknet_rnn";
static const ACTIVATION act = TANH;
#endif
static const char *const wn[] = {"Wi", "Ws", "Wo"}, *const bn[] = {"bi", "bs", "bo"},
                         *const dwn[] = {"dWi", "dWs", "dWo"}, *const dbn[] = {"dbi", "dbs", "dbo"};
static layer* L(layer& l, int g) {
  return g == 0 ? l.input_layer : g == 1 ? l.self_layer : l.output_layer;
}

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = BPTT_F32;
  o->cells = cell;
#ifdef NO_S
  o->without = "s0 ds0 s ds_T";
#else
  o->without = "s0 ds0 ds_T";  // the state is zeroed before each training step
#endif
  o->absolute_error = 4e-16;
  o->text = "darknet rnn_layer.c, CPU";
}
extern "C" int32_t bptt_forward(void** s, const bptt_call* c) {
  const int m = size_of(c, "m"), T = size_of(c, "T_x"), nx = size_of(c, "n_x"),
            na = size_of(c, "n_a");
  if (!*s) {
    auto* n = new Session{make_rnn_layer(m * T, nx, na, T, act, 0, 0), m, T, nx, na};
#ifndef AS_IS
    n->l.state = (float*)calloc(na * m * (T + 1), sizeof(float));
#endif
    *s = n;
  }
  layer& l = ((Session*)*s)->l;
  for (int g = 0; g < 3; ++g)
    for (int i = 0, in = g ? na : nx; i < na; ++i) {
      for (int k = 0; k < in; ++k) L(l, g)->weights[i * in + k] = arr<float>(c, wn[g])[i + na * k];
      L(l, g)->biases[i] = arr<float>(c, bn[g])[i];
    }
  network net = {};
  net.train = 1;
  net.input = arr<float>(c, "x");
  forward_rnn_layer(l, net);
  std::copy_n(l.output, na * m * T, arr<float>(c, "y"));
#ifndef NO_S
  std::copy_n(l.state + na * m, na * m * T, arr<float>(c, "s"));
#endif
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** s, const bptt_call* c) {
  Session& n = *(Session*)*s;
  layer& l = n.l;
  const int m = n.m, T = n.T, nx = n.nx, na = n.na;
  network net = {};
  net.train = 1;
  net.input = arr<float>(c, "x");
  forward_rnn_layer(l, net);  // backward writes into the states and deltas that it reads
  for (int g = 0; g < 3; ++g) {
    std::fill_n(L(l, g)->weight_updates, L(l, g)->inputs * na, 0.f);
    std::fill_n(L(l, g)->bias_updates, na, 0.f);
  }
  std::copy_n(arr<float>(c, "dy"), na * m * T, l.delta);
  net.delta = arr<float>(c, "dx");
  std::fill_n(net.delta, nx * m * T, 0.f);  // darknet adds to it
  backward_rnn_layer(l, net);
  for (int g = 0; g < 3; ++g)
    for (int i = 0, in = g ? na : nx; i < na; ++i) {
      for (int k = 0; k < in; ++k)
        arr<float>(c, dwn[g])[i + na * k] += L(l, g)->weight_updates[i * in + k];
      arr<float>(c, dbn[g])[i] += L(l, g)->bias_updates[i];
    }
  return BPTT_OK;
}
