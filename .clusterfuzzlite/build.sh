#!/bin/bash
# The same build as for OSS-Fuzz.
set -eu
exec "$SRC/bptt-verify/fuzz/oss-fuzz/build.sh"
