#!/bin/sh
# What `make bench` runs: builds, then measures. Figures are ratios taken in one run, for absolute
# times on a shared machine mean little.
#
# usage: run.sh [NAME...]   names and environment: tests/bench/run.sh --help
set -eu
cd "$(dirname "$0")/../.."
if [ "${1:-}" = --help ]; then
    exec python3 tests/bench/bench.py --help
fi
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
log=build/release/bench-build.log
{ cmake build/release -DLEAKCAGE_TESTS=ON && cmake --build build/release; } >"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
}
exec python3 tests/bench/bench.py build/release "$@"
