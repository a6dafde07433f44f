#!/usr/bin/env bash
# shellcheck disable=SC2016  # the stand-ins expand these, not this script
# dev_test.sh SOURCE SCRATCH: runs a copy of ./dev among stand-ins for dpkg-query, apt-get, sudo,
# cmake and ctest, which note how they were called. Installs and builds nothing.
set -euo pipefail
source=$1
scratch=$2
rm -rf "$scratch"
mkdir -p "$scratch"/{stand-ins,tools,elsewhere}
cp "$source/dev" "$scratch/dev"
log=$scratch/log

for tool in bash dirname env nproc awk cat uname find od tr mkdir rm; do
  ln -s "$(command -v "$tool")" "$scratch/tools/$tool"
done
stand_in() { printf '#!/usr/bin/env bash\n%s\n' "$2" >"$scratch/stand-ins/$1"; chmod +x "$scratch/stand-ins/$1"; }
note='echo "${0##*/} $*" >>"$LOG"'
stand_in cmake "$note"
stand_in ctest "$note"
stand_in apt-get "$note; exit \${APT_STATUS:-0}"
stand_in id 'echo "$FAKE_UID"'
# Like dpkg-query for the last argument: knows every package but those in $MISSING.
stand_in dpkg-query '[[ " $MISSING " != *" ${!#} "* ]] && echo "installed "'

# run COMMAND...: ./dev with the stand-ins; leaves $status, $out (both streams) and the log.
run() {
  : >"$log"
  status=0
  out=$(cd "$scratch/elsewhere" && env -i PATH="$scratch/stand-ins:$scratch/tools" LOG="$log" \
    MISSING="${MISSING:-}" FAKE_UID="${FAKE_UID:-0}" APT_STATUS="${APT_STATUS:-0}" \
    BPTT_PRESET=release "$scratch/dev" "$@" 2>&1) || status=$?
}
fail() {
  printf 'FAILED: %s\nstatus %s, output:\n%s\nlog:\n%s\n' "$1" "$status" "$out" "$(cat "$log")"
  exit 1
}
expect_status() { [[ $status == "$1" ]] || fail "expected status $1"; }
expect_out() { [[ $out == *"$1"* ]] || fail "expected the output '$1'"; }
expect_log() { [[ $(cat "$log") == *"$1"* ]] || fail "expected the call '$1'"; }
expect_no_log() { [[ $(cat "$log") != *"$1"* ]] || fail "expected no call '$1'"; }

# Help is there for every command, and a wrong command line ends with status 2.
for command in verify test build bench report track fuzz nightly package mutate format lint clean help; do
  run help "$command"
  expect_status 0
  expect_out "./dev $command"
  expect_no_log ' '
done
run --help; expect_status 0; expect_out 'verify '
run fuzz --help; expect_status 0; expect_out '--minutes'
run unknown; expect_status 2; expect_out "no command 'unknown'"
run format --all; expect_status 2

# Nothing missing: nothing is installed and nothing is said about it. No colour without a terminal.
run test -L unit
expect_status 0
expect_no_log apt-get
expect_log "cmake --preset release"
expect_log "ctest --preset release --parallel $(($(nproc) + 1)) --output-on-failure -L unit"
[[ $out != *Missing* && $out != *$'\e'* ]] || fail 'expected no word on packages and no colour'

# Something missing: that and nothing else is installed, with a reason.
MISSING='libzip-dev ninja-build clang-14' run test
expect_status 0
expect_out 'reads .npz files'
expect_log 'apt-get update'
expect_log 'apt-get install -y --no-install-recommends ninja-build libzip-dev'
expect_no_log clang  # which testing does not need
MISSING=clang-14 run build fuzz
expect_log 'install -y --no-install-recommends clang-14'

# Without root and sudo, or with a failing apt-get, the message says what to do by hand.
MISSING=cmake FAKE_UID=1000 run test
expect_status 1
expect_no_log apt-get
expect_out 'apt-get update && apt-get install --no-install-recommends cmake'
stand_in sudo "$note; \"\$@\""
MISSING=cmake FAKE_UID=1000 run test
expect_status 0
expect_log 'sudo apt-get update'
expect_log 'sudo env DEBIAN_FRONTEND=noninteractive apt-get install'
MISSING=cmake APT_STATUS=100 run test
expect_status 1
expect_out 'To install by hand'
expect_no_log cmake\ --preset

# verify hands on its arguments, the caller's folder and the program's status.
mkdir -p "$scratch/build/release/bin"
cat >"$scratch/build/release/bin/bptt-verify" <<'PROGRAM'
#!/usr/bin/env bash
echo "arguments: $* in ${PWD##*/}"
exit 3
PROGRAM
chmod +x "$scratch/build/release/bin/bptt-verify"
run verify --subject 'a b'
expect_status 3
expect_out 'arguments: check --subject a b in elsewhere'

# So does mutate, whose --help is that of the program too.
mkdir -p "$scratch/mutation"
cp "$scratch/build/release/bin/bptt-verify" "$scratch/mutation/mutate.py"
MISSING=ninja-build run mutate --only 'a b'
expect_status 3
expect_out 'arguments: --only a b in elsewhere'
expect_log 'apt-get install -y --no-install-recommends ninja-build'
run mutate --help
expect_out 'arguments: --help in elsewhere'

