/* A vanilla RNN in C as a subject: bptt-verify check ./librnn.so
 *
 *     cc -std=c99 -O2 -fPIC -shared -I PREFIX/include rnn.c -o librnn.so -lm
 *
 * Replace forward and backward by calls of your own code. Everything here is in double, and every
 * array is reached through its strides, so that any layout will do. */
#include <bptt_subject.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Element (i, j, t) of an array of double. */
static double* at(const bptt_array* p, int64_t i, int64_t j, int64_t t) {
  return (double*)p->data + i * p->stride[0] + j * p->stride[1] + t * p->stride[2];
}

int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }

void bptt_subject_describe(bptt_description* out) {
  out->flags = BPTT_RNN | BPTT_F64 | BPTT_RELU | BPTT_IDENTITY | BPTT_STRIDED | BPTT_FEWER_LOSSES |
               BPTT_CHECKS_SHAPES;
  out->text = "A vanilla RNN in C.";
}

/* a<t> = g(Wax x<t> + Waa a<t-1> + ba) */
int32_t bptt_rnn_forward(void** session, const bptt_problem* p, const bptt_rnn_inputs* in,
                         const bptt_rnn_states* out) {
  (void)session; /* backward finds all it needs in the states */
  for (int64_t t = 0; t < p->T_x; ++t)
    for (int64_t j = 0; j < p->m; ++j)
      for (int64_t i = 0; i < p->n_a; ++i) {
        double z = *at(&in->ba, i, 0, 0);
        for (int64_t k = 0; k < p->n_x; ++k) z += *at(&in->Wax, i, k, 0) * *at(&in->x, k, j, t);
        for (int64_t k = 0; k < p->n_a; ++k)
          z +=
              *at(&in->Waa, i, k, 0) * (t == 0 ? *at(&in->a0, k, j, 0) : *at(&out->a, k, j, t - 1));
        *at(&out->a, i, j, t) = p->activation == BPTT_ACTIVATION_TANH   ? tanh(z)
                                : p->activation == BPTT_ACTIVATION_RELU ? (z > 0 ? z : 0)
                                                                        : z;
      }
  return BPTT_OK;
}

/* g'(z), from a = g(z). */
static double slope(int32_t activation, double a) {
  if (activation == BPTT_ACTIVATION_TANH) return 1 - a * a;
  return activation == BPTT_ACTIVATION_RELU ? (a > 0 ? 1 : 0) : 1;
}

/* BPTT_CHECKS_SHAPES: says what is wrong with an array, as NumPy prints shapes. */
static int32_t wrong_shape(const bptt_problem* p, const char* name, const bptt_array* array,
                           int32_t rank, int64_t e0, int64_t e1, int64_t e2) {
  const int64_t* e = array->extent;
  const char* form = array->rank == 1   ? "%s has shape (%" PRId64 ",)"
                     : array->rank == 2 ? "%s has shape (%" PRId64 ",%" PRId64 ")"
                                        : "%s has shape (%" PRId64 ",%" PRId64 ",%" PRId64 ")";
  if (array->rank == rank && e[0] == e0 && e[1] == e1 && e[2] == e2) return 0;
  snprintf(p->error, (size_t)p->error_size, form, name, e[0], e[1], e[2]);
  return 1;
}

int32_t bptt_rnn_backward(void** session, const bptt_problem* p, const bptt_rnn_inputs* in,
                          const bptt_rnn_states* states, const bptt_rnn_upstream* up,
                          const bptt_rnn_gradients* out) {
  double* dz = calloc((size_t)p->n_a, sizeof *dz);
  double* da_prevt = calloc((size_t)p->n_a, sizeof *da_prevt);
  (void)session;
  if (wrong_shape(p, "dx", &out->dx, 3, p->n_x, p->m, p->T_da) ||
      wrong_shape(p, "da0", &out->da0, 2, p->n_a, p->m, 1) ||
      wrong_shape(p, "dWax", &out->dWax, 2, p->n_a, p->n_x, 1) ||
      wrong_shape(p, "dWaa", &out->dWaa, 2, p->n_a, p->n_a, 1) ||
      wrong_shape(p, "dba", &out->dba, 2, p->n_a, 1, 1)) {
    free(dz);
    free(da_prevt);
    return BPTT_WRONG_SHAPE;
  }
  if (dz == NULL || da_prevt == NULL) {
    free(dz);
    free(da_prevt);
    return BPTT_NO_MEMORY;
  }
  for (int64_t j = 0; j < p->m; ++j) {
    for (int64_t k = 0; k < p->n_a; ++k) da_prevt[k] = 0;
    for (int64_t t = p->T_da - 1; t >= 0; --t) {
      for (int64_t i = 0; i < p->n_a; ++i) {
        double da_next = *at(&up->da, i, j, t);
#ifndef FORGET_DA_PREVT
        da_next += da_prevt[i]; /* what comes back from step t+1 adds */
#endif
        dz[i] = slope(p->activation, *at(&states->a, i, j, t)) * da_next;
      }
      for (int64_t k = 0; k < p->n_x; ++k) {
        double sum = 0;
        for (int64_t i = 0; i < p->n_a; ++i) sum += *at(&in->Wax, i, k, 0) * dz[i];
        *at(&out->dx, k, j, t) = sum; /* overwritten */
      }
      for (int64_t k = 0; k < p->n_a; ++k) {
        da_prevt[k] = 0;
        for (int64_t i = 0; i < p->n_a; ++i) da_prevt[k] += *at(&in->Waa, i, k, 0) * dz[i];
      }
      for (int64_t i = 0; i < p->n_a; ++i) { /* accumulated */
        for (int64_t k = 0; k < p->n_x; ++k)
          *at(&out->dWax, i, k, 0) += dz[i] * *at(&in->x, k, j, t);
        for (int64_t k = 0; k < p->n_a; ++k)
          *at(&out->dWaa, i, k, 0) +=
              dz[i] * (t == 0 ? *at(&in->a0, k, j, 0) : *at(&states->a, k, j, t - 1));
        *at(&out->dba, i, 0, 0) += dz[i];
      }
    }
    for (int64_t k = 0; k < p->n_a; ++k) *at(&out->da0, k, j, 0) = da_prevt[k];
  }
  free(dz);
  free(da_prevt);
  return BPTT_OK;
}
