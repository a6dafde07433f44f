/* bptt_subject.h, version 1: what a shared library exports so that
 *
 *     bptt-verify check ./mine.so
 *
 * can put its forward and backward passes to the test. Plain C99, no dependency; copy it freely.
 * A guide with complete programs: docs/bring_your_own.md and examples/foreign/.
 *
 * The library runs in a process of its own. It may crash, hang, exit or allocate without end: that
 * is a verdict about the case at hand, and the next case runs. It is called from one thread.
 *
 * Shapes, in NumPy's words:
 *
 *     x (n_x, m, T_x)                     a, c (n_a, m, T_x)
 *     a0, c0 (n_a, m)                     da (n_a, m, T_da), T_da <= T_x;  dc_T (n_a, m)
 *     Wax (n_a, n_x)   Waa (n_a, n_a)     ba (n_a, 1)
 *     Wf Wi Wc Wo (n_a, n_a + n_x)        bf bi bc bo (n_a, 1)
 *     a gradient has the shape of what it is the gradient of; dx has as many steps as da
 *
 * RNN:   a<t> = g(Wax x<t> + Waa a<t-1> + ba),  g: tanh, ReLU or the identity
 * LSTM:  concat = [a<t-1>; x<t>]
 *        ft = sigmoid(Wf concat + bf)   it = sigmoid(Wi concat + bi)
 *        cct = tanh(Wc concat + bc)     ot = sigmoid(Wo concat + bo)
 *        c<t> = ft * c<t-1> + it * cct  a<t> = ot * tanh(c<t>)
 *
 * Backward forms the gradients of L = sum over t < T_da of <da[:,:,t], a<t>>, for the LSTM with
 * + <dc_T, c<T_da - 1>>: da[:,:,t] is the gradient of the loss of step t alone; what comes back
 * from step t+1 is added to it.
 */
#ifndef BPTT_SUBJECT_H
#define BPTT_SUBJECT_H

#include <stdint.h>

#define BPTT_SUBJECT_VERSION 1

#if defined(_WIN32)
#define BPTT_EXPORT __declspec(dllexport)
#else
#define BPTT_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum { BPTT_CELL_RNN = 0, BPTT_CELL_LSTM = 1 };
enum { BPTT_SCALAR_F32 = 0, BPTT_SCALAR_F64 = 1 };
enum { BPTT_ACTIVATION_TANH = 0, BPTT_ACTIVATION_RELU = 1, BPTT_ACTIVATION_IDENTITY = 2 };

/* An array of float or double, as bptt_problem.scalar says. Element (i, j, t) is
 *     ((double *)data)[i * stride[0] + j * stride[1] + t * stride[2]]
 * Strides count elements. Beyond `rank`, extents are 1 and strides 0. Unless the library declares
 * BPTT_STRIDED, arrays are dense and column-major: strides 1, extent[0], extent[0] * extent[1].
 * Around every array there are guard zones: nothing but its elements may be written. */
typedef struct bptt_array {
  void* data;
  int64_t extent[3];
  int64_t stride[3];
  int32_t rank;
  int32_t reserved;
} bptt_array;

typedef struct bptt_problem {
  int32_t cell;       /* BPTT_CELL_.. */
  int32_t scalar;     /* BPTT_SCALAR_.. */
  int32_t activation; /* BPTT_ACTIVATION_.., of the RNN; the LSTM has tanh and sigmoid */
  int32_t reserved;
  int64_t n_x, n_a, m, T_x, T_da;
  /* Where a function that fails may write why: UTF-8, ended by a NUL. */
  char* error;
  int64_t error_size;
} bptt_problem;

/* Arrays that are read. c0 is zeros unless the library declares BPTT_INITIAL_CELL. */
typedef struct bptt_rnn_inputs {
  bptt_array x, a0, Wax, Waa, ba;
} bptt_rnn_inputs;
typedef struct bptt_lstm_inputs {
  bptt_array x, a0, c0, Wf, bf, Wi, bi, Wc, bc, Wo, bo;
} bptt_lstm_inputs;

/* Arrays that forward overwrites and backward may read again. */
typedef struct bptt_rnn_states {
  bptt_array a;
} bptt_rnn_states;
typedef struct bptt_lstm_states {
  bptt_array a, c;
} bptt_lstm_states;

/* Upstream gradients, read. dc_T is zeros unless the library declares BPTT_FINAL_CELL_GRADIENT. */
typedef struct bptt_rnn_upstream {
  bptt_array da;
} bptt_rnn_upstream;
typedef struct bptt_lstm_upstream {
  bptt_array da, dc_T;
} bptt_lstm_upstream;

