set -e
cd darknet/src
for f in lstm_layer rnn_layer gru_layer connected_layer convolutional_layer batchnorm_layer im2col col2im activations blas gemm utils cuda list; do
  gcc -std=gnu99 -w -O2 -fPIC -fvisibility=hidden -ffunction-sections -I../include -I. -c $f.c -o ../$f.o; done
