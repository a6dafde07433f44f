// yandex/faster-rnnlm layers/*.cc: GRU (faster_gru.cell), simple (faster_simple.cell), SCRN
// (faster_scrn.cell); f32, or f64 by -DUSE_DOUBLE.
#include <memory>
#include "faster-rnnlm/layers/activation_functions.h"
#include "faster-rnnlm/layers/gru_layer.h"
#include "faster-rnnlm/layers/scrn_layer.h"
#include "faster-rnnlm/layers/simple_layer.h"
#include "wrap.hpp"
#ifndef CELL
#define CELL "faster_gru"
#endif
using Names = std::vector<const char*>;  // matrices, then vectors, as the library lists them
static const std::string cell = CELL;
static const Names names = cell == "faster_gru"
                               ? Names{"Ir", "Wr", "Iu", "Wu", "Iq", "Wq", "br", "bu"}
                           : cell == "faster_scrn" ? Names{"B", "R", "A", "H", "d"}
                                                   : Names{"W", "V"};
struct Part {
  const char *x, *h, *dx, *dh;
  int n;
};  // of the rows of input and output
struct Session {
  std::unique_ptr<IRecLayer> l;
  std::unique_ptr<IRecUpdater> u;
  std::vector<Part> parts;
};

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = (sizeof(Real) == 4 ? BPTT_F32 : BPTT_F64) | BPTT_ONE_SAMPLE | BPTT_FEWER_LOSSES |
             (cell == "faster_simple" ? BPTT_RELU : 0);
  o->cells = CELL;
  o->without = "h0 dh0 c0 s0 dc0 ds0";  // h_{-1} = 0
  o->sigmoid_ulp = 6;                   // exp(z) / (1 + exp(z))
  o->text = "yandex/faster-rnnlm layers";
}
extern "C" int32_t bptt_forward(void** s, const bptt_call* c) {
  const int T = size_of(c, "T_x"), nh = size_of(c, "n_h"), nc = size_of(c, "n_c");
  if (!*s) {
    auto* n = new Session;
    if (cell == "faster_gru")
      n->l.reset(new GRULayer(nh, true, true));
    else if (cell == "faster_scrn")
      n->l.reset(new SCRNLayer(nh + nc, nc, true));
    else if (!std::strcmp(c->activation, "relu"))
      n->l.reset(new SimpleRecurrentLayer(nh, true, new ReLUActivation));
    else
      n->l.reset(new SimpleRecurrentLayer(nh, true, new TanhActivation));
    n->u.reset(n->l->CreateUpdater());
    if (cell == "faster_scrn")
      n->parts = {{"xc", "c", "dxc", "dc", nc}, {"xs", "s", "dxs", "ds", nh}};
    else
      n->parts = {{"x", "h", "dx", "dh", nh}};
    *s = n;
  }
  Session& n = *(Session*)*s;
  size_t q = 0;
  for (auto* w : n.l->GetWeights()->GetMatrices())
    for (long k = 0, e = (++q, 0); k < w->cols(); ++k)
      for (long i = 0; i < w->rows(); ++i) (*w)(i, k) = arr<Real>(c, names[q - 1])[e++];
  for (auto* w : n.l->GetWeights()->GetVectors()) {
    for (long i = 0; i < w->size(); ++i) (*w)(i) = arr<Real>(c, names[q])[i];
    ++q;
  }
  int first = 0;
  for (auto& p : n.parts) {
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < p.n; ++i)
        n.u->GetInputMatrix()(t, first + i) = arr<Real>(c, p.x)[i + p.n * t];
    first += p.n;
  }
  n.u->ForwardSequence(T);
  first = 0;
  for (auto& p : n.parts) {
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < p.n; ++i)
        arr<Real>(c, p.h)[i + p.n * t] = n.u->GetOutputMatrix()(t, first + i);
    first += p.n;
  }
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** s, const bptt_call* c) {
  Session& n = *(Session*)*s;
  const int T = size_of(c, "T_da");
  int first = 0;
  for (auto& p : n.parts) {
    const Real* d =
        arr<Real>(c, p.dh);  // of a state that is no output: a gradient of its last step alone
    const Real* last = arr<Real>(c, (std::string(p.dh) + "_T").c_str());
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < p.n; ++i)
        n.u->GetOutputGradMatrix()(t, first + i) = d                    ? d[i + p.n * t]
                                                   : last && t == T - 1 ? last[i]
                                                                        : Real(0);
    first += p.n;
  }
  n.u->BackwardSequence(T, 0, 0, 0);  // bptt = 0: no truncation
  first = 0;
  for (auto& p : n.parts) {
    for (int t = 0; t < T; ++t)
      for (int i = 0; i < p.n; ++i)
        arr<Real>(c, p.dx)[i + p.n * t] = n.u->GetInputGradMatrix()(t, first + i);
    first += p.n;
  }
  size_t q = 0;
  for (auto* w : n.u->GetMatrices()) {
    Real* d = arr<Real>(c, ("d" + std::string(names[q++])).c_str());
    for (long k = 0, e = 0; k < w->W().cols(); ++k)
      for (long i = 0; i < w->W().rows(); ++i) d[e++] += (*w->GetGradients())(i, k);
  }
  for (auto* w : n.u->GetVectors()) {
    Real* d = arr<Real>(c, ("d" + std::string(names[q++])).c_str());
    for (long i = 0; i < w->W().size(); ++i) d[i] += (*w->GetGradients())(i);
  }
  return BPTT_OK;
}
extern "C" void bptt_close(void* s) { delete (Session*)s; }
