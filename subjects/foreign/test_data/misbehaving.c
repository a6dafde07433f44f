/* A right RNN (examples/foreign/rnn.c) that misbehaves in its backward where n_x says so, and in no
 * other case. For foreign_test.cpp. */
#define bptt_rnn_backward right_backward
#define bptt_subject_describe right_describe
#include "examples/foreign/rnn.c"
#undef bptt_rnn_backward
#undef bptt_subject_describe

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
  FINE = 1, /* n_x = 1 */
  READS_NULL,
  ABORTS,
  OVERFLOWS_THE_STACK,
  LOOPS,
  SLEEPS,
  EXITS,
  WRITES_AFTER,
  WRITES_BEFORE,
  CHANGES_AN_INPUT,
  GIVES_NAN,
  ALLOCATES,
  PRINTS,
  FAILS,
  FORKS,
  CLOSES,
  ANSWERS_ITSELF
};

void bptt_subject_describe(bptt_description* out) {
  right_describe(out);
  out->text = "Right where n_x is 1.";
}

/* Compiled so that neither allocation nor recursion goes away. */
static int deep(volatile int* way) {
  volatile char here[4096];
  here[0] = (char)*way;
  return deep(way) + here[0];
}

static void allocate(void) {
  for (;;) {
    volatile char* block = malloc((size_t)1 << 22);
    for (size_t k = 0; k < (size_t)1 << 22; k += 4096) block[k] = 1;
  }
}

int32_t bptt_rnn_backward(void** session, const bptt_problem* p, const bptt_rnn_inputs* in,
                          const bptt_rnn_states* states, const bptt_rnn_upstream* up,
                          const bptt_rnn_gradients* out) {
  volatile int way = 1;
  double* dba = out->dba.data;
  const int32_t status = right_backward(session, p, in, states, up, out);
  switch (p->n_x) {
    case READS_NULL:
      printf("the last line before the crash\n");
      return *(volatile int*)(size_t)way == 0;
    case ABORTS: abort();
    case OVERFLOWS_THE_STACK: return deep(&way);
    case LOOPS:
      while (way) {
      }
      break;
    case SLEEPS:
      while (way) sleep(1000);
      break;
    case EXITS: exit(3);
    case WRITES_AFTER: dba[out->dba.extent[0] + 1] = 1; break;
    case WRITES_BEFORE: dba[-1] = 1; break;
    case CHANGES_AN_INPUT: *at(&in->Wax, 0, 1, 0) += 1; break;
    case GIVES_NAN: dba[0] = NAN; break;
    case ALLOCATES: allocate(); break;
    case PRINTS:
      for (int k = 0; k < 300000; ++k) printf("line %d of very many\n", k);
      abort();
    case FAILS: snprintf(p->error, (size_t)p->error_size, "no luck today"); return BPTT_FAILED;
    case FORKS: {
      const int child = (int)fork();
      if (child == 0)
        while (way) sleep(1000);
      printf("started %d\n", child);
      fflush(stdout);
      abort();
    }
    case CLOSES:
      close(3);
      while (way) sleep(1000);
      break;
    case ANSWERS_ITSELF:
      if (write(3, "hello", 5) != 5) abort();
      break;
    default: break;
  }
  return status;
}
