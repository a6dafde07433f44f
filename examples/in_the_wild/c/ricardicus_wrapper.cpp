// Ricardicus/recurrent-neural-net src/lstm.c, f64, one sample. Its layer ends with Wy h + by: an
// identity and zeros here, so that the da handed in as "dldy" is the loss' gradient of h.
#include "wrap.hpp"
extern "C" {
#include "recurrent-neural-net/src/lstm.h"
}
struct Session {
  lstm_model_t *model = nullptr, *grad = nullptr;
  lstm_model_parameters_t params{};
  std::vector<lstm_values_cache_t*> cache;
  lstm_values_next_cache_t* next = nullptr;
  int nx, na;
};
static double* lstm_model_t::*const W[] = {&lstm_model_t::Wf, &lstm_model_t::Wi, &lstm_model_t::Wc,
                                           &lstm_model_t::Wo};
static double* lstm_model_t::*const B[] = {&lstm_model_t::bf, &lstm_model_t::bi, &lstm_model_t::bc,
                                           &lstm_model_t::bo};
static const char *const wn[] = {"Wf", "Wi", "Wc", "Wo"}, *const bn[] = {"bf", "bi", "bc", "bo"},
                         *const dwn[] = {"dWf", "dWi", "dWc", "dWo"},
                         *const dbn[] = {"dbf", "dbi", "dbc", "dbo"};

extern "C" int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
extern "C" void bptt_subject_describe(bptt_description* o) {
  o->flags = BPTT_F64 | BPTT_ONE_SAMPLE | BPTT_FEWER_LOSSES;
  o->cells = "lstm";
  o->text = "Ricardicus/recurrent-neural-net lstm.c";
}
extern "C" int32_t bptt_forward(void** s, const bptt_call* c) {
  const int T = size_of(c, "T_x"), nx = size_of(c, "n_x"), na = size_of(c, "n_a");
  if (!*s) {
    auto* n = new Session;
    n->nx = nx, n->na = na;
    lstm_init_model(nx, na, na, &n->model, 1, &n->params);
    lstm_init_model(nx, na, na, &n->grad, 1, &n->params);
    lstm_values_next_cache_init(&n->next, na, nx);
    for (int t = 0; t <= T; ++t) n->cache.push_back(lstm_cache_container_init(nx, na, na));
    *s = n;
  }
  Session& n = *(Session*)*s;
  for (int g = 0; g < 4; ++g)
    for (int i = 0; i < na; ++i) {
      for (int l = 0; l < na + nx; ++l)
        (n.model->*W[g])[i * (na + nx) + l] = arr<double>(c, wn[g])[i + na * l];
      (n.model->*B[g])[i] = arr<double>(c, bn[g])[i];
    }
  for (int i = 0; i < na; ++i)
    for (int j = 0; j < na; ++j) n.model->Wy[i * na + j] = i == j;
  std::copy_n(arr<double>(c, "a0"), na, n.cache[0]->h);
  std::copy_n(arr<double>(c, "c0"), na, n.cache[0]->c);
  for (int t = 0; t < T; ++t) {
    lstm_forward_propagate(n.model, arr<double>(c, "x") + nx * t, n.cache[t], n.cache[t + 1], 0);
    std::copy_n(n.cache[t + 1]->h, na, arr<double>(c, "a") + na * t);
    std::copy_n(n.cache[t + 1]->c, na, arr<double>(c, "c") + na * t);
  }
  return BPTT_OK;
}
extern "C" int32_t bptt_backward(void** s, const bptt_call* c) {
  Session& n = *(Session*)*s;
  const int T = size_of(c, "T_da"), nx = n.nx, na = n.na;
  lstm_zero_d_next(n.next, nx, na);
  std::copy_n(arr<double>(c, "dc_T"), na, n.next->dldc_next);
  for (int t = T - 1; t >= 0; --t) {
    std::vector<double> dy(arr<double>(c, "da") + na * t, arr<double>(c, "da") + na * (t + 1));
    lstm_backward_propagate(n.model, dy.data(), -1, n.next, n.cache[t + 1], n.grad, n.next);
    for (int g = 0; g < 4; ++g)  // each step's alone: lstm_train sums them by sum_gradients
      for (int i = 0; i < na; ++i) {
        for (int l = 0; l < na + nx; ++l)
          arr<double>(c, dwn[g])[i + na * l] += (n.grad->*W[g])[i * (na + nx) + l];
        arr<double>(c, dbn[g])[i] += (n.grad->*B[g])[i];
      }
    std::copy_n(n.next->dldY_pass, nx, arr<double>(c, "dx") + nx * t);
  }
  std::copy_n(n.next->dldh_next, na, arr<double>(c, "da0"));
  std::copy_n(n.next->dldc_next, na, arr<double>(c, "dc0"));
  return BPTT_OK;
}
