#!/usr/bin/env bash
# packages_test.sh FOLDER [CHROOT]
# Installs the Debian packages of FOLDER in a Debian that has nothing else (debootstrap), and does there
# what the README says: checks the fast implementation, builds the program of its section "As a library"
# with find_package(bptt), and puts a C library to the test. As root; takes minutes and the network that
# apt has, so it is no test of ctest's: ./dev package --test and the workflow release run it. CHROOT, a
# folder, is kept and used again if it is given.
set -euo pipefail
(($# >= 1)) || { sed -n '2,7s/^# //p' "$0" >&2; exit 2; }
[[ $(id -u) == 0 ]] || { echo 'packages_test.sh: debootstrap needs root' >&2; exit 2; }
root=$(dirname "$(readlink -f "$0")")/../..
packages=$(readlink -f "$1")
if (($# > 1)); then
  chroot=$2
else
  chroot=$(mktemp -d)
  trap 'rm -rf --one-file-system "$chroot"' EXIT
fi
# A mirror that apt is told of here, or Debian's.
mirror=${DEBIAN_MIRROR:-$({ cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null || true; } |
  sed -nE 's/^(URIs:|deb) +(\[[^]]*\] +)?(http[^ ]*debian)\/?( .*|$)/\3/p' | sed -n 1p)}

if [[ ! -e $chroot/etc/debian_version ]]; then
  debootstrap --variant=minbase bookworm "$chroot" "${mirror:-http://deb.debian.org/debian}"
fi
cp /etc/resolv.conf "$chroot/etc/resolv.conf"
inside() { chroot "$chroot" /usr/bin/env DEBIAN_FRONTEND=noninteractive HOME=/root "$@"; }
install() { inside apt-get install -y --no-install-recommends "$@"; }

rm -rf "$chroot/packages" "$chroot/work"
mkdir -p "$chroot/packages" "$chroot/work"
cp "$packages"/*.deb "$chroot/packages"
inside apt-get update
inside sh -c 'apt-get purge -y bptt-verify libbptt-dev >/dev/null 2>&1 || true'

echo '--- bptt-verify alone'
install $(cd "$chroot" && ls -d ./packages/bptt-verify_*.deb | sed 's/^\.//')
inside bptt-verify --version
# A chroot has no /proc: the program begins itself anew by /proc/self/exe, and counts processors there.
mkdir -p "$chroot/proc" "$chroot/dev/shm"
unmount() { umount "$chroot/proc" "$chroot/dev/shm" 2>/dev/null || true; }
mount -t proc proc "$chroot/proc"
mount -t tmpfs tmpfs "$chroot/dev/shm"
trap 'unmount; (($# > 1)) || rm -rf --one-file-system "$chroot"' EXIT
inside bptt-verify check --seconds 10

echo '--- libbptt-dev: the program of the README'
install $(cd "$chroot" && ls -d ./packages/libbptt-dev_*.deb | sed 's/^\.//') g++ gcc cmake ninja-build
sed -n '/^#include <cstdio>/,/^}/p' "$root/README.md" >"$chroot/work/main.cpp"
grep -q 'reference::lstm_backward' "$chroot/work/main.cpp"
version=$(sed -n 's/^project(bptt VERSION \([0-9]*\.[0-9]*\)\..*/\1/p' "$root/CMakeLists.txt")
grep -q "find_package(bptt $version" "$root/README.md"
cat >"$chroot/work/CMakeLists.txt" <<CMAKE
cmake_minimum_required(VERSION 3.25)
project(app LANGUAGES CXX)
find_package(bptt $version REQUIRED)
add_executable(app main.cpp)
target_link_libraries(app PRIVATE bptt::reference)
add_executable(checks check.cpp)
target_link_libraries(checks PRIVATE bptt::reference bptt::verify)
CMAKE
cp "$root/cmake/tests/consumer/check.cpp" "$chroot/work"
inside sh -c 'cmake -S /work -B /work/build -G Ninja && cmake --build /work/build'
said=$(inside /work/build/app)
echo "$said"
[[ $said == 'dbc[4] = '* ]]
inside /work/build/checks

echo '--- libbptt-dev: the C header'
cp "$root/examples/foreign/rnn.c" "$chroot/work"
inside sh -c 'cd /work && cc -std=c99 -O2 -fPIC -shared rnn.c -o librnn.so -lm &&
              bptt-verify check ./librnn.so --cases 20'
echo 'the packages do what the README says'
