#!/bin/bash
# Runs while the image is built: puts into $SRC the libraries that build.sh compiles, at the versions
# of Debian 12, on which the project is tested; and installs the tools and headers that the base image
# is without. CMake comes from PyPI and libstdc++ 13 from the toolchain archive where the image's own
# are too old (Ubuntu 20.04: CMake 3.16, libstdc++ 9 without C++20).
set -eu
: "${SRC:?}"
. /etc/os-release
apt-get update
apt-get install -y --no-install-recommends git ninja-build pkg-config libboost-dev python3-pip \
  software-properties-common
if [[ $VERSION_ID == 20.04 ]]; then
  add-apt-repository -y ppa:ubuntu-toolchain-r/test
  apt-get update
  python3 -m pip install cmake==3.29.2
fi
apt-get install -y --no-install-recommends libstdc++-13-dev

clone() { git clone --depth 1 --branch "$2" "$3" "$SRC/$1"; }
clone zlib v1.2.13 https://github.com/madler/zlib
clone libzip v1.7.3 https://github.com/nih-at/libzip
clone fmt 9.1.0 https://github.com/fmtlib/fmt
clone highway 1.0.3 https://github.com/google/highway
clone eigen 3.4.0 https://gitlab.com/libeigen/eigen.git
