/* What bptt-verify must refuse with words: NO_VERSION exports nothing, FUTURE is of another
 * version, HALF promises an LSTM that it does not have, CRASHES does so while it is loaded. */
#include <stdlib.h>

#include "subjects/foreign/bptt_subject.h"

#ifdef FUTURE
int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION + 1; }
#elif defined(HALF)
int32_t bptt_subject_version(void) { return BPTT_SUBJECT_VERSION; }
void bptt_subject_describe(bptt_description* out) { out->flags = BPTT_LSTM | BPTT_F64; }
int32_t bptt_lstm_forward(void** session, const bptt_problem* problem, const bptt_lstm_inputs* in,
                          const bptt_lstm_states* out) {
  (void)session, (void)problem, (void)in, (void)out;
  return BPTT_FAILED;
}
#elif defined(CRASHES)
__attribute__((constructor)) static void leave(void) { abort(); }
#else
int nothing_that_is_looked_for;
#endif
