/* The same RNN with the mistake that is made most often: what comes back from step t+1 is not added
 * to da[:,:,t]. bptt-verify check ./librnn_wrong.so shows what a failure looks like. */
#define FORGET_DA_PREVT
#include "rnn.c"
