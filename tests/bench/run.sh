#!/bin/sh
# What `make bench` runs: builds, then measures. Figures are ratios taken in one run, for absolute
# times on a shared machine mean little.
set -eu
cd "$(dirname "$0")/../.."
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake build/release -DLEAKCAGE_TESTS=ON >/dev/null
cmake --build build/release -- --quiet >/dev/null
exec python3 tests/bench/bench.py build/release "$@"
