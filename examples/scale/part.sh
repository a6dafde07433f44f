#!/usr/bin/env bash
# part.sh FOLDER I N SUBJECT.. --cases N [OPTION..]
# One part of a check, on one core: what every batch engine runs as its task. FOLDER, which all tasks
# see, keeps the part's journal and in the end its report; begun again after whatever ended it, it
# goes on, and a part that is done is done. Ends with status 0 once its report is written, be
# something broken or not: merge tells. BPTT_VERIFY names the program.
set -uo pipefail
folder=$1 part=$2 of=$3
shift 3
mkdir -p "$folder" || exit
name=$folder/part$part
[[ ! -e $name.json ]] || exit 0
"${BPTT_VERIFY:-bptt-verify}" check "$@" --jobs 1 --shard "$part/$of" \
  --journal "$name.journal" --json "$name.json" >"$name.log" 2>&1
status=$?
((status > 1)) || [[ ! -e $name.json ]] || exit 0
echo "part $part ended with status $status: $(tail -n 1 "$name.log")" >&2
exit $((status > 0 ? status : 2))
