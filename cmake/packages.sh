#!/usr/bin/env bash
# packages.sh [--test] [FOLDER]: packs build/package, as ./dev package has built it; ./dev help package.
set -euo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
folder=$root/build/packages test=
for argument in "$@"; do
  if [[ $argument == --test ]]; then test=1; else folder=$argument; fi
done
mkdir -p "$folder"
cd "$folder"
folder=$PWD
rm -f ./*.deb ./*.tar.gz
(cd "$root/build/package" && cpack -G DEB -B "$folder" >&2)
rm -rf "$folder/_CPack_Packages"
version=$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$root/build/package/CMakeCache.txt")
git -C "$root" archive --format=tar.gz --prefix="bptt-verify-$version/" \
  -o "$folder/bptt-verify-$version.tar.gz" HEAD
sha256sum -- *.deb *.tar.gz
if [[ -n $test ]]; then "$root/cmake/tests/packages_test.sh" "$folder" >&2; fi
