#!/usr/bin/env bash
# scale_test.sh PROGRAM SCRATCH: parallel.sh as it stands gives the report of the check in one piece,
# though every part is ended by a signal several times, in the middle of a line of its journal. Ends
# with status 77, for which ctest says skipped, without GNU parallel.
set -euo pipefail
program=$1 scratch=$2 here=$(dirname "$(readlink -f "$0")")
command -v parallel >/dev/null || { echo 'GNU parallel is missing: apt-get install parallel'; exit 77; }
rm -rf "$scratch"
mkdir -p "$scratch"
cd "$scratch"

# A stand-in that lets the journal grow by 3 KB alone, three times; beyond, the system ends the process.
cat >bptt-verify <<TEXT
#!/usr/bin/env bash
set -uo pipefail
for ((k = 1; k < \$#; k++)); do
  if [[ \${!k} == --journal ]]; then next=\$((k + 1)) journal=\${!next}; fi
done
if [[ \$1 != check ]] || (( \$(cat "\$journal.ended" 2>/dev/null | wc -l) == 3 )); then
  exec "$program" "\$@"
fi
ulimit -c 0
ulimit -f \$((\$(stat -c %s "\$journal" 2>/dev/null || echo 0) / 1024 + 3))
"$program" "\$@"
status=\$?
(( status == 128 + 25 )) && echo "by SIGXFSZ" >>"\$journal.ended"
exit "\$status"
TEXT
chmod +x bptt-verify
export BPTT_VERIFY=$scratch/bptt-verify

fails() { echo "$1" >&2; tail -n 30 "$scratch"/*.txt >&2; exit 1; }
check=(--cases 60 --max-size 4 --property 'linear|reference|adjoint' --diagnosis-seconds 0)
for subject in optimized fault:drop_da_prevt; do
  rm -rf parts
  expected=0
  "$program" check "$subject" "${check[@]}" --jobs 2 --json whole.json >whole.txt || expected=$?
  status=0
  "$here/parallel.sh" parts 3 "$subject" "${check[@]}" >parallel.txt 2>&1 || status=$?
  ((status == expected)) || fails "of $subject: status $status, in one piece $expected"
  ended=$(cat parts/*.ended 2>/dev/null | wc -l) || true
  [[ $subject != optimized || $ended == 9 ]] || fails "9 processes were to be ended, and $ended were"
  "$here/same_report.py" whole.json parts/report.json >same.txt || fails "of $subject: another report"
  # All is done: it judges nothing again.
  before=$(stat -c %Y.%s parts/*.journal)
  "$here/parallel.sh" parts 3 "$subject" "${check[@]}" >again.txt 2>&1 || (($? == expected))
  [[ $(stat -c %Y.%s parts/*.journal) == "$before" ]] || fails "of $subject: done, and begun again"
done

# A report that says something else is seen.
sed 's/"held": \([0-9]\)/"held": 1\1/' whole.json >other.json
! "$here/same_report.py" whole.json other.json >other.txt || fails 'two reports that differ are the same'
