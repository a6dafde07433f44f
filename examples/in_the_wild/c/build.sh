#!/usr/bin/env bash
# build.sh NAME [COMPILER OPTIONS]: libNAME.so in this folder, of the library's code in a folder of its
# name here (docs/in_the_wild.md names the commits). HEADER is the folder of bptt_subject.h.
#   build.sh ricardicus                              recurrent-neural-net/
#   build.sh darknet_lstm [-DAS_IS | -DCLEAR_DC]     darknet/
#   build.sh darknet_rnn [-DNO_ACTIVATION] [-DNO_S]  darknet/
#   build.sh kevin                                   lstm-c-/
#   build.sh n3lp '-DCELL="lstm"'                    N3LP/; or "n3lp_gru"
#   build.sh mxnet [-DREQ_PARAMS=kAddTo]             mxnet/
#   build.sh faster_rnnlm ['-DCELL="faster_scrn"']   faster-rnnlm/
#   build.sh tiny_dnn '-DCELLS="tiny_rnn"' [-DNO_RESET]   tiny-dnn/; or "gru_before", "tiny_lstm"
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
name=${1:?which? see the head of this file}
shift
: "${HEADER:=../../../subjects/foreign}"
link() { g++ -O2 -fPIC -shared -w -I"$HEADER" "$@" "${name}_wrapper.cpp" "${sources[@]}" -o "lib$name.so" "${libraries[@]}"; }
# objects FOLDER FILE..: C files, each compiled where it lies.
objects() {
  local folder=$1 file
  for file in "${@:2}"; do
    gcc -std=gnu99 -w -O2 -fPIC -fvisibility=hidden -ffunction-sections -I"$folder" -I"$folder/../include" \
      -c "$folder/$file.c" -o "$folder/$file.o"
    sources+=("$folder/$file.o")
  done
}
sources=() libraries=(-lm -lpthread)
case $name in
  ricardicus)
    objects recurrent-neural-net/src lstm layers utilities set
    link "$@" ;;
  darknet_*)
    objects darknet/src lstm_layer rnn_layer gru_layer connected_layer convolutional_layer batchnorm_layer im2col \
      col2im activations blas gemm utils cuda list
    libraries+=(-Wl,--gc-sections)
    link -fpermissive -Idarknet/include "$@" ;;
  kevin)
    sources=(lstm-c-/lib/lstm.cpp lstm-c-/lib/rng.cpp)
    link -std=c++14 -I/usr/include/eigen3 -Ilstm-c-/lib "$@" ;;
  n3lp)
    sources=(N3LP/LSTM.cpp N3LP/GRU.cpp N3LP/Optimizer.cpp)
    link -std=c++14 -DNDEBUG -I/usr/include/eigen3 -IN3LP "$@" ;;
  mxnet)  # mxnet_parts.hpp stands for what rnn_impl.h includes
    mkdir -p stand_ins/dmlc stand_ins/mxnet
    for file in linalg.h operator_common.h math_functions-inl.h mshadow_op.h math.h dmlc/logging.h dmlc/parameter.h \
      mxnet/operator.h; do echo '#pragma once' >"stand_ins/$file"; done
    ln -sf "$PWD/mxnet/src/operator/rnn_impl.h" stand_ins/rnn_impl.h
    link -std=c++17 -Istand_ins -I. "$@" ;;
  faster_rnnlm)
    sources=(faster-rnnlm/faster-rnnlm/layers/{gru,simple,scrn}_layer.cc)
    link -std=gnu++14 -DNOCUDA -DEIGEN_DONT_PARALLELIZE -D__STDC_FORMAT_MACROS -Ifaster-rnnlm "$@" ;;
  tiny_dnn) link -std=c++14 -Itiny-dnn "$@" ;;
  *)
    echo "build.sh: there is no $name" >&2
    exit 2 ;;
esac
