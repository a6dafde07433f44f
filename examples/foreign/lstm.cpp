// An LSTM in C++ as a subject: bptt-verify check ./liblstm.so
//
//     c++ -std=c++17 -O2 -fPIC -shared -I PREFIX/include lstm.cpp -o liblstm.so
//
// Templated on float and double. Takes dense arrays only, and keeps the gates of the forward pass
// in the session for the backward pass. An exception that leaves a function fails the case at hand.
#include <bptt_subject.h>

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

// A matrix, or one step of a sequence of matrices: column-major, as all arrays are without
// BPTT_STRIDED.
template <class S>
struct Matrix {
  S* data;
  std::int64_t rows;
  S& operator()(std::int64_t i, std::int64_t j) const { return data[i + j * rows]; }
};

template <class S>
Matrix<S> step(const bptt_array& p, std::int64_t t = 0) {
  return {static_cast<S*>(p.data) + t * p.extent[0] * p.extent[1], p.extent[0]};
}

// The gates of all steps, (n_a, m, T_x) each, in this order.
enum Gate { f, i, c, o, gates };

struct Session {
  virtual ~Session() = default;
};
template <class S>
struct KeptGates : Session {
  std::vector<S> gate[gates];
};

template <class S>
S sigmoid(S z) {
  return 1 / (1 + std::exp(-z));
}

template <class S>
void forward(void** session, const bptt_problem& p, const bptt_lstm_inputs& in,
             const bptt_lstm_states& out) {
  if (*session == nullptr) *session = static_cast<Session*>(new KeptGates<S>);
  auto* kept = static_cast<KeptGates<S>*>(static_cast<Session*>(*session));
  for (auto& values : kept->gate) values.resize(static_cast<std::size_t>(p.n_a * p.m * p.T_x));
  const bptt_array* W[] = {&in.Wf, &in.Wi, &in.Wc, &in.Wo};
  const bptt_array* b[] = {&in.bf, &in.bi, &in.bc, &in.bo};

  for (std::int64_t t = 0; t < p.T_x; ++t) {
    const auto xt = step<S>(in.x, t);
    const auto a_prev = t == 0 ? step<S>(in.a0) : step<S>(out.a, t - 1);
    const auto c_prev = t == 0 ? step<S>(in.c0) : step<S>(out.c, t - 1);
    const auto a_next = step<S>(out.a, t), c_next = step<S>(out.c, t);
    for (std::int64_t j = 0; j < p.m; ++j)
      for (std::int64_t u = 0; u < p.n_a; ++u) {
        S value[gates];
        for (int g = 0; g < gates; ++g) {
          const auto Wg = step<S>(*W[g]);
          S z = step<S>(*b[g])(u, 0);
          for (std::int64_t k = 0; k < p.n_a; ++k) z += Wg(u, k) * a_prev(k, j);
          for (std::int64_t k = 0; k < p.n_x; ++k) z += Wg(u, p.n_a + k) * xt(k, j);
          value[g] = g == c ? std::tanh(z) : sigmoid(z);
          kept->gate[g][static_cast<std::size_t>(u + p.n_a * (j + p.m * t))] = value[g];
        }
        c_next(u, j) = value[f] * c_prev(u, j) + value[i] * value[c];
        a_next(u, j) = value[o] * std::tanh(c_next(u, j));
      }
  }
}

