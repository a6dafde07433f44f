// hassyGo/N3LP LSTM.cpp (lstm) and GRU.cpp (n3lp_gru.cell), one sample, f64.
#include <cmath>
#include <iostream>
#include "wrap.hpp"
using std::isinf;
using std::isnan;
#include <string>
#include "GRU.hpp"
#include "LSTM.hpp"
template <class M>
void in(const bptt_call* c, const char* n, M& w) {
  w = Eigen::Map<const M>(arr<Real>(c, n), w.rows(), w.cols());
}
template <class M>
void add(const bptt_call* c, const char* n, const M& w) {
  Eigen::Map<M>(arr<Real>(c, n), w.rows(), w.cols()) += w;
}
static VecD at(const bptt_call* c, const char* n, long k, long t) {
  return Eigen::Map<const VecD>(arr<Real>(c, n) + k * t, k);
}
static void out(const bptt_call* c, const char* n, long t, const VecD& v) {
  Eigen::Map<VecD>(arr<Real>(c, n) + v.size() * t, v.size()) = v;
}
struct Session {
  LSTM l;
  GRU g;
  std::vector<LSTM::State> ls;
  std::vector<GRU::State> gs;
};

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = BPTT_F64 | BPTT_ONE_SAMPLE | BPTT_FEWER_LOSSES;
  o->cells = CELL;
  o->text = "hassyGo/N3LP";
}
// Wf is [Whf Wxf]
static void split(const bptt_call* c, const char* n, MatD& h, MatD& x) {
  MatD w(h.rows(), h.cols() + x.cols());
  in(c, n, w);
  h = w.leftCols(h.cols()), x = w.rightCols(x.cols());
}
static void join(const bptt_call* c, const char* n, const MatD& h, const MatD& x) {
  MatD w(h.rows(), h.cols() + x.cols());
  w << h, x;
  add(c, n, w);
}
extern "C" int32_t bptt_forward(void** s, const bptt_call* c) {
  if (!*s) *s = new Session;
  Session& n = *(Session*)*s;
  const long T = size_of(c, "T_x"), nx = size_of(c, "n_x"),
             nh = size_of(c, "n_h") + size_of(c, "n_a");
  if (!std::strcmp(c->cell, "lstm")) {
    n.l = LSTM(nx, nh);
    split(c, "Wi", n.l.Whi, n.l.Wxi), split(c, "Wf", n.l.Whf, n.l.Wxf),
        split(c, "Wc", n.l.Whu, n.l.Wxu), split(c, "Wo", n.l.Who, n.l.Wxo);
    in(c, "bi", n.l.bi), in(c, "bf", n.l.bf), in(c, "bc", n.l.bu), in(c, "bo", n.l.bo);
    n.ls.assign(T + 1, {});
    n.ls[0].h = at(c, "a0", nh, 0), n.ls[0].c = at(c, "c0", nh, 0);
    for (long t = 0; t < T; ++t) {
      n.l.forward(at(c, "x", nx, t), &n.ls[t], &n.ls[t + 1]);
      out(c, "a", t, n.ls[t + 1].h), out(c, "c", t, n.ls[t + 1].c);
    }
  } else {
    GRU& g = n.g = GRU(nx, nh);
    in(c, "Wxr", g.Wxr), in(c, "Whr", g.Whr), in(c, "br", g.br), in(c, "Wxz", g.Wxz),
        in(c, "Whz", g.Whz), in(c, "bz", g.bz);
    in(c, "Wxu", g.Wxu), in(c, "Whu", g.Whu), in(c, "bu", g.bu);
    n.gs.assign(T + 1, {});
    n.gs[0].h = at(c, "h0", nh, 0);
    for (long t = 0; t < T; ++t) {
      n.g.forward(at(c, "x", nx, t), &n.gs[t], &n.gs[t + 1]);
      out(c, "h", t, n.gs[t + 1].h);
    }
  }
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** s, const bptt_call* c) {
  Session& n = *(Session*)*s;
  const long T = size_of(c, "T_da"), nx = size_of(c, "n_x"),
             nh = size_of(c, "n_h") + size_of(c, "n_a");
  if (!std::strcmp(c->cell, "lstm")) {
    LSTM::Grad d(n.l);
    for (auto& q : n.ls) q.delh = q.delc = VecD::Zero(nh);
    n.ls[T].delc = at(c, "dc_T", nh, 0);
    for (long t = T - 1; t >= 0; --t) {
      n.ls[t + 1].delh += at(c, "da", nh, t);
      n.l.backward(&n.ls[t], &n.ls[t + 1], d, at(c, "x", nx, t));
      out(c, "dx", t, n.ls[t + 1].delx);
    }
    out(c, "da0", 0, n.ls[0].delh), out(c, "dc0", 0, n.ls[0].delc);
    join(c, "dWi", d.Whi, d.Wxi), join(c, "dWf", d.Whf, d.Wxf), join(c, "dWc", d.Whu, d.Wxu),
        join(c, "dWo", d.Who, d.Wxo);
    add(c, "dbi", d.bi), add(c, "dbf", d.bf), add(c, "dbc", d.bu), add(c, "dbo", d.bo);
  } else {
    GRU::Grad d(n.g);
    for (auto& q : n.gs) q.delh = VecD::Zero(nh);
    for (long t = T - 1; t >= 0; --t) {
      n.gs[t + 1].delh += at(c, "dh", nh, t);
      n.g.backward(&n.gs[t], &n.gs[t + 1], d, at(c, "x", nx, t));
      out(c, "dx", t, n.gs[t + 1].delx);
    }
    out(c, "dh0", 0, n.gs[0].delh);
    add(c, "dWxr", d.Wxr), add(c, "dWhr", d.Whr), add(c, "dbr", d.br), add(c, "dWxz", d.Wxz),
        add(c, "dWhz", d.Whz), add(c, "dbz", d.bz);
    add(c, "dWxu", d.Wxu), add(c, "dWhu", d.Whu), add(c, "dbu", d.bu);
  }
  return BPTT_OK;
}
extern "C" void bptt_close(void* s) { delete (Session*)s; }
