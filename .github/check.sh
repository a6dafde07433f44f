#!/usr/bin/env bash
# check.sh key | build | check: the steps of the action (action.yml).
#   key    the name under which the compiler's cache is kept: of the source
#   build  builds bptt-verify, from the cache in seconds, and installs what that takes
#   check  checks $BPTT_SUBJECT for $BPTT_SECONDS, and shows on the job's page what came out, with the
#          lines that repeat what is broken. Its status is that of bptt-verify check.
set -euo pipefail
root=$(dirname "$(readlink -f "$0")")/..
program=${BPTT_VERIFY:-$root/build/package/bin/bptt-verify}

case ${1:-} in
  key)
    source=$(cd "$root" && find . -type f -not -path './build/*' -not -path './.git/*' -print0 |
      LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum)
    echo "key=bptt-verify-$(uname -m)-$(. /etc/os-release && echo "$ID$VERSION_ID")-${source%% *}"
    ;;
  build)
    CCACHE_DIR=$root/build/ccache CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 "$root/dev" build package
    ;;
  check)
    folder=${RUNNER_TEMP:-$(mktemp -d)}
    read -ra options <<<"${BPTT_OPTIONS:-}"
    status=0
    "$program" check "$BPTT_SUBJECT" --seconds "$BPTT_SECONDS" --seed "$BPTT_SEED" "${options[@]}" \
      --json "$folder/bptt-verify.json" --markdown "$folder/bptt-verify.md" || status=$?
    if [[ -e $folder/bptt-verify.md ]]; then
      cat "$folder/bptt-verify.md" >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"
      echo "report=$folder/bptt-verify.json" >>"${GITHUB_OUTPUT:-/dev/null}"
    fi
    exit "$status"
    ;;
  *)
    sed -n '2,6s/^# //p' "$0" >&2
    exit 2
    ;;
esac