# bench --plots measures, then draws; --from only draws. Paths are relative to the caller's folder.
mkdir -p "$scratch/bench"
cp "$scratch/stand-ins/cmake" "$scratch/build/release/bin/bptt_bench"  # which notes its call
cp "$scratch/stand-ins/cmake" "$scratch/bench/plot_scaling.py"
run bench --plots --to pictures --repetitions 3
expect_status 0
expect_log 'bptt_bench --scaling pictures/scaling.json --commit unknown --repetitions 3'
expect_log 'plot_scaling.py pictures'
[[ -d $scratch/elsewhere/pictures ]] || fail 'expected the folder elsewhere/pictures'
MISSING=python3-matplotlib run bench --plots
expect_status 0
expect_log 'apt-get install -y --no-install-recommends python3-matplotlib'
expect_log "bptt_bench --scaling $scratch/docs/images/scaling.json --commit unknown"
expect_log "plot_scaling.py $scratch/docs/images"
MISSING=python3-matplotlib run bench --plots --from some.json --to pictures
expect_status 0
expect_log 'apt-get install'
expect_log 'plot_scaling.py --from some.json pictures'
expect_no_log bptt_bench
expect_no_log cmake
run bench --plots --help; expect_status 0; expect_out '--from FILE'; expect_no_log ' '
run bench --plots --from; expect_status 2; expect_out 'needs a value'
run bench --plots --from some.json --repetitions 3; expect_status 2; expect_out 'only draws'
printf '#!/usr/bin/env bash\nexit 2\n' >"$scratch/build/release/bin/bptt_bench"
run bench --plots
expect_status 2  # that of bptt_bench, and nothing is drawn
expect_no_log plot_scaling
MISSING=python3-matplotlib run test
expect_log 'apt-get install -y --no-install-recommends python3-matplotlib'

# report checks, makes a page, and ends with the status of the check; nothing is made where none was
# possible. What is measured anew stands in for what is in the tree.
mkdir -p "$scratch"/{docs/images,bench/history,verify/report}
cp "$source/verify/report/make_page.sh" "$scratch/verify/report"
touch "$scratch/docs/images/scaling.json" "$scratch/bench/history/$(uname -m).jsonl"
cp "$scratch/stand-ins/cmake" "$scratch/build/release/bin/bptt_bench"
printf '#!/usr/bin/env bash\n%s\n[[ $1 != check ]] || exit ${CHECK_STATUS:-1}\n' "$note" \
  >"$scratch/build/release/bin/bptt-verify"
run report --seconds 3 --to 'a page.html' --with h.json
expect_status 1
expect_log "bptt-verify check --json $scratch/build/report/check.json --seconds 3"
expect_log "report --html a page.html $scratch/build/report/check.json h.json $scratch/docs/images/scaling.json"
expect_log "scaling.json $scratch/bench/history/$(uname -m).jsonl"
expect_no_log bptt_bench
run report --bench --scaling
expect_log 'bin/bptt-verify bin/bptt_bench'
expect_log "bptt_bench --quick --record $scratch/build/report/bench.json"
expect_log "bptt_bench --scaling $scratch/build/report/scaling.json"
run report --with; expect_status 2; expect_out 'needs a file'
sed -i 's/CHECK_STATUS:-1/CHECK_STATUS:-2/' "$scratch/build/release/bin/bptt-verify"
run report
expect_status 2
expect_no_log 'report --html'

# fuzz builds what it needs and hands on its arguments and its status.
mkdir -p "$scratch/fuzz/continuous"
printf '#!/usr/bin/env bash\n%s\n[[ $* == *only-check* ]]\n' "$note" >"$scratch/fuzz/continuous/main.py"
chmod +x "$scratch/fuzz/continuous/main.py"
MISSING='clang-14 llvm-14' run fuzz --minutes 3 --target 'a b'
expect_status 1
expect_log 'apt-get install -y --no-install-recommends clang-14 llvm-14'
expect_log 'cmake --build --preset fuzz --parallel'
expect_log 'cmake --build --preset fuzz-explore --parallel'
expect_log 'main.py --minutes 3 --target a b'
expect_log 'main.py --only-check-arguments --minutes 3'
run fuzz --once --seconds-each 5
expect_log 'cmake --build --preset fuzz --parallel'
expect_no_log 'fuzz-explore'
expect_log 'main.py --once --seconds-each 5'
run fuzz --coverage
expect_log 'cmake --build --preset fuzz-coverage --parallel'
expect_no_log '--preset fuzz '
expect_log 'main.py --coverage'
MISSING='clang-14 llvm-14' run fuzz --report --target npz
expect_log 'main.py --report --target npz'
expect_no_log 'apt-get'
expect_no_log 'cmake'

# package builds no test, packs both kinds of archives, and installs a clean Debian only if asked to.
mkdir -p "$scratch/build/package"
echo 'CMAKE_PROJECT_VERSION:STATIC=1.2.3' >"$scratch/build/package/CMakeCache.txt"
mkdir "$scratch/cmake"
cp "$source/cmake/packages.sh" "$scratch/cmake"
for tool in sed readlink; do ln -s "$(command -v "$tool")" "$scratch/tools/$tool"; done
for tool in cpack git sha256sum; do stand_in "$tool" "$note"; done
MISSING='dpkg-dev debootstrap' run package
expect_status 0
expect_log 'cmake --build --preset package'
expect_log "cpack -G DEB -B $scratch/build/packages"
expect_log "--prefix=bptt-verify-1.2.3/ -o $scratch/build/packages/bptt-verify-1.2.3.tar.gz HEAD"
expect_log 'install -y --no-install-recommends dpkg-dev'
expect_no_log debootstrap
run package --chroot; expect_status 2

# nightly prints the seed it took.
run nightly
expect_status 0
expect_out 'To repeat: BPTT_SEED='
echo "all as expected"
