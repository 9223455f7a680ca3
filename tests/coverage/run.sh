#!/bin/sh
# make coverage: build preset coverage, run the unit tests and the recorded runs in it, and print
# which share of the lines of every layer they go through.
#
# usage: run.sh [LAYER...]    of these also the lines that no test goes through
set -eu
cd "$(dirname "$0")/../.."
build=$PWD/build/coverage
mkdir -p "$build"
if ! { cmake --preset coverage -DLEAKCAGE_TESTS=ON &&
    cmake --build "$build" --target unit_tests; } >build/coverage.log 2>&1; then
    cat build/coverage.log
    exit 1
fi
# Only what these tests did.
find "$build" -name '*.gcda' -delete
failed=0
# Without the simulations, as under the sanitizers.
ctest --test-dir "$build" -j2 -L 'unit|golden' -E '^unit\.(method|.*_method)$' \
    --output-on-failure >"$build/tests.log" 2>&1 || failed=$?
[ "$failed" = 0 ] || { cat "$build/tests.log"; echo "tests fail: it may be more" >&2; }
/usr/bin/python3 tests/coverage/coverage.py "$build" "$@"
exit "$failed"
