/* bptt_subject.h, version 2: what a shared library exports so that
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
 *
 * Libraries take calls in one of two ways:
 *     by names, any cell:  bptt_forward and bptt_backward, if it names `cells` in its description
 *     by structs, RNN and LSTM alone:  bptt_rnn_forward .., as version 1 had it. Libraries of
 *     version 1 run as they are, and compile as they are.
 */
#ifndef BPTT_SUBJECT_H
#define BPTT_SUBJECT_H

#include <stdint.h>

#define BPTT_SUBJECT_VERSION 2

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
  BPTT_CHECKS_SHAPES = 1 << 11, /* wrong extents are refused: BPTT_WRONG_SHAPE, nothing written,
                                  and `error` names the array and its shape, "dba .. (5,5)" */
  BPTT_CONTAINS_NAN = 1 << 12,  /* a NaN reaches only what depends on it; promised without this
                                   flag too by libraries that are called by structs */
  BPTT_ONE_SAMPLE = 1 << 13,    /* m = 1 always */
  BPTT_NO_TANH = 1 << 14, /* of cells that leave their function open, such as the RNN: not tanh */
  BPTT_SOME_GRADIENTS = 1 << 15 /* of calls by names: backward may be asked for some gradients;
                                   those that it does not find it does not form */
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
  /* Who names cells is called by names; then BPTT_RNN, BPTT_LSTM, BPTT_INITIAL_CELL and
   * BPTT_FINAL_CELL_GRADIENT are of no account. */
  const char* cells;     /* as bptt-verify derive has them: "lstm gru"; or NULL */
  const char* without;   /* names of arrays that it neither takes nor gives, or NULL: "c0 dc0 dc_T".
                            What is not taken is zero, what is not given is not judged. */
  double absolute_error; /* by so much tanh and sigmoid may be off beside their ulp, however small
                            their result is: from a table, or tanh formed as 2 sigmoid(2z) - 1; 0
                            unless set */
  const char* sizes;     /* what must hold between sizes, or NULL: "n_p < n_c, n_x = n_c" */
} bptt_description;

/* ---- Calls by names ----------------------------------------------------------------------------
 */

/* What an array is for. */
enum {
  BPTT_INPUT = 0,          /* read: given at each step, (.., m, T_x) */
  BPTT_INITIAL = 1,        /* read: a state before the first step, (.., m) */
  BPTT_WEIGHT = 2,         /* read; of one axis (n, 1) */
  BPTT_STATE = 3,          /* forward overwrites it, backward may read it, (.., m, T_x) */
  BPTT_OUTPUT = 4,         /* likewise */
  BPTT_UPSTREAM = 6,       /* read: da, of the loss of each step alone, (.., m, T_da) */
  BPTT_FINAL_UPSTREAM = 7, /* read: dc_T, of a loss that reads the state after step T_da - 1; of
                              what goes backwards over time after step 0, and there T_da = T_x */
  BPTT_GRADIENT = 8, /* backward writes it: of a weight it ACCUMULATES (+=), else it overwrites */
  BPTT_MASK = 9 /* read, of cells named .._lengths: (m, T_x), 1 while a sample lasts, 0 behind its
                   end, where states may be the last one once more, or zeros */
};

enum { BPTT_MAX_RANK = 8 };

/* As bptt_array, with up to BPTT_MAX_RANK axes: the units', then the sample's, then the step's. */
typedef struct bptt_named_array {
  const char* name;
  int32_t role;
  int32_t rank;
  void* data;
  int64_t extent[BPTT_MAX_RANK];
  int64_t stride[BPTT_MAX_RANK];
} bptt_named_array;

typedef struct bptt_named_size {
  const char* name; /* "n_x", "n_a", .. as the cell calls them; "m", "T_x", "T_da" */
  int64_t value;
} bptt_named_size;

/* Strings and arrays of a call are the caller's, and gone when the call returns. */
typedef struct bptt_call {
  const char* cell;       /* "gru" */
  const char* activation; /* "tanh", "relu" or "identity"; "tanh" for cells that leave none open */
  int32_t scalar;         /* BPTT_SCALAR_.. */
  int32_t array_count;
  int32_t size_count;
  int32_t reserved;
  const bptt_named_array* arrays;
  const bptt_named_size* sizes;
  char* error; /* where a function that fails may write why: UTF-8, ended by a NUL */
  int64_t error_size;
} bptt_call;

/* What the functions return. Anything but BPTT_OK fails the case, with `error` in the verdict. */
enum { BPTT_OK = 0, BPTT_WRONG_SHAPE = 1, BPTT_NO_MEMORY = 2, BPTT_FAILED = 3 };

/* ---- What the library exports ---------------------------------------------------------------- */

/* return BPTT_SUBJECT_VERSION; */
BPTT_EXPORT int32_t bptt_subject_version(void);

/* Called once, before anything else. All of `out` is zero but what is said above. */
BPTT_EXPORT void bptt_subject_describe(bptt_description* out);

/* The passes of every cell that it names. What is said of the functions below holds here too. */
BPTT_EXPORT int32_t bptt_forward(void** session, const bptt_call* call);
BPTT_EXPORT int32_t bptt_backward(void** session, const bptt_call* call);

/* By structs. Forward over all T_x steps. `*session` is NULL at first; the library may keep there
 * what its backward needs. The problem stays the same as long as the session does. */
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
