#!/usr/bin/env bash
# make_page.sh PROGRAMS COMMIT [--bench] [--scaling] [--with FILE] [--to FILE] [CHECK ARGUMENTS]: what
# `./dev report` runs. Ends with the status of the check; makes no page if it could not run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
programs=$1 commit=$2
shift 2

folder=$root/build/report
page=$folder/report.html bench=$root/bench/history/$(uname -m).jsonl scaling=$root/docs/images/scaling.json
measure_bench='' measure_scaling='' others=() check=()
while (($#)); do
  case $1 in
    --with | --to)
      (($# >= 2)) || { echo "report: $1 needs a file" >&2; exit 2; }
      if [[ $1 == --to ]]; then page=$2; else others+=("$2"); fi
      shift ;;
    --bench) measure_bench=yes bench=$folder/bench.json ;;
    --scaling) measure_scaling=yes scaling=$folder/scaling.json ;;
    *) check+=("$1") ;;
  esac
  shift
done

mkdir -p "$folder"
[[ -z $measure_bench ]] || "$programs/bptt_bench" --quick --record "$bench" --commit "$commit"
[[ -z $measure_scaling ]] || "$programs/bptt_bench" --scaling "$scaling" --commit "$commit"
status=0
"$programs/bptt-verify" check --json "$folder/check.json" "${check[@]}" || status=$?
((status <= 1)) || exit "$status"
for document in "$root/docs/kill_matrix.json" "$scaling" "$bench"; do
  if [[ -f $document ]]; then others+=("$document"); fi
done
"$programs/bptt-verify" report --html "$page" "$folder/check.json" "${others[@]}"
echo "the page: $page"
exit "$status"
