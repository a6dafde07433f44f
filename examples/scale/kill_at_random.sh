#!/usr/bin/env bash
# kill_at_random.sh FOLDER SECONDS COMMAND..
# Runs a command that works on FOLDER, and every so many seconds (at random, on average) ends one of
# the processes that judge a part of FOLDER by SIGKILL. Prints how many it ended.
#   examples/scale/kill_at_random.sh night 5 examples/scale/parallel.sh night 64 optimized --cases 4000
set -uo pipefail
(($# >= 3)) || { sed -n '2,5s/^# //p' "$0" >&2; exit 2; }
folder=$1 every=$2
shift 2
"$@" &
command=$!
killed=0
while kill -0 "$command" 2>/dev/null; do
  sleep "$(awk -v every="$every" -v seed="$RANDOM" 'BEGIN { srand(seed); print 2 * every * rand() }')"
  workers=()
  for process in /proc/[0-9]*; do
    mapfile -d '' -t words <"$process/cmdline" || continue
    [[ " ${words[*]} " == *" check "*" --journal $folder/part"* && ${words[0]} == *bptt-verify ]] &&
      workers+=("${process#/proc/}")
  done 2>/dev/null
  ((${#workers[@]})) || continue
  kill -9 "${workers[RANDOM % ${#workers[@]}]}" 2>/dev/null && killed=$((killed + 1))
done
wait "$command"
status=$?
echo "$killed processes were ended by SIGKILL"
exit "$status"
