// tiny-dnn recurrent_layer around rnn_cell (tiny_rnn.cell), gru_cell (gru_before), lstm_cell
// (tiny_lstm.cell). f32. As it is by default, reset_state = true; with -DNO_RESET reset_state =
// false, and all-zero states handed in each time.
#include <memory>
#include "tiny_dnn/tiny_dnn.h"
#include "wrap.hpp"
using namespace tiny_dnn;
using Real = tiny_dnn::float_t;
struct Cell {
  const char* name;
  std::vector<const char*> w, out;
  int states;
};  // in the order of input_order()
static const Cell cells[] = {
    {"tiny_rnn", {"U", "W", "V", "b", "c"}, {"y", "h"}, 1},
    {"gru_before", {"Wz", "Wr", "Wn", "Un", "Uz", "Ur", "bz", "br", "bn"}, {"", "h"}, 1},
    {"tiny_lstm",
     {"Wi", "Wf", "Wc", "Wo", "Ui", "Uf", "Uc", "Uo", "bi", "bf", "bc", "bo"},
     {"o", "h", "c"},
     2}};
struct Session {
  const Cell* c;
  std::unique_ptr<recurrent_layer> l;
  std::vector<tensor_t> in, out;
};

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = sizeof(Real) == 4 ? BPTT_F32 : BPTT_F64;
  o->cells = CELLS;
  o->without =
      "h0 c0 dh0 dc0 dh_T dc_T";  // by default the state is reset, and its gradient not kept
  o->text = "tiny-dnn recurrent_layer";
}
static std::vector<tensor_t*> all(std::vector<tensor_t>& v) {
  std::vector<tensor_t*> p;
  for (auto& t : v) p.push_back(&t);
  return p;
}
extern "C" int32_t bptt_forward(void** s, const bptt_call* c) {
  const int m = size_of(c, "m"), T = size_of(c, "T_x"), nx = size_of(c, "n_x"),
            nh = size_of(c, "n_h");
  if (!*s) {
    auto* n = new Session;
    for (auto& k : cells)
      if (!std::strcmp(k.name, c->cell)) n->c = &k;
    std::shared_ptr<cell> p;
    if (n->c == cells)
      p = std::make_shared<rnn_cell>(nx, nh);
    else if (n->c == cells + 1)
      p = std::make_shared<gru_cell>(nx, nh);
    else
      p = std::make_shared<lstm_cell>(nx, nh);
    recurrent_layer_parameters q;
#ifdef NO_RESET
    q.reset_state = false;
#endif
    n->l = std::make_unique<recurrent_layer>(p, T, q);
    n->l->set_parallelize(false);
    *s = n;
  }
  Session& n = *(Session*)*s;
  const int first = 1 + n.c->states;
  n.in.assign(first + n.c->w.size(), {});
  const Real* x = arr<Real>(c, "x");
  for (int b = 0; b < m * T; ++b)
    n.in[0].emplace_back(x + nx * b, x + nx * (b + 1));  // step by step, sample by sample
  for (int i = 1; i < first; ++i) n.in[i].assign(m * T, vec_t(nh, 0));
  for (size_t q = 0; q < n.c->w.size();
       ++q) {  // (out, in) column-major is tiny-dnn's in * out_size + out
    const auto shape = n.l->in_shape()[first + q].size();
    const Real* w = arr<Real>(c, n.c->w[q]);
    n.in[first + q].assign(1, vec_t(w, w + shape));
  }
  n.out.assign(n.l->out_shape().size(), tensor_t(m * T, vec_t(nh, 0)));
  auto in = all(n.in), out = all(n.out);
  n.l->forward_propagation(in, out);
  for (size_t q = 0; q < n.c->out.size(); ++q)
    for (int b = 0; b < m * T && *n.c->out[q]; ++b)
      std::copy_n(n.out[q][b].data(), nh, arr<Real>(c, n.c->out[q]) + nh * b);
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** s, const bptt_call* c) {
  Session& n = *(Session*)*s;
  const int m = size_of(c, "m"), T = size_of(c, "T_x"), nx = size_of(c, "n_x"),
            nh = size_of(c, "n_h");
  std::vector<tensor_t> dout(n.out.size(), tensor_t(m * T, vec_t(nh, 0))), din(n.in.size());
  const Real* d = arr<Real>(c, n.c == cells ? "dy" : n.c == cells + 1 ? "dh" : "do");
  for (int b = 0; b < m * T; ++b) dout[0][b].assign(d + nh * b, d + nh * (b + 1));
  for (size_t i = 0; i < n.in.size(); ++i)
    din[i].assign(m * T, vec_t(n.l->in_shape()[i].size(), 0));
  auto in = all(n.in), out = all(n.out), po = all(dout), pi = all(din);
  n.l->back_propagation(in, out, po, pi);
  for (int b = 0; b < m * T; ++b) std::copy_n(din[0][b].data(), nx, arr<Real>(c, "dx") + nx * b);
  for (size_t q = 0; q < n.c->w.size();
       ++q) {  // one gradient a sample and step: the optimizer sums them
    char name[8] = "d";
    Real* g = arr<Real>(c, std::strcat(name, n.c->w[q]));
    for (auto& one : din[1 + n.c->states + q])
      for (size_t e = 0; e < one.size(); ++e) g[e] += one[e];
  }
  return BPTT_OK;
}
extern "C" void bptt_close(void* s) { delete (Session*)s; }
