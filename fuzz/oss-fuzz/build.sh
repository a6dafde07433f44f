#!/bin/bash
# Builds every fuzz target as OSS-Fuzz and ClusterFuzzLite ask for it:
# https://google.github.io/oss-fuzz/getting-started/new-project-guide/
#   CC CXX CFLAGS CXXFLAGS   compilers, and the flags of sanitizer and coverage
#   LIB_FUZZING_ENGINE       what to link a target with
#   SANITIZER                address, undefined or coverage
#   SRC                      holds highway, fmt, libzip, zlib, eigen (get_dependencies.sh)
#   WORK                     for what is built on the way
#   OUT                      gets fuzz_NAME, fuzz_NAME_seed_corpus.zip, .dict, .options
# The libraries are built from source: those of the image's distribution are too old, not
# instrumented, and not there where the targets run. So they are linked statically.
set -eu
: "${CC:?}" "${CXX:?}" "${LIB_FUZZING_ENGINE:?}" "${SRC:?}" "${WORK:?}" "${OUT:?}"
SANITIZER=${SANITIZER:-address}
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# In those systems a copy of this file is called, from the sources.
[[ -f $tree/fuzz/oss-fuzz/build.sh ]] || tree=$PWD

case $SANITIZER in
  address | undefined | coverage) ;;
  memory)
    echo "build.sh: the memory sanitizer is not supported: it needs an instrumented C++ library," \
         "and libc++ has not had all that this project uses. Supported: address undefined coverage" >&2
    exit 1 ;;
  *)
    echo "build.sh: SANITIZER='$SANITIZER' is not known. Supported: address undefined coverage" >&2
    exit 1 ;;
esac

# libc++ has std::jthread since LLVM 20 only; libstdc++ is linked statically.
export CFLAGS=${CFLAGS:-}
export CXXFLAGS="${CXXFLAGS:-}"
CXXFLAGS=${CXXFLAGS//-stdlib=libc++/-stdlib=libstdc++}
static='-static-libstdc++ -static-libgcc'

# Flags that a sanitizer needs are in CFLAGS; no build type adds others.
deps=$WORK/deps
build_dependency() {
  local name=$1
  shift
  cmake -S "$SRC/$name" -B "$WORK/$name" -G Ninja -DCMAKE_BUILD_TYPE= \
    -DCMAKE_INSTALL_PREFIX="$deps" -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_PREFIX_PATH="$deps" \
    -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_POLICY_VERSION_MINIMUM=3.5 "$@"
  cmake --build "$WORK/$name"
  cmake --install "$WORK/$name" >/dev/null
}
export PKG_CONFIG_PATH=$deps/lib/pkgconfig:$deps/share/pkgconfig
# zlib's CMake file changes its sources; its configure does not know a folder for what is built.
rm -rf "$WORK/zlib"
cp -r "$SRC/zlib" "$WORK/zlib"
mkdir -p "$deps/lib" "$deps/include"
(cd "$WORK/zlib" && ./configure --static --prefix="$deps" && make libz.a &&
  cp libz.a "$deps/lib/" && cp zlib.h zconf.h "$deps/include/")
build_dependency libzip -DENABLE_BZIP2=OFF -DENABLE_LZMA=OFF -DENABLE_ZSTD=OFF \
  -DENABLE_GNUTLS=OFF -DENABLE_MBEDTLS=OFF -DENABLE_OPENSSL=OFF -DENABLE_COMMONCRYPTO=OFF \
  -DBUILD_TOOLS=OFF -DBUILD_REGRESS=OFF -DBUILD_EXAMPLES=OFF -DBUILD_DOC=OFF
build_dependency fmt -DFMT_TEST=OFF -DFMT_DOC=OFF
build_dependency highway -DHWY_ENABLE_TESTS=OFF -DHWY_ENABLE_EXAMPLES=OFF -DHWY_ENABLE_CONTRIB=OFF
# Headers alone.
mkdir -p "$deps/include/eigen3" "$deps/share/eigen3/cmake"
cp -r "$SRC/eigen/Eigen" "$SRC/eigen/unsupported" "$deps/include/eigen3/"
cat >"$deps/share/eigen3/cmake/Eigen3Config.cmake" <<CONFIG
set(EIGEN3_FOUND 1)
if(NOT TARGET Eigen3::Eigen)
  add_library(Eigen3::Eigen INTERFACE IMPORTED)
  set_target_properties(Eigen3::Eigen PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "$deps/include/eigen3")
endif()
CONFIG
cat >"$deps/share/eigen3/cmake/Eigen3ConfigVersion.cmake" <<'CONFIG'
set(PACKAGE_VERSION 3.4.0)
set(PACKAGE_VERSION_COMPATIBLE TRUE)
CONFIG

cmake -S "$tree" -B "$WORK/bptt" -G Ninja -DCMAKE_BUILD_TYPE= -DCMAKE_PREFIX_PATH="$deps" \
  -DPKG_CONFIG_ARGN=--static -DCMAKE_EXE_LINKER_FLAGS="$static" \
  -DBPTT_BUILD_FUZZ=ON -DBPTT_BUILD_TESTS=OFF -DBPTT_BUILD_BENCH=OFF -DBPTT_BUILD_VERIFY=OFF \
  -DBPTT_WITH_ONEDNN=OFF -DBPTT_WITH_TORCH=OFF
cmake --build "$WORK/bptt" --parallel "$(nproc)"

# Links stay links: one program may serve many targets. Beside a target stands what the build says of
# its inputs, TARGET.options and for some TARGET.dict; what concerns the systems is added.
mkdir -p "$OUT"
cp --preserve=links "$WORK"/bptt/bin/fuzz_* "$OUT/"
for binary in "$WORK"/bptt/bin/fuzz_*; do
  target=${binary##*/}
  [[ $target != *.* ]] || continue
  name=${target#fuzz_}
  python3 "$tree/fuzz/oss-fuzz/seed_corpus.py" "$OUT/${target}_seed_corpus.zip" \
    "$WORK/bptt/seeds/$name" "$tree/fuzz/regressions/$name"
  cat "$tree/fuzz/oss-fuzz/target.options" >>"$OUT/$target.options"
done
ls -l "$OUT"