/* Arrays that backward writes. dx, da0, dc0 are overwritten, whatever they held. Gradients of
 * weights and biases ACCUMULATE (+=) on what is there. */
typedef struct bptt_rnn_gradients {
  bptt_array dx, da0, dWax, dWaa, dba;
} bptt_rnn_gradients;
typedef struct bptt_lstm_gradients {
  bptt_array dx, da0, dc0, dWf, dbf, dWi, dbi, dWc, dbc, dWo, dbo;
} bptt_lstm_gradients;

/* What the library can do. Nothing beyond it is asked for, and it is held to all of it. */
enum {
  BPTT_RNN = 1 << 0, /* exports bptt_rnn_forward and bptt_rnn_backward */
  BPTT_LSTM = 1 << 1,
  BPTT_F32 = 1 << 2,
  BPTT_F64 = 1 << 3,
  BPTT_RELU = 1 << 4, /* of the RNN; tanh is always there */
  BPTT_IDENTITY = 1 << 5,
  BPTT_STRIDED = 1 << 6,             /* any strides, negative ones too; any alignment of a scalar */
  BPTT_FEWER_LOSSES = 1 << 7,        /* T_da < T_x */
  BPTT_INITIAL_CELL = 1 << 8,        /* c0 is taken and dc0 is given */
  BPTT_FINAL_CELL_GRADIENT = 1 << 9, /* dc_T is taken */
  BPTT_FIXED_SUMMATION_ORDER = 1 << 10, /* no size changes the order of a sum: equal bits are due */
  BPTT_CHECKS_SHAPES = 1 << 11 /* wrong extents are refused: BPTT_WRONG_SHAPE, nothing written,
                                  and `error` names the array and its shape, "dba .. (5,5)" */
};

/* In which steps backward forms its sums; each way rounds in places of its own. */
enum {
  BPTT_ONE_PASS = 0,          /* upstream gradients are added before they are carried back */
  BPTT_SPLIT = 1,             /* da[:,:,t] and da_prevt carried through each cell apart */
  BPTT_ONE_WALK_PER_LOSS = 2, /* each loss carried back alone */
  BPTT_BY_LAG = 3,            /* all losses carried back one step at a time */
  BPTT_CLOSED_FORM = 4        /* one pass, with the LSTM's closed formulas of courses */
};

typedef struct bptt_description {
  uint64_t flags;     /* BPTT_RNN | BPTT_F64 | .. */
  int32_t derivation; /* BPTT_ONE_PASS unless set */
  int32_t reserved;
  double tanh_ulp;    /* largest error of tanh in units in the last place; 2 unless set */
  double sigmoid_ulp; /* of sigmoid; 3 unless set */
  const char* text;   /* one sentence about the library, or NULL */
} bptt_description;

/* What the functions return. Anything but BPTT_OK fails the case, with `error` in the verdict. */
enum { BPTT_OK = 0, BPTT_WRONG_SHAPE = 1, BPTT_NO_MEMORY = 2, BPTT_FAILED = 3 };

/* ---- What the library exports ---------------------------------------------------------------- */

/* return BPTT_SUBJECT_VERSION; */
BPTT_EXPORT int32_t bptt_subject_version(void);

/* Called once, before anything else. All of `out` is zero but what is said above. */
BPTT_EXPORT void bptt_subject_describe(bptt_description* out);

/* Forward over all T_x steps. `*session` is NULL at first; the library may keep there what its
 * backward needs. The problem stays the same as long as the session does. */
BPTT_EXPORT int32_t bptt_rnn_forward(void** session, const bptt_problem* problem,
                                     const bptt_rnn_inputs* in, const bptt_rnn_states* out);
BPTT_EXPORT int32_t bptt_lstm_forward(void** session, const bptt_problem* problem,
                                      const bptt_lstm_inputs* in, const bptt_lstm_states* out);

/* Backward over the first T_da steps: after forward of the same session on the same inputs, any
 * number of times. `states` are those that forward wrote. */
BPTT_EXPORT int32_t bptt_rnn_backward(void** session, const bptt_problem* problem,
                                      const bptt_rnn_inputs* in, const bptt_rnn_states* states,
                                      const bptt_rnn_upstream* up, const bptt_rnn_gradients* out);
BPTT_EXPORT int32_t bptt_lstm_backward(void** session, const bptt_problem* problem,
                                       const bptt_lstm_inputs* in, const bptt_lstm_states* states,
                                       const bptt_lstm_upstream* up,
                                       const bptt_lstm_gradients* out);

/* Optional: frees what `session` points to. Called if `*session` is not NULL. */
BPTT_EXPORT void bptt_close(void* session);

#ifdef __cplusplus
}
#endif

#endif /* BPTT_SUBJECT_H */