template <class S>
void backward(void* session, const bptt_problem& p, const bptt_lstm_inputs& in,
              const bptt_lstm_states& states, const bptt_lstm_upstream& up,
              const bptt_lstm_gradients& out) {
  if (session == nullptr) throw std::logic_error("backward before forward");
  auto& kept = *static_cast<KeptGates<S>*>(static_cast<Session*>(session));
  const bptt_array* W[] = {&in.Wf, &in.Wi, &in.Wc, &in.Wo};
  const bptt_array* dW[] = {&out.dWf, &out.dWi, &out.dWc, &out.dWo};
  const bptt_array* db[] = {&out.dbf, &out.dbi, &out.dbc, &out.dbo};
  const auto n = static_cast<std::size_t>(p.n_a);
  std::vector<S> da_prevt(n), dc_prevt(n), dz[gates];
  for (auto& values : dz) values.resize(n);

  for (std::int64_t j = 0; j < p.m; ++j) {
    for (std::size_t u = 0; u < n; ++u) {
      da_prevt[u] = 0;
      dc_prevt[u] = step<S>(up.dc_T)(static_cast<std::int64_t>(u), j);
    }
    for (std::int64_t t = p.T_da - 1; t >= 0; --t) {
      const auto a_prev = t == 0 ? step<S>(in.a0) : step<S>(states.a, t - 1);
      const auto c_prev = t == 0 ? step<S>(in.c0) : step<S>(states.c, t - 1);
      for (std::int64_t u = 0; u < p.n_a; ++u) {
        const auto k = static_cast<std::size_t>(u);
        S value[gates];
        for (int g = 0; g < gates; ++g)
          value[g] = kept.gate[g][static_cast<std::size_t>(u + p.n_a * (j + p.m * t))];
        const S da_next = step<S>(up.da, t)(u, j) + da_prevt[k];  // two uses of a<t> add
        const S tanh_c = std::tanh(step<S>(states.c, t)(u, j));
        const S dc = dc_prevt[k] + da_next * value[o] * (1 - tanh_c * tanh_c);
        dz[o][k] = da_next * tanh_c * value[o] * (1 - value[o]);
        dz[f][k] = dc * c_prev(u, j) * value[f] * (1 - value[f]);
        dz[i][k] = dc * value[c] * value[i] * (1 - value[i]);
        dz[c][k] = dc * value[i] * (1 - value[c] * value[c]);
        dc_prevt[k] = dc * value[f];
      }
      const auto dxt = step<S>(out.dx, t), xt = step<S>(in.x, t);
      for (std::int64_t k = 0; k < p.n_a + p.n_x; ++k) {
        const bool of_state = k < p.n_a;
        const S concat = of_state ? a_prev(k, j) : xt(k - p.n_a, j);
        S dconcat = 0;
        for (int g = 0; g < gates; ++g)
          for (std::int64_t u = 0; u < p.n_a; ++u) {
            const S d = dz[g][static_cast<std::size_t>(u)];
            dconcat += step<S>(*W[g])(u, k) * d;
            step<S> (*dW[g])(u, k) += d * concat;  // accumulated
          }
        if (of_state)
          da_prevt[static_cast<std::size_t>(k)] = dconcat;
        else
          dxt(k - p.n_a, j) = dconcat;  // overwritten
      }
      for (int g = 0; g < gates; ++g)
        for (std::int64_t u = 0; u < p.n_a; ++u)
          step<S> (*db[g])(u, 0) += dz[g][static_cast<std::size_t>(u)];
    }
    for (std::size_t u = 0; u < n; ++u) {
      step<S>(out.da0)(static_cast<std::int64_t>(u), j) = da_prevt[u];
      step<S>(out.dc0)(static_cast<std::int64_t>(u), j) = dc_prevt[u];
    }
  }
}

}  // namespace

int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }

void bptt_subject_describe(bptt_description* out) {
  out->flags = BPTT_LSTM | BPTT_F32 | BPTT_F64 | BPTT_FEWER_LOSSES | BPTT_INITIAL_CELL |
               BPTT_FINAL_CELL_GRADIENT;
  out->text = "An LSTM in C++.";
}

int32_t bptt_lstm_forward(void** session, const bptt_problem* p, const bptt_lstm_inputs* in,
                          const bptt_lstm_states* out) {
  if (p->scalar == BPTT_SCALAR_F32)
    forward<float>(session, *p, *in, *out);
  else
    forward<double>(session, *p, *in, *out);
  return BPTT_OK;
}

int32_t bptt_lstm_backward(void** session, const bptt_problem* p, const bptt_lstm_inputs* in,
                           const bptt_lstm_states* states, const bptt_lstm_upstream* up,
                           const bptt_lstm_gradients* out) {
  if (p->scalar == BPTT_SCALAR_F32)
    backward<float>(*session, *p, *in, *states, *up, *out);
  else
    backward<double>(*session, *p, *in, *states, *up, *out);
  return BPTT_OK;
}

void bptt_close(void* session) { delete static_cast<Session*>(session); }
