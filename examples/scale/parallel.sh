#!/usr/bin/env bash
# parallel.sh FOLDER N SUBJECT.. --cases N [OPTION..]
# A check in N parts on the cores of this machine, by GNU parallel (Debian's package parallel; with
# PARALLEL='--sshlogin ..' on others too). A part that was killed is begun again and goes on; so does
# all of it, if it is run again. In the end FOLDER/report.json is the report.
#   examples/scale/parallel.sh night 64 optimized --cases 100000
set -euo pipefail
(($# >= 4)) || { sed -n '2,6s/^# //p' "$0" >&2; exit 2; }
folder=$1 of=$2
shift 2
part=$(dirname "$(readlink -f "$0")")/part.sh
seq "$of" | parallel --will-cite --quote --retries 20 "$part" "$folder" {} "$of" "$@"
"${BPTT_VERIFY:-bptt-verify}" merge "$folder"/part*.json --json "$folder/report.json"
