#!/bin/bash
# build_test.sh SOURCES [SANITIZER...]: runs build.sh with the variables set as OSS-Fuzz and
# ClusterFuzzLite set them, but with clang 14 of this machine; by hand, or at night. SOURCES holds
# what get_dependencies.sh clones: highway, fmt, libzip, zlib, eigen (Debian: apt-get source).
# Checks of each sanitizer (default: address undefined coverage) that every target is there with its
# seeds, needs no library that the systems do not have, and runs its seeds; and that memory is
# refused in words. Takes minutes for each.
set -euo pipefail
(($# >= 1)) || { sed -n '2,7s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SRC=$(cd "$1" && pwd)
export SRC
shift
(($#)) || set -- address undefined coverage
fail() { echo "FAILED: $*" >&2; exit 1; }

export CC=clang-14 CXX=clang++-14 CCC=clang++-14 LIB_FUZZING_ENGINE=-fsanitize=fuzzer
export FUZZING_ENGINE=libfuzzer ARCHITECTURE=x86_64 UBSAN_OPTIONS=silence_unsigned_overflow=1
base='-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error
  -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION'
undefined=array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size,return
undefined+=,returns-nonnull-attribute,shift,signed-integer-overflow,unsigned-integer-overflow
undefined+=,unreachable,vla-bound,vptr
declare -A flags=(
  [address]='-fsanitize=address -fsanitize-address-use-after-scope -fsanitize=fuzzer-no-link'
  [undefined]="-fsanitize=$undefined -fno-sanitize-recover=${undefined/unsigned-integer-overflow,/}
    -fsanitize=fuzzer-no-link"
  [coverage]='-fprofile-instr-generate -fcoverage-mapping -pthread
    -Wl,--no-as-needed -Wl,-ldl -Wl,-lm -Wno-unused-command-line-argument')

status=0
said=$(SANITIZER=memory WORK=/nonexistent OUT=/nonexistent "$tree/fuzz/oss-fuzz/build.sh" 2>&1) ||
  status=$?
[[ $status == 1 && $said == *'not supported'* ]] || fail "memory: status $status, '$said'"

cd "$tree"  # what build.sh is started in
for SANITIZER in "$@"; do
  export SANITIZER
  # shellcheck disable=SC2086,SC2116  # on one line
  CFLAGS=$(echo $base ${flags[$SANITIZER]})
  export CFLAGS CXXFLAGS="$CFLAGS -stdlib=libc++"
  export WORK=$tree/build/oss-fuzz/$SANITIZER/work OUT=$tree/build/oss-fuzz/$SANITIZER/out
  rm -rf "$OUT"
  mkdir -p "$WORK" "$OUT"
  fuzz/oss-fuzz/build.sh >"$WORK/build.log" 2>&1 ||
    { tail -40 "$WORK/build.log"; fail "$SANITIZER: build.sh, $WORK/build.log"; }
  count=0
  for binary in "$OUT"/fuzz_*; do
    [[ ${binary##*/} != *.* && $binary != *.zip ]] || continue
    count=$((count + 1))
    for suffix in _seed_corpus.zip .options; do
      [[ -s $binary$suffix ]] || fail "$SANITIZER: no $binary$suffix"
    done
    # Neither the image in which targets run nor this test may need more than the C library.
    needed=$(ldd "$binary" | awk '{print $1}' |
      grep -vE '^(linux-vdso|/lib|libc\.|libm\.|libdl\.|librt\.|libpthread\.|libgcc_s\.|libresolv\.)' || true)
    [[ -z $needed ]] || fail "$SANITIZER: ${binary##*/} needs $needed"
    seeds=$WORK/seeds
    rm -rf "$seeds"
    python3 -m zipfile -e "${binary}_seed_corpus.zip" "$seeds"
    # The build for coverage tells libFuzzer nothing, so it can only be run over inputs.
    runs=200
    [[ $SANITIZER != coverage ]] || runs=0
    dictionary=()
    [[ ! -f $binary.dict ]] || dictionary=(-dict="$binary.dict")
    LLVM_PROFILE_FILE=$WORK/%m.profraw "$binary" -runs=$runs -max_total_time=20 "${dictionary[@]}" \
      -artifact_prefix="$WORK/" "$seeds" >"$WORK/run.log" 2>&1 ||
      { tail -30 "$WORK/run.log"; fail "$SANITIZER: ${binary##*/} on its seeds"; }
  done
  ((count > 0)) || fail "$SANITIZER: no target in $OUT"
  [[ -s $OUT/fuzz_npz.dict ]] || fail "$SANITIZER: no dictionary of fuzz_npz"
  if [[ $SANITIZER == coverage ]]; then
    compgen -G "$WORK/*.profraw" >/dev/null || fail "coverage: no profile was written"
  fi
  echo "$SANITIZER: $count targets built, and their seeds run"
done
